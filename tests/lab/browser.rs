//! A browser: Chromium behind a chromedriver, as a person has one before them, on the pages of a portal.

use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::remote::Grid;

/// What every page has to be, asked of the page itself: empty where nothing is wrong.
const FAULTS: &str = r#"
const faults = [];
if (!document.title.includes("Doorward")) faults.push("title: " + document.title);
if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
  if (!field.labels.length && !field.ariaLabel && !field.ariaHidden) faults.push("no label: " + field.outerHTML);
for (const one of document.querySelectorAll("a, button, summary"))
  if (!one.textContent.trim()) faults.push("nothing to read: " + one.outerHTML);
const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
if (new Set(ids).size !== ids.length) faults.push("an id twice: " + ids);
if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the window");
if (getComputedStyle(document.body).margin !== "0px") faults.push("no style");
// Contrast as WCAG 2.2 has it (1.4.3), of every text in both schemes; what is switched off is exempt there.
const paint = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const mixed = (colours) => {
  paint.fillStyle = "white";
  paint.fillRect(0, 0, 1, 1);
  for (const colour of colours) { paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1); }
  return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const light = (rgb) => {
  const [r, g, b] = rgb.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
for (const scheme of ["light", "dark"]) {
  document.documentElement.style.colorScheme = scheme;
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!(own || one.placeholder) || !one.checkVisibility({ visibilityProperty: true }) || one.closest("[disabled], script, option")) continue;
    const style = getComputedStyle(one, own ? null : "::placeholder"), grounds = [];
    for (let at = one; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
    const [ink, ground] = [light(mixed([...grounds, style.color])), light(mixed(grounds))];
    const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(`${scheme}: ${ratio.toFixed(2)} of ${one.outerHTML.slice(0, 120)}`);
  }
}
document.documentElement.style.colorScheme = "";
return faults;
"#;

/// A browser with one window.
pub(crate) struct Browser {
    pub(crate) client: Client,
    url: String,
}

impl Browser {
    /// A new one, on no page yet.
    pub(crate) async fn start(grid: &Grid, url: &str) -> Self {
        let arguments = ["--headless=new", "--no-sandbox", "--window-size=1280,800"];
        let wanted = json!({ "goog:chromeOptions": { "args": arguments }, "goog:loggingPrefs": { "browser": "ALL" } });
        let Value::Object(wanted) = wanted else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&grid.url(""))
            .await
            .unwrap();
        Self { client, url: url.to_owned() }
    }

    /// Opens a path of the portal.
    pub(crate) async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.url)).await.unwrap();
    }

    /// Waits until the page is at a path that begins so, and has no fault at either size.
    pub(crate) async fn at(&self, path: &str) {
        let wanted = format!("{}{path}", self.url);
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let url = self.client.current_url().await.unwrap();
            let ready = self.client.execute("return document.readyState", vec![]).await.unwrap();
            if url.as_str().starts_with(&wanted) && ready == "complete" {
                break;
            }
            assert!(Instant::now() < until, "at {url}, not {path}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for (width, height) in [(768, 1024), (1280, 800)] {
            self.client.set_window_size(width, height).await.unwrap();
            let faults = self.client.execute(FAULTS, vec![]).await.unwrap();
            assert_eq!(faults, json!([]), "{path} at {width}");
        }
    }

    /// Writes a field anew.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let field = self.client.wait().for_element(Locator::Css(selector)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks an element, once it is there.
    pub(crate) async fn click(&self, selector: &str) {
        loop {
            let found = self.client.wait().for_element(Locator::Css(selector)).await.unwrap();
            match found.click().await {
                Ok(()) => return,
                // The page has drawn it anew in between.
                Err(error) if error.is_stale_element_reference() => {}
                Err(error) => panic!("{selector}: {error}"),
            }
        }
    }

    /// Waits until an element shows this text.
    pub(crate) async fn says(&self, selector: &str, text: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let script = "const [s] = arguments; return document.querySelector(s)?.innerText ?? ''";
            let said = self.run(script, vec![selector.into()]).await;
            let said = said.as_str().unwrap_or_default().to_owned();
            if said.contains(text) {
                return;
            }
            assert!(Instant::now() < until, "{selector} says {said:?}, not {text:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types into whatever has the focus.
    pub(crate) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Waits until an expression holds.
    pub(crate) async fn until(&self, condition: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.run(&format!("return Boolean({condition})"), vec![]).await != true {
            assert!(Instant::now() < until, "never: {condition}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Saves what shows, for somebody to look at.
    pub(crate) async fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("PICTURES") {
            let png = self.client.screenshot().await.unwrap();
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), png).unwrap();
        }
    }

    /// Clicks at a place of the window.
    pub(crate) async fn click_at(&self, x: i64, y: i64) {
        let button = fantoccini::actions::MOUSE_BUTTON_LEFT;
        let mouse = MouseActions::new("mouse".into())
            .then(PointerAction::MoveTo { duration: None, x: x as f64, y: y as f64 })
            .then(PointerAction::Down { button })
            .then(PointerAction::Up { button });
        self.client.perform_actions(mouse).await.unwrap();
    }
}
