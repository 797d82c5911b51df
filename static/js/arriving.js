// The receiving page: a scan is taken off the fields at once and sent in turn, so the next never waits.
// What needs a person (whose barcode, which of several, unknown) stops the turn until it is answered, and
// is asked only while nothing is being typed. A scan is kept in this browser until it is done with.

import { signedIn } from "./session.js";
import { newGuid, waitingScans } from "./waiting.js";

const form = document.getElementById("arriving");
const { barcode, number } = form.elements;
const place = document.getElementById("answer");
const state = document.getElementById("scan-state");
const list = document.getElementById("scans");
const dialog = document.getElementById("sign-in-again");
const kept = waitingScans(`receiving:${dialog.dataset.person}:${location.pathname}`);
const queue = kept.all(); // {id, at, barcode, number, chosen}, the head may be under way
const LISTED = 15;
const BUSY = [429, 502, 503, 504]; // of a portal that takes nothing at the moment
const DONE = ["received", "already"];
let isSending = false;
let isPutOff = false; // asked to sign in, somebody said "not now": the next scan asks again
let asked = null; // the question on the page: {scan, said, answer}
let later = null; // one that came while the next sheet was being typed
let trouble = ""; // why what waits could not be sent
let times = [];
let lastField = barcode;

const isBlank = () => !barcode.value && !number.value;

function tell() {
  const { waiting, kept: unsent, later: coming } = state.dataset;
  const count = asked ? waiting : isSending ? "" : unsent;
  const words = [trouble, queue.length ? count.replace("%n", queue.length) : ""];
  if (later) words.unshift(coming.replace("%n", later.scan.barcode || later.scan.number));
  const told = words.filter(Boolean).join(" ");
  if (state.textContent !== told) state.textContent = told;
  barcode.classList.toggle("taken", asked !== null);
  document.getElementById("scan-count").textContent = times.length;
  const minutes = times.length > 1 ? (times.at(-1) - times[0]) / 60000 : 0;
  document.getElementById("scan-rate").textContent = minutes ? Math.round(((times.length - 1) / minutes) * 60) : "–";
}

function tally({ received, missing }) {
  const figures = { received: Number(received), missing: Number(missing) };
  for (const each of document.querySelectorAll("[data-tally]")) each.textContent = figures[each.dataset.tally].toLocaleString("en");
  document.getElementById("pile").value = figures.received;
}

// Rows of the lists by "offer record".
const rowOf = (root, sheet) => sheet && root.querySelector(`[data-sheet="${CSS.escape(sheet)}"]`);

// --- what came of a scan ---

function show(html, scan) {
  const answer = document.createRange().createContextualFragment(html);
  const { dataset } = answer.querySelector("[data-said]");
  tally(dataset);
  if (!DONE.includes(dataset.said)) {
    question({ scan, said: dataset.said, answer });
    return;
  }
  kept.drop(scan);
  if (dataset.said === "received") {
    times.push(Date.now());
    list.prepend(answer.querySelector("template").content.firstElementChild);
    while (list.children.length > LISTED) list.lastElementChild.remove();
    rowOf(document.querySelector("tbody") ?? document.createElement("div"), dataset.sheet)?.remove();
  }
  place.replaceChildren(answer);
}

function showUndone(html) {
  const answer = document.createRange().createContextualFragment(html);
  const { dataset } = answer.querySelector("[data-said]");
  tally(dataset);
  rowOf(list, dataset.sheet)?.remove();
  if (!asked) place.replaceChildren(answer); // a question stays until it is answered
}

function showFailed(scan, status) {
  const answer = document.getElementById("failed").content.cloneNode(true);
  answer.querySelector("b").textContent = scan.number || scan.barcode;
  answer.querySelector("[data-status]").textContent = status;
  question({ scan, said: "failed", answer });
}

// --- what needs a person ---

function question(one) {
  later = one;
  attend();
}

// An answer to one sheet never mixes with what is being typed of the next.
function attend() {
  if (later && isBlank()) {
    asked = later;
    later = null;
    place.replaceChildren(asked.answer);
    if (asked.said !== "which") barcode.value = asked.scan.barcode;
    if (asked.said !== "which" && asked.said !== "whose") number.value = asked.scan.number;
    goOn();
    document.activeElement.select?.();
  }
  tell();
}

// The cursor goes where the answer is, or where the next scan goes.
function goOn() {
  let to = lastField;
  if (asked?.said === "which") to = place.querySelector("button[name=chosen]");
  else if (asked) to = asked.said === "whose" || asked.scan.number ? number : barcode;
  to.focus();
}

// An answer takes the place of the scan it is about, before all that wait; another scan comes last.
function take(texts) {
  const isAnswer = asked && (texts.chosen || asked.said !== "which");
  const { id, at } = isAnswer ? asked.scan : { id: newGuid(), at: Date.now() };
  const scan = { id, at, ...texts };
  kept.keep(scan);
  if (isAnswer) {
    asked = null;
    place.replaceChildren();
    queue.unshift(scan);
  } else queue.push(scan);
}

function leave() {
  kept.drop(asked.scan);
  asked = null;
  place.replaceChildren();
  barcode.value = number.value = "";
  goOn();
}

// --- sending ---

// Returns the answer, null if somebody doesn't sign in again. Rejects without a connection.
async function post(address, entries) {
  if (!(await signedIn())) return null;
  const token = form.elements.csrfmiddlewaretoken.value;
  return fetch(address, { method: "POST", body: new URLSearchParams(entries), headers: { "X-CSRFToken": token } });
}

async function sendFirst() {
  const scan = queue[0];
  const { barcode: code, number: typed, chosen = "" } = scan;
  const answer = await post("?line", { barcode: code, number: typed, chosen });
  isPutOff = answer === null;
  if (isPutOff || answer.redirected) trouble = state.dataset.signedOut;
  else if (BUSY.includes(answer.status)) trouble = state.dataset.trouble.replace("%n", answer.status);
  else {
    const html = await answer.text();
    queue.shift();
    if (answer.ok) show(html, scan);
    else showFailed(scan, answer.status);
  }
}

async function send() {
  if (isSending) return;
  isSending = true;
  trouble = "";
  try {
    while (queue.length && !asked && !later && !trouble) await sendFirst();
  } catch {
    trouble = state.dataset.offline;
  }
  isSending = false;
  tell();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const texts = { barcode: barcode.value.trim(), number: number.value.trim() };
  const chosen = event.submitter?.name === "chosen" ? event.submitter.value : "";
  if (chosen) take({ ...(asked?.scan ?? texts), chosen });
  else if (texts.barcode || texts.number) {
    lastField = texts.barcode ? barcode : number;
    take(texts);
    barcode.value = number.value = "";
  }
  goOn();
  attend();
  send();
});

// --- keys ---

// While several sheets are to choose from, a figure chooses, unless more follows at once: that is the
// next scan, which goes into its field.
const AT_ONCE = 150; // milliseconds
let figure = null; // {key, button, timer}

function choose() {
  const { button, timer } = figure;
  clearTimeout(timer);
  figure = null;
  button.click();
}

function onChoiceKey(event) {
  const { key } = event;
  const button = /^[1-9]$/.test(key) && place.querySelectorAll("button[name=chosen]")[Number(key) - 1];
  if (event.repeat) event.preventDefault();
  else if (figure && key === "Enter") {
    event.preventDefault();
    choose();
  } else if (!figure && button) {
    event.preventDefault();
    figure = { key, button, timer: setTimeout(choose, AT_ONCE) };
  } else if (key.length === 1 && key !== " ") {
    clearTimeout(figure?.timer);
    lastField.value += figure?.key ?? "";
    figure = null;
    lastField.focus(); // this key types itself there
  }
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  const isCommand = event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "Escape") {
    if (asked) leave();
    attend();
    send();
  } else if (event.key === "z" && (event.ctrlKey || event.metaKey) && isBlank()) {
    event.preventDefault();
    list.querySelector(".take-back button")?.click();
  } else if (!isCommand && asked?.said === "which" && event.target.closest?.("#answer")) onChoiceKey(event);
});

list.addEventListener("submit", async (event) => {
  event.preventDefault();
  const own = event.target;
  goOn(); // at once: a sheet may be under way on the keys when the answer comes
  try {
    const answer = await post(`${own.action}?line`, new FormData(own));
    if (answer?.ok && !answer.redirected) showUndone(await answer.text());
    else if (answer) state.textContent = state.dataset.notUndone;
  } catch {
    state.textContent = state.dataset.notUndone;
  }
});

window.addEventListener("online", send);
setInterval(() => { if (!isPutOff) send(); }, 1000 * 30);
tell();
send();
