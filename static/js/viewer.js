// The images of a record beside its form: zoom, turn, light, next and previous, by mouse, finger or
// keys. Where one looked stays from record to record of a collection: labels lie in the same corner.

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

// --- beginning ------------------------------------------------------------------------------------

function begin() {
  panel = document.getElementById("media");
  if (!panel) return;
  panel.classList.add("is-alive");
  take();
  box = panel.querySelector(".viewer");
  image = box?.querySelector("img");
  panel.onclick = (event) => {
    const button = event.target.closest("[data-viewer]");
    if (button) acts[button.dataset.viewer](button);
  };
  if (!box) return;
  panel.querySelector(".viewer-tools").hidden = false;
  links = [...panel.querySelectorAll("[data-image]")];
  look = { ...START, ...kept(lookKey()) };
  lights();
  listen();
  show(Math.max(0, links.findIndex((link) => link.dataset.chosen)));
  if (kept("media:hidden", localStorage) && !isWindow) acts.hide(panel.querySelector('[data-viewer="hide"]'));
}

// A draft that came back brings the record's GUID along: its images are those.
function followForm() {
  const guid = document.getElementById("editor")?.elements.guid?.value;
  if (!guid || !panel || panel.dataset.record === guid) return;
  const address = panel.dataset.window.replace(panel.dataset.record, guid);
  window.htmx.ajax("GET", address, { target: "#media", swap: "outerHTML" });
}

function tellWindow() {
  const address = document.getElementById("media")?.dataset.window;
  if (!isWindow && address) windows?.postMessage({ address });
}

// A window of its own goes on to the record that the editor has opened.
windows?.addEventListener("message", ({ data }) => {
  const to = data.address && new URL(data.address, location.href);
  if (isWindow && to && to.origin === location.origin && to.pathname !== location.pathname) location.assign(to);
});
document.addEventListener("htmx:afterSettle", () => {
  if (document.getElementById("media") !== panel) begin();
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
for (const wait of [0, 1500]) setTimeout(followForm, wait);
