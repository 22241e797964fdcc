// The page of an account's one-time codes: a seed is brought as a picture or a text, shown with its code, and saved; a code
// is shown for two minutes at most, with what is left of it, and copied for as long as it lives; recovery codes likewise.

import { ask, sentence } from "./app.js";

const path = document.getElementById("codes").dataset.path;
const at = (id) => document.getElementById(id);
const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";
// With less than this left, the next code is shown as well.
const SOON = 5000;
// How long codes are shown.
const SHOWN = 120000;

// A code with the ring around what is left of it. `fetch` gives the next one; `told` hears of each.
function reading(place, digits, left, fetch, told = () => {}) {
  const ring = place.querySelector(".ring .left");
  let ends = 0, period = 30000, next = "", shown = "", timer = 0, until = Infinity;
  const apart = (code) => code.length > 5 ? `${code.slice(0, Math.ceil(code.length / 2))} ${code.slice(Math.ceil(code.length / 2))}` : code;
  const take = (code) => {
    ends = performance.now() + code.left;
    ({ period, next } = code);
    if (shown !== code.code) digits.textContent = apart(shown = code.code);
    told(code);
  };
  const stop = () => { clearInterval(timer); timer = 0; shown = ""; digits.textContent = ""; place.hidden = true; forget(); };
  const tick = async () => {
    const rest = Math.max(0, ends - performance.now());
    ring.style.strokeDashoffset = String(100 - 100 * rest / period);
    place.classList.toggle("soon", rest < SOON);
    left.textContent = rest < SOON && next ? `${Math.ceil(rest / 1000)} s, then ${apart(next)}` : `${Math.ceil(rest / 1000)} s`;
    if (rest > 0 || !timer) return;
    clearInterval(timer);
    timer = 0;
    forget();
    if (performance.now() > until) return stop();
    try { take(await fetch()); run(); } catch (error) { stop(); told({ error: String(error) }); }
  };
  const run = () => { timer ||= setInterval(tick, 250); tick(); };
  // What was copied goes when the code does, where the browser lets a page see what is there.
  let copied = "";
  async function forget() {
    const was = copied;
    copied = "";
    if (!was) return;
    try {
      if (await navigator.clipboard.readText() === was) await navigator.clipboard.writeText("");
    } catch {
      try { await navigator.clipboard.writeText(""); } catch { /* it is no longer this page that is looked at */ }
    }
  }
  return {
    start(code, lasts = Infinity) { until = performance.now() + lasts; place.hidden = false; take(code); run(); },
    stop,
    get running() { return shown !== ""; },
    async copy(button) {
      const code = shown;
      await navigator.clipboard.writeText(code);
      copied = code;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    },
  };
}

const eye = at("eye");
if (eye) {
  const fetch = () => ask("POST", `${path}/code`, at("reason").value ? { reason: at("reason").value } : {});
  const code = reading(at("shown"), at("digits"), at("left"), fetch, ({ free, error }) => {
    at("taken").hidden = free !== false;
    at("unread").hidden = !error;
    at("unread").textContent = error ?? "";
    const open = code.running && !error;
    eye.setAttribute("aria-expanded", String(open));
    eye.textContent = open ? "Hide the code" : "Show the code";
  });
  const hidden = () => { code.stop(); at("taken").hidden = true; eye.setAttribute("aria-expanded", "false"); eye.textContent = "Show the code"; };
  new MutationObserver(() => { if (at("shown").hidden && eye.getAttribute("aria-expanded") === "true") hidden(); }).observe(at("shown"), { attributeFilter: ["hidden"] });
  eye.addEventListener("click", async () => {
    if (code.running) { hidden(); return; }
    eye.disabled = true;
    at("unread").hidden = true;
    try { code.start(await fetch(), SHOWN); } catch (told) { at("unread").textContent = String(told); at("unread").hidden = false; }
    eye.disabled = false;
  });
  at("copy").addEventListener("click", (event) => code.copy(event.currentTarget));
}

const bring = at("bring");
if (bring) {
  let offer = "";
  const code = reading(at("offer").querySelector(".reading"), at("offer-digits"), at("offer-left"), () => ask("GET", `${path}/offers/${offer}`), ({ error }) => { if (error) unfit(error); });
  const unfit = (text) => { at("unfit").textContent = text; at("unfit").hidden = !text; };
  // The bytes go as they are, in the body of the request alone.
  const look = async (body, kind) => {
    unfit("");
    at("looking").hidden = false;
    try {
      const answer = await fetch(`${path}/offers`, { method: "POST", headers: { "x-csrf-token": csrf, "content-type": kind }, body });
      const value = await answer.json().catch(() => ({}));
      if (!answer.ok) throw `${sentence(value.detail ?? `doorward answered ${answer.status}`)} ${sentence(value.help ?? "")}`;
      show(value);
    } catch (told) {
      unfit(typeof told === "string" ? told : "doorward does not answer. Is the network there? Try again.");
    }
    at("looking").hidden = true;
  };
  const show = (value) => {
    offer = value.offer;
    const { issuer, issued_to, digits, period, algorithm } = value.parameters;
    const parts = { issuer: issuer ?? "not said", issued_to: issued_to ?? "not said", codes: `${digits} digits every ${period} s, ${algorithm}` };
    for (const part of at("offer").querySelectorAll("[data-part]")) part.textContent = parts[part.dataset.part];
    bring.hidden = true;
    at("offer").hidden = false;
    code.start(value.code);
    at("offer").focus();
  };
  const picture = (file) => { if (file) look(file, file.type || "application/octet-stream"); };
  at("file").addEventListener("change", (event) => picture(event.target.files[0]));
  const drop = at("drop");
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); picture(event.dataTransfer.files[0]); });
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (file && !bring.hidden) { event.preventDefault(); picture(file); }
  });
  at("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = at("text").value;
    at("text").value = "";
    look(text, "text/plain");
  });
  at("offer-copy").addEventListener("click", (event) => code.copy(event.currentTarget));
  at("other").addEventListener("click", () => { code.stop(); at("offer").hidden = true; bring.hidden = false; at("file").value = ""; at("file").focus(); });
  at("save").addEventListener("click", async (event) => {
    event.currentTarget.disabled = true;
    try { await ask("POST", path, { offer }); location.reload(); } catch (told) { unfit(String(told)); at("save").disabled = false; }
  });
}

const spare = at("spare");
if (spare) {
  const alert = spare.querySelector("[role=alert]"), button = spare.querySelector("button");
  let code = "";
  spare.addEventListener("submit", async (event) => {
    event.preventDefault();
    alert.hidden = button.disabled = true;
    try {
      const reason = at("spare-reason").value;
      const taken = await ask("POST", `${path}/recovery/code`, reason ? { reason } : {});
      at("spare-code").textContent = code = taken.code;
      if (at("recovery-left")) at("recovery-left").textContent = `${taken.left} left.`;
      at("spare-number").textContent = `This is recovery code ${taken.number}. It counts as used; ${taken.left} left.`;
      spare.hidden = true;
      at("spared").hidden = false;
      at("spared").focus();
      setTimeout(() => location.reload(), SHOWN);
    } catch (told) {
      alert.textContent = String(told);
      alert.hidden = button.disabled = false;
    }
  });
  at("spare-copy").addEventListener("click", async (event) => {
    await navigator.clipboard.writeText(code);
    event.target.textContent = "Copied";
  });
  // The page as it is now tells which were shown, and the code is not in it.
  at("spare-hide").addEventListener("click", () => location.reload());
}
