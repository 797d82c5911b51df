// Rules of a batch edit show only what they need; a field with usual values offers them.
// Without this script all inputs are there, and those a rule doesn't need are passed over.

const searching = new Set(["whole", "part", "pattern"]);

function fit(rule) {
  const how = rule.querySelector("[data-how]").value;
  rule.querySelector("[data-find]").hidden = !searching.has(how);
  rule.querySelector("[data-value]").hidden = how === "clear";
  const offers = `offers-${rule.querySelector("[data-column]").value}`;
  const input = rule.querySelector("[data-value] input");
  if (document.getElementById(offers)) input.setAttribute("list", offers);
  else input.removeAttribute("list");
}

for (const rule of document.querySelectorAll(".rule")) {
  fit(rule);
  rule.addEventListener("change", () => fit(rule));
}
