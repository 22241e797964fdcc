// What doorward asks of a page. An expression whose value is one object of functions; it runs in an
// isolated world where the browser has one, so that the page can neither see nor change it.
// No secret is ever an argument of a function here.
(() => {
  const BUTTONS = "button,a[href],input[type=submit],input[type=button],input[type=image],input[type=reset],[role=button],[role=link],[role=menuitem],[role=tab],summary,label";
  const TEXTLESS = new Set(["button", "checkbox", "color", "file", "hidden", "image", "radio", "range", "reset", "submit"]);
  const state = { element: null, target: null, pressed: null, changed: false, observer: null, ignored: [], kept: new Set(), filled: [], left: null, painted: false, aimed: null, met: null, shown: null };

  // What is done with the mouse, and how long a press may take to come: what is pressed later is a person's.
  const POINTED = new Set(["button", "click", "check"]);
  const AIMED = 5000;

  // How long a page that began to leave, and is still there, is waited for: what it asked for may have been a download.
  const LEAVING = 5000;
  const leaving = () => state.left !== null && performance.now() - state.left < LEAVING;

  const norm = (text) => (text ?? "").replace(/\s+/g, " ").trim();
  const cut = (text, most) => { const t = norm(text); return t.length > most ? t.slice(0, most - 1) + "…" : t; };

  // The document and every open shadow root in it.
  const roots = () => {
    const found = [document];
    for (let i = 0; i < found.length; i++)
      for (const element of found[i].querySelectorAll("*")) if (element.shadowRoot) found.push(element.shadowRoot);
    return found;
  };

  const everywhere = (css) => roots().flatMap((root) => [...root.querySelectorAll(css)]);

  const parentOf = (node) => node.parentElement ?? (node.getRootNode() instanceof ShadowRoot ? node.getRootNode().host : null);

  const visible = (element) => {
    if (element.tagName === "OPTION") return !element.hidden;
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  };

  // How well a text matches: 3 exact, 2 but for case, 1 contained, 0 not.
  const rank = (text, wanted) => {
    const t = norm(text).replace(/\s*[*:]+$/, ""), w = norm(wanted).replace(/\s*[*:]+$/, "");
    if (!t || !w) return 0;
    if (t === w) return 3;
    if (t.toLowerCase() === w.toLowerCase()) return 2;
    return t.toLowerCase().includes(w.toLowerCase()) ? 1 : 0;
  };

  // Of [element, rank] pairs, the elements that can be seen and match best, each once.
  const best = (pairs) => {
    const seen = pairs.filter(([element, r]) => r > 0 && visible(element));
    const most = Math.max(0, ...(seen.length ? seen : pairs).map(([, r]) => r));
    return most ? [...new Set(pairs.filter(([, r]) => r === most).map(([element]) => element))] : [];
  };

  // The innermost elements below `root` whose text holds `wanted`.
  const innermost = (root, wanted, found) => {
    for (const child of root.children) {
      if (child.tagName === "SCRIPT" || child.tagName === "STYLE" || child.tagName === "TEMPLATE") continue;
      if (child.shadowRoot) innermost(child.shadowRoot, wanted, found);
      const r = rank(child.textContent, wanted);
      if (!r) { if (child.querySelector("*")) for (const host of child.querySelectorAll("*")) if (host.shadowRoot) innermost(host.shadowRoot, wanted, found); continue; }
      const before = found.length;
      innermost(child, wanted, found);
      if (found.length === before) found.push([child, r]);
      else if (r > Math.max(...found.slice(before).map((pair) => pair[1]))) found.splice(before, found.length, [child, r]);
    }
    return found;
  };

  const byText = (wanted) => {
    const pairs = document.documentElement ? innermost(document.documentElement, wanted, []) : [];
    for (const button of everywhere("input[type=submit],input[type=button],input[type=reset]")) pairs.push([button, rank(button.value, wanted)]);
    // A text inside a button means the button.
    return best(pairs.map(([element, r]) => [element.closest?.("button,a[href],[role=button]") ?? element, r]));
  };

  const labelled = (element) => {
    const by = element.getAttribute("aria-labelledby");
    const root = element.getRootNode();
    return [
      ...[...(element.labels ?? [])].map((label) => label.textContent),
      element.getAttribute("aria-label"),
      ...(by ? by.split(/\s+/).map((id) => root.getElementById?.(id)?.textContent) : []),
    ].filter(Boolean);
  };

  const byLabel = (wanted) =>
    best(everywhere("input,textarea,select,button,[contenteditable],[role=textbox],[role=combobox],[role=checkbox]")
      .map((element) => [element, Math.max(0, ...labelled(element).map((text) => rank(text, wanted)))]));

  const glob = (pattern, text) =>
    new RegExp("^" + pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*") + "$").test(text);

  const search = ({ by, text }) => {
    switch (by) {
      case "auto": {
        for (const kind of ["id", "name", "class"]) { const hits = search({ by: kind, text }); if (hits.length) return hits; }
        return [];
      }
      case "id": return everywhere(`[id="${CSS.escape(text)}"]`);
      case "name": return everywhere(`[name="${CSS.escape(text)}"]`);
      case "class": return everywhere(norm(text).split(" ").map((name) => "." + CSS.escape(name)).join(""));
      case "css": return everywhere(text);
      case "xpath": {
        const hits = document.evaluate(text, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
        return Array.from({ length: hits.snapshotLength }, (_, i) => hits.snapshotItem(i)).map((node) => node.nodeType === 1 ? node : node.parentElement).filter(Boolean);
      }
      case "text": return byText(text);
      case "label": return byLabel(text);
      case "placeholder": return best(everywhere("[placeholder]").map((element) => [element, rank(element.getAttribute("placeholder"), text)]));
      case "linktext": return best(everywhere("a").map((element) => [element, rank(element.textContent, text)]));
      default: throw new SyntaxError("unknown strategy " + by);
    }
  };

  // What a person would recognise an element by; never a value that was typed.
  const describe = (element) => {
    if (!element) return "nothing";
    let text = element.tagName.toLowerCase();
    if (element.id) text += "#" + element.id;
    else if (element.getAttribute("name")) text += `[name="${element.getAttribute("name")}"]`;
    else if (element.classList.length) text += "." + [...element.classList].slice(0, 2).join(".");
    if (element.tagName === "INPUT") text += `[type="${element.type}"]`;
    const label = labelled(element)[0] ?? element.getAttribute("placeholder") ?? (element.matches("input,textarea,select") ? "" : element.textContent);
    return norm(label) ? `${text} "${cut(label, 40)}"` : text;
  };

  const textual = (element) =>
    (element.tagName === "INPUT" && !TEXTLESS.has(element.type)) || element.tagName === "TEXTAREA" || element.isContentEditable;

  const focused = () => {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    return active;
  };

  const deepFromPoint = (x, y) => {
    let hit = document.elementFromPoint(x, y);
    while (hit?.shadowRoot) { const inner = hit.shadowRoot.elementFromPoint(x, y); if (!inner || inner === hit) break; hit = inner; }
    return hit;
  };

  const within = (inner, outer) => {
    for (let node = inner; node; node = parentOf(node)) if (node === outer) return true;
    return false;
  };

  // Waits until the page is drawn. `false` when it was not: one that nobody can see is not, and one that can be seen
  // may have to wait for its picture on a busy machine.
  const frame = () => new Promise((done) => {
    const timer = setTimeout(() => done(false), document.hidden ? 100 : 1000);
    requestAnimationFrame(() => { clearTimeout(timer); done(true); });
  });

  const place = (element) => {
    const box = element.getBoundingClientRect();
    return { x: box.x, y: box.y, width: box.width, height: box.height };
  };

  // The animations that are under way on the element and on what is around it.
  const animations = (element) => {
    const found = [];
    for (let node = element; node; node = parentOf(node)) found.push(...node.getAnimations().filter((way) => way.playState === "running"));
    return found;
  };

  // Whether what an event meets hands it on to the element: a part of it, a label of the field, a shadow host around it.
  const reaches = (hit, element) =>
    hit && (within(hit, element) || [...(element.labels ?? [])].some((label) => within(hit, label)) || (hit.shadowRoot && within(element, hit)));

  // Whether the element stays where it is from one picture to the next.
  const rests = async (element) => {
    let from = place(element);
    const stays = () => { const to = place(element), same = Object.keys(to).every((side) => to[side] === from[side]); from = to; return same; };
    const drawn = await frame();
    const ways = animations(element);
    if (!stays()) return false;
    if (!ways.length || document.hidden) return true;
    // Without a picture, places say nothing of what moves to an end.
    if (!drawn) return ways.every((way) => way.effect?.getComputedTiming().endTime === Infinity);
    // What is about to begin stands still. And between two pictures the browser may have set the clock of animations
    // for the coming one already: the next tells.
    const begun = () => animations(element).every((way) => !way.pending);
    return begun() && await frame() && begun() && stays();
  };

  const painted = () => state.painted ||= performance.getEntriesByType("paint").length > 0;

  const changed = (most) => new Promise((done) => {
    const observer = new MutationObserver(end);
    const timer = setTimeout(end, most);
    function end() { observer.disconnect(); clearTimeout(timer); done(); }
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });

  const middle = (element) => { const { x, y } = centre(element); return { x, y }; };

  // What a click will be on. A press that meets something else, because the element has moved meanwhile, is kept from
  // the page. When a button is pressed indeed, whether the page changes since is watched.
  const aim = (need) => {
    state.target = state.element;
    state.met = null;
    state.aimed?.abort();
    if (!POINTED.has(need)) return;
    const { signal } = state.aimed = new AbortController();
    const until = performance.now() + AIMED;
    const press = (event) => {
      if (!event.isTrusted) return;
      if (state.met === null && performance.now() < until) state.met = reaches(event.composedPath()[0], state.target) ?? false;
      if (state.met === false) { event.preventDefault(); event.stopImmediatePropagation(); return; }
      state.aimed.abort();
      if (need === "button") watch(state.target);
    };
    for (const kind of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) addEventListener(kind, press, { capture: true, signal });
  };

  const watch = (pressed) => {
    state.pressed = pressed;
    state.changed = false;
    state.observer?.disconnect();
    state.observer = new MutationObserver(() => { state.changed = true; state.observer.disconnect(); });
    state.observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  };

  // Where a click goes: the middle of the part of the box that can be seen.
  const centre = (element) => {
    const rects = element.getClientRects();
    const box = rects.length > 1 ? rects[0] : element.getBoundingClientRect();
    const left = Math.max(0, box.left), right = Math.min(innerWidth, box.right);
    const top = Math.max(0, box.top), bottom = Math.min(innerHeight, box.bottom);
    return { x: (left + right) / 2, y: (top + bottom) / 2, inside: right > left && bottom > top };
  };

  // Why an element is not ready for `need`, or null; one look, no waiting.
  const obstacle = (element, need) => {
    if (!element.isConnected) return "it was replaced";
    if (!visible(element)) return "not visible";
    if (need === "see") return null;
    if (need !== "frame") {
      if (element.matches(":disabled") || element.getAttribute("aria-disabled") === "true" || element.closest?.("[inert]")) return "not enabled";
    }
    if (need === "type") {
      if (!textual(element)) {
        const inside = [...element.querySelectorAll("input,textarea"), ...(element.shadowRoot?.querySelectorAll("input,textarea") ?? [])].filter((e) => visible(e) && textual(e));
        return `it is a ${describe(element)}, which takes no text` + (inside.length ? `; the input inside it is ${inside.map(describe).join(", ")}` : "");
      }
    }
    if (need === "select" && element.tagName !== "SELECT") return `it is a ${describe(element)}, no select`;
    if (need === "check" && !element.matches("input[type=checkbox],input[type=radio],[role=checkbox],[role=switch]")) return `it is a ${describe(element)}, no check box`;
    if (need === "frame" && !element.matches("iframe,frame")) return `it is a ${describe(element)}, no frame`;
    if (need === "button" && element === state.pressed && !state.changed) return "it was pressed already and the page has not changed since";
    if (need === "frame" || need === "select" || need === "script") return null;
    let middle = centre(element);
    if (!middle.inside) { element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" }); middle = centre(element); }
    if (!middle.inside) return "outside of the window, and it cannot be scrolled to";
    const hit = deepFromPoint(middle.x, middle.y);
    if (!reaches(hit, element)) return `covered by ${describe(hit)}`;
    if (need === "type" && (element.readOnly || element.getAttribute("aria-readonly") === "true")) {
      // Against autofill some pages let a field be edited only once it has the focus.
      element.focus({ preventScroll: true });
      if (element.readOnly || element.getAttribute("aria-readonly") === "true") return "not editable (read-only)";
    }
    return null;
  };

  const shown = (target) => {
    const hits = search(target).filter(visible);
    return target.nth ? hits[target.nth - 1] : hits[0];
  };

  const said = (element) => cut(element.innerText ?? element.textContent, 300);

  const sees = (target) => {
    if (target.by === "url") return glob(target.text, location.href) ? { text: "" } : null;
    const hit = shown(target);
    if (!hit) return null;
    const text = said(hit);
    return state.ignored.some((old) => old.element === hit && old.text === text) ? null : { text };
  };

  const where = () => ({
    url: location.href,
    title: cut(document.title, 120),
    origin: location.origin,
    ancestors: window === top ? [] : [...(location.ancestorOrigins ?? ["?"])],
    loading: document.readyState === "loading" || location.href === "about:blank" || leaving(),
    status: performance.getEntriesByType("navigation")[0]?.responseStatus ?? 0,
  });

  // Whether a field that was typed into is gone, and an equal one stands there empty: a framework has drawn the form
  // anew, and what would be sent is not what was typed.
  const emptied = () => state.filled.splice(0).some(({ element, is }) =>
    !element.isConnected && everywhere(element.localName).some((other) => is(other) && !other.value && visible(other)));

  // Looks once for the element of a row.
  const seek = async (find, need, reading) => {
    const all = search(find), hits = all.filter(visible);
    const wanted = find.nth ? hits.slice(find.nth - 1, find.nth) : hits;
    if (!wanted.length) {
      // A check box is often drawn by its label, and itself not seen.
      const drawn = need === "check" ? all.filter((element) => [...(element.labels ?? [])].some(visible)) : [];
      if (drawn.length === 1) { state.element = drawn[0]; return { end: "ready" }; }
      if (find.nth && hits.length) return { reason: `only ${hits.length} of them, not ${find.nth}`, count: hits.length };
      return { reason: all.length ? "not visible" : "not there", count: 0, candidates: all.slice(0, 5).map(describe) };
    }
    if (wanted.length > 1) return { reason: `${wanted.length} elements match`, count: wanted.length, candidates: wanted.slice(0, 8).map(describe) };
    const element = wanted[0];
    const found = { count: 1, candidates: [describe(element)] };
    let reason = obstacle(element, need);
    if (reason) return { reason, ...found };
    // What listens to it may stand in a script further down.
    if (document.readyState === "loading") {
      state.shown ??= performance.now();
      if (performance.now() - state.shown < reading) return { reason: "its page is still being read", ...found };
    }
    // A click goes to a place, which has to stay where it is for a frame. Keys follow the focus instead; only
    // what is typed before a document's first frame is lost.
    if (POINTED.has(need) || (need === "type" && !painted())) {
      const still = await rests(element);
      reason = obstacle(element, need) ?? (still ? null : "it is moving");
      if (reason) return { reason, ...found };
    }
    state.element = element;
    return { end: "ready", ...found };
  };

  // Looks once. `watch`: what a refusal looks like; `validations`: what the end of the sign-in looks like.
  const attempt = async ({ find, need, watch, validations, reading }) => {
    // An old refusal that went away, or says something else, counts when it shows again.
    state.ignored = state.ignored.filter(({ element, text }) => element.isConnected && visible(element) && said(element) === text);
    for (let i = 0; i < watch.length; i++) { const hit = sees(watch[i]); if (hit) return { end: "failure", index: i, text: hit.text }; }
    const result = find ? await seek(find, need, reading) : { reason: "nothing of the checkpoint shows" };
    if (result.end) return result;
    for (let i = 0; i < validations.length; i++) { const hit = sees(validations[i]); if (hit) return { end: "validation", index: i, text: hit.text }; }
    return { end: null, ...result };
  };

  return {
    // For author.js, which is loaded beside this file where an author asks.
    parts: { search, visible, describe, obstacle, everywhere, labelled, norm, cut, textual },
    kept() { return state.kept; },

    // Where no side channel tells of navigations: the page itself does, when it begins to leave.
    follow() { addEventListener("beforeunload", () => { state.left = performance.now(); }); },

    // The page is about to be left for `url`, unless that is a place in the same document.
    leave(url) {
      const [here] = location.href.split("#"), [there, place] = url.split("#");
      if (place === undefined || here !== there) state.left = Infinity;
      return {};
    },

    // Whether the page that was to be left is still there; and why there is no page, where it is the browser's own.
    arrived() {
      const own = new URL(document.documentURI);
      if (own.protocol === "about:" && /^(net|cert)error$/.test(own.pathname)) return { failed: own.searchParams.get("e") || own.pathname };
      if (own.protocol === "chrome-error:") return { failed: /ERR_[A-Z_]+/.exec(document.documentElement.textContent)?.[0] ?? (where().status ? `HTTP ERROR ${where().status}` : "the browser shows an error page") };
      return { left: state.left === null, status: where().status };
    },

    // Waits in the page, at most `budget` ms, for what a row needs. One round trip.
    async look(asked) {
      const began = performance.now();
      const reasons = {};
      for (let round = 0; ; round++) {
        let result;
        try { result = await attempt(asked); } catch (error) { result = { end: "invalid", reason: cut(error.message, 200) }; }
        // What is seen of a page that is being left is not the row's: the next one is awaited.
        if (leaving()) result = { end: null, reason: "the site has not answered yet", count: 0 };
        if (result.end) {
          if (result.end === "ready") aim(asked.need);
          if (result.end === "ready" && ["button", "click"].includes(asked.need)) result.emptied = emptied();
          return { ...result, ...where(), reasons, point: result.end === "ready" ? middle(state.element) : null };
        }
        reasons[result.reason] = (reasons[result.reason] ?? 0) + 1;
        const spent = performance.now() - began;
        if (spent >= asked.budget) return { ...result, ...where(), reasons };
        // When it changes, and for what no change tells (a style that arrives) at first every frame.
        await changed(Math.min(spent < 300 ? 16 : 250, asked.budget - spent + 1));
      }
    },

    // At the moment of typing: the origins again, the focus, the old text selected so that the first key replaces it.
    // `secret`: while the element holds it, no picture is taken.
    focus(secret) {
      const element = state.element;
      if (!element?.isConnected) return { gone: true, ...where() };
      if (secret) state.kept.add(element);
      element.focus({ preventScroll: true });
      if (leaving()) return { gone: true, ...where() };
      const root = element.getRootNode();
      if (element.isContentEditable) { const all = document.createRange(); all.selectNodeContents(element); const chosen = getSelection(); chosen.removeAllRanges(); chosen.addRange(all); }
      else { try { element.select(); } catch { /* a type without a selection */ } }
      const filled = (element.isContentEditable ? element.textContent : element.value).length > 0;
      state.strayed = 0;
      // Keys follow the focus, also into a frame of another origin.
      const frames = window !== top || everywhere("iframe,frame,object,embed").length > 0;
      return { focused: root.activeElement === element, filled, frames, single: element.maxLength === 1, most: element.maxLength ?? -1, type: element.type ?? "", ...where() };
    },

    // What the field is called in its form, and how its document is written.
    field() {
      const { name = "", id = "" } = state.element ?? {};
      return { names: [name, id].filter(Boolean), charset: document.characterSet };
    },

    // Between two keys on a page with frames: whether the focus is still where they are meant for. A page
    // that took it gets it taken back, not for ever.
    still() {
      const element = state.element;
      if (!element?.isConnected || leaving()) return { gone: true };
      const here = () => focused() === element && document.hasFocus();
      if (!here() && state.strayed++ < 3) element.focus({ preventScroll: true });
      return { focused: here() };
    },

    // After typing: how much the field holds (its length, never its value) and whether it is still there.
    typed() {
      const element = state.element;
      if (!element) return { same: false };
      const held = element.isContentEditable ? element.textContent : element.value;
      if (element.isConnected && held) {
        const { id, name, type } = element;
        state.filled.push({ element, is: (other) => other.id === id && other.name === name && other.type === type });
      }
      const active = focused();
      const elsewhere = active && active !== element && textual(active) ? describe(active) : null;
      return { same: true, connected: element.isConnected, length: [...held].length, most: element.maxLength ?? -1, strayed: active?.matches("iframe,frame") ?? false, elsewhere };
    },

    // Six-box fields: moves to the box after the focused one if the page has not done so by itself.
    async next(before) {
      await frame();
      const boxes = everywhere("input").filter((e) => e.maxLength === 1 && visible(e));
      const from = boxes.indexOf(state.element);
      if (from < 0) return { moved: false };
      const target = boxes[from + before + 1];
      if (!target) return { moved: false };
      if (state.kept.has(state.element)) state.kept.add(target);
      if (focused() !== target) { target.focus({ preventScroll: true }); target.select(); }
      return { moved: true };
    },

    // What shows of a refusal now is old: it does not count until it is shown anew or says something else.
    // What was old before, and is not named any more, counts again.
    ignore(watch) {
      state.ignored = [];
      for (const target of watch) {
        if (target.by === "url") continue;
        const hit = shown(target);
        if (hit) state.ignored.push({ element: hit, text: said(hit) });
      }
      return {};
    },

    // Whether the element is still there; `left` when not the element alone has gone, but its page.
    here() { return { gone: !state.element?.isConnected || leaving(), left: !state.element || leaving(), pressed: state.pressed !== null && state.pressed === state.element }; },

    // Whether the press that was aimed has met something else.
    missed() { state.aimed?.abort(); return { missed: state.met === false }; },

    scriptClick() { state.element.click(); return {}; },

    focusOnly() { state.element?.focus?.({ preventScroll: true }); return { gone: !state.element?.isConnected }; },

    // Chooses the option with this text or value, with the events that a person's choice fires.
    choose(text) {
      if (!state.element?.isConnected) return { gone: true };
      const options = [...state.element.options];
      const named = options.filter((o) => norm(o.textContent) === norm(text) || o.label === text);
      const chosen = named.length ? named : options.filter((o) => o.value === text);
      if (chosen.length !== 1 || chosen[0].disabled) return { chosen: false, count: chosen.length, options: options.slice(0, 20).map((o) => cut(o.textContent, 40)) };
      if (!chosen[0].selected) {
        chosen[0].selected = true;
        state.element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
        state.element.dispatchEvent(new Event("change", { bubbles: true }));
      }
      return { chosen: true };
    },

    // Whether a check box is ticked, and where to click it: on its label when it is drawn by it.
    ticked() {
      const element = state.element;
      if (!element?.isConnected) return { gone: true };
      const on = element.matches("input") ? element.checked : element.getAttribute("aria-checked") === "true";
      const target = visible(element) ? element : [...(element.labels ?? [])].find(visible) ?? element;
      state.target = target;
      target.scrollIntoView({ block: "nearest", behavior: "instant" });
      const middle = centre(target);
      return { on, x: middle.x, y: middle.y };
    },

    // The element itself, for the browser's own commands on it.
    element() { return state.element; },

    // What is clicked on.
    target() { return state.target; },

    // Where the inside of the frame element begins, in the window of this document.
    frameBox() {
      if (!state.element?.isConnected) return { gone: true };
      const box = state.element.getBoundingClientRect();
      return { x: box.x + state.element.clientLeft, y: box.y + state.element.clientTop };
    },

    // Whether a field that can be seen still holds something that may be secret: one that a secret was
    // typed into, or one of the kinds for them.
    secrets() {
      const fields = new Set(everywhere("input").filter((e) => e.type === "password" || e.autocomplete === "one-time-code"));
      for (const element of state.kept) fields.add(element);
      const filled = (e) => (e.isContentEditable ? e.textContent : e.value).length > 0;
      return { held: [...fields].some((e) => e.isConnected && filled(e) && visible(e)) };
    },

    // What there is on a page that stopped a row: for a person to recognise it.
    survey() {
      const parts = everywhere("input:not([type=hidden]),button,select,textarea,iframe").filter(visible).slice(0, 12).map(describe);
      return { parts, heading: cut(everywhere("h1,h2,[role=alert],.error,.alert").filter(visible).map((e) => e.textContent).join(" · "), 200), ...where() };
    },
  };
})()
