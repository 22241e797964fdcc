// What a page of a live session does not get, taken away before its first script runs, in every document and
// frame. What it tells goes to the binding `name`, which the page never sees. The browser itself denies all but
// WebRTC over TCP; the rest is here so that an attempt is noticed and a page gets an answer at once.
((name, rules) => {
  const tell = globalThis[name];
  delete globalThis[name];
  if (typeof tell !== "function") return;
  const { apply } = Reflect;
  const refused = (text, kind) => new DOMException(text, kind);
  const put = (on, key, value) => {
    try {
      Object.defineProperty(on, key, { value, writable: true, configurable: true, enumerable: true });
    } catch {}
  };

  put(globalThis, "print", function print() { tell("print"); });

  if (!rules.webrtc) {
    for (const key of ["RTCPeerConnection", "webkitRTCPeerConnection"]) {
      if (!(key in globalThis)) continue;
      put(globalThis, key, function RTCPeerConnection() {
        tell("webrtc");
        throw refused("WebRTC is not allowed in this session", "NotAllowedError");
      });
    }
  }

  if (!rules.serviceWorkers && globalThis.ServiceWorkerContainer) {
    put(ServiceWorkerContainer.prototype, "register", function register() {
      tell("service-worker");
      return Promise.reject(refused("Service workers are not allowed in this session", "SecurityError"));
    });
  }

  // Denied by the browser's settings: only told.
  const told = (holder, key, word) => {
    const on = globalThis[holder];
    const owner = on && (Object.hasOwn(on, key) ? on : on.prototype);
    const original = owner && owner[key];
    if (typeof original !== "function") return;
    put(owner, key, function () {
      tell("permission:" + (typeof word === "function" ? word(arguments[0]) : word));
      return apply(original, this, arguments);
    });
  };
  told("Notification", "requestPermission", "notifications");
  told("Geolocation", "getCurrentPosition", "geolocation");
  told("Geolocation", "watchPosition", "geolocation");
  told("MediaDevices", "getUserMedia", (asked) => (asked && asked.video ? "camera" : "microphone"));
  told("MediaDevices", "getDisplayMedia", "display-capture");
  told("Clipboard", "read", "clipboard-read");
  told("Clipboard", "readText", "clipboard-read");
  told("Navigator", "requestMIDIAccess", "midi");
  told("USB", "requestDevice", "usb");
  told("Serial", "requestPort", "serial");
  told("HID", "requestDevice", "hid");
  told("Bluetooth", "requestDevice", "bluetooth");
  told("IdleDetector", "requestPermission", "idle-detection");
  const window_ = { queryLocalFonts: "local-fonts", getScreenDetails: "window-management" };
  for (const key of Object.keys(window_)) {
    const original = globalThis[key];
    if (typeof original !== "function") continue;
    put(globalThis, key, function () {
      tell("permission:" + window_[key]);
      return apply(original, this, arguments);
    });
  }

  // A link to another program would end on an error page; this way the page stays.
  const leads = /^(https?|blob|about|javascript|data|file|filesystem|chrome|view-source):$/;
  addEventListener("click", (event) => {
    for (const node of event.composedPath()) {
      if (!(node instanceof HTMLAnchorElement) && !(node instanceof HTMLAreaElement)) continue;
      if (node.href && !leads.test(node.protocol)) {
        event.preventDefault();
        tell("program");
      }
      return;
    }
  }, true);
})
