// The player of a recording: asks for it slice by slice, and draws what viewers of the live session were sent, beside
// what the person did. Times are milliseconds since the session was asked for.
import { ask, button, make } from "./app.js";
import { picture } from "./canvas.js";

const root = document.getElementById("player");
const base = root.dataset.recording;
const starts = Number(root.dataset.starts);

const clock = (time) => {
  const seconds = Math.max(0, Math.floor(time / 1000));
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};

// ---- what stands on the page

const address = make("output", { class: "address", "aria-label": "Address of the page" });
const held = make("span", { class: "state open held", role: "status", hidden: true });
const verdict = make("span", { class: "state plain verdict", role: "status", textContent: "Checking the chain …" });
const bar = make("div", { class: "tools" },
  make("a", { class: "button", href: "/recordings", textContent: "Recordings" }),
  make("span", { class: "whose", textContent: root.dataset.account }),
  make("span", { class: "fact", textContent: `${root.dataset.user}, by ${root.dataset.connector}` }),
  address, held, verdict);
const breaks = make("div", { class: "alert bad breaks", role: "alert", hidden: true });

const canvas = make("canvas", { width: 1280, height: 720, role: "img", "aria-label": "What the person saw" });
const pointer = make("div", { class: "pointer", hidden: true });
const typed = make("output", { class: "typed", hidden: true, "aria-label": "Keys" });
const dialog = make("div", { class: "asked", hidden: true });
const choices = make("ul", { class: "choices", hidden: true });
const hole = make("p", { class: "alert bad hole", role: "alert", hidden: true });
const told = make("p", { class: "told", role: "status", hidden: true });
const veil = make("div", { class: "veil", role: "status" }, make("p", { textContent: "Opening the recording …" }));
const stage = make("div", { class: "stage" }, canvas, choices, dialog, pointer, typed, told, hole, veil);

const find = make("input", { id: "find", type: "search", placeholder: "Address, title, typed text", autocomplete: "off", spellcheck: false });
const kind = make("select", { id: "kind" }, ...[
  ["", "Everything"], ["url,title", "Pages"], ["click", "Clicks"], ["typed,key,chosen,answer", "What was typed"],
  ["dialog,notice,answer", "Dialogs, notices"], ["download,upload,copied,pasted", "Files, clipboard"],
].map(([value, textContent]) => make("option", { value, textContent })));
const count = make("p", { class: "hint", role: "status", id: "count" });
const list = make("ol", { class: "moments" });
const side = make("section", { class: "side", "aria-label": "What happened" },
  make("div", { class: "finder" },
    make("div", {}, make("label", { for: "find", textContent: "Find" }), find),
    make("div", {}, make("label", { for: "kind", textContent: "Show" }), kind)),
  count, list);

const play = button("Play (space)", "Play", () => toggle());
const earlier = button("5 seconds back (left arrow)", "−5 s", () => seek(now - 5000));
const later = button("5 seconds on (right arrow)", "+5 s", () => seek(now + 5000));
const speed = make("select", { id: "speed", "aria-label": "Speed", title: "Speed" }, ...[0.5, 1, 2, 4, 8, 16].map((rate) => make("option", { value: String(rate), textContent: `${rate}×`, selected: rate === 1 })));
const skips = make("input", { id: "skips", type: "checkbox", checked: true });
const seeker = make("input", { class: "seeker", type: "range", min: "0", max: "1", step: "1", value: "0", "aria-label": "Time" });
const marks = make("div", { class: "marks", "aria-hidden": "true" });
const time = make("output", { class: "time", "aria-label": "Time from the beginning" });
const wall = make("output", { class: "wall", "aria-label": "Time of day" });
const screenful = button("Full screen (f)", "Full screen", () => whole());
const controls = make("div", { class: "controls" },
  make("div", { class: "line" }, marks, seeker),
  make("div", { class: "row" }, play, earlier, later,
    speed,
    make("label", { class: "tick", for: "skips" }, skips, "Skip idle"),
    time, wall, screenful));
root.append(bar, breaks, make("div", { class: "body" }, make("div", { class: "screen" }, stage, controls), side));

// ---- the state

let length = Number(root.dataset.length), live = false, began = NaN;
// Where one is; what is loaded and not yet shown, in the order of time; the time up to which it is everything.
let now = starts, queue = [], loaded = 0, next = null, ended = false;
// Each jump begins anew: what is under way for the one before is dropped.
let jump = 0, loading = null, failed = false;
let playing = false, at = 0, drawing = 0, last = null;
// Device pixels to a pixel of the page.
let scale = 1;
// Where the pointer was last, in pixels of the page.
let spot = null;
const shown = picture(canvas, () => place());

// By the size of the picture: what a note says of the page's holds from the next picture on.
const place = () => {
  const box = stage.getBoundingClientRect();
  const width = canvas.width / scale, height = canvas.height / scale;
  const fit = Math.min(box.width / width, box.height / height) || 1;
  canvas.style.width = `${width * fit}px`;
  canvas.style.height = `${height * fit}px`;
  const left = (box.width - width * fit) / 2;
  canvas.style.left = `${left}px`;
  if (spot) {
    pointer.style.left = `${left + spot.x * fit}px`;
    pointer.style.top = `${spot.y * fit}px`;
  }
  return { fit, left };
};
new ResizeObserver(place).observe(stage);

const cover = (text, ...more) => {
  veil.replaceChildren(make("p", { textContent: text }), ...more);
  veil.hidden = false;
};

// ---- slices

const decoder = new TextDecoder();
// The entries of a slice, with its head.
function read(buffer) {
  const view = new DataView(buffer), entries = [];
  let head = {};
  for (let from = 0; from < buffer.byteLength;) {
    const [time, kind, size] = [view.getUint32(from, true), view.getUint8(from + 4), view.getUint32(from + 5, true)];
    const bytes = new Uint8Array(buffer, from + 9, size);
    if (kind === 0) head = JSON.parse(decoder.decode(bytes));
    else entries.push({ time, kind, what: kind <= 2 ? bytes : JSON.parse(decoder.decode(bytes)) });
    from += 9 + size;
  }
  return { head, entries };
}

async function load(query) {
  const mine = jump;
  let answer;
  try {
    answer = await fetch(`${base}/play?${query}`);
  } catch {
    throw "doorward does not answer. Is the network there? Reload the page.";
  }
  if (answer.status === 401 || answer.status === 423) {
    // The sign-in or the key is gone; the page asks for what is missing.
    location.reload();
    return false;
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw `${problem.detail ?? `doorward answered ${answer.status}`}. ${problem.help ?? ""}`;
  }
  const { head, entries } = read(await answer.arrayBuffer());
  if (mine !== jump) return false;
  queue.push(...entries, ...head.gaps.map((gap) => ({ time: gap.time, kind: 9, what: gap })));
  // Keys are told a moment after they were pressed, and stand behind pictures that are newer.
  queue.sort((one, other) => one.time - other.time);
  loaded = Math.max(loaded, head.until);
  next = head.next;
  ended = head.end;
  live = head.live;
  grow(head.length);
  return true;
}

// Loads what comes next, once at a time.
function more() {
  if (loading || failed) return loading;
  const mine = jump;
  const rate = Number(speed.value);
  const slice = load(`piece=${next}&for=${Math.round(10000 * Math.max(1, rate))}`).catch((error) => { if (mine === jump) fail(error); });
  loading = slice.finally(() => { if (mine === jump) loading = null; });
  return loading;
}

function fail(error) {
  failed = true;
  pause();
  cover(String(error));
  root.dataset.state = "failed";
}

// ---- entries

function show({ kind, what, time }, quick) {
  switch (kind) {
    case 1:
    case 2:
      if (kind === 2) hole.hidden = true;
      drawing += 1;
      Promise.resolve().then(() => shown.draw(what)).then((update) => {
        drawing -= 1;
        veil.hidden = true;
        root.dataset.picture = String(update.number);
      }, () => {
        drawing -= 1;
        lost({ text: `a picture at ${clock(time)} cannot be drawn` });
      });
      break;
    case 3: note(what, quick); break;
    case 4: deed(what, quick); break;
    case 5: if (!quick) tell(`${what.what}: ${what.text}`); break;
    case 9: lost(what); break;
  }
}

// What is missing is said for as long as the picture may lack something of it.
function lost(gap) {
  hole.textContent = `The recording is broken here: ${gap.text}. Until the next whole picture, what is shown may lack what changed meanwhile.`;
  hole.hidden = false;
}

function note(what, quick) {
  switch (what.type) {
    case "screen":
      scale = what.scale;
      place();
      break;
    case "tabs": {
      const tab = what.tabs.find((tab) => tab.id === what.active);
      address.textContent = tab ? (tab.title && tab.title !== tab.url ? `${tab.title} — ${tab.url}` : tab.url) : "";
      address.title = address.textContent;
      break;
    }
    case "choices": {
      const { fit, left } = place();
      choices.replaceChildren(...what.options.map((text, index) => make("li", { textContent: text || "\u00a0", class: index === what.chosen ? "chosen" : "" })));
      choices.style.left = `${left + what.place[0] * fit}px`;
      choices.style.top = `${(what.place[1] + what.place[3]) * fit}px`;
      choices.hidden = false;
      break;
    }
    case "dialog":
      dialog.replaceChildren(make("p", { textContent: what.kind === "beforeunload" ? "Leave the page?" : what.message }));
      dialog.hidden = false;
      break;
    case "dialog-closed": dialog.hidden = true; break;
    case "download": if (!quick) tell(`File: ${what.name}`); break;
    case "notice": if (!quick) tell(what.text); break;
    case "message": if (!quick) tell(`${what.from} says: ${what.text}`); break;
    case "company":
      held.textContent = {
        paused: `Stopped by ${what.by}`, taken: `${what.by} acts in the place of ${root.dataset.user}`, unwatched: "Covered: nobody watched",
      }[what.hold] ?? (what.watchers.length ? `Watched by ${what.watchers.join(", ")}` : "");
      held.hidden = !held.textContent;
      break;
    case "ended": if (!quick) tell(what.text); break;
  }
}

let keys = "", keyed = 0;
const NAMES = { Enter: "⏎", Tab: "⇥", Backspace: "⌫", Escape: "Esc", " ": "␣", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
const SILENT = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "Dead"]);
function deed(what, quick) {
  switch (what.type) {
    case "mouse":
    case "wheel":
      point(what, what.kind === "down" && !quick);
      break;
    case "touch": if (what.points.length) point(what.points[what.points.length - 1], what.kind === "start" && !quick); break;
    case "key": {
      if (!what.down || SILENT.has(what.key)) break;
      const held = what.modifiers ?? 0, one = [...what.key].length === 1;
      const command = (held & 4) || ((held & 2) && !(held & 1));
      if (one && !command) press(what.key, quick);
      else press(` ${held & 2 ? "Ctrl+" : ""}${held & 1 ? "Alt+" : ""}${held & 8 && !one ? "Shift+" : ""}${held & 4 ? "Meta+" : ""}${NAMES[what.key] ?? (one ? what.key.toUpperCase() : what.key)} `, quick);
      break;
    }
    case "text": press(what.text, quick); break;
    case "choose": choices.hidden = true; break;
    case "answer":
      dialog.hidden = true;
      if (!quick) tell(what.accept ? `Accepted${what.text ? `: ${what.text}` : ""}` : "Cancelled");
      break;
    case "back": case "forward": case "reload": case "stop": case "print":
      if (!quick) tell(what.type[0].toUpperCase() + what.type.slice(1));
      break;
  }
}

function point({ x, y }, down) {
  spot = { x, y };
  place();
  pointer.hidden = false;
  if (!down) return;
  choices.hidden = true;
  pointer.classList.remove("down");
  void pointer.offsetWidth; // begins the animation anew
  pointer.classList.add("down");
}

function press(text, quick) {
  if (quick) return;
  keys = (now - keyed > 2500 ? "" : keys) + text;
  keys = [...keys].slice(-40).join("");
  keyed = now;
  typed.textContent = keys;
  typed.hidden = false;
}

let telling = 0;
function tell(text) {
  told.textContent = text;
  told.hidden = false;
  telling = performance.now() + 3000;
}

// ---- time

function grow(to) {
  if (to <= length && Number(seeker.max) === length) return;
  length = Math.max(length, to, starts + 1);
  seeker.min = String(starts);
  seeker.max = String(length);
  for (const mark of marks.children) put(mark);
}
const put = (mark) => {
  const share = Math.min(1, Math.max(0, (Number(mark.dataset.time) - starts) / Math.max(1, length - starts)));
  mark.style.left = `${share * 100}%`;
};

function tick() {
  requestAnimationFrame(tick);
  const moment = performance.now();
  // What the browser held back (another tab in front) is not caught up with.
  const passed = last === null ? 0 : Math.min(250, moment - last);
  last = moment;
  if (!told.hidden && moment > telling) told.hidden = true;
  if (failed || next === null) return;
  const rate = Number(speed.value);
  if (playing && drawing < 12) {
    const until = Math.max(now, loaded);
    now = Math.min(now + passed * rate, until);
    if (skips.checked) {
      const coming = queue[0]?.time ?? (ended ? length : loaded);
      // A breath before and behind, so that one sees that time went by.
      if (coming - now > 2000 * Math.max(1, rate) && now - at > 500 * rate) {
        tell(`Skipped ${clock(coming - now)} in which nothing happened`);
        now = Math.max(now, coming - 500);
      }
    }
  }
  catchUp(false);
  const ahead = (playing ? 15000 : 2000) * Math.max(1, rate);
  if (!ended && loaded - now < ahead) more();
  if (playing && ended && queue.length === 0 && now >= length) {
    if (live) follow();
    else pause();
  }
  if (!typed.hidden && now - keyed > 2500) typed.hidden = true;
  tellTime();
}

// Shows what is due.
function catchUp(quick) {
  while (queue.length && queue[0].time <= now) {
    const entry = queue.shift();
    if (entry.kind !== 9) at = entry.time;
    show(entry, quick);
  }
}

let followed = 0;
// Looks whether the session has gone on.
function follow() {
  if (performance.now() - followed < 1000) return;
  followed = performance.now();
  more();
}

let shownTime = "";
function tellTime() {
  const text = `${clock(now - starts)} / ${clock(length - starts)}${live ? " live" : ""}`;
  root.dataset.now = String(Math.round(now));
  if (!dragging) seeker.value = String(now);
  if (text === shownTime) return;
  shownTime = text;
  time.textContent = text;
  const moment = new Date(began + now);
  wall.textContent = Number.isNaN(moment.getTime()) ? "" : moment.toLocaleString([], { dateStyle: "short", timeStyle: "medium" });
  wall.title = Number.isNaN(moment.getTime()) ? "" : moment.toISOString();
  seeker.setAttribute("aria-valuetext", `${clock(now - starts)} of ${clock(length - starts)}`);
  current();
}

async function seek(to) {
  const mine = jump += 1;
  now = Math.min(Math.max(to, starts), Math.max(length, starts));
  loading = null;
  failed = false;
  next = null;
  queue = [];
  loaded = 0;
  ended = false;
  keys = "";
  for (const over of [pointer, typed, dialog, choices, hole, told, held]) over.hidden = true;
  spot = null;
  root.dataset.state = "seeking";
  try {
    if (!(await load(`from=${Math.round(now)}`))) return;
    // What is large comes in parts.
    while (loaded < now && !ended) if (!(await load(`piece=${next}`))) return;
  } catch (error) {
    if (mine === jump) fail(error);
    return;
  }
  catchUp(true);
  if (!veil.hidden && drawing === 0) {
    // The first picture comes a moment after the page was seen.
    const first = queue.find((entry) => entry.kind === 2);
    if (first && first.time - now < 3000) show(first, true);
    else cover("There is no picture of this time.");
  }
  at = now;
  root.dataset.state = playing ? "playing" : "paused";
  tellTime();
}

function toggle() {
  if (playing) return pause();
  if (now >= length && !live) return seek(starts).then(start);
  start();
}
function start() {
  playing = true;
  root.dataset.state = "playing";
  play.textContent = "Pause";
  play.title = "Pause (space)";
  play.setAttribute("aria-label", play.title);
}
function pause() {
  playing = false;
  if (!failed) root.dataset.state = "paused";
  play.textContent = "Play";
  play.title = "Play (space)";
  play.setAttribute("aria-label", play.title);
}
function whole() {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen();
}

let dragging = false, settle = 0;
seeker.addEventListener("input", () => {
  dragging = true;
  const to = Number(seeker.value);
  clearTimeout(settle);
  settle = setTimeout(() => { dragging = false; seek(to); }, 80);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const field = event.target.closest("input:not([type=range]):not([type=checkbox]), select, textarea");
  if (field) return;
  const pressed = event.target.closest("button, a, input[type=checkbox]");
  if (event.key === " " && !pressed) toggle();
  else if (event.key === "ArrowLeft") seek(now - 5000);
  else if (event.key === "ArrowRight") seek(now + 5000);
  else if (event.key === "f") whole();
  else if (event.key === "/") find.focus();
  else return;
  event.preventDefault();
});

// ---- what happened

const WORDS = {
  url: "page", title: "title", click: "click", typed: "typed", key: "key", chosen: "chosen", dialog: "dialog", answer: "answer",
  copied: "copied", pasted: "pasted", download: "file saved", upload: "file given", notice: "notice", command: "command", end: "end",
};
let moments = [], asked = 0, reading = null;

async function search() {
  const mine = asked += 1;
  const query = new URLSearchParams({ find: find.value.trim(), what: kind.value });
  let answer;
  try {
    answer = await ask("GET", `${base}/moments?${query}`);
  } catch (error) {
    count.textContent = String(error);
    return;
  }
  if (mine !== asked) return;
  if (Number.isNaN(began)) began = Date.parse(answer.began);
  grow(answer.length);
  moments = answer.moments;
  const filtered = find.value.trim() || kind.value;
  if (!filtered) mark(moments, answer.gaps);
  count.textContent = moments.length < answer.count ? `the first ${moments.length} of ${answer.count}` : `${answer.count} ${filtered ? "found" : "moments"}`;
  list.replaceChildren(...moments.map((moment) => make("li", {},
    make("button", { type: "button", class: "moment", onclick: () => visit(moment), "data-time": String(moment.time) },
      make("span", { class: "when", textContent: clock(moment.time - starts) }),
      make("span", { class: "kind", textContent: WORDS[moment.what] ?? moment.what }),
      make("span", { class: "text", textContent: moment.text })))));
  root.dataset.moments = String(answer.count);
  current();
}

// A page is drawn after its address is known, and a recording waits a second for what is exact.
const visit = ({ time, what }) => seek(what === "url" || what === "title" ? time + 1200 : time);

let broken = [];
function mark(moments, gaps) {
  const told = moments.filter((moment) => ["url", "dialog", "download", "upload"].includes(moment.what)).slice(0, 300);
  const points = told.map(({ time, what }) => make("span", { class: `mark ${what}`, "data-time": String(time) }));
  const holes = [...gaps, ...broken].filter((gap) => gap.time !== null).map(({ time }) => make("span", { class: "mark hole", "data-time": String(time) }));
  marks.replaceChildren(...points, ...holes);
  for (const one of marks.children) put(one);
}

// Shows which moment was the last.
function current() {
  const index = moments.findLastIndex((moment) => moment.time <= now);
  const item = list.children[index]?.firstChild ?? null;
  if (item === reading) return;
  reading?.removeAttribute("aria-current");
  reading = item;
  if (!item) return;
  item.setAttribute("aria-current", "true");
  // Who reads further down is not pulled back.
  if (playing && !list.contains(document.activeElement)) list.scrollTop = item.offsetTop - list.clientHeight / 2;
}

let typing = 0;
find.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(search, 150); });
kind.addEventListener("change", search);
find.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && moments.length) visit(moments[0]);
  if (event.key === "Escape") find.blur();
});

// ---- the proof

async function verify() {
  try {
    const { whole, text, breaks: found } = await ask("POST", `${base}/verify`);
    verdict.className = `state verdict ${whole ? "good" : "bad"}`;
    verdict.textContent = text;
    broken = found;
    if (whole) return;
    breaks.replaceChildren(make("p", {}, make("strong", { textContent: "This recording is not as it was written. " }), "What can be read of it is played."),
      make("ul", {}, ...found.map((one) => make("li", {}, one.time === null ? one.text
        : make("button", { type: "button", class: "quiet", onclick: () => seek(one.time), textContent: one.text })))));
    breaks.hidden = false;
  } catch (error) {
    verdict.className = "state verdict bad";
    verdict.textContent = String(error);
  }
}

grow(length);
verify().then(search);
seek(starts).then(() => requestAnimationFrame(tick));
