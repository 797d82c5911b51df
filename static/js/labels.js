// The list of fields on a label: moved up and down by buttons, their order numbers kept in step.
const rows = () => [...document.querySelectorAll("[data-item]")];
const movers = document.querySelector("#movers");

function number() {
  rows().forEach((row, index) => {
    row.querySelector("input[name$='-ORDER']").value = index + 1;
  });
}

function move(button) {
  const row = button.closest("[data-item]");
  const up = button.dataset.move === "up";
  const other = up ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (up) other.before(row);
  else other.after(row);
  number();
  button.focus();
  document.querySelector("#layout").dispatchEvent(new CustomEvent("labels:moved"));
}

for (const row of rows()) row.firstElementChild.append(movers.content.cloneNode(true));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (button) move(button);
});
