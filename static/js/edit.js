// The editor: keeps what is typed as a draft in this browser until it is saved.
// Loaded on pages of signed-in editors alone; a draft belongs to the person who typed it.

import "./duplicates.js";
import "./edit_fields.js";
import "./keys.js";
import "./session.js";
import "./suggest.js";
import { newGuid } from "./waiting.js";

const DAYS_KEPT = 14;
const SOON = 300; // milliseconds after the last letter
const PATIENCE = 15_000; // milliseconds
const form = document.getElementById("editor");
const state = document.getElementById("draft-state");
const saved = form.dataset.saved.split(" "); // what this person sent lately and the server took
const isOurs = (field) => field.name && !["hidden", "submit", "radio"].includes(field.type);
const fields = () => [...form.elements].filter(isOurs);
const basis = (field) => form.elements[`initial-${field.name}`];
const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value);
const opened = new Map(fields().map((field) => [field.name, valueOf(field)]));

// --- where a draft is kept: of each page by each tab, so that two tabs keep two

const tab = (sessionStorage.tab ??= newGuid());
const place = `draft:${form.dataset.owner}:${form.dataset.draft}`;
const key = `${place}:${tab}`;
const read = (name = key) => JSON.parse(localStorage.getItem(name) ?? "null");
const all = () => Object.keys(localStorage).filter((name) => name.startsWith("draft:"));

// Held while this page stands, so that no other tab takes this draft for one that was left behind.
navigator.locks?.request(key, () => new Promise(() => {})).catch(() => {});

// This tab's own draft, else the latest that a tab left behind which is closed by now.
async function found() {
  if (read()) return read();
  const locks = await navigator.locks?.query().catch(() => null);
  const open = new Set(locks?.held.map(({ name }) => name));
  const left = all().filter((name) => name.startsWith(place) && !open.has(name));
  const [latest] = left.sort((one, other) => read(other).at - read(one).at);
  if (!latest) return null;
  localStorage.setItem(key, localStorage.getItem(latest));
  localStorage.removeItem(latest);
  return read();
}

function forgetDone() {
  const oldest = Date.now() - DAYS_KEPT * 24 * 60 * 60 * 1000;
  for (const name of all()) {
    try {
      const { at, sent } = read(name);
      if (at < oldest || (sent && saved.includes(sent))) localStorage.removeItem(name);
    } catch {
      localStorage.removeItem(name);
    }
  }
}

// --- what is typed

function changes() {
  const changed = {};
  for (const field of fields()) {
    const start = basis(field)?.value ?? "";
    const before = field.type === "checkbox" ? false : basis(field) ? start : opened.get(field.name);
    if (valueOf(field) !== before) changed[field.name] = { value: valueOf(field), basis: start };
  }
  return changed;
}

function keep(more = {}) {
  const changed = changes();
  const draft = {
    changed, at: Date.now(), version: form.elements.version?.value ?? "",
    record: form.dataset.record ?? "", guid: form.elements.guid?.value ?? "",
    offered: form.elements.offered_number.value, ...more,
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

// A draft that was sent and arrived is done with; one that was sent in vain comes back. A new record
// tells by being there, where the server no longer says what it took.
async function wasSaved(draft) {
  if (!draft.sent || form.dataset.version) return false;
  form.inert = true; // nothing is typed into what may be put back
  const answer = await fetch(draft.record, { method: "HEAD", redirect: "manual" }).catch(() => null);
  form.inert = false;
  form.elements.catalog_number?.focus({ preventScroll: true });
  return answer?.ok ?? false;
}

function putBack(draft) {
  if (draft.version && form.elements.version) form.elements.version.value = draft.version;
  if (draft.guid && form.elements.guid) form.elements.guid.value = draft.guid;
  if (draft.record) form.dataset.record = draft.record;
  if (draft.offered) form.elements.offered_number.value = draft.offered;
  for (const [name, { value, basis: start }] of Object.entries(draft.changed)) {
    const field = form.elements[name];
    if (!field) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    if (basis(field)) basis(field).value = start;
    field.closest("details")?.setAttribute("open", "");
  }
  document.getElementById("draft-time").textContent = new Date(draft.at).toLocaleString();
  document.getElementById("draft-notice").hidden = false;
  document.dispatchEvent(new CustomEvent("holotype:guid"));
}

async function start() {
  forgetDone();
  if (form.dataset.bound) return keep();
  const draft = await found();
  if (draft && (await wasSaved(draft))) localStorage.removeItem(key);
  else if (draft) putBack(draft);
  tell(read());
}

// --- sending

// From the moment the form is sent until the next page stands, nothing here is new: neither what a
// search still fills in, nor keys pressed too early, which would go into the record that was saved.
let isLeaving = false;
let patience;
let waiting;

function leave(is) {
  isLeaving = is;
  form.inert = is;
  clearTimeout(patience);
  clearTimeout(waiting);
  if (is) patience = setTimeout(() => leave(false), PATIENCE); // the page may have been stopped
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  if (!isLeaving) waiting = setTimeout(keep, SOON);
});
form.addEventListener("submit", (event) => {
  if (isLeaving) return event.preventDefault(); // pressed twice: it is on its way
  if (event.defaultPrevented) return keep(); // not sent yet: session.js asks who is here
  const sent = newGuid();
  form.elements.draft.value = sent;
  keep({ sent });
  leave(true);
});
document.getElementById("draft-discard").addEventListener("click", () => {
  leave(true);
  localStorage.removeItem(key);
  location.assign(location.pathname + location.search);
});
window.addEventListener("pagehide", () => {
  if (hasBegun && !isLeaving) keep();
});
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) leave(false);
});

let hasBegun = false;
start().catch(() => tell(false)).finally(() => { hasBegun = true; });
