// The Taxonomy Cleaning Tool by keyboard: from name to name, and one key for each decision.
// Without this script every key's button can be pressed.

import "./session.js";

const list = document.getElementById("names");
const cards = () => [...list.querySelectorAll("[data-name]")];
const current = () => document.activeElement?.closest?.("[data-name]");
const isTyping = (field) => field?.matches?.("input:not([type='checkbox']), select, textarea");

function go(step) {
  const all = cards();
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// The last decided name has handed on to the next one, so "undo" means the one that was decided. Its
// card comes anew, maybe under another id, in the same place of the list.
let decided = null;
const cardIn = (place) => place?.querySelector("[data-name]");

function takeBack() {
  const undo = current()?.querySelector("[data-undo]") ?? cardIn(decided)?.querySelector("[data-undo]");
  undo?.click();
}

function press(value) {
  current()?.querySelector(`button[name="choice"][value="${value}"]`)?.click();
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  x: () => press("keep"),
  u: takeBack,
  " ": () => current()?.querySelector("[data-tick]")?.click(),
  t: () => {
    const field = current()?.querySelector("[data-typed]");
    field?.closest("details").setAttribute("open", "");
    field?.focus();
  },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && isTyping(event.target)) {
    current()?.focus();
    return;
  }
  if (isTyping(event.target)) return;
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  const mayRepeat = ["j", "k"].includes(event.key); // a held key decides about one name
  const onButton = event.target.matches?.("button, a, summary, input");
  let act = null;
  if (digit && current()) act = () => press(`${event.shiftKey ? "rewrite" : "link"} ${digit - 1}`);
  else if (!(event.key === " " && onButton)) act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  if (!event.repeat || mayRepeat) act();
}

function countTicked() {
  const number = document.querySelectorAll("[data-tick]:checked").length;
  const place = document.querySelector("[data-ticked]");
  if (place) place.textContent = number ? `${number} ${place.dataset.ticked}` : "";
}

// Where the name stands that a request is about.
const placeOf = new WeakMap();
const isDecision = ({ requestConfig }) => requestConfig.verb === "post";

// Instead of the card a page may come: of signing in, or of the job that goes on.
const pathOf = (address) => new URL(address, location).pathname;
const isElsewhere = ({ xhr, pathInfo }) => pathOf(xhr.responseURL) !== pathOf(pathInfo.requestPath);

function follow(detail) {
  const { xhr } = detail;
  const { signIn } = document.getElementById("sign-in-again").dataset;
  if (xhr.status !== 200 || pathOf(xhr.responseURL).startsWith(signIn)) tellFailure(cardIn(placeOf.get(xhr)));
  else if (isElsewhere(detail)) location.assign(xhr.responseURL);
}

function tellFailure(card) {
  card.querySelector(".failed")?.remove();
  const line = document.createElement("p");
  line.className = "failed warning-text";
  line.setAttribute("role", "alert");
  line.textContent = list.dataset.failed;
  card.prepend(line);
}

// A decided name hands on to the next one, unless somebody has gone on himself meanwhile.
function handOn(place) {
  const card = cardIn(place);
  if (!card) return;
  if ([card, document.body].includes(document.activeElement)) {
    card.focus();
    if (card.querySelector("[data-undo]")) go(1);
  }
  countTicked();
}

if (list) {
  document.addEventListener("keydown", onKey);
  list.addEventListener("change", countTicked);
  list.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (!isDecision(detail)) return;
    decided = detail.elt.closest("li");
    placeOf.set(detail.xhr, decided);
  });
  list.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (isDecision(detail) && isElsewhere(detail)) detail.shouldSwap = false;
  });
  list.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (isDecision(detail)) follow(detail);
  });
  list.addEventListener("htmx:afterSettle", ({ detail }) => handOn(placeOf.get(detail.xhr)));
}
