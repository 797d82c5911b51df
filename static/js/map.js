// The small map: sets a record's point and its uncertainty beside the fields, which stay the truth
// (data-map="edit"), or shows them (data-map="show"), or several points. Draws degrees, a scale and the points around;
// pictures of the ground only from where the settings say (data-tiles).

const SVG = "http://www.w3.org/2000/svg";
const TILE = 256;
const [LEAST, MOST] = [1, 19]; // zoom
const MOST_LATITUDE = 85.05;
const EQUATOR = 40075016.686; // metres
const STEPS = [45, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002];
const SCALES = [1, 2, 5].flatMap((n) => [...Array(8).keys()].map((e) => n * 10 ** e)).sort((a, b) => a - b);
const radians = (degrees) => (degrees * Math.PI) / 180;
const between = (value, least, most) => Math.max(least, Math.min(most, value));
const wrapped = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

// A number of degrees as somebody types it: -109.05, 109,05, 109°3'3"W; null for anything else.
export function degreesOf(text) {
  const parts = text.trim().match(/^([-+]?\d+(?:[.,]\d+)?)\s*°?\s*(?:(\d+(?:[.,]\d+)?)\s*['′]\s*)?(?:(\d+(?:[.,]\d+)?)\s*["″]\s*)?([NSEWO])?$/i);
  if (!parts) return null;
  const [whole, minutes, seconds] = parts.slice(1, 4).map((part) => Number((part ?? "0").replace(",", ".")));
  const size = Math.abs(whole) + minutes / 60 + seconds / 3600;
  return /[SWO]/i.test(parts[4] ?? "") || parts[1].startsWith("-") ? -size : size;
}

class View {
  constructor(box) {
    this.box = box;
    this.zoom = 2;
    this.centre = { longitude: 0, latitude: 20 };
  }

  get size() {
    return TILE * 2 ** this.zoom;
  }

  world({ longitude, latitude }) {
    const sine = Math.sin(radians(between(latitude, -MOST_LATITUDE, MOST_LATITUDE)));
    const y = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
    return { x: ((longitude + 180) / 360) * this.size, y: y * this.size };
  }

  place(point) {
    const [here, centre] = [this.world(point), this.world(this.centre)];
    let x = here.x - centre.x;
    if (x > this.size / 2) x -= this.size;
    if (x < -this.size / 2) x += this.size;
    return { x: x + this.box.clientWidth / 2, y: here.y - centre.y + this.box.clientHeight / 2 };
  }

  point({ x, y }) {
    const centre = this.world(this.centre);
    const left = centre.x + x - this.box.clientWidth / 2;
    const top = between((centre.y + y - this.box.clientHeight / 2) / this.size, 0, 1);
    const latitude = (Math.atan(Math.sinh(Math.PI * (1 - 2 * top))) * 180) / Math.PI;
    return { longitude: wrapped((left / this.size) * 360 - 180), latitude };
  }

  metres(latitude = this.centre.latitude) {
    return (EQUATOR * Math.cos(radians(latitude))) / this.size; // of one pixel
  }

  // As many decimals as a pixel is worth, so that a click doesn't pretend to more.
  get decimals() {
    return between(Math.ceil(Math.log10(111320 / this.metres())), 1, 6);
  }

  fit(metres, latitude) {
    const room = Math.min(this.box.clientWidth, this.box.clientHeight) / 3 || 80;
    const zoom = Math.log2((EQUATOR * Math.cos(radians(latitude)) * room) / (TILE * metres));
    this.zoom = between(Math.floor(zoom), LEAST, 15);
  }

  shows(point) {
    const { x, y } = this.place(point);
    return x > 0 && y > 0 && x < this.box.clientWidth && y < this.box.clientHeight;
  }

  sides() {
    const [top, low] = [this.point({ x: 0, y: 0 }), this.point({ x: 0, y: this.box.clientHeight })];
    const half = Math.min(180, ((this.box.clientWidth / 2) * 360) / this.size);
    const whole = half >= 180;
    const at = this.centre.longitude;
    return {
      south: low.latitude, north: top.latitude,
      west: whole ? -180 : wrapped(at - half), east: whole ? 180 : wrapped(at + half), half,
    };
  }
}

// --- drawing --------------------------------------------------------------------------------------

function graticule(view, layer) {
  const { south, north, half } = view.sides();
  const degree = view.size / 360;
  const step = STEPS.findLast((each) => each * degree > 70) ?? STEPS[0];
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  const { clientWidth: width, clientHeight: height } = view.box;
  let lines = "";
  const west = view.centre.longitude - half;
  for (let at = Math.ceil(west / step) * step; at <= view.centre.longitude + half; at += step) {
    const { x } = view.place({ longitude: at, latitude: view.centre.latitude });
    lines += `M${x} 0V${height}`;
    const name = `${Math.abs(wrapped(at)).toFixed(digits)}°${wrapped(at) < 0 ? "W" : "E"}`;
    element("text", { x: x + 3, y: height - 5 }, layer).textContent = name;
  }
  for (let at = Math.ceil(south / step) * step; at <= north; at += step) {
    const { y } = view.place({ longitude: view.centre.longitude, latitude: at });
    lines += `M0 ${y}H${width}`;
    if (y > height - 18) continue;
    element("text", { x: 4, y: y - 3 }, layer).textContent = `${Math.abs(at).toFixed(digits)}°${at < 0 ? "S" : "N"}`;
  }
  layer.prepend(element("path", { class: "graticule", d: lines }, layer));
}

function scale(view, layer) {
  const length = SCALES.findLast((each) => each / view.metres() < 120) ?? 1;
  const [left, low] = [view.box.clientWidth - 14 - length / view.metres(), view.box.clientHeight - 26];
  element("path", { class: "scale", d: `M${left} ${low - 5}v5h${length / view.metres()}v-5` }, layer);
  const told = length < 1000 ? `${length} m` : `${length / 1000} km`;
  element("text", { x: left, y: low - 8 }, layer).textContent = told;
}

function ground(view, layer, address) {
  const centre = view.world(view.centre);
  const [left, top] = [centre.x - view.box.clientWidth / 2, centre.y - view.box.clientHeight / 2];
  const most = 2 ** view.zoom;
  const pictures = [];
  for (let x = Math.floor(left / TILE); x * TILE < left + view.box.clientWidth; x += 1) {
    for (let y = Math.max(0, Math.floor(top / TILE)); y * TILE < top + view.box.clientHeight && y < most; y += 1) {
      const picture = new Image();
      picture.alt = "";
      const column = ((x % most) + most) % most;
      picture.src = address.replace("{z}", view.zoom).replace("{x}", column).replace("{y}", y);
      picture.style.left = `${x * TILE - left}px`;
      picture.style.top = `${y * TILE - top}px`;
      pictures.push(picture);
    }
  }
  layer.replaceChildren(...pictures);
}

function drawing(box) {
  const view = new View(box);
  const tiles = box.dataset.tiles ? document.createElement("div") : null;
  if (tiles) {
    tiles.className = "ground";
    box.append(tiles);
    const owed = document.createElement("span");
    owed.className = "owed";
    owed.textContent = box.dataset.attribution;
    box.append(owed);
  }
  const svg = element("svg", { "aria-hidden": "true" }, box);
  const layers = ["back", "near", "front"].map(() => element("g", {}, svg));
  return { view, svg, tiles, layers };
}

function drawPoint(view, layer, point, uncertainty, isSet) {
  const { x, y } = view.place(point);
  const radius = uncertainty / view.metres(point.latitude);
  if (uncertainty) {
    const ring = element("circle", { class: "ring", cx: x, cy: y, r: Math.max(radius, 6) }, layer);
    if (!isSet) ring.setAttribute("stroke-dasharray", "4 4");
  }
  element("circle", { class: "point", cx: x, cy: y, r: 6 }, layer);
  return { x: x + Math.max(radius, 18), y }; // where the ring is taken hold of
}

function drawCell(view, layer, corner, degrees) {
  const low = view.place(corner);
  const high = view.place({ longitude: corner.longitude + degrees, latitude: corner.latitude + degrees });
  const size = { x: low.x, y: high.y, width: high.x - low.x, height: low.y - high.y };
  element("rect", { class: "cell", ...size }, layer);
}

// --- showing --------------------------------------------------------------------------------------

function show(box) {
  const { view, tiles, layers } = drawing(box);
  const [latitude, longitude, cell] = ["latitude", "longitude", "cell"].map((name) => Number(box.dataset[name]));
  const uncertainty = Number(box.dataset.uncertainty) || 0;
  view.centre = { latitude: latitude + cell / 2, longitude: longitude + cell / 2 };
  view.fit(cell ? cell * 55660 : Math.max(uncertainty, 4000), latitude);
  const draw = () => {
    for (const layer of layers) layer.replaceChildren();
    graticule(view, layers[0]);
    if (cell) drawCell(view, layers[2], { latitude, longitude }, cell);
    else drawPoint(view, layers[2], { latitude, longitude }, uncertainty, true);
    scale(view, layers[2]);
    if (tiles) ground(view, tiles, box.dataset.tiles);
  };
  const turn = (by) => {
    view.zoom = between(view.zoom + by, LEAST, MOST);
    draw();
  };
  tools(box, turn);
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(box);
}

// Several places at once (data-map="points"): [[latitude, longitude, records], …].
function showPoints(box) {
  const { view, tiles, layers } = drawing(box);
  const points = JSON.parse(box.dataset.points).map(([latitude, longitude, records]) => ({ latitude, longitude, records }));
  const middle = (name) => {
    const values = points.map((each) => each[name]);
    return [(Math.min(...values) + Math.max(...values)) / 2, Math.max(...values) - Math.min(...values)];
  };
  const [[latitude, high], [longitude, wide]] = [middle("latitude"), middle("longitude")];
  view.centre = { latitude, longitude };
  view.fit(Math.max(high, wide, 0.05) * 80000, latitude);
  const draw = () => {
    for (const layer of layers) layer.replaceChildren();
    graticule(view, layers[0]);
    for (const each of points) {
      const { x, y } = view.place(each);
      const dot = element("circle", { class: "near", cx: x, cy: y, r: between(2 + Math.log2(each.records + 1), 4, 9) }, layers[1]);
      element("title", {}, dot).textContent = box.dataset.records.replace("{number}", each.records);
    }
    scale(view, layers[2]);
    if (tiles) ground(view, tiles, box.dataset.tiles);
  };
  tools(box, (by) => {
    view.zoom = between(view.zoom + by, LEAST, MOST);
    draw();
  });
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(box);
}

function tools(box, turn) {
  const held = document.createElement("div");
  held.className = "map-tools";
  for (const [sign, by, words] of [["+", 1, box.dataset.in], ["−", -1, box.dataset.out]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = sign;
    button.setAttribute("aria-label", words);
    button.addEventListener("click", () => turn(by));
    held.append(button);
  }
  box.append(held);
}

// --- setting --------------------------------------------------------------------------------------

class Setting {
  constructor(box) {
    this.box = box;
    Object.assign(this, drawing(box));
    const field = (name) => document.getElementById(`id_${name}`);
    this.fields = {
      latitude: field("decimal_latitude"), longitude: field("decimal_longitude"),
      uncertainty: field("coordinate_uncertainty_in_meters"), datum: field("geodetic_datum"),
    };
    this.told = document.createElement("p");
    this.told.className = "told";
    this.told.setAttribute("role", "status");
    box.append(this.told);
    box.tabIndex = 0;
    box.setAttribute("role", "application");
    tools(box, (by) => this.turn(by));
    this.read();
    this.start();
    this.listen();
  }

  read() {
    const [latitude, longitude] = [this.fields.latitude, this.fields.longitude].map((each) => degreesOf(each.value));
    const is = latitude !== null && longitude !== null && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
    this.point = is ? { latitude, longitude } : null;
    this.uncertainty = Number(this.fields.uncertainty.value.replace(/[^\d.]/g, "")) || 0;
  }

  start() {
    if (this.point) {
      this.view.centre = { ...this.point };
      this.view.fit(Math.max(this.uncertainty, 3000), this.point.latitude);
      this.draw();
      this.look();
    } else this.lookEverywhere();
  }

  // Without a point the map opens where the collection's own records are, unless somebody has gone
  // elsewhere on it meanwhile, or is about to.
  async lookEverywhere() {
    this.draw();
    const { centre } = this.view;
    await this.look();
    if (this.point || this.drag || this.view.centre !== centre || !this.near?.length) return;
    const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
    this.view.centre = {
      latitude: middle(this.near.map((each) => each.latitude)),
      longitude: middle(this.near.map((each) => each.longitude)),
    };
    this.view.zoom = 6;
    this.draw();
    this.look();
  }

  look() {
    clearTimeout(this.waiting);
    const number = (this.looks = (this.looks ?? 0) + 1);
    return new Promise((done) => {
      this.waiting = setTimeout(async () => {
        const { south, west, north, east } = this.view.sides();
        const asks = { south, west, north, east, record: this.box.dataset.record };
        const answer = await fetch(`${this.box.dataset.near}?${new URLSearchParams(asks)}`).catch(() => null);
        const told = answer?.ok ? await answer.json().catch(() => null) : null;
        if (told && number === this.looks) {
          this.near = told.points.map((each) => ({
            ...each, latitude: Number(each.latitude), longitude: Number(each.longitude),
          }));
        }
        this.draw();
        done();
      }, 250);
    });
  }

  draw() {
    const [back, near, front] = this.layers;
    for (const layer of this.layers) layer.replaceChildren();
    graticule(this.view, back);
    for (const each of this.near ?? []) {
      const { x, y } = this.view.place(each);
      const dot = element("circle", { class: "near", cx: x, cy: y, r: between(2 + Math.log2(each.records + 1), 3, 9) }, near);
      const many = this.box.dataset.records.replace("{number}", each.records);
      element("title", {}, dot).textContent = `${each.title} · ${many}`;
    }
    this.grip = null;
    if (this.point) {
      const unset = 40 * this.view.metres(this.point.latitude);
      const at = drawPoint(this.view, front, this.point, this.uncertainty || unset, this.uncertainty > 0);
      this.grip = element("circle", { class: "grip", cx: at.x, cy: at.y, r: 6 }, front);
    }
    scale(this.view, front);
    if (this.tiles) ground(this.view, this.tiles, this.box.dataset.tiles);
    this.say();
  }

  say() {
    const { told, none } = this.box.dataset;
    if (!this.point) this.told.textContent = none;
    else {
      const values = { ...this.point, uncertainty: this.uncertainty || "?" };
      this.told.textContent = told.replace(/\{(\w+)\}/g, (_whole, name) =>
        typeof values[name] === "number" && name !== "uncertainty" ? values[name].toFixed(this.view.decimals) : values[name]);
    }
  }

  turn(by, at = this.point && this.view.shows(this.point) ? this.point : null) {
    const before = at && this.view.place(at);
    this.view.zoom = between(this.view.zoom + by, LEAST, MOST);
    if (before) {
      const after = this.view.place(at);
      this.pan(after.x - before.x, after.y - before.y);
    } else this.pan(0, 0);
  }

  pan(x, y) {
    const { clientWidth: width, clientHeight: height } = this.box;
    this.view.centre = this.view.point({ x: width / 2 + x, y: height / 2 + y });
    this.draw();
    this.look();
  }

  // The fields say it, as if it had been typed there.
  write(values) {
    this.writing = true;
    for (const [name, text] of Object.entries(values)) {
      const field = this.fields[name];
      if (!field || field.value === text) continue;
      field.value = text;
      for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    this.writing = false;
    this.read();
    this.draw();
  }

  set({ latitude, longitude }) {
    const digits = this.view.decimals;
    const values = { latitude: latitude.toFixed(digits), longitude: longitude.toFixed(digits) };
    this.write(this.fields.datum?.value ? values : { ...values, datum: "WGS84" });
  }

  widen(metres) {
    const digits = Math.max(0, Math.floor(Math.log10(Math.max(metres, 1))) - 1);
    const rounded = Math.max(1, Math.round(metres / 10 ** digits) * 10 ** digits);
    this.write({ uncertainty: String(rounded) });
  }

  at(event) {
    const room = this.box.getBoundingClientRect();
    return { x: event.clientX - room.left, y: event.clientY - room.top };
  }

  press(event) {
    if (event.button || event.target.closest(".map-tools")) return;
    const what = event.target.classList;
    const kind = what.contains("grip") || what.contains("ring") ? "widen" : what.contains("point") ? "point" : "pan";
    this.drag = { kind, from: this.at(event), last: this.at(event), moved: false };
    this.box.setPointerCapture(event.pointerId);
  }

  follow(event) {
    if (!this.drag) return;
    const [now, { from, last, kind }] = [this.at(event), this.drag];
    this.drag.moved ||= Math.hypot(now.x - from.x, now.y - from.y) > 4;
    this.drag.last = now;
    if (!this.drag.moved) return;
    if (kind === "pan") this.pan(last.x - now.x, last.y - now.y);
    else if (kind === "point") this.set(this.view.point(now));
    else {
      const middle = this.view.place(this.point);
      this.widen(Math.hypot(now.x - middle.x, now.y - middle.y) * this.view.metres(this.point.latitude));
    }
  }

  release(event) {
    if (this.drag && !this.drag.moved && this.drag.kind === "pan") this.set(this.view.point(this.at(event)));
    this.drag = null;
  }

  key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.box) return;
    if (way && (event.shiftKey || !this.point)) this.pan(way[0] * 60, way[1] * 60);
    else if (way) this.step(way);
    else if (event.key === "+" || event.key === "=") this.turn(1);
    else if (event.key === "-") this.turn(-1);
    else if (event.key === "Enter") this.set(this.view.centre);
    else if (event.key === "]" && this.point) this.widen((this.uncertainty || 40 * this.view.metres()) * 1.25);
    else if (event.key === "[" && this.point) this.widen((this.uncertainty || 40 * this.view.metres()) / 1.25);
    else return;
    event.preventDefault();
  }

  step([x, y]) {
    const { x: left, y: top } = this.view.place(this.point);
    const by = 10 ** -this.view.decimals;
    const least = (by * this.view.size) / 360; // a step must change what is written
    const far = Math.max(4, least);
    this.set(this.view.point({ x: left + x * far, y: top + y * far }));
    if (!this.view.shows(this.point)) this.pan(x * this.box.clientWidth * 0.4, y * this.box.clientHeight * 0.4);
  }

  listen() {
    const on = (name, act) => this.box.addEventListener(name, (event) => this[act](event));
    on("pointerdown", "press");
    on("pointermove", "follow");
    on("pointerup", "release");
    on("keydown", "key");
    this.box.addEventListener("pointercancel", () => (this.drag = null));
    this.box.addEventListener("wheel", (event) => {
      if (document.activeElement !== this.box && !event.ctrlKey) return; // a page that is scrolled goes on
      event.preventDefault();
      this.turn(event.deltaY < 0 ? 1 : -1, this.view.point(this.at(event)));
    }, { passive: false });
    for (const field of [this.fields.latitude, this.fields.longitude, this.fields.uncertainty]) {
      for (const kind of ["input", "change"]) field.addEventListener(kind, () => this.typed());
    }
    new ResizeObserver(() => requestAnimationFrame(() => this.box.clientWidth && this.draw())).observe(this.box);
  }

  typed() {
    if (this.writing) return;
    const had = this.point;
    this.read();
    if (this.point && (!had || !this.view.shows(this.point))) this.start();
    else this.draw();
  }
}

// --- beginning ------------------------------------------------------------------------------------

for (const box of document.querySelectorAll('[data-map="show"]')) show(box);
for (const box of document.querySelectorAll('[data-map="points"]')) showPoints(box);

const panel = document.getElementById("map-panel");
if (panel) {
  const begin = () => panel.open && !panel.dataset.begun && (panel.dataset.begun = "yes") && new Setting(panel.querySelector(".map"));
  panel.addEventListener("toggle", () => {
    begin();
    try {
      localStorage.setItem("map:open", panel.open ? "yes" : "");
    } catch {
      // the browser keeps nothing: the map is closed with the next record
    }
  });
  try {
    panel.open = localStorage.getItem("map:open") === "yes";
  } catch {
    panel.open = false;
  }
  begin();
}
