// How many columns will be read, told while they are being chosen; a target chosen twice stands out.

const form = document.getElementById("mapping");
const said = document.getElementById("mapped");
const selects = [...(form?.querySelectorAll("select[name^=column]") ?? [])];

const look = () => {
  const chosen = selects.map((select) => select.value).filter(Boolean);
  for (const select of selects) {
    const twice = select.value && chosen.indexOf(select.value) !== chosen.lastIndexOf(select.value);
    select.setAttribute("aria-invalid", String(Boolean(twice)));
    select.closest("tr").classList.toggle("done", !select.value);
  }
  said.textContent = said.dataset.text.replace("%mapped", chosen.length).replace("%all", selects.length);
};

if (form) {
  form.addEventListener("change", look);
  look();
}
