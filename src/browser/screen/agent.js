// What a viewer cannot see in a picture: the pointer's shape, lists to choose from, what was copied. Runs in a
// world of its own in every document of a live session; the page can neither see nor call it.
(() => {
  if (globalThis.doorwardViewer) return;
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
  for (const kind of ["copy", "cut"]) addEventListener(kind, copied, { capture: true });
  addEventListener("focusin", () => tell({ type: "focus" }), { capture: true, passive: true });

  globalThis.doorwardViewer = {
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
