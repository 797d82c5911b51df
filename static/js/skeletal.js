// Barcodes one after the other: each is taken off the field at once and sent in turn, so the next scan
// never waits. What could not be sent is kept in this browser and sent when it can be.

import { signedIn } from "./session.js";
import "./suggest.js";
import { newGuid, waitingScans } from "./waiting.js";

const form = document.getElementById("skeletal");
const field = document.getElementById("barcode");
const list = document.getElementById("scans");
const state = document.getElementById("scan-state");
const dialog = document.getElementById("sign-in-again");
const key = `scans:${dialog.dataset.person}:${location.pathname}`;
const begun = Date.now();
const kept = waitingScans(key);
const REFUSED = [400, 403, 404]; // of a scan that will never be taken
const MOST_FAILED = 3; // a portal that is down isn't asked about every scan, one bad scan stops no others
const queue = kept.all();
let added = 0;
let told = ""; // what the last scan wants looked at
let trouble = ""; // why what waits could not be sent
let isSending = false;
let isPutOff = false; // asked to sign in, somebody said "not now": the next scan asks again

function tell() {
  const isLate = queue.length && (!isSending || Date.now() - queue[0].at > 5000);
  const waiting = isLate ? state.dataset.waiting.replace("%n", queue.length) : "";
  const words = [told, waiting, trouble].filter(Boolean).join(" ");
  if (state.textContent !== words) state.textContent = words;
  const minutes = (Date.now() - begun) / 60000;
  document.getElementById("scan-count").textContent = added;
  document.getElementById("scan-rate").textContent = added && minutes > 0.05 ? Math.round((added / minutes) * 60) : "–";
  const seconds = Math.floor(minutes * 60);
  document.getElementById("scan-time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function show(line) {
  list.prepend(line);
  if (line.dataset.state === "added") count(1);
  const wantsALook = ["there", "wrong"].includes(line.dataset.state);
  told = wantsALook ? line.textContent.trim().replace(/\s+/g, " ") : "";
  field.classList.toggle("taken", wantsALook);
  tell();
}

function count(more) {
  added += more;
  const today = document.getElementById("entered-count");
  today.textContent = Number(today.textContent) + more;
}

// A number scanned by mistake is taken back where it stands.
list.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { target } = event;
  const line = target.closest("li");
  field.focus();
  try {
    if (!(await signedIn())) return;
    const answer = await fetch(target.action, { method: "POST", body: new FormData(target), redirect: "manual" });
    if (answer.type !== "opaqueredirect" && !answer.ok) throw new Error(answer.statusText);
    const tag = line.querySelector(".tag");
    tag.className = "tag";
    tag.textContent = tag.dataset.undone;
    line.querySelector("a").replaceWith(line.querySelector("a").textContent);
    target.remove();
    count(-1);
    told = "";
  } catch {
    told = state.dataset.failed;
  }
  tell();
});

const lineOf = (html) => document.createRange().createContextualFragment(html).querySelector("li");

function refusal(scan, status) {
  const line = document.getElementById("refused").content.querySelector("li").cloneNode(true);
  line.querySelector("b").textContent = new Map(scan.entry).get("catalog_number");
  line.querySelector("[data-status]").textContent = status;
  return line;
}

// Sends one scan; returns whether the portal has done with it. Sent twice, it is answered alike.
async function sendOne(scan) {
  const answer = await fetch("?line", {
    method: "POST",
    body: new URLSearchParams(scan.entry),
    headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
  });
  if (answer.redirected) throw new Error("signed out in this very moment");
  if (answer.ok) show(lineOf(await answer.text()));
  else if (REFUSED.includes(answer.status)) show(refusal(scan, answer.status));
  else {
    trouble = state.dataset.trouble.replace("%n", answer.status);
    return false;
  }
  queue.splice(queue.indexOf(scan), 1);
  kept.drop(scan);
  return true;
}

async function send() {
  if (isSending) return;
  isSending = true;
  trouble = "";
  const failed = new Set();
  try {
    while (failed.size < MOST_FAILED) {
      const scan = queue.find((each) => !failed.has(each));
      if (!scan) break;
      isPutOff = !(await signedIn());
      if (isPutOff) break;
      if (!(await sendOne(scan))) failed.add(scan);
    }
  } catch {
    // No connection, or no session: the queue keeps them.
  }
  isSending = false;
  tell();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const number = field.value.trim();
  if (!number) return;
  const id = newGuid();
  form.elements.guid.value = id;
  const entry = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  const scan = { id, at: Date.now(), entry };
  kept.keep(scan);
  queue.push(scan);
  field.value = "";
  field.focus();
  told = "";
  send();
  tell();
});

// What the sheets share stays in this tab, whatever page one looks at in between.
const shared = `shared:${key}`;
const isShared = (each) => each.name && each.type !== "hidden" && each !== field && (each.type !== "radio" || each.checked);
form.addEventListener("input", () => {
  const texts = [...form.elements].filter(isShared).map((each) => [each.name, each.value]);
  sessionStorage.setItem(shared, JSON.stringify(texts));
});
for (const [name, text] of JSON.parse(sessionStorage.getItem(shared) ?? "[]")) {
  if (form.elements[name]) form.elements[name].value = text;
}

// Fields that somebody never fills here can be put away; one that is away holds nothing.
const away = new Set(JSON.parse(localStorage.getItem("skeletal-away") ?? "[]"));

function showFields() {
  for (const box of document.querySelectorAll("#shown-fields input")) {
    const { field: name } = box.dataset;
    const each = form.elements[name];
    box.checked = !away.has(name);
    each.closest(".field").hidden = away.has(name);
    if (!away.has(name)) continue;
    if (each.options) each.value = [...each.options].find((option) => option.defaultSelected)?.value ?? "";
    else each.value = "";
  }
}

document.getElementById("shown-fields").hidden = false;
document.getElementById("shown-fields").addEventListener("change", ({ target }) => {
  if (target.checked) away.delete(target.dataset.field);
  else away.add(target.dataset.field);
  localStorage.setItem("skeletal-away", JSON.stringify([...away]));
  showFields();
});
showFields();

setInterval(tell, 1000 * 5);
setInterval(() => { if (!isPutOff) send(); }, 1000 * 30);
window.addEventListener("online", send);
tell();
send();
