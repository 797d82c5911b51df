// Offers under a field that names an address in data-suggest: arrows choose, Enter or Tab takes,
// Escape closes. Choosing may fill other fields. Without this script the fields are plain ones.

const LATER = 150; // milliseconds after the last letter
let open = null; // {field, box, offers, at}
let timer;
let asked = 0;

const others = (field) => {
  const names = ["country", "state_province", "county", "recorded_by", "event_date"];
  const given = names.map((name) => [name, field.form.elements[name]?.value ?? ""]);
  return new URLSearchParams(given.filter(([name, value]) => value && name !== field.name));
};

async function ask(field) {
  const number = ++asked;
  const query = others(field);
  query.set("q", field.value);
  const answer = await fetch(`${field.dataset.suggest}?${query}`).catch(() => null);
  if (number !== asked || !answer?.ok || answer.redirected || document.activeElement !== field) return;
  const { offers } = await answer.json();
  const usual = offers.filter((offer) => offer.value !== field.value || offer.note);
  if (number === asked && document.activeElement === field) show(field, usual);
}

function show(field, offers) {
  close();
  if (!offers.length) return;
  const box = document.createElement("ul");
  box.id = `${field.id}_offers`;
  box.className = "offers";
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", field.labels?.[0]?.textContent.trim() ?? field.name);
  box.append(...offers.map((offer, at) => line(box, offer, at)));
  field.after(box);
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("aria-controls", box.id);
  open = { field, box, offers, at: -1 };
}

function line(box, offer, at) {
  const item = document.createElement("li");
  item.id = `${box.id}_${at}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  const value = document.createElement("span");
  value.textContent = offer.value;
  if (box.id === "id_scientific_name_offers") value.className = "sci";
  const note = document.createElement("span");
  note.className = "quiet-text small-text";
  note.textContent = offer.note ?? "";
  item.append(value, " ", note);
  item.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(at);
  });
  return item;
}

function close() {
  if (!open) return;
  open.box.remove();
  open.field.setAttribute("aria-expanded", "false");
  open.field.removeAttribute("aria-activedescendant");
  open = null;
}

function move(step) {
  const items = [...open.box.children];
  items[open.at]?.setAttribute("aria-selected", "false");
  open.at = (open.at + step + items.length + (open.at < 0 && step < 0 ? 1 : 0)) % items.length;
  items[open.at].setAttribute("aria-selected", "true");
  items[open.at].scrollIntoView({ block: "nearest" });
  open.field.setAttribute("aria-activedescendant", items[open.at].id);
}

export function write(form, name, text) {
  writeAll(form, { [name]: text });
}

// All of them first, then the news: a latitude is read together with its longitude.
export function writeAll(form, texts) {
  const filled = Object.entries(texts).filter(([name, text]) => form.elements[name] && form.elements[name].value !== text);
  for (const [name, text] of filled) {
    const field = form.elements[name];
    field.value = text;
    showFilled(field);
    field.classList?.add("filled");
  }
  for (const [name] of filled) {
    for (const kind of ["input", "change"]) {
      form.elements[name].dispatchEvent(new CustomEvent(kind, { bubbles: true, detail: "filled" }));
    }
  }
}

// Rarely used fields that were filled are shown without the blank ones around them; a click on the
// heading shows those as well.
function showFilled(field) {
  const box = field.closest?.("details");
  field.closest?.(".field")?.classList.add("is-shown");
  if (!box || box.open) return;
  box.open = true;
  box.dataset.shows = "filled";
}
document.addEventListener("click", (event) => {
  const box = event.target.closest("summary")?.parentElement;
  if (box?.dataset.shows !== "filled") return;
  event.preventDefault();
  delete box.dataset.shows;
});

function choose(at) {
  const { field, offers } = open;
  const offer = offers[at];
  close();
  clearTimeout(timer);
  asked += 1;
  const { form } = field;
  field.value = offer.value;
  for (const kind of ["input", "change"]) {
    field.dispatchEvent(new CustomEvent(kind, { bubbles: true, detail: "filled" }));
  }
  for (const [name, text] of Object.entries(offer.sets)) write(form, name, text);
  for (const group of offer.fills) {
    const isBlank = Object.keys(group).every((name) => !form.elements[name]?.value);
    if (isBlank) for (const [name, text] of Object.entries(group)) if (text) write(form, name, text);
  }
}

const suggests = (target) => target.dataset?.suggest !== undefined;

document.addEventListener("input", (event) => {
  if (!suggests(event.target) || event.detail === "filled") return;
  clearTimeout(timer);
  close();
  asked += 1; // an answer to what stood there before comes too late
  const field = event.target;
  timer = setTimeout(() => ask(field), LATER);
});

document.addEventListener("keydown", (event) => {
  if (!suggests(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const isList = open?.field === event.target;
  if (event.key === "ArrowDown" && !isList && event.target.tagName === "INPUT") ask(event.target);
  else if (!isList) return;
  else if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Escape") close();
  else if ((event.key === "Enter" || event.key === "Tab") && open.at >= 0) {
    choose(open.at);
    if (event.key === "Tab") return;
  } else return;
  event.preventDefault();
});

// What is offered for a locality hangs on the collector and the day, before anything is typed.
document.addEventListener("focusin", (event) => {
  const field = event.target;
  if (open && open.field !== field) close();
  if (field.name === "locality" && suggests(field) && !field.value && field.form.elements.recorded_by?.value) ask(field);
});
document.addEventListener("focusout", (event) => {
  if (open?.field === event.target) close();
});

for (const field of document.querySelectorAll("[data-suggest]")) {
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
}
