// Sending: further lines for recipients. Without this script there are as many as the page has.

import "./suggest.js";

const lines = document.querySelector("[data-lines]");
const blank = document.querySelector("template[data-blank]");
const add = document.querySelector("[data-add]");
const total = document.querySelector('[name="to-TOTAL_FORMS"]');
const most = Number(document.querySelector('[name="to-MAX_NUM_FORMS"]').value);

add.hidden = false;
add.addEventListener("click", () => {
  const at = Number(total.value);
  if (at >= most) return;
  const made = blank.innerHTML.replaceAll("__prefix__", at).replaceAll("__nr__", at + 1);
  lines.insertAdjacentHTML("beforeend", made);
  total.value = at + 1;
  lines.lastElementChild.querySelector("input").focus();
  add.hidden = at + 1 >= most;
});
