// The table of records as a grid: arrows, typing in place, blocks copied and pasted, fill down. One
// cell is saved at once; several are shown first, as the server reads them, and saved as one.
//
// A cell's dataset.text is what the record holds, as far as this page knows; dataset.typed what a
// person wants there instead. A cell with the class waiting will be saved when its turn comes; one
// with the class wrong was refused.

import { signedIn } from "./session.js";

const table = document.getElementById("table");
const form = document.getElementById("selection");
const said = document.getElementById("table-said");
const review = document.getElementById("review");
const heads = [...table.tHead.rows[0].cells].slice(1);
const rows = [...table.tBodies[0].rows];
const cellAt = (row, column) => rows[row].cells[column + 1];
const columns = heads.length;
let active = { row: 0, column: 0 };
let anchor = active;
let editor = null;
const PLACE = "holotype-table-place";

table.setAttribute("role", "grid");
table.setAttribute("aria-multiselectable", "true");
table.setAttribute("aria-colcount", columns + 1);
for (const [row, line] of rows.entries()) {
  for (let column = 0; column < columns; column += 1) {
    const cell = cellAt(row, column);
    cell.setAttribute("role", "gridcell");
    cell.tabIndex = -1;
    cell.dataset.text = cell.textContent;
    cell.title = cell.textContent.length > 24 ? cell.textContent : "";
  }
  line.querySelector("th").setAttribute("role", "rowheader");
}
cellAt(0, 0).tabIndex = 0;
document.getElementById("table-region").tabIndex = -1;

// --- where one is ---------------------------------------------------------------------------------

function block() {
  const [top, bottom] = [anchor.row, active.row].sort((a, b) => a - b);
  const [left, right] = [anchor.column, active.column].sort((a, b) => a - b);
  return { top, bottom, left, right };
}

function* places({ top, bottom, left, right }) {
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) yield { row, column, cell: cellAt(row, column) };
  }
}

function show() {
  for (const cell of table.querySelectorAll('[aria-selected="true"]')) cell.removeAttribute("aria-selected");
  const chosen = block();
  if (chosen.top === chosen.bottom && chosen.left === chosen.right) return;
  for (const { cell } of places(chosen)) cell.setAttribute("aria-selected", "true");
}

function go(row, column, { extend = false, focus = true } = {}) {
  cellAt(active.row, active.column).tabIndex = -1;
  active = { row: Math.max(0, Math.min(rows.length - 1, row)), column: Math.max(0, Math.min(columns - 1, column)) };
  if (!extend) anchor = active;
  const cell = cellAt(active.row, active.column);
  cell.tabIndex = 0;
  if (focus) cell.focus();
  show();
}

function placeOf(cell) {
  return { row: rows.indexOf(cell.parentElement), column: cell.cellIndex - 1 };
}

// --- what a cell holds ----------------------------------------------------------------------------

const shownIn = (cell) => cell.dataset.typed ?? cell.dataset.text;
const isWaiting = (cell) => cell.classList.contains("waiting");

function write(cell, text) {
  cell.classList.remove("editing");
  cell.textContent = text;
  cell.title = text.length > 24 ? text : "";
}

// Puts a refused text away, and the message about it.
function forget(cell) {
  if (cell.classList.contains("wrong") && said.textContent === cell.title) said.replaceChildren();
  delete cell.dataset.typed;
  cell.classList.remove("wrong");
}

// --- editing one cell -----------------------------------------------------------------------------

function field(column, text) {
  const { choices } = heads[column].dataset;
  if (!choices) {
    const area = document.createElement("textarea");
    area.rows = 1;
    area.value = text;
    return area;
  }
  const select = document.createElement("select");
  const known = JSON.parse(choices);
  if (!known.some(([value]) => value === text)) known.push([text, text]);
  for (const [value, words] of known) select.add(new Option(words || "–", value, false, value === text));
  return select;
}

function edit(typed = null) {
  if (editor) return;
  const { row, column } = active;
  const cell = cellAt(row, column);
  const input = field(column, shownIn(cell));
  if (typed !== null && input.tagName === "TEXTAREA") input.value = typed;
  input.setAttribute("aria-label", heads[column].textContent.trim());
  cell.classList.add("editing");
  cell.replaceChildren(input);
  editor = { row, column, cell, input };
  input.focus();
  if (input.setSelectionRange) input.setSelectionRange(input.value.length, input.value.length);
  input.addEventListener("blur", () => finish(true));
}

// Takes the field away; what it holds is saved, or with keep false forgotten.
function finish(keep) {
  if (!editor) return;
  const { cell, input } = editor;
  const text = input.value.trim();
  const before = isWaiting(cell) ? cell.dataset.typed : cell.dataset.text;
  editor = null;
  if (keep && text !== before) {
    saveOne(cell, text);
    return;
  }
  if (!isWaiting(cell)) forget(cell);
  write(cell, shownIn(cell));
}

// --- asking the server ----------------------------------------------------------------------------

// One thing is asked after the other, so that each starts from what the one before has left: its
// texts are the basis of the next, its Undo is gone when the next is under way.
let turn = Promise.resolve();

function inTurn(work) {
  turn = turn.finally(work);
}

const asSent = ({ cell, text, basis }) => ({
  guid: cell.parentElement.dataset.guid,
  column: heads[placeOf(cell).column].dataset.column,
  text,
  basis: basis ?? cell.dataset.text,
});

async function send(cells, onlyLook) {
  if (!(await signedIn())) throw new Error(said.dataset.signedOut);
  const token = form.elements.csrfmiddlewaretoken.value;
  const answer = await fetch(form.dataset.save, {
    method: "POST",
    body: JSON.stringify({ cells: cells.map(asSent), only_look: onlyLook }),
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  });
  if (!answer.ok) {
    const told = answer.status === 400 ? (await answer.json()).problem : said.dataset.failed;
    throw new Error(told);
  }
  return answer.json();
}

function cellOf({ guid, column }) {
  const line = table.querySelector(`tr[data-guid="${guid}"]`);
  const index = heads.findIndex((head) => head.dataset.column === column);
  return line && index >= 0 ? line.cells[index + 1] : null;
}

// The cell now holds what was read. What was typed after the text was sent stays, and waits on.
function take(cell, sent, read) {
  cell.dataset.text = read;
  if (isWaiting(cell) && cell.dataset.typed !== sent) return;
  delete cell.dataset.typed;
  cell.classList.remove("wrong", "waiting");
  if (editor?.cell !== cell) write(cell, read);
}

function saved(answer, changes) {
  for (const [index, told] of answer.cells.entries()) take(changes[index].cell, changes[index].text, told.read);
  said.innerHTML = answer.html;
}

const paragraph = (className, textContent) => Object.assign(document.createElement("p"), { className, textContent });
const message = (text) => paragraph("message error", text);
const inWords = (error, offline) => (error instanceof TypeError ? offline : error.message);

// --- saving one cell ------------------------------------------------------------------------------

function saveOne(cell, text) {
  cell.dataset.typed = text;
  cell.classList.remove("wrong");
  cell.classList.add("waiting");
  write(cell, text);
  inTurn(() => saveTyped(cell));
}

// Saves what the cell holds by now; nothing, if that was the work of an earlier turn.
async function saveTyped(cell) {
  if (!isWaiting(cell)) return;
  const change = { cell, text: cell.dataset.typed };
  said.replaceChildren();
  try {
    const answer = await send([change], false);
    const [told] = answer.cells;
    if (told.problem) refuse(change, told.problem);
    else if (told.theirs !== null) refuse(change, `${said.dataset.changed} “${told.theirs}”`, told.theirs);
    else {
      saved(answer, [change]);
      said.append(told.note);
    }
  } catch (error) {
    refuse(change, inWords(error, said.dataset.offline));
  }
}

// The cell keeps the text, red. A newer one in it is not refused yet, nor may it be written over
// what somebody else wrote before its typist has read of that: it keeps its basis.
function refuse({ cell, text }, why, theirs = null) {
  if (cell.dataset.typed !== text) return;
  cell.classList.replace("waiting", "wrong");
  cell.title = why;
  if (theirs !== null && editor?.cell !== cell) cell.dataset.text = theirs;
  said.replaceChildren(message(why));
}

// --- saving several cells -------------------------------------------------------------------------

// What the dialog is about: { changes, open }, open the cells that can't be saved as they are.
let proposal = null;
// Whether somebody types on, not seeing that the dialog has opened.
let typesOn = false;
const reading = review.innerHTML;

// Shows what the cells would become, to be saved as one. cut: what is left out, in words. The dialog
// opens at once, so that nothing is typed, pasted or filled between the question and its answer.
function propose(changes, cut = "") {
  if (!changes.length) {
    if (cut) said.replaceChildren(message(cut));
    return;
  }
  const asked = { changes, open: new Map() };
  proposal = asked;
  typesOn = false;
  review.innerHTML = reading;
  if (!review.open) review.showModal();
  review.querySelector("h2").focus();
  inTurn(() => look(asked, cut));
}

async function look(asked, cut) {
  const isLeft = () => !review.open || proposal !== asked;
  if (isLeft()) return;
  said.replaceChildren();
  try {
    const answer = await send(asked.changes, true);
    if (isLeft()) return;
    for (const told of answer.cells) if (told.problem || told.theirs !== null) asked.open.set(`${told.guid} ${told.column}`, told);
    showReview(answer, cut);
  } catch (error) {
    if (isLeft()) return;
    review.close();
    said.replaceChildren(message(inWords(error, said.dataset.offlineAsked)));
  }
}

function showReview(answer, cut) {
  const left = cut ? [message(cut)] : [];
  if (!answer.changing && !answer.open) {
    review.close();
    said.innerHTML = answer.html;
    said.append(...left);
    return;
  }
  review.innerHTML = answer.html;
  const title = review.querySelector("h2");
  title.after(...left);
  (typesOn ? title : review.querySelector('[data-do="save"]')).focus();
}

// Returns the changes without the cells that can't be saved, unless they are to be written over.
function decided({ changes, open }) {
  const mine = new Set([...review.querySelectorAll(".mine:checked")].map((box) => box.value));
  const sent = [];
  for (const change of changes) {
    const { guid, column } = asSent(change);
    const told = open.get(`${guid} ${column}`);
    if (!told) sent.push(change);
    else if (mine.has(`${guid} ${column}`)) sent.push({ ...change, basis: told.theirs });
  }
  return sent;
}

// The dialog stays until the cells are saved: should that fail, nothing of them is lost.
async function saveReviewed(sent) {
  const state = review.querySelector("#review-said");
  state.replaceChildren(paragraph("quiet-text", state.dataset.saving));
  review.ariaBusy = "true";
  try {
    const answer = await send(sent, false);
    if (answer.open && !review.open) throw new Error(said.dataset.failed);
    if (answer.open) propose(sent);
    else {
      review.close();
      saved(answer, sent);
    }
  } catch (error) {
    (review.open ? state : said).replaceChildren(message(inWords(error, said.dataset.offlineAgain)));
  } finally {
    review.ariaBusy = "false";
  }
}

review.addEventListener("click", (event) => {
  const act = event.target.closest("[data-do]")?.dataset.do;
  if (!act || review.ariaBusy === "true") return;
  const sent = act === "save" ? decided(proposal) : [];
  if (sent.length) inTurn(() => saveReviewed(sent));
  else review.close();
});
review.addEventListener("cancel", (event) => {
  if (review.ariaBusy === "true") event.preventDefault();
});
// The Enter at the end of what is typed unseen must not save what nobody has read.
review.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key.length > 1 || event.ctrlKey || event.metaKey || (key === " " && target.matches("button, input"))) return;
  typesOn = true;
  review.querySelector("h2").focus();
});
review.addEventListener("close", () => cellAt(active.row, active.column).focus());

// --- undo -----------------------------------------------------------------------------------------

// Takes back what was saved last: what is still under way is saved first.
async function undo() {
  const forms = [...said.querySelectorAll("form")];
  if (!forms.length) return;
  try {
    if (!(await signedIn())) return;
    for (const each of forms) {
      const answer = await fetch(each.action, { method: "POST", body: new FormData(each), redirect: "manual" });
      if (answer.type !== "opaqueredirect" && !answer.ok) throw new Error(said.dataset.failed);
    }
    said.replaceChildren();
    const { guid } = rows[active.row].dataset;
    sessionStorage.setItem(PLACE, JSON.stringify({ guid, column: heads[active.column].dataset.column }));
    location.reload();
  } catch (error) {
    said.replaceChildren(message(inWords(error, said.dataset.offlineAgain)));
  }
}

said.addEventListener("submit", (event) => {
  event.preventDefault();
  inTurn(undo);
});

// After an undo one is again where one was.
const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
sessionStorage.removeItem(PLACE);
const returned = place && cellOf(place);
if (returned) {
  const { row, column } = placeOf(returned);
  go(row, column);
}

// --- blocks ---------------------------------------------------------------------------------------

// Reads what spreadsheets put on the clipboard: tabs, lines, quoted cells.
function parse(text) {
  const lines = [[""]];
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let index = 0; index < source.length; index += 1) {
    const sign = source[index];
    const line = lines[lines.length - 1];
    if (quoted && sign === '"' && source[index + 1] === '"') { line[line.length - 1] += '"'; index += 1; }
    else if (quoted && sign === '"') quoted = false;
    else if (!quoted && sign === '"' && line[line.length - 1] === "") quoted = true;
    else if (!quoted && sign === "\t") line.push("");
    else if (!quoted && sign === "\n") lines.push([""]);
    else line[line.length - 1] += sign;
  }
  return lines;
}

const quote = (text) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function copied() {
  const chosen = block();
  const lines = [];
  for (let row = chosen.top; row <= chosen.bottom; row += 1) {
    const texts = [];
    for (let column = chosen.left; column <= chosen.right; column += 1) texts.push(quote(shownIn(cellAt(row, column))));
    lines.push(texts.join("\t"));
  }
  return lines.join("\n");
}

// A refused text is no reason to leave the cell out: it is tried again.
const differing = (changes) => changes.filter(({ cell, text }) => text !== shownIn(cell) || cell.classList.contains("wrong"));

// Returns the cells that change, and in words what of the block reaches beyond the page.
function pasted(lines) {
  const chosen = block();
  const high = Math.max(lines.length, lines.length === 1 ? chosen.bottom - chosen.top + 1 : 0);
  const wide = Math.max(...lines.map((line) => line.length), lines.length === 1 && lines[0].length === 1 ? chosen.right - chosen.left + 1 : 0);
  const changes = [];
  for (let down = 0; down < high && chosen.top + down < rows.length; down += 1) {
    const line = lines[down % lines.length];
    for (let across = 0; across < wide && chosen.left + across < columns; across += 1) {
      const text = line.length === 1 && lines.length === 1 ? line[0] : line[across];
      if (text !== undefined) changes.push({ cell: cellAt(chosen.top + down, chosen.left + across), text: text.trim() });
    }
  }
  const outside = [[chosen.top + high - rows.length, "cutRows"], [chosen.left + wide - columns, "cutColumns"]];
  const left = outside.filter(([number]) => number > 0).map(([number, words]) => said.dataset[words].replace("%n", number));
  const cut = left.length ? [said.dataset.cut, ...left].join(" ") : "";
  return { changes: differing(changes), cut };
}

const inGrid = (event) => !editor && event.target.closest?.("#table tbody td");

document.addEventListener("copy", (event) => {
  if (!inGrid(event)) return;
  event.clipboardData.setData("text/plain", copied());
  event.preventDefault();
});
document.addEventListener("paste", (event) => {
  if (!inGrid(event)) return;
  event.preventDefault();
  const { changes, cut } = pasted(parse(event.clipboardData.getData("text/plain")));
  if (cut) propose(changes, cut);
  else change(changes);
});

// A block takes its first row; a single cell, or row of cells, takes what stands above it.
function fillDown() {
  const chosen = block();
  const from = chosen.top === chosen.bottom ? chosen.top - 1 : chosen.top;
  if (from < 0) return;
  const filled = [...places(chosen)].filter(({ row }) => row > from);
  const changes = differing(filled.map(({ column, cell }) => ({ cell, text: shownIn(cellAt(from, column)) })));
  if (chosen.top === chosen.bottom) change(changes);
  else propose(changes);
}

function clear() {
  change(differing([...places(block())].map(({ cell }) => ({ cell, text: "" }))));
}

// The cell one is in is saved at once, others are shown first.
function change(changes) {
  const [{ cell, text } = {}] = changes;
  if (changes.length === 1 && cell === cellAt(active.row, active.column)) saveOne(cell, text);
  else propose(changes);
}

// --- keys and mouse -------------------------------------------------------------------------------

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-10, 0], PageDown: [10, 0] };
const FAR = 1e6;

function whileEditing(event) {
  const { key } = event;
  if (event.isComposing) return;
  if (key === "Escape") finish(false);
  else if (key === "Enter" && !event.altKey && !event.shiftKey) { finish(true); go(active.row + 1, active.column); event.preventDefault(); return; }
  else if (key === "Tab") { finish(true); go(active.row, active.column + (event.shiftKey ? -1 : 1)); event.preventDefault(); return; }
  else return;
  event.preventDefault();
  event.stopPropagation();
  cellAt(active.row, active.column).focus();
}

table.addEventListener("keydown", (event) => {
  if (editor) { whileEditing(event); return; }
  if (!event.target.closest("tbody td")) return;
  const { key } = event;
  const held = event.ctrlKey || event.metaKey;
  const step = STEPS[key];
  if (step) go(active.row + step[0] * (held ? FAR : 1), active.column + step[1] * (held ? FAR : 1), { extend: event.shiftKey });
  else if (key === "Home") go(held ? 0 : active.row, 0, { extend: event.shiftKey });
  else if (key === "End") go(held ? FAR : active.row, FAR, { extend: event.shiftKey });
  else if (key === "F2" || key === "Enter") edit();
  else if (held && key.toLowerCase() === "d") fillDown();
  else if (held && key.toLowerCase() === "z") inTurn(undo);
  else if (held && key === " ") {
    const tick = rows[active.row].querySelector('input[name="guid"]');
    tick.checked = !tick.checked;
    tell();
  } else if (held && key.toLowerCase() === "a") { anchor = { row: 0, column: 0 }; go(FAR, FAR, { extend: true }); }
  else if (key === "Delete" || key === "Backspace") clear();
  else if (key.length === 1 && !held && !event.altKey) edit(key);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

// Whatever brings the focus to a cell, one is there.
table.tBodies[0].addEventListener("focusin", (event) => {
  const cell = event.target.closest("td");
  if (!cell || editor || cell === cellAt(active.row, active.column)) return;
  const place = placeOf(cell);
  go(place.row, place.column, { focus: false });
});
table.tBodies[0].addEventListener("mousedown", (event) => {
  const cell = event.target.closest("td");
  if (!cell || editor?.cell === cell) return;
  const place = placeOf(cell);
  go(place.row, place.column, { extend: event.shiftKey });
  event.preventDefault();
});
table.tBodies[0].addEventListener("mouseover", (event) => {
  const cell = event.target.closest("td");
  if (event.buttons !== 1 || editor || !cell) return;
  const place = placeOf(cell);
  go(place.row, place.column, { extend: true });
});
table.tBodies[0].addEventListener("dblclick", (event) => {
  if (event.target.closest("td")) edit();
});

// --- ticks ----------------------------------------------------------------------------------------

const whole = document.getElementById("whole-search");
const all = document.getElementById("tick-all");
const ticks = [...form.querySelectorAll('tbody input[name="guid"]')];
const ticked = document.getElementById("ticked");

function tell() {
  const number = ticks.filter((tick) => tick.checked).length;
  all.checked = number === ticks.length;
  all.indeterminate = number > 0 && number < ticks.length;
  ticked.textContent = number ? ticked.dataset.some.replace("%n", number) : ticked.dataset.none;
  for (const button of form.querySelectorAll(".table-actions .button[formaction]")) button.disabled = whole.checked ? "notWhole" in button.dataset : !number;
}

all.addEventListener("change", () => {
  for (const tick of ticks) tick.checked = all.checked;
  tell();
});
// The whole search and single ticks exclude each other: who ticks one means one.
whole.addEventListener("change", () => {
  if (whole.checked) for (const tick of ticks) tick.checked = false;
  tell();
});
form.addEventListener("change", (event) => {
  if (event.target.name === "guid" && event.target.checked) whole.checked = false;
  tell();
});
tell();
window.addEventListener("beforeunload", (event) => {
  if (table.querySelector("td.wrong, td.waiting, td.editing")) event.preventDefault();
});
