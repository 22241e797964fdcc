// What the pages do beyond HTML: forms and buttons that ask the REST API, the search that filters as one types, the
// list of sessions that keeps itself fresh. Without it every page still shows; only what changes something needs it.

const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";

// Asks the API; resolves to its answer, or throws what a person is told.
export async function ask(method, url, body) {
  const headers = { "x-csrf-token": csrf };
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw "doorward does not answer. Is the network there? Try again.";
  }
  if (answer.status === 401 && csrf) {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw "Your sign-in has ended. Sign in again.";
  }
  const text = await answer.text();
  let value = {};
  try { value = text ? JSON.parse(text) : {}; } catch { /* told below */ }
  if (!answer.ok) throw sentence(value.detail ?? `doorward answered ${answer.status}`) + (value.help ? ` ${sentence(value.help)}` : "");
  return value;
}

// An element with its properties, listeners (`onclick`) and children.
export const make = (name, properties = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class" || key.includes("-") || key === "role" || key === "for") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
};

export const button = (label, text, act) => make("button", { type: "button", title: label, "aria-label": label, textContent: text, onclick: act });

// A text with a capital letter and a full stop.
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

// The fields of a form as the JSON of a request: `params.x` goes into `params`, lists are a line each, and what was
// left empty is left out, but lists.
function fields(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || field.type === "submit" || field.closest("fieldset[disabled]")) continue;
    if (field.dataset.list !== undefined) {
      body[field.name] = field.value.split("\n").map((line) => line.trim()).filter(Boolean);
    } else if (field.type === "checkbox") {
      body[field.name] ??= [];
      if (field.checked) body[field.name].push(field.value);
    } else if (field.type === "number" && field.value !== "") {
      body[field.name] = Number(field.value);
    } else if (field.name.startsWith("params.")) {
      (body.params ??= {})[field.name.slice(7)] = field.value;
    } else if (field.value !== "") {
      body[field.name] = field.value;
    }
  }
  return body;
}

async function act(element, body) {
  const [method, url] = element.dataset.api.split(" ");
  const alert = (element.closest("form") ?? element.closest("main") ?? document).querySelector("[role=alert]");
  const buttons = element.matches("button") ? [element] : element.querySelectorAll("button");
  if (alert) alert.hidden = true;
  for (const button of buttons) button.disabled = true;
  try {
    const value = await ask(method, url, body);
    if (element.dataset.shows) {
      const shown = document.getElementById(element.dataset.shows);
      if (shown.querySelector("[data-value]")) { show(element, value); return; }
      shown.textContent = value.text;
      shown.hidden = false;
      if (element.dataset.rows) rows(document.getElementById(element.dataset.rows), value.rows);
      for (const button of buttons) button.disabled = false;
      return;
    }
    // Back to the same page, as it is now.
    if (!element.dataset.next) { location.reload(); return; }
    location.assign(element.dataset.next.replace(/\{(\w+)\}/, (_, name) => encodeURIComponent(value[name] ?? "")));
  } catch (told) {
    for (const button of buttons) button.disabled = false;
    if (!alert) { window.alert(String(told)); return; }
    alert.textContent = String(told);
    alert.hidden = false;
  }
}

// Shows an answer that is there this once, in place of the form that asked for it.
function show(form, value) {
  const shown = document.getElementById(form.dataset.shows);
  for (const place of shown.querySelectorAll("[data-value]")) {
    if (place.matches("img")) place.src = value[place.dataset.value];
    else place.textContent = value[place.dataset.value];
  }
  if (form.dataset.hides) document.getElementById(form.dataset.hides).hidden = true;
  form.hidden = true;
  shown.hidden = false;
  shown.focus();
}

// What a trial saw of each row of a connector.
function rows(body, all) {
  body.replaceChildren(...all.map((row) => {
    const line = document.createElement("tr");
    line.setAttribute("role", "row");
    const wrong = row.problem || row.too_early;
    const hits = (row.hits ?? []).map((hit) => hit.shown).join(", ");
    const became = wrong ? row.problem?.message ?? "shows already, before the sign-in" : row.state.replace("-", " ");
    const cells = [String(row.row), row.does, became, row.total === null ? "" : `${row.seen}${hits ? `: ${hits}` : ""}`];
    for (const [at, text] of cells.entries()) {
      const cell = document.createElement("td");
      cell.setAttribute("role", "cell");
      cell.textContent = text;
      if (at === 2) cell.className = wrong ? "bad" : "";
      line.append(cell);
    }
    return line;
  }));
  body.closest(".scroll").hidden = false;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.api) return;
  event.preventDefault();
  const body = fields(form);
  // Which of several buttons it was: what it stands for is yes or no.
  if (event.submitter?.name) body[event.submitter.name] = event.submitter.value === "true";
  act(form, body);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-api]");
  if (button && (!button.dataset.sure || window.confirm(button.dataset.sure))) {
    // A button that shows something, or says so, asks with what its form holds.
    act(button, button.dataset.shows || button.dataset.form !== undefined ? fields(button.form) : button.dataset.body && JSON.parse(button.dataset.body));
  }
});

// Where one is, among the pages.
for (const link of document.querySelectorAll("body > .bar nav a")) {
  if (location.pathname === new URL(link.href).pathname || location.pathname.startsWith(`${new URL(link.href).pathname}/`)) link.setAttribute("aria-current", "page");
}

// Times in the reader's own zone; the record's stay as they are, in UTC.
for (const time of document.querySelectorAll("table:not(.activity) time, .strip time, .facts time")) local(time);
function local(time) {
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.getTime())) {
    time.title = time.dateTime;
    time.textContent = moment.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  }
}

// The search filters what is there as one types; Enter goes to the first that is left.
const search = document.querySelector("form[data-filter] input[type=search]");
if (search) {
  const rows = [...document.querySelectorAll("#accounts li")];
  const count = document.getElementById("count");
  const none = document.getElementById("none");
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let left = 0;
    for (const row of rows) {
      row.hidden = !row.dataset.words.includes(wanted);
      left += row.hidden ? 0 : 1;
    }
    for (const safe of document.querySelectorAll(".safe")) safe.hidden = !safe.querySelector("li:not([hidden])");
    if (count) count.textContent = left === 1 ? "1 account" : `${left} accounts`;
    if (none) none.hidden = left > 0;
  };
  search.addEventListener("input", filter);
  search.form.addEventListener("submit", (event) => {
    const first = rows.find((row) => !row.hidden);
    // What the server has searched already may hide what is meant now: it is asked again.
    if (first && document.activeElement === search && !new URLSearchParams(location.search).get("search")) {
      event.preventDefault();
      first.querySelector("a").click();
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
}

// Each connector asks for its own parameters.
for (const choice of document.querySelectorAll("select[data-chooses]")) {
  const show = () => {
    for (const set of choice.form.querySelectorAll("fieldset[data-for]")) {
      set.hidden = set.disabled = set.dataset.for !== choice.value;
    }
  };
  choice.addEventListener("change", show);
  show();
}

// The proof that nothing on record was altered.
for (const button of document.querySelectorAll("button[data-verify]")) {
  button.addEventListener("click", async () => {
    const said = document.getElementById("verdict");
    button.disabled = true;
    said.className = "";
    said.textContent = "Checking every row …";
    try {
      const { rows, intact, head, breaks } = await ask("GET", button.dataset.verify);
      said.className = intact ? "state good" : "state bad";
      said.textContent = intact ? `All ${rows} rows are as they were written. Last hash ${(head ?? "").slice(0, 16)}…` : breaks.join("; ");
    } catch (told) {
      said.textContent = String(told);
    }
    button.disabled = false;
  });
}

// The list of sessions keeps itself fresh while somebody looks at it.
const fresh = document.querySelector("[data-refresh]");
if (fresh) {
  const refresh = async () => {
    if (document.hidden || fresh.contains(document.activeElement)) return;
    try {
      const answer = await fetch(fresh.dataset.refresh, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById(fresh.id);
      if (!next) return;
      for (const time of next.querySelectorAll("time")) local(time);
      if (next.innerHTML !== fresh.innerHTML) fresh.replaceChildren(...next.childNodes);
    } catch { /* the next look may do */ }
  };
  setInterval(refresh, 3000);
}
