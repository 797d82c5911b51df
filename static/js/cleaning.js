// The Taxonomy Cleaning Tool by keyboard: from name to name, and one key for each decision.
// Without this script every key's button can be pressed.

const list = document.getElementById("names");
const cards = () => [...list.querySelectorAll("[data-name]")];
const current = () => document.activeElement?.closest?.("[data-name]");
const isTyping = (field) => field?.matches?.("input:not([type='checkbox']), select, textarea");

function go(step) {
  const all = cards();
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// The last decided name has handed on to the next one, so "undo" means the one that was decided.
let decided = -1;

function takeBack() {
  const undo = current()?.querySelector("[data-undo]") ?? cards()[decided]?.querySelector("[data-undo]");
  undo?.click();
}

function press(value) {
  current()?.querySelector(`button[name="choice"][value="${value}"]`)?.click();
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  x: () => press("keep"),
  u: takeBack,
  " ": () => current()?.querySelector("[data-tick]")?.click(),
  t: () => {
    const field = current()?.querySelector("[data-typed]");
    field?.closest("details").setAttribute("open", "");
    field?.focus();
  },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isTyping(event.target)) {
    current()?.focus();
    return;
  }
  if (isTyping(event.target)) return;
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  const onButton = event.target.matches?.("button, a, summary, input");
  if (digit && current()) press(`${event.shiftKey ? "rewrite" : "link"} ${digit - 1}`);
  else if (keys[event.key] && !(event.key === " " && onButton)) keys[event.key]();
  else return;
  event.preventDefault();
}

function countTicked() {
  const number = document.querySelectorAll("[data-tick]:checked").length;
  const place = document.querySelector("[data-ticked]");
  if (place) place.textContent = number ? `${number} ${place.dataset.ticked}` : "";
}

if (list) {
  document.addEventListener("keydown", onKey);
  list.addEventListener("change", countTicked);
  // A decided name hands on to the next one. Its card comes anew, maybe under another id.
  let place = -1;
  list.addEventListener("htmx:beforeRequest", (event) => {
    place = cards().indexOf(event.target.closest("[data-name]"));
  });
  list.addEventListener("htmx:afterSettle", () => {
    const card = cards()[place];
    if (!card || isTyping(document.activeElement)) return;
    card.focus();
    if (card.querySelector("[data-undo]")) {
      decided = place;
      go(1);
    }
    countTicked();
  });
}
