// Longer texts and files outlive the end of a session on every page: who is signed out meanwhile is
// asked to sign in again, in place, before anything is sent. The editor and the scanning pages have
// ways of their own; what htmx sends stays on its page.

import { guard } from "./session.js";

const forms = document.querySelectorAll('main form[method="post"]:not(#editor, #skeletal, #arriving, [hx-post])');
for (const form of forms) {
  if (form.querySelector('textarea, input[type="file"]')) guard(form);
}
