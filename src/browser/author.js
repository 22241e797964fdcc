// What an author is told of a page: which elements a locator hits, and which locators would be better. It is
// loaded beside page.js where it is asked for, and uses its parts; a sign-in never loads it.
// It reads no value that was typed.
((page) => {
  const { search, visible, describe, obstacle, everywhere, labelled, norm, cut, textual } = page.parts;

  const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;

  // Pairs of letters that words are made of; a random text has few of them.
  const PAIRS = new Set("th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra ld ur us ro ri io ic ne me li na ta ss pa wo co ma la ec ca lo po ge wa em ut ch ct do no ns ow ot il so un ab ad ai am ag ac ap ay ba be bu da di ce ci el ee ei fi fo fr ig im ir iv ke ki ll mo mp nc ni od og ol om op os pe pl pr qu rd rm rn rs rt ry sc sh sp su sw tr ts tt ty ui ul um up ur us vi wi xt".split(" "));
  const random = (word) => {
    const letters = word.toLowerCase().replace(/[^a-z]/g, "");
    let known = 0;
    for (let i = 0; i + 1 < letters.length; i++) if (PAIRS.has(letters.slice(i, i + 2))) known++;
    return letters.length >= 5 && known / (letters.length - 1) < 0.34;
  };

  // Whether a name looks as if a program made it up: it may be another one tomorrow.
  const generated = (name) =>
    (/[0-9a-f]{8,}/i.test(name) && /\d/.test(name)) || /\d{3,}/.test(name) || /^[:«_]?r[0-9a-z]+[:»_]?$/i.test(name) || /:/.test(name) ||
    /^(ember|ext-gen|ext-comp|gwt-uid|yui_|j_id|mat-(input|select|checkbox)|mui-|radix-|headlessui-|react-select|__next|css-|sc-|jss|svelte-|_ngcontent)/i.test(name) ||
    name.split(/[-_.\s]/).some((word) => word.length >= 9 && /\d/.test(word) && (random(word) || word.match(/\d[a-z]/gi)?.length >= 2));

  const only = (by, text, element) => {
    try {
      const hits = search({ by, text }).filter(visible);
      return hits.length === 1 && hits[0] === element;
    } catch { return false; }
  };

  const TESTS = ["data-testid", "data-test", "data-test-id", "data-qa", "data-cy"];

  // Every locator that hits this element and no other, the best first, each with its reason.
  const locators = (element) => {
    const found = [];
    const tag = element.tagName.toLowerCase();
    const offer = (rank, by, text, why) => {
      if (text && !/[\r\n]/.test(text) && text.length <= 160 && !found.some((other) => other.by === by && other.text === text) && only(by, text, element)) found.push({ rank, by, text, why });
    };
    const id = element.id, name = element.getAttribute("name");
    if (id) generated(id) ? offer(80, "id", id, "an id, but it looks generated") : offer(0, "id", id, "an id of its own");
    if (name) generated(name) ? offer(81, "name", name, "a name, but it looks generated") : offer(1, "name", name, "a name of its own");
    for (const attribute of TESTS) if (element.getAttribute(attribute)) offer(2, "css", `[${attribute}=${quoted(element.getAttribute(attribute))}]`, "made for tests, so it is kept");
    const auto = element.getAttribute("autocomplete");
    if (auto && auto !== "off" && auto !== "on") offer(3, "css", `${tag}[autocomplete=${quoted(auto)}]`, "says what the field is for");
    if (element.type === "password") offer(4, "css", "input[type=password]", "the only password field");
    if (tag === "button" || tag === "input") {
      if (element.type === "submit" && element.hasAttribute("type")) offer(5, "css", `${tag}[type=submit]`, "the only submit button");
      if (element.form && element.type === "submit") {
        const form = element.form.id && !generated(element.form.id) ? `#${CSS.escape(element.form.id)}` : element.form.getAttribute("name") ? `form[name=${quoted(element.form.getAttribute("name"))}]` : null;
        if (form) offer(6, "css", `${form} ${tag}[type=submit]`, "the submit button of its form");
      }
    }
    if (element.matches("iframe,frame")) { const title = element.getAttribute("title"); if (title) offer(7, "css", `${tag}[title=${quoted(title)}]`, "the title of the frame"); }
    for (const word of [...element.classList]) if (!generated(word)) offer(20, "class", word, "a class that nothing else here has");
    for (const label of labelled(element)) offer(30, "label", norm(label).replace(/\s*[*:]+$/, ""), "its label; other in another language");
    if (element.getAttribute("placeholder")) offer(31, "placeholder", norm(element.getAttribute("placeholder")), "its placeholder; other in another language");
    if (element.matches("button,a[href],[role=button],[role=link],summary,label,input[type=submit],input[type=button]")) {
      const text = norm(tag === "input" ? element.value : element.textContent);
      if (text && text.length <= 60) offer(32, "text", text, "what is written on it; other in another language");
    }
    if (!found.length) offer(90, "css", path(element), "where it stands in the page; a change of the layout breaks it");
    return found.sort((a, b) => a.rank - b.rank).slice(0, 5).map(({ by, text, why, rank }) => ({ by, text, why, stable: rank < 30 }));
  };

  // The shortest path of tags from an element with an id of its own.
  const path = (element) => {
    const steps = [];
    for (let node = element; node && node.nodeType === 1; node = node.parentElement) {
      if (node !== element && node.id && !generated(node.id)) { steps.unshift("#" + CSS.escape(node.id)); break; }
      const same = node.parentElement ? [...node.parentElement.children].filter((other) => other.tagName === node.tagName) : [node];
      steps.unshift(node.tagName.toLowerCase() + (same.length > 1 ? `:nth-of-type(${same.indexOf(node) + 1})` : ""));
      if (node !== element && only("css", steps.join(" > "), element)) break;
    }
    return steps.join(" > ");
  };

  const box = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  };

  const hit = (element, need) => ({
    tag: element.tagName.toLowerCase(), id: element.id, name: element.getAttribute("name") ?? "", type: element.type ?? "",
    submits: Boolean(element.form && /^(submit|image)$/.test(element.type)),
    label: cut(labelled(element)[0] ?? "", 60), shown: describe(element), box: box(element), visible: visible(element),
    reason: obstacle(element, need),
  });

  // Fields whose content nobody may see in a picture.
  const secrets = () => {
    const fields = new Set(everywhere("input").filter((e) => e.type === "password" || e.autocomplete === "one-time-code" || e.maxLength === 1));
    for (const element of page.kept()) fields.add(element);
    return [...fields].filter((e) => e.isConnected && visible(e));
  };

  // Every open shadow root below `root`.
  const collect = (root, found) => {
    for (const element of root.querySelectorAll("*")) if (element.shadowRoot) { found.push(element.shadowRoot); collect(element.shadowRoot, found); }
  };

  let cover = null;

  const CLICKS = "button,a[href],input[type=submit],input[type=button],input[type=image],input[type=reset],[role=button],[role=link],[role=menuitem],[role=tab],summary";

  // What stands on pages behind a sign-in, the surest first.
  const LANDMARKS = ["[href*=logout i],[href*=signout i],[href*=sign-out i],[href*=log-out i],[href*=logoff i]",
    "[action*=logout i],[action*=signout i],[id*=logout i],[id*=signout i],[class*=logout i],[class*=signout i],[data-testid*=logout i]",
    "[class*=avatar i],[id*=avatar i],[class*=user-menu i],[class*=usermenu i],[id*=user-menu i],[id*=usermenu i],[class*=account-menu i],[data-testid*=user i]",
    "nav,[role=navigation],[role=menubar]", "main,[role=main]", "header,[role=banner]", "h1"];

  const landmarks = () => {
    const found = [];
    for (const css of LANDMARKS) for (const element of everywhere(css).filter(visible).slice(0, 5)) {
      const best = locators(element).find(({ by, text }) => !found.some((other) => other.by === by && other.text === text));
      if (best) found.push({ by: best.by, text: best.text, stable: best.stable });
    }
    return found.slice(0, 30);
  };

  // What a field is for: its kind, and the words around it.
  const field = (element) => {
    const hint = norm([element.getAttribute("name"), element.id, element.getAttribute("autocomplete"), ...labelled(element), element.getAttribute("placeholder")].filter(Boolean).join(" "));
    const boxes = element.maxLength === 1 && everywhere("input").filter((e) => e.maxLength === 1 && visible(e)).length >= 4;
    const named = /one.?time|otp|totp|2fa|mfa|two.?factor|verif|authenticat|passcode|(^|[^a-z])(code|token|pin)([^a-z]|$)/i.test(hint);
    const numeric = /numeric|tel/.test(element.inputMode + element.type) || (element.maxLength >= 6 && element.maxLength <= 8) || Boolean(element.pattern && /\d|0-9/.test(element.pattern));
    const code = boxes || element.autocomplete === "one-time-code" || (named && (element.type !== "password" || numeric));
    const user = /(^|\s)(username|email)(\s|$)/.test(element.autocomplete) || element.type === "email" || /user|login|e-?mail|account|benutzer|utilisateur|usuario/i.test(hint);
    return { role: code ? "code" : element.type === "password" ? "password" : user ? "username" : "other", hint: cut(hint, 200), label: cut(labelled(element)[0] ?? element.getAttribute("placeholder") ?? "", 60), boxes };
  };

  const author = {
    // Tells what a person does: which field, which button, in their order. Never what they type.
    // `saving`: it also sends each document as it stands when it is left, without what was typed.
    watch(tell, saving) {
      const touched = new Set();
      // Before a page is left it may show what was typed: that is taken out here, where it is known.
      const save = () => {
        if (!saving) return;
        const typed = [...touched, ...secrets()].map(({ value }) => value ?? "").filter((value) => value.length >= 3);
        tell({ kind: "document", top: window === top, ...author.snapshot(typed) });
      };
      const numbers = new WeakMap();
      let count = 0, last = null;
      const number = (element) => { if (!numbers.has(element)) numbers.set(element, ++count); return numbers.get(element); };
      const deed = (kind, element, more) => tell({ kind, element: `${performance.timeOrigin}/${number(element)}`, ...field(element), spot: locators(element)[0], origin: location.origin, ...more });
      const target = (event) => event.composedPath()[0];
      const heard = (name, listen) => addEventListener(name, (event) => { if (event.isTrusted && target(event)?.nodeType === 1) listen(target(event), event); }, true);
      heard("input", (element) => {
        // Of a code in boxes the first box stands for all.
        const group = element.maxLength === 1 ? "boxes" : element;
        if (textual(element)) touched.add(element);
        if (textual(element) && group !== last) { last = group; deed("type", element, { form: element.form ? (element.form.getAttribute("method") ?? "get").toLowerCase() : null }); }
      });
      heard("change", (element) => {
        if (element.tagName === "SELECT") { last = null; deed("select", element, { option: cut(element.selectedOptions[0]?.textContent ?? "", 200) }); }
        else if (element.type === "checkbox" || element.type === "radio") { last = null; deed(element.checked ? "check" : "uncheck", element, {}); }
      });
      heard("click", (element, event) => {
        const clicked = event.composedPath().find((node) => node.nodeType === 1 && node.matches(CLICKS)) ?? (textual(element) || element.closest("label,select,input") || getComputedStyle(element).cursor !== "pointer" ? null : element);
        if (!clicked) return;
        save();
        last = null;
        deed("click", clicked, { submits: Boolean(clicked.form && /^(submit|image)$/.test(clicked.type)), implied: event.detail === 0 && event.pointerType === "" });
      });
      heard("keydown", (element, event) => {
        if (event.key === "Enter" && element.tagName === "INPUT" && textual(element)) { save(); last = null; deed("enter", element, {}); }
      });
      author.save = save;
      if (window !== top) return {};
      const page = (fresh) => tell({ kind: "page", fresh, url: location.href.split(/[?#]/)[0], landmarks: landmarks() });
      let timer = null;
      // Not at every change, and not only when a page rests: some never do.
      const soon = () => { timer ??= setTimeout(() => { timer = null; page(false); }, 250); };
      const begin = () => { new MutationObserver(soon).observe(document, { subtree: true, childList: true, attributes: true }); page(true); };
      if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin); else begin();
      return {};
    },

    locators, generated,

    // The document as it stands, with its styles; without scripts, and without anything that was typed or is hidden.
    // Nor does it have the texts `typed`, wherever the page shows them.
    snapshot(typed = []) {
      const hidden = [...new Set(typed.flatMap((value) => [value, encodeURIComponent(value)]))].sort((a, b) => b.length - a.length);
      const without = (text) => hidden.reduce((rest, value) => rest.split(value).join("…"), text);
      const open = [];
      collect(document, open);
      const copy = Document.parseHTMLUnsafe(document.documentElement.getHTML({ shadowRoots: open }));
      const clean = (root) => {
        for (const element of [...root.querySelectorAll("script,noscript,base,object,embed,link,meta[http-equiv],meta[name*=csrf i],meta[name*=token i],template:not([shadowrootmode])")]) element.remove();
        for (const element of root.querySelectorAll("*")) {
          for (const { name, value } of [...element.attributes]) if (/^on|^(srcset|integrity|nonce|ping)$/i.test(name) || /^\s*javascript:/i.test(value)) element.removeAttribute(name);
          const tag = element.tagName;
          if (tag === "INPUT" && !/^(submit|button|reset|checkbox|radio)$/.test(element.type)) element.removeAttribute("value");
          if (tag === "TEXTAREA") element.textContent = "";
          // A form that is sent, and goes nowhere.
          if (tag === "FORM") element.setAttribute("method", "dialog");
          for (const name of ["formaction", "formmethod"]) element.removeAttribute(name);
          if (/^(IMG|AUDIO|VIDEO|SOURCE)$/.test(tag)) element.removeAttribute("src");
          // Where a script would have switched it on.
          if (tag === "BUTTON" || (tag === "INPUT" && element.type === "submit")) { element.disabled = false; element.removeAttribute("aria-disabled"); }
          for (const name of ["href", "action"]) if (element.getAttribute(name)) element.setAttribute(name, element.getAttribute(name).split("?")[0]);
          if (hidden.length) for (const { name, value } of [...element.attributes]) if (without(value) !== value) element.setAttribute(name, without(value));
          if (element.shadowRoot) clean(element.shadowRoot);
        }
        const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_COMMENT);
        while (hidden.length && texts.nextNode()) texts.currentNode.data = without(texts.currentNode.data);
      };
      clean(copy);
      const rules = [];
      for (const sheet of document.styleSheets) { try { if (!sheet.ownerNode || sheet.ownerNode.tagName !== "STYLE") rules.push(...[...sheet.cssRules].map((rule) => rule.cssText)); } catch { /* of another origin */ } }
      if (rules.length) { const style = copy.createElement("style"); style.textContent = without(rules.join("\n")); copy.head.prepend(style); }
      const kept = [];
      collect(copy, kept);
      return { html: `<!doctype html>\n<html lang="${document.documentElement.lang.replace(/"/g, "")}">${copy.documentElement.getHTML({ shadowRoots: kept })}</html>\n`, url: without(location.href.split(/[?#]/)[0]) };
    },

    // What a locator hits now, at most twenty, and what would be a better locator for the one that is meant.
    inspect(find, need) {
      let all;
      try { all = search(find); } catch (error) { return { invalid: cut(error.message, 200), total: 0, hits: [], better: [] }; }
      const seen = all.filter(visible);
      const shown = seen.length ? seen : all;
      const meant = find.nth ? seen[find.nth - 1] : seen.length === 1 ? seen[0] : null;
      return { total: all.length, seen: seen.length, hits: shown.slice(0, 20).map((element) => hit(element, need)), meant: meant ? shown.indexOf(meant) : null, better: meant ? locators(meant) : [] };
    },

    // Lays opaque boxes over the fields that hold secrets, and frames with numbers around `marks`, each a
    // number and its boxes. The page itself stays as it is.
    cover(marks) {
      author.uncover();
      cover = document.createElement("div");
      cover.style.cssText = "all:initial;position:fixed;inset:0;width:100%;height:100%;overflow:visible;pointer-events:none;z-index:2147483647";
      // In the top layer, above dialogs of the page.
      cover.popover = "manual";
      const root = cover.attachShadow({ mode: "closed" });
      const lay = ({ x, y, width, height }, style, text) => {
        const part = document.createElement("div");
        part.style.cssText = `position:fixed;box-sizing:border-box;left:${x}px;top:${y}px;width:${width}px;height:${height}px;${style}`;
        if (text) {
          const flag = document.createElement("span");
          flag.textContent = text;
          flag.style.cssText = `position:absolute;right:-2px;top:${y > 18 ? -18 : 0}px;font:bold 12px/16px sans-serif;color:#fff;background:#c2185b;padding:0 5px;border-radius:3px`;
          part.append(flag);
        }
        root.append(part);
      };
      for (const field of secrets()) lay(box(field), "background:#37474f");
      for (const { number, boxes } of marks) for (const place of boxes) lay(place, "border:2px solid #c2185b;border-radius:3px", String(number));
      document.documentElement.append(cover);
      cover.showPopover();
      return {};
    },

    uncover() { cover?.remove(); cover = null; return {}; },
  };
  return author;
})(globalThis.doorward)
