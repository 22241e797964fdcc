// Passkeys: what the browser has to be asked for, on the page of one's second factor and at the sign-in. Codes are plain
// forms and need nothing of this.

import { ask } from "./app.js";

// Why passkeys cannot be used here; empty where they can.
function obstacle(origin) {
  if (location.origin !== origin) return `Passkeys work at ${origin}: open the portal there.`;
  if (!window.isSecureContext) return "Passkeys need https.";
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return "This browser is too old for passkeys.";
  return "";
}

function tell(form, text) {
  const alert = form.querySelector("[role=alert]");
  alert.textContent = text;
  alert.hidden = !text;
}

// What a person is told of an error of the browser's: its own words are for developers.
function said(error) {
  if (typeof error === "string") return error;
  if (error.name === "InvalidStateError") return "This device has a passkey for you already.";
  if (error.name === "NotAllowedError") return "No passkey was used: it was cancelled, or took too long. Try again.";
  return `The browser could not do it (${error.name}). Try again, or use a code.`;
}

const register = document.querySelector("form[data-register]");
register?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = register.querySelector("button");
  const wrong = obstacle(register.dataset.origin);
  tell(register, wrong);
  if (wrong) return;
  button.disabled = true;
  try {
    const { name, code } = Object.fromEntries(new FormData(register));
    const { publicKey } = await ask("POST", "/api/v1/me/passkeys", { name, code });
    const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
    await ask("PUT", "/api/v1/me/passkeys", { answer: made.toJSON() });
    location.reload();
  } catch (error) {
    tell(register, said(error));
    button.disabled = false;
  }
});

const unlock = document.querySelector("form[data-passkey]");
// Where they do not work nobody is led there: the code does.
if (unlock && !obstacle(unlock.dataset.origin)) {
  unlock.hidden = false;
  unlock.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = unlock.querySelector("button");
    button.disabled = true;
    tell(unlock, "");
    try {
      const { publicKey } = JSON.parse(unlock.dataset.passkey);
      const answer = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
      unlock.elements.assertion.value = JSON.stringify(answer.toJSON());
      unlock.submit();
    } catch (error) {
      tell(unlock, said(error));
      button.disabled = false;
    }
  });
}
