// Numbers for offered records: Enter goes to the next one, as a scanner wants it; a pasted column fills the
// fields below; what is taken or given twice is said while somebody types.

const form = document.getElementById("answer");
const fields = [...form.querySelectorAll("[data-number]")];
const told = form.querySelector("[data-told]");
let waiting;

async function look() {
  const typed = fields.map((field) => field.value.trim());
  const asked = [...new Set(typed.filter(Boolean))];
  const query = new URLSearchParams(asked.map((number) => ["number", number]));
  const answer = asked.length ? await fetch(`${form.dataset.taken}?${query}`).catch(() => null) : null;
  const taken = new Set(answer?.ok ? (await answer.json()).taken : []);
  let clashes = 0;
  fields.forEach((field, at) => {
    const number = typed[at];
    const isTwice = number && typed.indexOf(number) !== typed.lastIndexOf(number);
    const said = taken.has(number) ? form.dataset.clash : isTwice ? form.dataset.twice : "";
    clashes += said ? 1 : 0;
    field.setAttribute("aria-invalid", said ? "true" : "false");
    field.nextElementSibling.textContent = said;
  });
  told.textContent = clashes ? `${clashes}: ${form.dataset.clash}` : "";
}

function lookSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(look, 300);
}

fields.forEach((field, at) => {
  field.addEventListener("input", lookSoon);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const next = fields[at + 1];
    next?.focus();
    next?.select();
  });
  field.addEventListener("paste", (event) => {
    const lines = event.clipboardData.getData("text").replace(/[\r\n]+$/, "").split(/\r?\n/);
    if (lines.length < 2) return;
    event.preventDefault();
    lines.forEach((line, below) => {
      if (fields[at + below]) fields[at + below].value = line.split("\t")[0].trim();
    });
    fields[Math.min(at + lines.length, fields.length) - 1].focus();
    lookSoon();
  });
});
if (fields.some((field) => field.value)) look();

const all = form.querySelector("[data-all]");
all.hidden = false;
all.querySelector("input").addEventListener("change", ({ target }) => {
  for (const box of form.querySelectorAll('[name="record"]')) box.checked = target.checked;
});
