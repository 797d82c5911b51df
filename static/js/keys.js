// The editor's keys. Which they are stands in the list that "?" opens (occurrences/edit_keys.html):
// data-keys names them, data-does what they do. They can be switched off for good.

const list = document.getElementById("keys");
const used = document.getElementById("keys-used");
const press = (name) => document.querySelector(`button[data-key="${name}"]`)?.click();
const isTyping = (element) => element.closest?.("input, select, textarea, [contenteditable]") !== null;

function goTo(panel) {
  const heading = document.getElementById(panel);
  const box = heading?.closest("details, section");
  if (!box) return;
  if (box.tagName === "DETAILS") box.open = true;
  delete box.dataset.shows;
  box.querySelector("input:not([type=hidden], :disabled), select, textarea")?.focus();
  box.scrollIntoView({ block: "nearest" });
}

const say = (name, target) => target.dispatchEvent(new CustomEvent(`holotype:${name}`, { bubbles: true }));
const acts = {
  save: () => press("save"),
  new: () => press("new"),
  carry: () => press("carry"),
  next: () => press("next"),
  label: () => press("label"),
  previous: () => document.getElementById("previous-record")?.click(),
  number: (row, target) => say("number", target),
  pin: (row, target) => say("pin", target),
  take: (row, target) => target.closest?.(".field")?.querySelector("[data-fill]")?.click(),
  duplicates: (row, target) => say("look", target),
  "to-duplicates": (row, target) => say("to-duplicates", target),
  viewer: (row) => document.dispatchEvent(new CustomEvent("holotype:viewer", { detail: row.dataset.act })),
  panel: (row) => goTo(row.dataset.panel),
  keys: () => list.showModal(),
};

// By place for figures, which Shift changes; by name for the rest.
function combination(event) {
  const figure = /^Digit([0-9])$/.exec(event.code)?.[1];
  const key = event.altKey && figure ? figure : event.key.toLowerCase();
  const held = [
    (event.ctrlKey || event.metaKey) && "ctrl", event.altKey && "alt", event.shiftKey && key.length > 1 && "shift",
    event.shiftKey && figure && event.altKey && "shift",
  ];
  return [...held.filter(Boolean), key].join("+");
}

// Alt with a letter writes a sign on some keyboards: then the place tells.
function letterByPlace(event) {
  const letter = event.altKey && /^Key([A-Z])$/.exec(event.code)?.[1];
  return letter ? `alt+${letter.toLowerCase()}` : "";
}

if (list) {
  const rows = new Map([...list.querySelectorAll("[data-keys]")].map((row) => [row.dataset.keys, row]));
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.repeat || event.getModifierState?.("AltGraph")) return;
    const pressed = combination(event);
    const row = rows.get(pressed) ?? rows.get(letterByPlace(event));
    if (!row || (row.dataset.does !== "keys" && !used.checked)) return;
    if (document.querySelector("dialog[open]") || (pressed === "?" && isTyping(event.target))) return;
    event.preventDefault();
    acts[row.dataset.does](row, event.target);
  });
  document.getElementById("keys-open")?.addEventListener("click", () => list.showModal());
  document.getElementById("keys-close").addEventListener("click", () => list.close());
  used.addEventListener("change", () => remember({ uses_keys: used.checked }));
}

// Keeps how somebody likes to work, on every device: {name: value} of occurrences:habits.
export function remember(values) {
  const token = document.querySelector('input[name="csrfmiddlewaretoken"]').value;
  return fetch(list.dataset.habits, {
    method: "POST", body: new URLSearchParams(values), headers: { "X-CSRFToken": token },
  });
}
