// The panel of duplicates beside the editor's form. It never takes the focus: it fills while one
// types, a key leads into it and back. Transfers change the form alone, and can be taken back there.

import { remember } from "./keys.js";
import { signedIn } from "./session.js";
import { writeAll } from "./suggest.js";

const form = document.getElementById("editor");
const found = document.getElementById("duplicates-found");
const panel = document.getElementById("duplicates");
const state = document.getElementById("duplicates-state");
const undo = document.getElementById("duplicates-undo");
const used = form.elements.duplicates; // what was taken, for the server to store with Save
const ASKED = ["recorded_by", "record_number", "event_date", "exsiccati_title", "exsiccati_number"];
const given = (name) => form.elements[name]?.value.trim() ?? "";
const isEnough = () => (given("recorded_by") && (given("record_number") || given("event_date")))
  || (given("exsiccati_title") && given("exsiccati_number"));
const asked = () => ASKED.map(given).join("\n");
const transfers = []; // {values, given, used}: {name: text} before and after; the latest last
let looked = "";
let searching;
let returnTo = null;
let isRestored = false; // the form came back as it was: no tick is set anew

// --- what the form brings along

const readUsed = () => ({ copied: {}, linked: [], histories: [], images: [], ...JSON.parse(used.value || "{}") });

function writeUsed(text) {
  if (used.value === text) return;
  used.value = text;
  used.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "filled" }));
}

// The ticks that stand beside the fields: link, history, images.
function gather() {
  const now = readUsed();
  for (const kind of ["linked", "histories", "images"]) {
    now[kind] = [...found.querySelectorAll(`[data-beside="${kind}"]:checked`)].map((box) => box.closest(".match").dataset.guid);
  }
  const isBlank = !Object.keys(now.copied).length && ["linked", "histories", "images"].every((kind) => !now[kind].length);
  writeUsed(isBlank ? "" : JSON.stringify(now));
}

// As they stood; a match that wasn't there before keeps the tick it comes with.
function tickAgain(before, isSame) {
  for (const box of found.querySelectorAll("[data-beside]")) {
    const match = box.closest(".match").dataset;
    if (before[box.dataset.beside].includes(match.guid)) box.checked = true;
    else if (isSame(match)) box.checked = false;
  }
}

// --- searching

async function post(address, body, signal) {
  const answer = await fetch(address, {
    method: "POST", body, headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value }, signal,
  });
  if (answer.redirected || !answer.ok) throw new Error(answer.statusText);
  return answer;
}

function typed() {
  const body = new URLSearchParams({ record: found.dataset.record });
  for (const field of form.elements) {
    if (field.name && field.value && !/^(initial-|csrf|duplicates|guid|version|then|choice-)/.test(field.name)) body.set(field.name, field.value);
  }
  return body;
}

async function look(wasAsked) {
  const now = asked();
  if (form.inert) return; // on its way to the server
  if (!wasAsked && (now === looked || !isEnough())) return;
  looked = now;
  searching?.abort();
  searching = new AbortController();
  const mine = searching;
  state.textContent = state.dataset.searching;
  try {
    const answer = await post(found.dataset.find, typed(), mine.signal);
    const html = await answer.text();
    if (mine !== searching) return;
    show(html);
  } catch (error) {
    if (error.name === "AbortError") return;
    looked = "";
    state.textContent = state.dataset.failed;
    if (wasAsked) signedIn().catch(() => {});
  }
}

function show(html) {
  const before = readUsed();
  const [focused, turned] = [focusedIn(), turnedParts()];
  const shown = new Map([...found.querySelectorAll(".match")].map(({ dataset }) => [dataset.guid, dataset.tier]));
  found.innerHTML = html;
  state.textContent = found.querySelector("[data-told]")?.textContent ?? "";
  tellNumber();
  tickAgain(before, ({ guid, tier }) => isRestored || shown.get(guid) === tier);
  for (const { match, does, checked } of turned) controlOf(match, does, (box) => { box.checked = checked; });
  isRestored = false;
  gather();
  if (focused) focusAgain(focused);
}

// --- the same match and control in a list that came anew

const doing = ({ tagName, href, dataset: { how, part, beside, suggestion, ask } }) =>
  [tagName, href, how, part, beside, suggestion, ask].join();
const named = (control) => ({ match: control.closest(".match")?.dataset.guid, does: doing(control) });

function controlOf(match, does, act) {
  const again = [...found.querySelectorAll(`.match[data-guid="${match}"] :is(button, input, a, summary)`)];
  const control = again.find((each) => doing(each) === does);
  if (control) act(control);
  return control;
}

function focusedIn() {
  return found.contains(document.activeElement) ? named(document.activeElement) : null;
}

function turnedParts() {
  const boxes = [...found.querySelectorAll("[data-part]")].filter((box) => box.checked !== box.defaultChecked);
  return boxes.map((box) => ({ ...named(box), checked: box.checked }));
}

// Never another one: Enter may be pressed already.
function focusAgain({ match, does }) {
  const control = controlOf(match, does, (again) => {
    const box = again.closest("details");
    if (box) box.open = true;
    again.focus();
  });
  if (!control) state.focus();
}

// On a narrow page the panel stands below the form: the bar says how many there are, and leads there.
function tellNumber() {
  const link = document.getElementById("duplicates-number");
  const number = found.querySelectorAll(".match").length;
  link.hidden = !number;
  link.querySelector("span").textContent = number;
}

// --- transferring

async function transfer(match, how, button) {
  const body = typed();
  body.set("how", how);
  body.set("tier", match.dataset.tier);
  for (const box of match.querySelectorAll("[data-part]:checked")) body.append("part", box.dataset.part);
  button.disabled = true;
  const before = standing();
  try {
    const { texts, told } = await (await post(match.dataset.take, body)).json();
    if (form.inert) return;
    const stay = typedSince(before, match, Object.keys(texts));
    for (const name of stay) delete texts[name];
    apply(match.dataset.guid, texts);
    state.textContent = stay.length ? `${told} ${state.dataset.stays}` : told;
  } catch {
    state.textContent = state.dataset.failed;
    signedIn().catch(() => {});
  } finally {
    button.disabled = false;
  }
}

const standing = () => Object.fromEntries([...form.elements].map(({ name, value }) => [name, value]));

// Which of these fields hold another text than before, with those that are one part with them: the
// latitude of one point doesn't go with the longitude of another.
function typedSince(before, match, names) {
  const parts = [...match.querySelectorAll("[data-part]")].map((box) => box.dataset.columns.trim().split(" "));
  const isOther = (name) => form.elements[name]?.value !== before[name];
  return names.filter((name) => isOther(name) || parts.some((part) => part.includes(name) && part.some(isOther)));
}

function apply(guid, texts) {
  if (form.inert) return;
  const values = {};
  for (const name of Object.keys(texts)) {
    const field = form.elements[name];
    if (!field || field.disabled) continue;
    values[name] = field.value;
  }
  writeAll(form, Object.fromEntries(Object.keys(values).map((name) => [name, texts[name]])));
  if (!Object.keys(values).length) return;
  transfers.push({ values, given: standing(), used: used.value });
  undo.hidden = false;
  looked = asked(); // what was transferred is no reason to search anew
  if (!guid) return;
  const now = readUsed();
  now.copied[guid] = [...new Set([...(now.copied[guid] ?? []), ...Object.keys(values)])];
  writeUsed(JSON.stringify(now));
}

function takeBack() {
  if (form.inert) return;
  const last = transfers.pop();
  const all = Object.entries(last.values);
  const back = all.filter(([name]) => form.elements[name].value === last.given[name]);
  writeAll(form, Object.fromEntries(back));
  for (const [name] of back) form.elements[name].classList.remove("filled");
  const { copied } = { copied: {}, ...JSON.parse(last.used || "{}") };
  writeUsed(JSON.stringify({ ...readUsed(), copied }));
  gather();
  looked = asked();
  undo.hidden = !transfers.length;
  state.textContent = back.length < all.length ? `${state.dataset.undone} ${state.dataset.stays}` : state.dataset.undone;
}

// --- into the panel and back

function enter() {
  const first = found.querySelector("button, input, a") ?? document.getElementById("duplicates-look");
  first.focus();
}

function back() {
  (returnTo?.isConnected ? returnTo : form.elements.recorded_by).focus();
}

// Pressed by a key: typing goes on where it was, unless it goes on elsewhere by now.
function backByKey() {
  const at = document.activeElement;
  if (at === document.body || panel.contains(at)) back();
}

document.addEventListener("holotype:to-duplicates", ({ target }) => {
  if (panel.contains(document.activeElement)) return back();
  returnTo = form.contains(target) ? target : null;
  enter();
});
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape") back();
});

// --- what is pressed

found.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  const match = event.target.closest(".match");
  if (!button || !match) return;
  if (button.dataset.how) {
    await transfer(match, button.dataset.how, button);
    if (event.detail === 0) backByKey();
  } else if (button.dataset.suggestion) {
    apply(null, { type_status: button.dataset.suggestion });
  } else if (button.dataset.ask) {
    const told = match.querySelector("[data-asked]");
    try {
      const answer = await (await post(button.dataset.ask, new URLSearchParams())).json();
      button.disabled = true;
      told.textContent = answer.told;
    } catch {
      told.textContent = state.dataset.failed;
    }
  }
});
found.addEventListener("change", ({ target }) => {
  if (target.dataset.beside) gather();
});
undo.addEventListener("click", (event) => {
  takeBack();
  if (event.detail === 0) backByKey();
});
document.getElementById("duplicates-look").addEventListener("click", () => look(true));
document.getElementById("duplicates-auto").addEventListener("change", ({ target }) => {
  form.dataset.auto = target.checked ? "yes" : "";
  remember({ searches_duplicates: target.checked });
});
document.addEventListener("holotype:duplicates", ({ detail }) => look(detail.asked));

// A form that came back with an error, or as a draft, shows again what it is to be linked with.
function restore() {
  if (!used.value || isRestored) return;
  isRestored = true;
  look(true);
}
setTimeout(restore, 0);
document.addEventListener("holotype:guid", restore);
