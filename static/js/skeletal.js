// Barcodes one after the other: each is taken off the field at once and sent in turn, so the next scan
// never waits. What could not be sent is kept in this browser and sent when it can be.

import { signedIn } from "./session.js";
import "./suggest.js";

const form = document.getElementById("skeletal");
const field = document.getElementById("barcode");
const list = document.getElementById("scans");
const state = document.getElementById("scan-state");
const place = document.getElementById("sign-in-again").dataset;
const key = `scans:${place.person}:${location.pathname}`;
const begun = Date.now();
let queue = JSON.parse(localStorage.getItem(key) ?? "[]");
let added = 0;
let told = ""; // what the last scan wants looked at
let isSending = false;

const guid = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

function tell() {
  localStorage.setItem(key, JSON.stringify(queue));
  const waiting = queue.length && !isSending ? state.dataset.waiting.replace("%n", queue.length) : "";
  const words = [told, waiting].filter(Boolean).join(" ");
  if (state.textContent !== words) state.textContent = words;
  const minutes = (Date.now() - begun) / 60000;
  document.getElementById("scan-count").textContent = added;
  document.getElementById("scan-rate").textContent = added && minutes > 0.05 ? Math.round((added / minutes) * 60) : "–";
  const seconds = Math.floor(minutes * 60);
  document.getElementById("scan-time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function show(html) {
  list.insertAdjacentHTML("afterbegin", html);
  const line = list.firstElementChild;
  if (line.dataset.state === "added") count(1);
  const wantsALook = ["there", "wrong"].includes(line.dataset.state);
  told = wantsALook ? line.textContent.trim() : "";
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

async function send() {
  if (isSending) return;
  isSending = true;
  try {
    while (queue.length) {
      if (!(await signedIn())) break;
      const token = form.elements.csrfmiddlewaretoken.value;
      const answer = await fetch("?line", {
        method: "POST", body: new URLSearchParams(queue[0]), headers: { "X-CSRFToken": token },
      });
      if (!answer.ok || answer.redirected) break;
      show(await answer.text());
      queue = queue.slice(1);
      localStorage.setItem(key, JSON.stringify(queue));
    }
  } catch {
    // No connection: the queue keeps them.
  }
  isSending = false;
  tell();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const number = field.value.trim();
  if (!number) return;
  form.elements.guid.value = guid();
  const entry = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  queue.push(entry);
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
window.addEventListener("online", send);
tell();
send();
