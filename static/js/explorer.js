// The tree: a toggle opens and closes what is below it (htmx fetches that once), and arrow keys walk.
// Without this script a toggle is a link to the page with that part open.

const tree = document.querySelector("[data-tree]");
const below = (toggle) => document.getElementById(toggle.getAttribute("aria-controls"));
const names = () => [...tree.querySelectorAll("a.name")].filter((name) => name.checkVisibility());
const toggleOf = (item) => item?.querySelector(":scope > .twig > a.toggle");

function turn(toggle, open) {
  toggle.setAttribute("aria-expanded", String(open));
  below(toggle).hidden = !open;
}

tree?.addEventListener("click", (event) => {
  const toggle = event.target.closest("a.toggle");
  if (!toggle || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  turn(toggle, toggle.getAttribute("aria-expanded") !== "true");
});

const steps = { ArrowDown: 1, ArrowUp: -1 };

function walk(event, item) {
  const shown = names();
  const at = shown.indexOf(item.querySelector(":scope > .twig > a.name"));
  shown[at + steps[event.key]]?.focus();
}

function open(item) {
  const toggle = toggleOf(item);
  if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
  else item.querySelector(":scope > ul a.name")?.focus();
}

function close(item) {
  const toggle = toggleOf(item);
  if (toggle?.getAttribute("aria-expanded") === "true") turn(toggle, false);
  else item.parentElement.closest("li")?.querySelector(":scope > .twig > a.name")?.focus();
}

tree?.addEventListener("keydown", (event) => {
  const item = event.target.closest("li");
  if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
  const isToggle = event.target.matches("a.toggle");
  if (event.key in steps) walk(event, item);
  else if (event.key === "ArrowRight") open(item);
  else if (event.key === "ArrowLeft") close(item);
  else if (event.key === " " && isToggle) event.target.click();
  else return;
  event.preventDefault();
});
