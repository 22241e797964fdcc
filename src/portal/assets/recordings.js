// The list of recordings: unlocks them with an auditor's identity, and shows whether each is as it was written.
import { ask } from "./app.js";

// ---- the key

// What `age -p` writes without `-a` is no text; as armour (RFC 7468, as age has it) it is.
function armour(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  const lines = btoa(text).match(/.{1,64}/g) ?? [];
  return ["-----BEGIN AGE ENCRYPTED FILE-----", ...lines, "-----END AGE ENCRYPTED FILE-----", ""].join("\n");
}

async function identity(form) {
  const [file] = form.querySelector("#identity-file").files;
  if (!file) return form.querySelector("#identity").value;
  if (file.size > 40000) throw "This file is larger than an identity is. Choose the file that `doorward recording key` wrote.";
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  return text.startsWith("age-encryption.org/") ? armour(bytes) : text;
}

for (const form of document.querySelectorAll("form[data-unlock]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const alert = form.querySelector("[role=alert]"), button = form.querySelector("button[type=submit]");
    const passphrase = form.querySelector("#passphrase");
    alert.hidden = true;
    button.disabled = true;
    try {
      const body = { identity: await identity(form) };
      if (passphrase.value) body.passphrase = passphrase.value;
      await ask("PUT", "/api/v1/me/recording-key", body);
      form.reset();
      location.assign(form.dataset.next || location.href);
    } catch (told) {
      alert.textContent = String(told);
      alert.hidden = false;
      passphrase.value = "";
    }
    button.disabled = false;
  });
}

// ---- the proof

async function check(row) {
  const said = row.querySelector(".checked"), button = row.querySelector("[data-check]");
  if (!button || button.disabled) return;
  button.disabled = true;
  said.className = "checked hint";
  said.textContent = "Checking …";
  try {
    const { whole, text, opened, breaks } = await ask("POST", `/api/v1/recordings/${row.dataset.session}/verify`);
    said.className = `checked alert ${whole ? "good" : "bad"}`;
    said.textContent = whole ? `${text}${opened ? " Each was opened." : ""}` : text;
    if (!whole) {
      const list = document.createElement("ul");
      for (const one of breaks) list.append(Object.assign(document.createElement("li"), { textContent: one.text }));
      said.append(list);
    }
  } catch (told) {
    said.className = "checked alert bad";
    said.textContent = String(told);
  }
  button.disabled = false;
}

document.addEventListener("click", async (event) => {
  const one = event.target.closest("[data-check]"), all = event.target.closest("[data-check-all]");
  if (one) check(one.closest("tr"));
  if (!all) return;
  all.disabled = true;
  for (const row of document.querySelectorAll("tr[data-session]")) await check(row);
  all.disabled = false;
});
