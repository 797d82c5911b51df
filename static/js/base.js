// What every page has: the reader's choice of light or dark, and "/" for the search box.

const YEAR = 60 * 60 * 24 * 365;
const root = document.documentElement;
root.classList.add("scripted");

const theme = document.getElementById("theme");
if (theme) {
  theme.closest("label").hidden = false;
  theme.addEventListener("change", () => {
    if (theme.value) root.dataset.theme = theme.value;
    else delete root.dataset.theme;
    const age = theme.value ? YEAR : 0;
    document.cookie = `theme=${theme.value}; path=/; max-age=${age}; samesite=lax`;
  });
}

// On a phone the tab one is at may lie beyond the edge.
const here = document.querySelector(".tabs [aria-current]");
if (here) {
  const beyond = here.getBoundingClientRect().right - here.parentElement.getBoundingClientRect().right;
  here.parentElement.scrollLeft += Math.max(0, beyond);
}

const isTyping = (element) => element.closest("input, select, textarea, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  event.preventDefault();
  document.getElementById("quick-search")?.select();
});
