// The receiving page: a scan is taken off the fields at once and sent in turn, so the next never waits.
// What needs a person (whose barcode, which of several, unknown) stops the turn until it is answered.

import { signedIn } from "./session.js";

const form = document.getElementById("arriving");
const { barcode, number } = form.elements;
const place = document.getElementById("answer");
const state = document.getElementById("scan-state");
const list = document.getElementById("scans");
const LISTED = 15;
let queue = [];
let isSending = false;
let asked = null; // the scan that waits for a person: {barcode, number, said}
let times = [];
let lastField = barcode;

function tell() {
  state.textContent = queue.length && asked ? state.dataset.waiting.replace("%n", queue.length) : "";
  document.getElementById("scan-count").textContent = times.length;
  const minutes = times.length > 1 ? (times.at(-1) - times[0]) / 60000 : 0;
  document.getElementById("scan-rate").textContent = minutes ? Math.round(((times.length - 1) / minutes) * 60) : "–";
}

function tally({ received, missing }) {
  const figures = { received: Number(received), missing: Number(missing) };
  for (const each of document.querySelectorAll("[data-tally]")) each.textContent = figures[each.dataset.tally].toLocaleString("en");
  document.getElementById("pile").value = figures.received;
}

// Rows of the lists by "offer record".
const rowOf = (root, sheet) => sheet && root.querySelector(`[data-sheet="${CSS.escape(sheet)}"]`);

function show(html, scan) {
  place.innerHTML = html;
  const line = place.querySelector("[data-said]");
  const { said, sheet } = line.dataset;
  tally(line.dataset);
  asked = null;
  if (said === "received") {
    times.push(Date.now());
    list.prepend(place.querySelector("template").content.firstElementChild);
    while (list.children.length > LISTED) list.lastElementChild.remove();
    rowOf(document.querySelector("tbody") ?? document.createElement("div"), sheet)?.remove();
  } else if (said === "undone") rowOf(list, sheet)?.remove();
  else if (said !== "already") ask(said, scan);
  barcode.classList.toggle("taken", asked !== null);
  tell();
}

// What was scanned comes back into its fields, and the cursor goes where the answer is.
function ask(said, scan) {
  asked = { ...scan, said };
  if (said === "which") {
    place.querySelector("button[name=chosen]").focus();
    return;
  }
  barcode.value = scan.barcode;
  if (said === "whose") number.focus();
  else {
    number.value = scan.number;
    const field = scan.number ? number : barcode;
    field.focus();
    field.select();
  }
}

async function post(address, entries) {
  if (!(await signedIn())) return "";
  const token = form.elements.csrfmiddlewaretoken.value;
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(entries), headers: { "X-CSRFToken": token } });
  if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
  return answer.text();
}

async function send() {
  if (isSending) return;
  isSending = true;
  while (queue.length && !asked) {
    const scan = queue.shift();
    try {
      const html = await post("?line", scan);
      if (html) show(html, scan);
    } catch {
      queue = [];
      ask("offline", scan);
      state.textContent = state.dataset.offline;
    }
  }
  isSending = false;
}

function take(scan) {
  asked = null;
  queue.unshift(scan);
  send();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = event.submitter?.name === "chosen" ? event.submitter.value : "";
  if (chosen) {
    take({ barcode: asked?.barcode ?? "", number: asked?.number ?? "", chosen });
    lastField.focus();
    return;
  }
  const scan = { barcode: barcode.value.trim(), number: number.value.trim() };
  if (!scan.barcode && !scan.number) return;
  lastField = scan.barcode ? barcode : number;
  barcode.value = number.value = "";
  lastField.focus();
  if (asked) take(scan);
  else {
    queue.push(scan);
    send();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  const figure = asked?.said === "which" && /^[1-9]$/.test(event.key) && event.target.closest?.("#answer");
  if (figure) {
    event.preventDefault();
    place.querySelectorAll("button[name=chosen]")[Number(event.key) - 1]?.click();
  } else if (event.key === "Escape" && asked) {
    asked = null;
    place.replaceChildren();
    barcode.value = number.value = "";
    barcode.classList.remove("taken");
    lastField.focus();
    tell();
    send();
  } else if (event.key === "z" && (event.ctrlKey || event.metaKey) && !barcode.value && !number.value) {
    event.preventDefault();
    list.querySelector(".take-back button")?.click();
  }
});

list.addEventListener("submit", async (event) => {
  event.preventDefault();
  const own = event.target;
  try {
    const html = await post(`${own.action}?line`, new FormData(own));
    if (html) show(html, null);
  } catch {
    state.textContent = state.dataset.offline;
  }
  lastField.focus();
});

tell();
