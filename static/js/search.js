// Fields left blank stay out of the address, so that it is short enough to send to a colleague.

const form = document.getElementById("search-form");

form?.addEventListener("submit", () => {
  for (const input of form.querySelectorAll("input[name]")) {
    if (!input.value.trim()) input.disabled = true;
  }
});

// The browser shows the page again as it left it: fields that were put aside come back.
addEventListener("pageshow", () => {
  for (const input of form?.querySelectorAll("input[name]") ?? []) input.disabled = false;
});

// On a telephone the facets wait below their heading until somebody asks for them.
const facets = document.querySelector("details.facets");
if (facets && matchMedia("(max-width: 60rem)").matches) facets.open = false;
