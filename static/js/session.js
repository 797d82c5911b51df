// A session that ends while somebody types costs nothing: before anything is sent, the page asks
// whether it still stands; if not, one signs in again in a dialog, and the sending goes on.

const dialog = document.getElementById("sign-in-again");
const name = document.getElementById("again-name");
const password = document.getElementById("again-password");
const problem = document.getElementById("again-problem");
const form = document.getElementById("editor");
let waiting = [];

async function ask() {
  const answer = await fetch(dialog.dataset.session, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

// Forms and htmx send the token of the session that stands now.
function take({ token }) {
  for (const field of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) field.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
}

function settle(stands) {
  const resolved = waiting;
  waiting = [];
  for (const resolve of resolved) resolve(stands);
}

function open() {
  problem.textContent = "";
  if (dialog.open) return;
  dialog.returnValue = ""; // of the time before
  dialog.showModal();
  (name.value ? password : name).focus();
}

async function isOurs(told = "") {
  const session = await ask();
  if (session.person === dialog.dataset.person) {
    take(session);
    password.value = "";
    if (dialog.open) dialog.close("signed in");
    settle(true);
    return true;
  }
  problem.textContent = session.person ? problem.dataset.other : told;
  return false;
}

// Resolves to true once the person who opened the page is signed in, to false if he won't be.
// Rejects without a connection.
export async function signedIn() {
  if (await isOurs()) return true;
  open();
  return new Promise((resolve) => waiting.push(resolve));
}

async function signIn() {
  const { token } = await ask();
  const body = new URLSearchParams({ login: name.value, password: password.value });
  const answer = await fetch(dialog.dataset.signIn, {
    method: "POST", body,
    headers: { "X-CSRFToken": token, "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
  });
  return isOurs(answer.ok ? problem.dataset.more : problem.dataset.wrong);
}

if (dialog) {
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    signIn().catch((error) => { problem.textContent = error.message; });
  });
  document.getElementById("again-later").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    const back = document.activeElement; // the focus comes back without the caret, and what is typed would go nowhere
    back?.blur();
    back?.focus({ preventScroll: true });
    settle(dialog.returnValue === "signed in");
  });
  window.addEventListener("focus", () => { if (dialog.open) isOurs(problem.textContent).catch(() => {}); });
  // Nothing that htmx asks for comes back as a sign-in page under a field.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!new URL(event.detail.xhr.responseURL, location.href).pathname.startsWith(dialog.dataset.signIn)) return;
    event.detail.shouldSwap = false;
    open();
  });
}

// Sends a form only once the person who opened the page is signed in.
export function guard(form) {
  let cleared = false;
  form.addEventListener("submit", async (event) => {
    if (cleared || !dialog) return;
    event.preventDefault();
    const state = document.getElementById("draft-state");
    try {
      if (!(await signedIn())) return;
    } catch {
      // What has no draft is sent all the same: the browser says what is wrong, and keeps the text.
      if (state) state.textContent = state.dataset.offline;
      if (state) return;
    }
    cleared = true;
    form.requestSubmit(event.submitter);
    cleared = false;
  });
}

if (form) guard(form);
