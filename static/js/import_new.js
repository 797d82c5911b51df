// A file dropped anywhere on the page lands in the form; one that is too large is told at once.

const form = document.getElementById("upload");
const area = form?.querySelector(".drop");
const input = form?.querySelector("input[type=file]");
const said = document.getElementById("chosen");
const button = form?.querySelector("button[type=submit]");

const size = (bytes) => {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, bytes ? Math.floor(Math.log(bytes) / Math.log(1024)) : 0);
  const format = { style: "unit", unit: units[step], maximumFractionDigits: step ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(bytes / 1024 ** step);
};

const look = () => {
  const file = input.files[0];
  if (!file) return;
  const tooLarge = file.size > Number(input.dataset.most);
  input.setCustomValidity(tooLarge ? said.dataset.tooLarge : "");
  said.textContent = tooLarge ? said.dataset.tooLarge : `${file.name} · ${size(file.size)}`;
  area.querySelector(".errorlist")?.remove();
};

if (form) {
  input.addEventListener("change", look);
  look();
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    area.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) area.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    area.classList.remove("over");
    input.files = event.dataTransfer.files;
    look();
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return; // guard.js asks first whether one is still signed in
    said.textContent = said.dataset.uploading;
    button.disabled = true;
  });
  addEventListener("pageshow", () => { button.disabled = false; });
}
