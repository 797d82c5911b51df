// Names of the thesaurus for the field in which one is typed; choosing one fills blank author and
// family. Without this script the field is a plain one.

const list = document.getElementById("names-suggested");
const field = document.querySelector('input[list="names-suggested"]');
const known = new Map();
let timer;

async function suggest() {
  const answer = await fetch(`${list.dataset.url}?q=${encodeURIComponent(field.value)}`).catch(() => null);
  if (!answer?.ok) return;
  const { names } = await answer.json();
  list.replaceChildren(...names.map((taxon) => {
    known.set(taxon.name, known.has(taxon.name) && known.get(taxon.name).author !== taxon.author ? null : taxon);
    const told = [taxon.author, taxon.family, taxon.kingdom].filter(Boolean).join(" · ");
    return new Option(`${told}${taxon.accepted ? ` → ${taxon.accepted}` : ""}`, taxon.name);
  }));
}

function fill(name, value) {
  const other = field.form.elements[name];
  if (!other || other.value || !value) return;
  other.value = value;
  other.dispatchEvent(new Event("input", { bubbles: true }));
  other.dispatchEvent(new Event("change", { bubbles: true }));
}

if (field && list) {
  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (field.value.trim().length > 2) timer = setTimeout(suggest, 250);
  });
  // Of homonyms none is known to be meant: nothing is filled.
  field.addEventListener("change", () => {
    const taxon = known.get(field.value);
    if (!taxon) return;
    fill("scientific_name_authorship", taxon.author);
    fill("family", taxon.family);
  });
}
