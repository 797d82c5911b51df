// What single fields of the editor do: tell what they mean, pin themselves, take the next number,
// fill others from a text that was understood, and ask for duplicates when they settle.

import { remember } from "./keys.js";
import { write, writeAll } from "./suggest.js";

const SETTLED = 400; // milliseconds
const form = document.getElementById("editor");
const sticky = new Set(form.dataset.sticky.split(" ").filter(Boolean));
const help = {
  box: document.getElementById("field-help"),
  label: document.getElementById("field-help-label"),
  means: document.getElementById("field-help-means"),
  term: document.getElementById("field-help-term"),
};
const labelOf = (field) => field.closest(".field")?.querySelector("label");

// --- what a field means

form.addEventListener("focusin", ({ target }) => {
  if (!target.dataset.means) return;
  help.box.hidden = false;
  help.label.textContent = labelOf(target)?.textContent.trim() ?? "";
  help.means.textContent = target.dataset.means;
  help.term.textContent = labelOf(target)?.title ?? "";
});

// --- pinned fields

function showPins() {
  for (const label of form.querySelectorAll(".field > label")) {
    const name = document.getElementById(label.htmlFor)?.name;
    label.classList.toggle("pinned", sticky.has(name));
  }
  for (const name of (form.dataset.carried ?? "").split(" ").filter(Boolean)) {
    form.elements[name]?.classList?.add("filled");
  }
}

form.addEventListener("holotype:pin", ({ target }) => {
  if (!target.name || target.type === "hidden") return;
  const pinned = !sticky.has(target.name);
  if (pinned) sticky.add(target.name);
  else sticky.delete(target.name);
  showPins();
  remember({ pin: target.name, pinned });
});

// --- numbers

form.addEventListener("holotype:number", async ({ target }) => {
  const isOwn = target.name === "record_number" && form.dataset.personal;
  const field = form.elements[isOwn ? "record_number" : "catalog_number"];
  const query = new URLSearchParams({ of: field.name, after: field.value });
  const [before, focus] = [field.value, document.activeElement];
  const answer = await fetch(`${form.dataset.number}?${query}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { number } = await answer.json();
  if (!number || field.value !== before || form.inert) return; // typed meanwhile, or sent
  if (!isOwn) form.elements.offered_number.value = number;
  write(form, field.name, number);
  if (document.activeElement === focus) field.focus();
});

// --- a point that was carried over and becomes another: what was said of the old one goes with it

const POINT = ["decimal_latitude", "decimal_longitude"];
const saidOfPoint = form.dataset.ofPoint.split(" ");

function leaveOldPoint() {
  const told = document.getElementById("point-told");
  const left = saidOfPoint.map((name) => form.elements[name])
    .filter((field) => field?.value && field.classList.contains("filled") && !sticky.has(field.name));
  for (const field of left) {
    field.value = "";
    if (form.elements[`initial-${field.name}`]) form.elements[`initial-${field.name}`].value = "";
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
  if (left.length) told.textContent = told.dataset.told;
}

form.addEventListener("input", ({ target, detail }) => {
  if (detail !== "filled") target.classList.remove("filled"); // it is this person's own now
});
form.addEventListener("change", ({ target, detail }) => {
  if (POINT.includes(target.name) && detail !== "filled") leaveOldPoint();
});

// --- a text that was understood

form.addEventListener("click", ({ target }) => {
  const fills = target.closest("[data-fill]")?.dataset.fill;
  if (!fills) return;
  const texts = new URLSearchParams(fills.replaceAll("+", "%2B"));
  writeAll(form, Object.fromEntries(texts));
  if (POINT.some((name) => texts.has(name))) leaveOldPoint();
});

// --- duplicates: found elsewhere, asked for here

const ASKED = ["recorded_by", "record_number", "event_date", "exsiccati_title", "exsiccati_number"];
const values = () => Object.fromEntries(
  [...form.elements].filter((field) => field.name && !/^(initial-|csrf)/.test(field.name) && field.type !== "submit")
    .map((field) => [field.name, field.value]),
);

function look(asked) {
  const detail = {
    collection: form.dataset.collection, record: form.dataset.guid ?? "", values: values(), asked,
  };
  document.dispatchEvent(new CustomEvent("holotype:duplicates", { detail }));
}

let settling;
form.addEventListener("input", ({ target }) => {
  if (!ASKED.includes(target.name) || !form.dataset.auto) return;
  clearTimeout(settling);
  settling = setTimeout(() => look(false), SETTLED);
});
form.addEventListener("holotype:look", () => look(true));

// A barcode scanner ends with Enter: that is no wish to save, but to go on.
form.elements.catalog_number?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  form.elements.recorded_by.focus();
});

showPins();
if (form.dataset.draft.startsWith("new:") && document.activeElement === document.body) {
  form.elements.catalog_number?.focus({ preventScroll: true });
}
