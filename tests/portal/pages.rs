//! The pages in a real browser, from the set-up link to the sign-out: each has a title, one heading and labels; no
//! script or style is kept out by the policy.

use std::time::Duration;

use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::PASSWORD;
use crate::lab::Lab;
use crate::lab::portal::Portal;
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
return faults;
"#;

struct Browser {
    client: Client,
    url: String,
}

impl Browser {
    async fn start(grid: &Grid, url: &str) -> Self {
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

    async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.url)).await.unwrap();
    }

    /// Waits until the page is at a path that begins so, and has no fault at either size.
    async fn at(&self, path: &str) {
        let wanted = format!("{}{path}", self.url);
        let until = std::time::Instant::now() + Duration::from_secs(30);
        loop {
            let url = self.client.current_url().await.unwrap();
            let ready = self.client.execute("return document.readyState", vec![]).await.unwrap();
            if url.as_str().starts_with(&wanted) && ready == "complete" {
                break;
            }
            assert!(std::time::Instant::now() < until, "at {url}, not {path}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for (width, height) in [(768, 1024), (1280, 800)] {
            self.client.set_window_size(width, height).await.unwrap();
            let faults = self.client.execute(FAULTS, vec![]).await.unwrap();
            assert_eq!(faults, json!([]), "{path} at {width}");
        }
    }

    async fn fill(&self, selector: &str, text: &str) {
        let field = self.client.wait().for_element(Locator::Css(selector)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn click(&self, selector: &str) {
        self.client
            .wait()
            .for_element(Locator::Css(selector))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
    }

    /// Waits until an element shows this text.
    async fn says(&self, selector: &str, text: &str) {
        let until = std::time::Instant::now() + Duration::from_secs(30);
        loop {
            let script = "const [s] = arguments; return document.querySelector(s)?.innerText ?? ''";
            let said = self.client.execute(script, vec![selector.into()]).await.unwrap();
            let said = said.as_str().unwrap_or_default().to_owned();
            if said.contains(text) {
                return;
            }
            assert!(std::time::Instant::now() < until, "{selector} says {said:?}, not {text:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types into whatever has the focus.
    async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }
}

#[tokio::test]
async fn from_the_set_up_link_to_the_sign_out() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\nbrowser: { sandbox: false }\n");
    assert_eq!(lab.run(&["vault", "init"]).code, 0);
    let added = [
        "account",
        "add",
        "web/shop",
        "--username",
        "ann",
        "--url",
        "https://shop.example/",
        "--secret-stdin",
    ];
    assert_eq!(lab.run_with_input(&added, "a secret\n").code, 0);
    let portal = Portal::start(&lab);
    let grid = Grid::start("");
    let browser = Browser::start(&grid, &portal.url).await;
    let (tab, enter) = (char::from(Key::Tab), char::from(Key::Enter));

    // Set up, with the demo.
    browser.go("/").await;
    browser.at("/sign-in").await;
    browser.go(portal.link.as_deref().unwrap()).await;
    browser.at("/set-up").await;
    browser.fill("#name", "root").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#again", PASSWORD).await;
    browser.click("button.primary").await;
    browser.at("/accounts").await;

    // Search by the keyboard alone, and connect to the demo.
    browser.says("#count", "2 accounts").await;
    browser.client.execute("document.activeElement.blur()", vec![]).await.unwrap();
    browser.client.find(Locator::Css("body")).await.unwrap().send_keys("/").await.unwrap();
    browser.keys("no such account").await;
    browser.says("#none", "No account holds this text.").await;
    browser.fill("#search", "DEMO").await;
    browser.says("#count", "1 account").await;
    browser.keys(&enter.to_string()).await;
    browser.at("/connect?account=demo").await;
    browser.keys(&format!("first session{enter}")).await;
    browser.at("/sessions/").await;
    browser.client.wait().for_element(Locator::Css("#viewer[data-stream]")).await.unwrap();

    // Mine, until I end it.
    browser.go("/sessions").await;
    browser.at("/sessions").await;
    browser.says("tbody", "first session").await;
    browser.says("tbody .state", "live").await;
    browser.click("button.danger").await;
    browser.client.accept_alert().await.unwrap();
    browser.says("tbody td.do", "Connect again").await;
    browser.at("/sessions").await;

    // Users: a wrong one is told, a right one is there.
    browser.go("/users").await;
    browser.at("/users").await;
    browser.fill("#name", "root").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("section #accounts", "web/*").await;
    browser.click("section .primary").await;
    browser.says("section [role=alert]", "There is a user root already.").await;
    browser.fill("#name", "ann").await;
    browser.click("section .primary").await;
    browser.says("tbody", "web/*").await;
    browser.at("/users").await;

    // Activity, and the proof of it.
    browser.go("/activity").await;
    browser.at("/activity").await;
    browser.says("tbody", "UserAdded").await;
    browser.click("[data-verify]").await;
    browser.says("#verdict", "are as they were written").await;
    browser.go("/activity?account=demo:web/demo").await;
    browser.at("/activity").await;
    browser.says("tbody", "Connect").await;
    for path in ["/me", "/no-such-page", "/sessions/no-such-session", "/accounts?search=zzz"] {
        browser.go(path).await;
        browser.at(path).await;
    }

    // Out, and in again as the other, by keys alone.
    browser.click(".who button").await;
    browser.at("/sign-in").await;
    browser.keys(&format!("ann{tab}{PASSWORD}{enter}")).await;
    browser.at("/accounts").await;
    browser.says("#count", "1 account").await;
    browser.says("#accounts", "shop").await;
    browser.go("/users").await;
    browser.at("/users").await;
    browser.says("main", "This is for administrators.").await;
    browser.client.close().await.unwrap();

    let ended = tokio::task::spawn_blocking(move || portal.stop()).await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(lab.run(&["activity", "verify"]).code, 0);
}
