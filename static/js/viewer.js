// The images of a record beside its form: zoom, turn, light, next and previous, by mouse, finger or
// keys. Where one looked stays from record to record of a collection: labels lie in the same corner.

import { signedIn } from "./session.js";

const START = { zoom: 1, x: 0.5, y: 0.5, turn: 0, brightness: 100, contrast: 100 };
const STEP = 1.25;
const MOST = 16;
const PAN = 0.08; // of what is shown
const windows = "BroadcastChannel" in window ? new BroadcastChannel("holotype:media") : null;
const isWindow = document.querySelector(".own-window") !== null;
const pinned = new Map(); // fingers and buttons that are down

let panel, box, image, links, look, shown, cameFrom;

const kept = (name, storage = sessionStorage) => {
  try {
    return JSON.parse(storage.getItem(name));
  } catch {
    return null;
  }
};
const keep = (name, value, storage = sessionStorage) => {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch {
    // the browser keeps nothing: it starts anew with the next record
  }
};
const lookKey = () => `look:${panel.dataset.of}`;

function draw() {
  const sideways = look.turn % 180 !== 0;
  const [width, height] = [image.naturalWidth || 1, image.naturalHeight || 1];
  const [across, down] = sideways ? [height, width] : [width, height];
  const scale = Math.min(box.clientWidth / across, box.clientHeight / down) * look.zoom;
  const half = (room, size) => Math.min(0.5, room / (2 * size * scale));
  const within = (value, least) => Math.max(least, Math.min(1 - least, value));
  look.x = within(look.x, half(box.clientWidth, across));
  look.y = within(look.y, half(box.clientHeight, down));
  const left = box.clientWidth / 2 - (look.x - 0.5) * across * scale;
  const top = box.clientHeight / 2 - (look.y - 0.5) * down * scale;
  image.style.width = `${width * scale}px`;
  image.style.transform = `translate(${left}px, ${top}px) translate(-50%, -50%) rotate(${look.turn}deg)`;
  image.style.filter = `brightness(${look.brightness}%) contrast(${look.contrast}%)`;
  keep(lookKey(), look);
}

function zoom(factor, x = box.clientWidth / 2, y = box.clientHeight / 2) {
  const before = look.zoom;
  look.zoom = Math.max(1, Math.min(MOST, look.zoom * factor));
  const [across, down] = sizes(before);
  const grown = look.zoom / before;
  look.x += ((x - box.clientWidth / 2) / across) * (1 - 1 / grown);
  look.y += ((y - box.clientHeight / 2) / down) * (1 - 1 / grown);
  draw();
}

function sizes(at = look.zoom) {
  const sideways = look.turn % 180 !== 0;
  const [width, height] = [image.naturalWidth || 1, image.naturalHeight || 1];
  const [across, down] = sideways ? [height, width] : [width, height];
  const scale = Math.min(box.clientWidth / across, box.clientHeight / down) * at;
  return [across * scale, down * scale];
}

function pan(x, y) {
  const [across, down] = sizes();
  look.x += x / across;
  look.y += y / down;
  draw();
}

function turn(by) {
  look.turn = (look.turn + by + 360) % 360;
  [look.x, look.y] = by > 0 ? [1 - look.y, look.x] : [look.y, 1 - look.x];
  draw();
}

function show(number) {
  if (!links.length) return;
  shown = (number + links.length) % links.length;
  const link = links[shown];
  for (const each of links) {
    if (each === link) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
  for (const facts of panel.querySelectorAll("[data-facts]")) facts.hidden = facts.dataset.facts !== link.dataset.image;
  document.getElementById("viewer-number").textContent = `${shown + 1} / ${links.length}`;
  image.hidden = link.dataset.state !== "ready";
  if (image.hidden) return;
  image.alt = link.querySelector("img")?.alt ?? "";
  image.src = link.href;
}

const acts = {
  previous: () => show(shown - 1),
  next: () => show(shown + 1),
  in: () => zoom(STEP),
  out: () => zoom(1 / STEP),
  left: () => turn(-90),
  right: () => turn(90),
  fit() {
    look = { ...START };
    lights();
    draw();
  },
  hide(button) {
    const hidden = panel.classList.toggle("is-hidden");
    button.setAttribute("aria-expanded", String(!hidden));
    button.textContent = hidden ? button.dataset.hidden : button.dataset.shown;
    keep("media:hidden", hidden, localStorage);
    if (!hidden && image) draw();
  },
};

const KEYS = {
  "+": acts.in, "=": acts.in, "-": acts.out, 0: acts.fit, r: acts.right, l: acts.left,
  Escape: () => cameFrom?.focus(), PageDown: acts.next, PageUp: acts.previous,
  ArrowLeft: () => pan(-PAN * box.clientWidth, 0), ArrowRight: () => pan(PAN * box.clientWidth, 0),
  ArrowUp: () => pan(0, -PAN * box.clientHeight), ArrowDown: () => pan(0, PAN * box.clientHeight),
};

function lights() {
  for (const name of ["brightness", "contrast"]) {
    const slider = document.getElementById(`viewer-${name}`);
    slider.value = look[name];
    slider.oninput = () => {
      look[name] = Number(slider.value);
      draw();
    };
  }
}

function follow(event) {
  const before = pinned.get(event.pointerId);
  if (!before) return;
  const [other] = [...pinned].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
  const now = { x: event.clientX, y: event.clientY };
  pinned.set(event.pointerId, now);
  if (!other) return pan(before.x - now.x, before.y - now.y);
  const far = (at) => Math.hypot(at.x - other.x, at.y - other.y) || 1;
  const room = box.getBoundingClientRect();
  zoom(far(now) / far(before), (now.x + other.x) / 2 - room.left, (now.y + other.y) / 2 - room.top);
}

function listen() {
  box.addEventListener("keydown", (event) => {
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  box.addEventListener("wheel", (event) => {
    if (document.activeElement !== box && !event.ctrlKey) return; // a page that is scrolled goes on
    event.preventDefault();
    const room = box.getBoundingClientRect();
    zoom(event.deltaY < 0 ? STEP : 1 / STEP, event.clientX - room.left, event.clientY - room.top);
  }, { passive: false });
  box.addEventListener("pointerdown", (event) => {
    pinned.set(event.pointerId, { x: event.clientX, y: event.clientY });
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", follow);
  for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, (event) => pinned.delete(event.pointerId));
  image.addEventListener("load", draw);
  new ResizeObserver(() => requestAnimationFrame(() => box.clientWidth && draw())).observe(box);
  for (const [number, link] of links.entries()) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      show(number);
    });
  }
}

// --- bringing images in ---------------------------------------------------------------------------

function send(files) {
  const form = document.getElementById("media-upload");
  const problem = document.getElementById("media-problem");
  const fits = [...files].filter((file) => file.size <= Number(form.dataset.largest));
  const others = [...files].filter((file) => !fits.includes(file)).map((file) => file.name);
  problem.textContent = others.length ? `${form.dataset.tooLarge} ${others.join(", ")}` : "";
  if (!fits.length) return;
  const chosen = new DataTransfer();
  for (const file of fits) chosen.items.add(file);
  form.elements.files.files = chosen.files;
  form.requestSubmit();
}

function take() {
  const form = document.getElementById("media-upload");
  form.elements.files.addEventListener("change", () => send(form.elements.files.files));
  for (const name of ["dragover", "dragleave", "drop"]) {
    panel.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("over", name === "dragover");
      if (name === "drop") send(event.dataTransfer.files);
    });
  }
}

document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (panel && files?.length) send(files);
});

// --- what is typed about images: no draft keeps it ------------------------------------------------

const texts = () => [...document.querySelectorAll("#media [data-facts] input[type=text]")];
const typed = () => texts().filter((field) => field.value !== field.defaultValue);
const isBusy = () => typed().length > 0 || document.querySelector("#media .htmx-request") !== null;
let held; // what the panel holds that is about to be replaced
let isVain = false; // it could not be saved: the browser asks whether to leave without it

// Beyond what the sender has saved by now.
function hold({ elt: sender, formData: sent }) {
  const isSaved = (field) => field.form === sender && field.value === sent.get(field.name);
  const focused = texts().find((field) => field === document.activeElement);
  return {
    texts: typed().filter((field) => !isSaved(field)).map(({ id, value }) => [id, value]),
    open: [...document.querySelectorAll("#media [data-facts][open]")].map(({ dataset }) => dataset.facts),
    focus: focused && [focused.id, focused.selectionStart, focused.selectionEnd],
  };
}

function putBack({ texts: kept, open, focus }) {
  for (const facts of document.querySelectorAll("#media [data-facts]")) facts.open ||= open.includes(facts.dataset.facts);
  for (const [id, value] of kept) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  const field = focus && document.getElementById(focus[0]);
  field?.focus({ preventScroll: true });
  field?.setSelectionRange(focus[1], focus[2]);
}

function tellLost({ detail }) {
  if (detail.target?.id !== "media" || detail.requestConfig.elt === panel) return;
  document.getElementById("media-problem").textContent = document.getElementById("media-upload").dataset.lost;
}
for (const name of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(name, tellLost);

// The panel that asks anew by itself, for an image that is made ready, waits while somebody types.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== "media") return;
  const isOwnAsking = detail.requestConfig.elt === panel;
  const isPanel = detail.serverResponse.includes('id="media"'); // not the page that asks to sign in
  if (isOwnAsking && (isBusy() || texts().includes(document.activeElement))) detail.shouldSwap = false;
  if (!isPanel) {
    detail.shouldSwap = false;
    tellLost({ detail });
  }
  if (!detail.shouldSwap) return;
  held = hold(detail.requestConfig);
  image?.removeAttribute("id"); // else htmx copies its style, which the page's policy refuses
});
document.addEventListener("htmx:afterSwap", () => {
  if (held && document.getElementById("media") !== panel) putBack(held);
  held = null;
});

async function saveTexts(form) {
  const sent = new FormData(form);
  const answer = await fetch(form.action, { method: "POST", body: sent, headers: { "HX-Request": "true" } });
  if (answer.redirected || !answer.ok) throw new Error(answer.statusText);
  for (const field of typed()) if (field.form === form) field.defaultValue = sent.get(field.name);
}

// Saving the record leaves the page: what is typed about its images is saved before.
document.addEventListener("submit", async (event) => {
  const { target, submitter } = event;
  if (target.id !== "editor" || isVain || !typed().length) return;
  event.preventDefault();
  event.stopPropagation();
  if (target.dataset.waits) return;
  target.dataset.waits = "yes";
  const stands = await signedIn().catch(() => null); // null without a connection: session.js tells so
  const forms = new Set(typed().map((field) => field.form));
  const isSaved = stands && (await Promise.all([...forms].map(saveTexts)).then(() => true, () => false));
  delete target.dataset.waits;
  if (stands === false) return;
  isVain = true;
  target.requestSubmit(submitter);
  isVain = stands && !isSaved;
}, true);
document.addEventListener("input", ({ target }) => {
  if (texts().includes(target)) isVain = false;
});
document.addEventListener("keydown", (event) => {
  const facts = event.target.closest?.("#media [data-facts]");
  const isSave = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s";
  const field = facts && isSave && typed().find((each) => facts.contains(each));
  if (!field || document.getElementById("keys-used")?.checked === false) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) field.form.requestSubmit();
}, true);
window.addEventListener("beforeunload", (event) => {
  if (isBusy()) event.preventDefault();
});

// --- beginning ------------------------------------------------------------------------------------

// The image somebody is typing about, the one that was acted on, or the one that was looked at.
function toShow(before) {
  const typing = document.activeElement.closest("[data-facts]")?.dataset.facts;
  const wanted = [
    ({ dataset }) => dataset.image === typing, ({ dataset }) => dataset.chosen, ({ dataset }) => dataset.image === before,
  ];
  return Math.max(0, wanted.map((is) => links.findIndex(is)).find((at) => at >= 0) ?? 0);
}

function begin() {
  panel = document.getElementById("media");
  if (!panel) return;
  const before = links?.[shown]?.dataset.image;
  panel.classList.add("is-alive");
  take();
  box = panel.querySelector(".viewer");
  image = box?.querySelector("img");
  panel.onclick = (event) => {
    const button = event.target.closest("[data-viewer]");
    if (button) acts[button.dataset.viewer](button);
  };
  links = [...panel.querySelectorAll("[data-image]")];
  if (!box) return;
  panel.querySelector(".viewer-tools").hidden = false;
  look = { ...START, ...kept(lookKey()) };
  lights();
  listen();
  show(toShow(before));
  if (kept("media:hidden", localStorage) && !isWindow) acts.hide(panel.querySelector('[data-viewer="hide"]'));
}

// A draft that came back brings the record's GUID along: its images are those.
async function followForm() {
  const guid = document.getElementById("editor")?.elements.guid?.value;
  if (!guid || !panel || panel.dataset.record === guid) return;
  const address = panel.dataset.window.replace(panel.dataset.record, guid);
  await window.htmx.ajax("GET", address, { target: "#media", swap: "outerHTML" });
  tellWindow();
}

// Pages that were opened in the background have nothing to say.
function tellWindow() {
  const address = document.getElementById("media")?.dataset.window;
  if (!isWindow && address && document.visibilityState === "visible") windows?.postMessage({ address });
}

// A window of its own goes on to the record that the editor has opened, once nothing is left here.
let next = null;

function goOn() {
  if (!next || next.pathname === location.pathname || isBusy()) return;
  location.assign(next);
}

windows?.addEventListener("message", ({ data }) => {
  const to = data.address && new URL(data.address, location.href);
  if (!isWindow || to?.origin !== location.origin) return;
  next = to;
  goOn();
});
document.addEventListener("visibilitychange", tellWindow);
document.addEventListener("holotype:guid", followForm);
document.addEventListener("htmx:afterSettle", () => {
  if (document.getElementById("media") === panel) return;
  begin();
  goOn();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("#media-detach");
  if (!link || isWindow) return;
  event.preventDefault();
  window.open(link.href, "holotype-media", "popup,width=900,height=1000");
});
document.addEventListener("holotype:viewer", (event) => {
  if (!links?.length) return;
  if (event.detail === "focus") {
    cameFrom = document.activeElement;
    box.focus();
  } else acts[event.detail]?.(panel.querySelector(`[data-viewer="${event.detail}"]`));
});

begin();
tellWindow();
followForm();
