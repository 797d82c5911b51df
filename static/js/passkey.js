// Passkeys: shows the button where the browser knows them, and says when one was not used.
// allauth's own scripts, which stand before this one, do the rest.

const button = document.getElementById("passkey_login");
if (button && window.PublicKeyCredential) {
  window.allauth.webauthn.forms.loginForm({ ids: { login: button.id, credential: "mfa_credential" } });
  button.hidden = false;
}

const problem = document.getElementById("passkey-problem");
document.addEventListener("allauth.error", (event) => {
  if (!problem) return;
  event.preventDefault();
  problem.hidden = false;
});
