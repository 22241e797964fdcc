// What a viewer cannot see in a picture: the pointer's shape, lists to choose from, what was copied. Runs in a
// world of its own in every document of a live session; the page can neither see nor call it.
(() => {
  // A window that was opened empty keeps its world, and its first page is another document.
  if (globalThis.doorwardViewer) return globalThis.doorwardViewer.observe();
  const tell = (what) => globalThis.doorwardTell(JSON.stringify(what));

  // The browser tells of a new title only with a new page, and then late.
  if (window === window.top) {
    let title = "";
    const say = () => {
      if (document.title !== title) tell({ type: "title", title: (title = document.title), url: location.href });
    };
    const watch = () => {
      say();
      if (document.head) new MutationObserver(say).observe(document.head, { childList: true, characterData: true, subtree: true });
    };
    // A window that was opened empty keeps its world when its first page comes, and what listens on it.
    addEventListener("DOMContentLoaded", watch);
    if (document.readyState !== "loading") watch();
  }
  const first = (event) => event.composedPath()[0];

  // The deepest element with the focus, through open shadow roots.
  const active = () => {
    let element = document.activeElement;
    while (element && element.shadowRoot && element.shadowRoot.activeElement) element = element.shadowRoot.activeElement;
    return element;
  };

  // The pointer over an element, as CSS names it. A picture of the page's own has a name behind its last comma.
  const overText = (element, x, y) => {
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return true;
      }
    }
    return false;
  };
  const shapeAt = (element, x, y) => {
    if (!(element instanceof Element)) return "default";
    const shape = getComputedStyle(element).cursor.split(",").pop().trim();
    if (shape !== "auto") return shape;
    return element.isContentEditable || overText(element, x, y) ? "text" : "default";
  };
  let shape = "", waiting = false, last;
  const look = () => {
    waiting = false;
    const now = shapeAt(first(last), last.clientX, last.clientY);
    if (now !== shape) tell({ type: "cursor", shape: (shape = now) });
  };
  addEventListener("mousemove", (event) => {
    last = { composedPath: ((path) => () => path)(event.composedPath()), clientX: event.clientX, clientY: event.clientY };
    if (waiting) return;
    waiting = true;
    setTimeout(look, 30);
  }, { capture: true, passive: true });
  // Another frame has its own shape: say it again when the pointer comes back.
  addEventListener("mouseout", (event) => { if (!event.relatedTarget) shape = ""; }, { capture: true, passive: true });

  // The list of a select is a window of the browser's own, which no picture of the page shows.
  let chooser = null;
  const open = (select) => {
    chooser = select;
    const options = [...select.options];
    const box = select.getBoundingClientRect();
    tell({
      type: "choices",
      options: options.map((option) => option.label || option.text),
      disabled: options.flatMap((option, at) => (option.disabled || option.closest("optgroup[disabled]") ? [at] : [])),
      chosen: select.selectedIndex,
      place: [box.x, box.y, box.width, box.height],
      top: window === window.top,
    });
  };
  const isList = (element) =>
    element instanceof HTMLSelectElement && !element.multiple && element.size < 2 && !element.matches(":disabled");
  addEventListener("mousedown", (event) => {
    const element = first(event);
    const select = element instanceof Element ? element.closest("select") : null;
    if (event.button !== 0 || !isList(select) || event.defaultPrevented) return;
    event.preventDefault();
    select.focus();
    open(select);
  }, { capture: true });
  addEventListener("keydown", (event) => {
    const element = first(event);
    const opens = event.key === " " || event.key === "Enter" || event.key === "F4" || (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp"));
    if (!isList(element) || !opens || event.defaultPrevented) return;
    event.preventDefault();
    open(element);
  }, { capture: true });

  const copied = () => {
    const element = active();
    const inField = element && typeof element.selectionStart === "number" && element.type !== "password";
    const text = inField
      ? element.value.slice(element.selectionStart, element.selectionEnd)
      : String(document.getSelection());
    if (text) tell({ type: "copied", text });
  };

  // Whether what is typed into an element is a secret, which no recording may hold. A field that showed its letters
  // behind an eye was one before; frameworks make such a field anew, under the same name.
  const secrets = new WeakSet(), names = new Set();
  const nameOf = (input) => (input.id || input.name ? `${input.id} ${input.name}` : "");
  const mark = (input) => {
    secrets.add(input);
    if (nameOf(input)) names.add(nameOf(input));
  };
  const isInput = (node) => node instanceof HTMLInputElement;
  const isPassword = (node) => isInput(node) && node.type === "password";
  const find = (node) => {
    if (isPassword(node)) mark(node);
    if (node instanceof Element || node instanceof Document) for (const input of node.querySelectorAll("input[type=password i]")) mark(input);
  };
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(find);
      else if (isPassword(change.target) || String(change.oldValue).toLowerCase() === "password") mark(change.target);
    }
  });
  const observe = () => {
    find(document);
    observer.observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["type"], attributeOldValue: true });
  };
  observe();
  // What has the focus and cannot have it, or is of the page's own making, hides a field of which nothing is known.
  const hides = (element) =>
    !element.shadowRoot && element !== document.body && element !== document.documentElement && !element.isContentEditable &&
    (element.localName.includes("-") || (element.tabIndex < 0 && !element.hasAttribute("tabindex")));
  const isSecret = (element) => {
    if (!(element instanceof Element)) return false;
    if (isPassword(element)) mark(element);
    return secrets.has(element) || (isInput(element) && names.has(nameOf(element))) ||
      /(^|\s)(current-password|new-password|one-time-code)(\s|$)/i.test(element.getAttribute("autocomplete") || "") ||
      getComputedStyle(element).webkitTextSecurity !== "none" || hides(element);
  };
  let pressed = null;
  addEventListener("keydown", (event) => {
    if (!event.isTrusted) return;
    pressed = event.key;
    tell(isSecret(first(event)) || isSecret(active()) ? { type: "key" } : { type: "key", key: event.key });
  }, { capture: true });
  // A text without a key: composed, or of a keyboard on a screen.
  addEventListener("beforeinput", (event) => {
    const of = pressed;
    pressed = null;
    if (!event.isTrusted || !event.data || event.data === of || event.inputType === "insertFromPaste") return;
    tell(isSecret(first(event)) || isSecret(active()) ? { type: "text" } : { type: "text", text: event.data });
  }, { capture: true });
  for (const kind of ["copy", "cut"]) addEventListener(kind, copied, { capture: true });
  addEventListener("focusin", () => tell({ type: "focus" }), { capture: true, passive: true });

  globalThis.doorwardViewer = {
    observe,
    // Chooses from the list that was opened last, as a person would.
    choose(index) {
      const select = chooser;
      chooser = null;
      if (!select || !select.isConnected || index === null || index === select.selectedIndex) return;
      const option = select.options[index];
      if (!option || option.disabled) return;
      select.selectedIndex = index;
      select.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
      select.dispatchEvent(new Event("change", { bubbles: true }));
    },
    // Puts in a text as a paste does: the page may take it itself, as fields for codes do.
    paste(text) {
      const element = active() || document.body;
      const data = new DataTransfer();
      data.setData("text/plain", text);
      const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true, composed: true });
      if (element.dispatchEvent(event)) document.execCommand("insertText", false, text);
    },
  };
  if (document.hasFocus()) tell({ type: "focus" });
})();
