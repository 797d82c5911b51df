// The lines of a record search: each field offers the operators that fit, and new lines come without
// asking the server.

const groups = document.getElementById("groups");
const VALUELESS = ["empty", "filled"];

function fit(line) {
  const [field, operator] = line.querySelectorAll("select");
  const value = line.querySelector('input[name="value"]');
  const fitting = field.selectedOptions[0]?.dataset.operators?.split(" ");
  for (const option of operator.options) option.hidden = option.disabled = fitting ? !fitting.includes(option.value) : false;
  if (operator.selectedOptions[0]?.disabled) operator.value = [...operator.options].find((option) => !option.disabled).value;
  value.disabled = false;
  value.readOnly = VALUELESS.includes(operator.value);
  if (value.readOnly) value.value = "";
}

function blank(node) {
  for (const input of node.querySelectorAll('input[name="value"]')) input.value = "";
  for (const select of node.querySelectorAll("select")) select.selectedIndex = select.name === "operator" ? 2 : 0;
  return node;
}

// The last line of a group, and the last group, are always blank.
function grow(line) {
  const group = line.closest("fieldset");
  const lines = group.querySelectorAll(".asked-line");
  if (line === lines[lines.length - 1] && line.querySelector('select[name="field"]').value) {
    const fresh = blank(line.cloneNode(true));
    line.after(fresh);
    fit(fresh);
  }
  const all = groups.querySelectorAll("fieldset");
  if (group !== all[all.length - 1] || lines.length < 1 || !line.querySelector('select[name="field"]').value) return;
  const next = blank(group.cloneNode(true));
  for (const extra of [...next.querySelectorAll(".asked-line")].slice(1)) extra.remove();
  const number = String(all.length + 1);
  for (const input of next.querySelectorAll('input[name="group"]')) input.value = number;
  const legend = next.querySelector("legend");
  legend.textContent = legend.textContent.replace(/\d+/, number);
  group.after(next);
  for (const each of next.querySelectorAll(".asked-line")) fit(each);
}

groups.addEventListener("change", (event) => {
  const line = event.target.closest(".asked-line");
  if (!line) return;
  fit(line);
  if (event.target.name === "field") grow(line);
});
for (const line of groups.querySelectorAll(".asked-line")) fit(line);
document.getElementById("more-groups").hidden = true;

// What is blank needs no place in the address.
document.getElementById("record-search").addEventListener("submit", (event) => {
  for (const line of groups.querySelectorAll(".asked-line")) {
    const unused = !line.querySelector('select[name="field"]').value;
    for (const input of line.querySelectorAll("input, select")) input.disabled = unused;
  }
  for (const input of event.target.querySelectorAll("section.form :is(input, select)")) {
    if (!input.value && input.name !== "within") input.disabled = true;
  }
});
window.addEventListener("pageshow", () => {
  for (const input of document.querySelectorAll("#record-search :is(input, select)")) input.disabled = false;
});
