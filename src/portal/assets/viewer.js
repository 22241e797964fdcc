// The viewer of a live session: draws what the broker sends, and sends what the person does, in their own session or in
// the place of somebody whom they watch. What is sent either way stands in the broker's `stream`. No picture, key or text
// is kept here.
import { ask, button, make } from "./app.js";
import { picture } from "./canvas.js";

(() => {
  "use strict";
  const root = document.getElementById("viewer");
  if (!root) return;

  // Whose session it is, where it is somebody else's; and who looks at it here.
  const { watch, self } = root.dataset;

  // ---- what stands on the page

  const back = button("Back", "←", () => send({ type: "back" }));
  const forward = button("Forward", "→", () => send({ type: "forward" }));
  const reload = button("Reload", "⟳", () => send({ type: loading ? "stop" : "reload" }));
  const address = make("output", { class: "address", "aria-label": "Address of the page" });
  const print = button("Print", "Print", () => send({ type: "print" }));
  const figures = make("output", { class: "figures", hidden: true, "aria-label": "Latency and rate" });
  const gauge = button("Show latency and rate", "Latency", () => {
    figures.hidden = !figures.hidden;
    if (!figures.textContent) figures.textContent = "– ms";
    gauge.setAttribute("aria-pressed", String(!figures.hidden));
  });
  gauge.setAttribute("aria-pressed", "false");
  const whole = button("Full screen", "Full screen", () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()));
  const end = make("button", { type: "button", class: "end", textContent: "End session", onclick: () => leaving.showModal() });
  print.hidden = true;
  const say = button("Send a message", "Message", () => saying.showModal());
  const pause = button("Stop the session for a while", "Stop", () => control(company.hold === "paused" ? "free" : "paused"));
  const take = button("Use the session in their place", "Take over", () => control(mine() ? "free" : "taken"));
  for (const control of [say, pause, take]) control.hidden = !("controls" in root.dataset);
  end.hidden = Boolean(watch) && !("ends" in root.dataset);
  const people = make("output", { class: "people", "aria-label": "Who else is there", hidden: true });
  const account = make("span", { class: "whose", textContent: root.dataset.account || "" });
  const bar = make("div", { class: "tools", role: "toolbar", "aria-label": "The page" }, back, forward, reload, address, figures, people, account, print, say, pause, take, gauge, whole, end);
  const tabs = make("div", { class: "tabs", role: "tablist", "aria-label": "Tabs", hidden: true });
  const canvas = make("canvas", { width: 1280, height: 720, "aria-hidden": "true" });
  const keys = make("textarea", {
    class: "keys", autocomplete: "off", spellcheck: false, "aria-label": "The page. What you type goes to it; Shift+Escape leaves it.",
  });
  keys.setAttribute("autocapitalize", "off");
  keys.setAttribute("autocorrect", "off");
  const choices = make("ul", { class: "choices", role: "listbox", tabIndex: -1, hidden: true, "aria-label": "Choose" });
  const card = make("div", { class: "veil", role: "status" });
  const strip = make("p", { class: "held", role: "status", hidden: true });
  const stage = make("div", { class: "stage" }, canvas, keys, choices, strip, card);
  const notices = make("div", { class: "notices", role: "log", "aria-live": "polite" });
  const asked = make("dialog", { class: "asked", "aria-labelledby": "asked-text" });
  const leaving = make("dialog", { class: "asked", "aria-labelledby": "leaving-text" },
    make("p", { id: "leaving-text", textContent: "End the session? What is not saved in the application is lost." }),
    make("form", { method: "dialog" },
      make("button", { class: "end", textContent: "End session", onclick: () => (watch ? act("DELETE", session) : send({ type: "end" })) }),
      make("button", { textContent: "Go on", autofocus: true })));
  const words = make("input", { type: "text", maxLength: 500, required: true, "aria-label": `Message to ${watch}`, autocomplete: "off" });
  const saying = make("dialog", { class: "asked", "aria-labelledby": "saying-text" },
    make("p", { id: "saying-text", textContent: `A message to ${watch}. It goes on record.` }),
    make("form", { method: "dialog", onsubmit: async (event) => {
      event.preventDefault();
      if (!(await act("POST", `${session}/messages`, { text: words.value }))) return;
      notice(`Sent to ${watch}: ${words.value}`);
      words.value = "";
      saying.close();
    } }, words, make("button", { type: "submit", textContent: "Send" }), button("Cancel", "Cancel", () => saying.close())));
  root.append(bar, tabs, stage, notices, asked, leaving, saying);

  // ---- the stream

  const session = root.dataset.stream.replace(/\/stream$/, ""), files = `${session}/files`;
  let socket = null, live = false, over = false, tries = 0, loading = false;
  let company = { watchers: [], hold: "free", by: "" };
  // Whether what is done here goes to the page.
  const mine = () => (watch ? company.hold === "taken" && company.by === self : company.hold === "free");
  const may = () => live && mine();
  let screen = { width: 1280, height: 720, scale: 1 };
  const offered = new Set();

  const send = (deed) => {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(deed));
  };
  const connect = () => {
    const url = new URL(root.dataset.stream, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { tries = 0; sized = ""; };
    socket.onmessage = (event) => (typeof event.data === "string" ? told(JSON.parse(event.data)) : draw(event.data));
    socket.onclose = () => {
      if (over) return;
      live = false;
      tries += 1;
      cover("Connection lost", tries > 8 ? "The broker cannot be reached. The session may go on there: look at “My sessions”." : "Reconnecting to the same session…");
      setTimeout(connect, Math.min(5000, 250 * 2 ** tries));
    };
  };

  // Asks the portal; whether it did what was asked. Why not is told.
  const act = async (method, path, body) => {
    try {
      await ask(method, path, body);
      return true;
    } catch (told) {
      notice(String(told));
      return false;
    }
  };
  const control = (hold) => act("PUT", `${session}/control`, { hold });

  // Who else is there, and who uses the page.
  const showCompany = (note) => {
    const was = mine();
    company = note;
    const others = note.watchers.filter((name) => name !== self);
    people.textContent = others.length ? `Watched by ${others.join(", ")}` : "";
    people.hidden = !others.length;
    strip.textContent = {
      free: watch ? `You watch the session of ${watch}, who sees that.` : "",
      paused: watch ? `Stopped by ${note.by}: ${watch} sees the page and can do nothing.` : `Stopped by ${note.by}. You see the page, and what you do does not reach it until the session goes on.`,
      taken: mine() ? `You use the session of ${watch}, who sees it.` : `${note.by} uses the page now${watch ? "" : ", and you see it"}.`,
      unwatched: "",
    }[note.hold];
    strip.hidden = !strip.textContent;
    strip.classList.toggle("quiet", note.hold === "free" || mine());
    pause.textContent = note.hold === "paused" ? "Let go on" : "Stop";
    pause.title = note.hold === "paused" ? `Let ${watch} go on` : "Stop the session for a while";
    pause.setAttribute("aria-label", pause.title);
    take.textContent = mine() ? "Give back" : "Take over";
    take.title = mine() ? `Give it back to ${watch}` : "Use the session in their place";
    take.setAttribute("aria-label", take.title);
    root.dataset.hold = note.hold;
    if (live) lifted();
    if (mine() && !was && dialog) showDialog(dialog);
    if (!mine() && asked.open) asked.close();
    if (!mine()) choices.hidden = true;
  };
  // The page as it can be used or seen now.
  const lifted = () => {
    for (const control of [back, forward, reload, print]) control.disabled = !mine();
    back.disabled ||= !past.back;
    forward.disabled ||= !past.forward;
    keys.readOnly = !mine();
    if (!watch && company.hold === "unwatched") {
      cover("Waiting for somebody to watch", "This application is used only while somebody else watches. The session goes on as soon as somebody does.");
      return;
    }
    card.hidden = true;
    root.dataset.state = "live";
    if (mine()) keys.focus();
  };
  let past = { back: false, forward: false };

  const cover = (title, text, action) => {
    card.replaceChildren(make("h2", { textContent: title }), make("p", { textContent: text, class: "text" }));
    if (action) card.append(action);
    card.hidden = false;
    root.dataset.state = "covered";
  };

  const told = (note) => {
    switch (note.type) {
      case "curtain":
        live = false;
        cover(note.row ? `Signing in: row ${note.row} of ${note.of}` : "Signing in", note.text);
        break;
      case "live":
        live = true;
        print.hidden = !note.print;
        lifted();
        measure();
        break;
      case "screen":
        screen = note;
        place();
        break;
      case "tabs": showTabs(note); break;
      case "history":
        past = note;
        back.disabled = !note.back || !mine();
        forward.disabled = !note.forward || !mine();
        break;
      case "company": showCompany(note); break;
      case "message": message(note); break;
      case "ending":
        live = false;
        if (asked.open) asked.close();
        cover("The session ends", `Asked for by ${note.by}.`);
        break;
      case "cursor": keys.style.cursor = note.shape; break;
      case "choices": if (mine()) showChoices(note); break;
      case "dialog":
        dialog = note;
        if (mine()) showDialog(note);
        else notice(`The page asks: ${note.message}`);
        break;
      case "dialog-closed":
        dialog = null;
        if (asked.open) asked.close();
        break;
      case "clipboard": copied(note.text); break;
      case "upload": askFiles(note.multiple); break;
      case "download":
        if (offered.has(note.id)) break;
        offered.add(note.id);
        notice(`File: ${note.name}`, make("a", { href: `${files}/${encodeURIComponent(note.id)}`, download: note.name, textContent: "Save" }));
        break;
      case "notice": notice(note.text); break;
      case "ended":
        over = true;
        live = false;
        cover(note.outcome === "signed-in" ? "The session is over" : `Not signed in: ${note.outcome}`, note.text,
          make("a", { href: "/accounts", class: "button", textContent: "To the accounts" }));
        root.dataset.state = "ended";
        for (const control of bar.querySelectorAll("button")) control.disabled = true;
        break;
    }
  };

  // ---- pictures

  const sent = new Map();
  const lately = [];
  let number = 0;
  const count = () => {
    number += 1;
    sent.set(number, performance.now());
    if (sent.size > 200) sent.delete(sent.keys().next().value);
    return number;
  };
  const shown = picture(canvas, () => place());
  const draw = (bytes) => shown.draw(bytes).then((update) => {
    send({ type: "drawn", number: update.number });
    root.dataset.picture = String(update.number);
    tally(update.deed, bytes.byteLength);
  }).catch(() => socket.close());
  let fastest = null;
  const tally = (deed, size) => {
    const now = performance.now();
    if (sent.has(deed)) {
      fastest = now - sent.get(deed);
      for (const older of [...sent.keys()]) if (older <= deed) sent.delete(older);
    }
    lately.push([now, size]);
    while (lately.length && now - lately[0][0] > 1000) lately.shift();
    if (figures.hidden) return;
    const rate = lately.reduce((sum, [, size]) => sum + size, 0) / 1000;
    figures.textContent = `${fastest === null ? "–" : Math.round(fastest)} ms · ${lately.length}/s · ${Math.round(rate)} KB/s`;
  };

  // ---- size

  let sized = "";
  const measure = () => {
    const box = stage.getBoundingClientRect();
    const size = { type: "resize", width: Math.floor(box.width), height: Math.floor(box.height), scale: window.devicePixelRatio || 1 };
    const text = JSON.stringify(size);
    if (!live || watch || text === sized || size.width < 1) return;
    sized = text;
    send(size);
  };
  // The picture fills the stage; that of a session which another viewer has given its size is shown whole.
  const place = () => {
    const box = stage.getBoundingClientRect();
    const fit = Math.min(box.width / screen.width, box.height / screen.height, 1) || 1;
    for (const element of [canvas, keys]) {
      element.style.width = `${screen.width * fit}px`;
      element.style.height = `${screen.height * fit}px`;
    }
  };
  let later = 0;
  new ResizeObserver(() => {
    place();
    clearTimeout(later);
    later = setTimeout(measure, 120);
  }).observe(stage);

  // ---- what the person does

  const modifiers = (event) => (event.altKey ? 1 : 0) | (event.ctrlKey ? 2 : 0) | (event.metaKey ? 4 : 0) | (event.shiftKey ? 8 : 0);
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * screen.width) / box.width, y = ((event.clientY - box.top) * screen.height) / box.height;
    return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
  };
  const NAMES = ["left", "middle", "right", "back", "forward"];
  let pending = null;
  const flush = () => {
    if (pending) send(pending);
    pending = null;
  };
  // Moves and turns of the wheel go out once for each picture that this screen draws.
  const hold = (deed) => {
    if (!pending) requestAnimationFrame(flush);
    if (pending && pending.type === "wheel" && deed.type === "wheel") deed = { ...deed, dx: pending.dx + deed.dx, dy: pending.dy + deed.dy };
    else if (pending && pending.type !== deed.type) flush();
    pending = deed;
  };
  const mouse = (kind) => (event) => {
    if (!may() && !(kind === "up" && live)) return;
    event.preventDefault();
    if (kind === "down") {
      closeChoices();
      keys.focus({ preventScroll: true });
    }
    const deed = { type: "mouse", kind, ...at(event), buttons: event.buttons, modifiers: modifiers(event) };
    if (kind === "move") return hold(deed);
    flush();
    send({ ...deed, button: NAMES[event.button] || "none", clicks: event.detail || 1, number: count() });
  };
  keys.addEventListener("mousemove", mouse("move"));
  keys.addEventListener("mousedown", mouse("down"));
  // A button that was let go outside of the picture is let go.
  window.addEventListener("mouseup", (event) => { if (event.target === keys || event.buttons !== held) mouse("up")(event); held = event.buttons; });
  let held = 0;
  keys.addEventListener("mousedown", (event) => { held = event.buttons; });
  keys.addEventListener("contextmenu", (event) => event.preventDefault());
  keys.addEventListener("wheel", (event) => {
    if (!may()) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? screen.height : 1;
    hold({ type: "wheel", ...at(event), dx: event.deltaX * unit, dy: event.deltaY * unit, modifiers: modifiers(event), number: count() });
  }, { passive: false });
  const touch = (kind) => (event) => {
    if (!may()) return;
    event.preventDefault();
    if (kind === "start") keys.focus({ preventScroll: true });
    const points = [...event.targetTouches].map((finger) => ({ id: finger.identifier, ...at(finger) }));
    send({ type: "touch", kind, points, modifiers: modifiers(event) });
  };
  for (const kind of ["start", "move", "end", "cancel"]) keys.addEventListener(`touch${kind}`, touch(kind), { passive: false });

  // Keys that are down here, so that none stays down there.
  const down = new Map();
  const COMPOSING = new Set(["Process", "Dead", "Unidentified", "Compose"]);
  const key = (event, isDown) => ({
    type: "key", down: isDown, key: event.key, code: event.code, windows: event.keyCode & 0xffff, location: event.location,
    repeat: event.repeat, modifiers: modifiers(event), number: count(),
  });
  keys.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.shiftKey) {
      event.preventDefault();
      return end.focus();
    }
    if (!may() || event.isComposing || COMPOSING.has(event.key)) return;
    // A paste comes as an event of its own, with the text.
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "v") return;
    event.preventDefault();
    down.set(event.code, event);
    send(key(event, true));
  });
  keys.addEventListener("keyup", (event) => {
    if (!down.delete(event.code)) return;
    event.preventDefault();
    send(key(event, false));
  });
  keys.addEventListener("blur", () => {
    for (const event of down.values()) send({ ...key(event, false), repeat: false, modifiers: 0 });
    down.clear();
  });
  keys.addEventListener("compositionupdate", (event) => may() && send({ type: "compose", text: event.data }));
  keys.addEventListener("compositionend", (event) => {
    if (may()) send({ type: "text", text: event.data, number: count() });
    keys.value = "";
  });
  keys.addEventListener("input", (event) => {
    if (event.isComposing || event.inputType === "insertCompositionText") return;
    if (may() && event.data) send({ type: "text", text: event.data, number: count() });
    keys.value = "";
  });
  keys.addEventListener("paste", (event) => {
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    if (may() && text) send({ type: "paste", text });
  });

  // ---- tabs, lists, dialogs, files

  const open = new Map();
  const showTabs = (note) => {
    const active = note.tabs.find((tab) => tab.id === note.active);
    loading = Boolean(active && active.loading);
    reload.textContent = loading ? "✕" : "⟳";
    reload.title = loading ? "Stop" : "Reload";
    reload.setAttribute("aria-label", reload.title);
    address.textContent = active ? active.url : "";
    address.title = address.textContent;
    document.title = active && active.title ? `${active.title} – Doorward` : "Session – Doorward";
    tabs.hidden = note.tabs.length < 2;
    // What is there stays: a click or the focus on it would be lost.
    for (const tab of note.tabs) {
      if (!open.has(tab.id)) {
        const show = make("button", { type: "button", role: "tab", onclick: () => { send({ type: "show", tab: tab.id }); keys.focus(); } });
        const close = button("Close", "×", () => send({ type: "close", tab: tab.id }));
        open.set(tab.id, { show, close, whole: make("div", { class: "tab" }, show, close) });
        tabs.append(open.get(tab.id).whole);
      }
      const { show, close } = open.get(tab.id);
      show.textContent = tab.title || "New tab";
      show.title = tab.url;
      show.setAttribute("aria-selected", String(tab.id === note.active));
      close.title = `Close ${tab.title}`;
      close.setAttribute("aria-label", close.title);
    }
    for (const [id, { whole }] of open) {
      if (note.tabs.some((tab) => tab.id === id)) continue;
      whole.remove();
      open.delete(id);
    }
  };

  let options = [];
  const closeChoices = (index = null) => {
    if (choices.hidden) return;
    choices.hidden = true;
    send({ type: "choose", index });
    keys.focus({ preventScroll: true });
  };
  const showChoices = (note) => {
    options = note.options.map((text, index) => make("li", {
      role: "option", id: `choice-${index}`, textContent: text || "\u00a0", "aria-selected": String(index === note.chosen),
      "aria-disabled": String(note.disabled.includes(index)),
      onmousedown: (event) => { event.preventDefault(); if (!note.disabled.includes(index)) closeChoices(index); },
    }));
    choices.replaceChildren(...options);
    const box = canvas.getBoundingClientRect(), outer = stage.getBoundingClientRect(), fit = box.width / screen.width;
    const [x, y, width, height] = note.place.map((side) => side * fit);
    choices.hidden = false;
    choices.style.minWidth = `${Math.max(width, 120)}px`;
    const below = outer.height - (box.top - outer.top + y + height);
    const room = choices.offsetHeight;
    choices.style.left = `${Math.min(box.left - outer.left + x, outer.width - choices.offsetWidth)}px`;
    choices.style.top = `${below >= room ? box.top - outer.top + y + height : Math.max(0, box.top - outer.top + y - room)}px`;
    choices.focus();
    choose(note.chosen);
  };
  const choose = (index) => {
    const option = options[Math.max(0, Math.min(options.length - 1, index))];
    if (!option) return;
    for (const other of options) other.setAttribute("aria-selected", String(other === option));
    choices.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  choices.addEventListener("keydown", (event) => {
    const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    event.preventDefault();
    if (event.key === "Escape" || event.key === "Tab") return closeChoices();
    if (event.key === "Enter" || event.key === " ") {
      return closeChoices(options[now] && options[now].getAttribute("aria-disabled") === "true" ? null : now);
    }
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -options.length, End: options.length };
    if (event.key in steps) return choose(now + steps[event.key]);
    if (event.key.length === 1) {
      const order = [...options.slice(now + 1), ...options.slice(0, now + 1)];
      const found = order.find((option) => option.textContent.toLowerCase().startsWith(event.key.toLowerCase()));
      if (found) choose(options.indexOf(found));
    }
  });
  choices.addEventListener("blur", () => closeChoices());

  let dialog = null;
  const showDialog = (note) => {
    const field = make("input", { type: "text", value: note.default, "aria-label": "Answer", hidden: note.kind !== "prompt" });
    const answer = (accept) => {
      send({ type: "answer", accept, text: field.value });
      asked.close();
      keys.focus();
    };
    const text = note.kind === "beforeunload" ? "Leave the page? What was changed on it may not be saved." : note.message;
    asked.replaceChildren(
      make("p", { id: "asked-text", textContent: text }),
      make("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); answer(true); } }, field,
        make("button", { type: "submit", textContent: note.kind === "beforeunload" ? "Leave" : "OK", autofocus: true }),
        make("button", { type: "button", textContent: "Cancel", hidden: note.kind === "alert", onclick: () => answer(false) })));
    asked.oncancel = (event) => { event.preventDefault(); answer(note.kind === "alert"); };
    if (asked.open) asked.close();
    asked.showModal();
  };

  const askFiles = (multiple) => {
    const field = make("input", { type: "file", multiple, "aria-label": "Files" });
    const done = () => { asked.close(); keys.focus(); };
    asked.replaceChildren(
      make("p", { id: "asked-text", textContent: multiple ? "The page asks for files." : "The page asks for a file." }),
      make("form", { method: "dialog", onsubmit: async (event) => {
        event.preventDefault();
        const body = new FormData();
        for (const file of field.files) body.append("file", file, file.name);
        const token = document.querySelector("meta[name=csrf]");
        const answer = await fetch(files, { method: "POST", body, headers: { "x-csrf-token": token ? token.content : "" } }).catch(() => null);
        if (!answer || !answer.ok) {
          const problem = answer ? await answer.json().catch(() => ({})) : {};
          notice(`The files were not taken: ${problem.detail || "the portal does not answer"}. ${problem.help || ""}`);
        }
        done();
      } }, field,
      make("button", { type: "submit", textContent: "Send" }), make("button", { type: "button", textContent: "Cancel", onclick: done })));
    asked.oncancel = null;
    if (!asked.open) asked.showModal();
  };

  const notice = (text, ...more) => {
    const line = make("p", { textContent: text }, " ", ...more, button("Close", "×", () => line.remove()));
    notices.append(line);
    for (const old of [...notices.querySelectorAll("p:not(.message)")].slice(0, -4)) old.remove();
    setTimeout(() => line.remove(), more.length ? 120000 : 10000);
  };
  // What a person said stays until it is put away.
  const message = (note) => {
    const line = make("p", { class: "message", role: "alert" }, make("strong", { textContent: `${note.from}: ` }), note.text, " ", button("Close", "×", () => line.remove()));
    notices.append(line);
  };
  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      notice("Copied on the page.", button("Copy it to this machine", "Copy", () => navigator.clipboard.writeText(text).catch(() => {})));
    }
  };

  cover("Connecting", "");
  connect();
})();
