// The columns of a file are mapped by keyboard: type to find a meaning, Enter takes it and goes to
// the next column. Without this script the fields are plain ones over a <datalist>.

import { Targets } from "./import_targets.js";

const form = document.getElementById("mapping");
const said = document.getElementById("mapped");
const fields = [...(form?.querySelectorAll("input[name^=column]") ?? [])];

const meaning = (field, target) => {
  const place = document.getElementById(field.getAttribute("aria-describedby"));
  if (place) place.textContent = target?.meaning ?? "";
};

// How many columns will be read; where two mean the same, how they are joined.
const look = (targets) => {
  const chosen = fields.map((field) => targets.named(field.value)?.target ?? "");
  const asked = fields.map((field) => field.closest("tr").querySelector(".asked input:checked")?.value ?? "");
  const means = chosen.map((target, at) => target || asked[at]);
  fields.forEach((field, at) => {
    const row = field.closest("tr");
    const shared = means[at] && means[at] !== "kept" && means.indexOf(means[at]) < at;
    row.querySelector(".joined").hidden = !shared && !row.querySelector(".joined select").value;
    row.classList.toggle("done", !means[at]);
    field.setAttribute("aria-invalid", String(Boolean(field.value.trim() && !chosen[at])));
    meaning(field, targets.named(field.value));
  });
  const read = means.filter(Boolean).length;
  said.textContent = said.dataset.text.replace("%mapped", read).replace("%all", fields.length);
};

// One more pair of fields for what every row says.
const addConstant = (button, targets) => {
  const last = [...form.querySelectorAll(".constant")].at(-1);
  const number = form.querySelectorAll(".constant").length;
  const more = last.cloneNode(true);
  more.querySelector(".errorlist")?.remove();
  for (const element of more.querySelectorAll("input, label")) {
    for (const name of ["id", "name", "for"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace(/\d+$/, number));
    }
    if ("value" in element) element.value = "";
  }
  last.after(more);
  const term = more.querySelector("[data-target]");
  targets.serve(term);
  term.focus();
  button.hidden = number + 1 >= 40;
};

if (form) {
  const targets = new Targets(document.getElementById("targets"), (field, step) => {
    const next = fields[fields.indexOf(field) + step];
    (next ?? (step > 0 ? form.querySelector("#id_keep_rest, #id_key0") : field)).focus();
  });
  for (const field of form.querySelectorAll("[data-target]")) targets.serve(field);
  form.addEventListener("change", () => look(targets));
  form.addEventListener("input", () => look(targets));
  look(targets);
  const more = document.getElementById("more-constants");
  more.hidden = false;
  more.addEventListener("click", () => addConstant(more, targets));
}
