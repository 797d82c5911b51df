// The editor: keeps what is typed as a draft in this browser until it is saved.
// Loaded on pages of signed-in editors alone; a draft belongs to the person who typed it.

import "./duplicates.js";
import "./edit_fields.js";
import "./keys.js";
import "./session.js";
import "./suggest.js";

const DAYS_KEPT = 14;
const SOON = 300; // milliseconds after the last letter
const PATIENCE = 15_000; // milliseconds
const form = document.getElementById("editor");
const state = document.getElementById("draft-state");
const key = `draft:${form.dataset.owner}:${form.dataset.draft}`;
const isOurs = (field) => field.name && !["hidden", "submit", "radio"].includes(field.type);
const fields = () => [...form.elements].filter(isOurs);
const basis = (field) => form.elements[`initial-${field.name}`];
const read = () => JSON.parse(localStorage.getItem(key) ?? "null");
const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value);
const opened = new Map(fields().map((field) => [field.name, valueOf(field)]));

function changes() {
  const changed = {};
  for (const field of fields()) {
    const start = basis(field)?.value ?? "";
    const before = field.type === "checkbox" ? false : basis(field) ? start : opened.get(field.name);
    if (valueOf(field) !== before) changed[field.name] = { value: valueOf(field), basis: start };
  }
  return changed;
}

// From the moment the form is sent until the next page stands, nothing here is new: neither what a
// search still fills in, nor keys pressed too early, which would go into the record that was saved.
let isLeaving = false;

function leave(is) {
  isLeaving = is;
  form.inert = is;
}

function keep(more = {}) {
  const changed = changes();
  const draft = {
    changed, at: Date.now(), version: form.elements.version?.value ?? "",
    record: form.dataset.record ?? "", guid: form.elements.guid?.value ?? "", ...more,
  };
  try {
    if (Object.keys(changed).length) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
    tell(Object.keys(changed).length);
  } catch {
    state.textContent = ""; // no room, or the browser keeps nothing: say nothing that isn't so
  }
}

function tell(isKept) {
  state.textContent = isKept ? state.dataset.kept : state.dataset.none;
}

// A draft that was sent and arrived is done with; one that was sent in vain comes back.
async function wasSaved(draft) {
  if (!draft.sent) return false;
  if (form.dataset.version) return Number(form.dataset.version) > Number(draft.version);
  const answer = await fetch(draft.record, { method: "HEAD", redirect: "manual" }).catch(() => null);
  return answer?.ok ?? false;
}

function putBack(draft) {
  if (draft.version && form.elements.version) form.elements.version.value = draft.version;
  if (draft.guid && form.elements.guid) form.elements.guid.value = draft.guid;
  if (draft.record) form.dataset.record = draft.record;
  for (const [name, { value, basis: start }] of Object.entries(draft.changed)) {
    const field = form.elements[name];
    if (!field || valueOf(field) !== opened.get(name)) continue; // typed in since this page opened
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    if (basis(field)) basis(field).value = start;
    field.closest("details")?.setAttribute("open", "");
  }
  document.getElementById("draft-time").textContent = new Date(draft.at).toLocaleString();
  document.getElementById("draft-notice").hidden = false;
}

function forgetOldDrafts() {
  const oldest = Date.now() - DAYS_KEPT * 24 * 60 * 60 * 1000;
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith("draft:")) continue;
    try {
      if (JSON.parse(localStorage.getItem(name)).at < oldest) localStorage.removeItem(name);
    } catch {
      localStorage.removeItem(name);
    }
  }
}

async function start() {
  forgetOldDrafts();
  const draft = read();
  if (form.dataset.bound) keep();
  else if (draft && (await wasSaved(draft))) forget(draft);
  else if (draft) putBack(draft);
  tell(read());
}

// Somebody may have typed while the server was asked about the draft before.
function forget({ at }) {
  if (read()?.at === at) localStorage.removeItem(key);
}

let waiting;
form.addEventListener("input", () => {
  clearTimeout(waiting);
  if (!isLeaving) waiting = setTimeout(keep, SOON);
});
form.addEventListener("submit", (event) => {
  clearTimeout(waiting);
  if (event.defaultPrevented) return keep(); // it isn't sent yet: session.js asks who is here
  keep({ sent: true });
  leave(true);
  setTimeout(() => leave(false), PATIENCE); // whoever stopped the page from loading goes on here
});
window.addEventListener("pageshow", () => leave(false));
document.getElementById("draft-discard").addEventListener("click", () => {
  localStorage.removeItem(key);
  location.assign(location.pathname + location.search);
});

start().catch(() => tell(false));
