//! The page of a session in a real browser: a person signs in, works in the remote page and leaves it.

use fantoccini::Locator;
use fantoccini::key::Key;

use super::supervision::signed_in;
use super::{PASSWORD, Stage};
use crate::lab::browser::Browser;
use crate::remote::Grid;

/// A person at their own browser.
struct Person {
    browser: Browser,
}

impl Person {
    /// Signs in, and connects to the account with a reason.
    async fn connects(grid: &Grid, stage: &Stage, name: &str) -> Self {
        let browser = Browser::start(grid, &stage.portal.url).await;
        signs_in(&browser, name).await;
        browser.click("a.account[href*='web%2Fsite'], a.account[href*='web/site']").await;
        browser.at("/connect?account=").await;
        browser.fill("#reason", "to see the workshop").await;
        browser.click("button.primary").await;
        Self { browser }
    }

    /// Waits until the remote page is there.
    async fn is_live(&self) {
        self.browser.until("document.querySelector('#viewer')?.dataset.state === 'live'").await;
        self.browser.until("document.querySelector('#viewer').dataset.picture").await;
        self.fits().await;
    }

    /// Waits until the picture is as large as its place.
    async fn fits(&self) {
        let fits = "(() => { const c = document.querySelector('canvas'); \
                    const { width, height } = document.querySelector('.stage').getBoundingClientRect(); \
                    return c.width === Math.floor(width) && c.height === Math.floor(height); })()";
        self.browser.until(fits).await;
    }

    /// Clicks at a place of the remote page.
    async fn clicks(&self, x: i64, y: i64) {
        let script = "const box = document.querySelector('canvas').getBoundingClientRect(); \
                      return [Math.round(box.left), Math.round(box.top)]";
        let place = self.browser.run(script, vec![]).await;
        let side = |index: usize| place[index].as_i64().unwrap();
        self.browser.click_at(side(0) + x, side(1) + y).await;
    }

    /// Waits until the picture has about this colour at a place of the remote page.
    async fn sees(&self, x: u32, y: u32, colour: [u8; 3]) {
        let [red, green, blue] = colour;
        let near = format!(
            "(() => {{ const seen = document.querySelector('canvas').getContext('2d').getImageData({x}, {y}, 1, 1).data; \
             return [{red}, {green}, {blue}].every((part, index) => Math.abs(part - seen[index]) < 24); }})()"
        );
        self.browser.until(&near).await;
    }
}

const RED: [u8; 3] = [200, 0, 0];
const GREEN: [u8; 3] = [0, 200, 0];

/// Lets a script reach the page's socket with the next thing that it sends, and lets it cut the line.
const LINE: &str = "
    const Real = window.WebSocket, send = Real.prototype.send;
    Real.prototype.send = function (data) { window.line = this; return send.call(this, data); };
    window.WebSocket = class extends Real {
      constructor(url) { super(window.cut ? new URL('/nowhere', url) : url); }
    };";

#[tokio::test]
async fn a_person_works_in_the_remote_page() {
    let stage = Stage::at("/workshop", "");
    let grid = Grid::start("");
    let person = Person::connects(&grid, &stage, "ann").await;
    let browser = &person.browser;
    browser.at("/sessions/").await;
    browser.says("#viewer .whose", "web/site").await;
    person.is_live().await;
    let key = |key: Key| char::from(key).to_string();

    // The keyboard has the remote page from the start; a click and letters.
    person.sees(440, 60, RED).await;
    person.clicks(100, 35).await;
    browser.keys("Ab@").await;
    stage.until_told("field Ab@");
    // No driver composes, so these are the events of a dead key: the accent, then the letter with it.
    let composed = "const keys = document.querySelector('#viewer .keys'); \
        const tell = (type, data) => keys.dispatchEvent(new CompositionEvent(type, { data, bubbles: true })); \
        tell('compositionstart', ''); tell('compositionupdate', '´'); tell('compositionend', 'é');";
    browser.run(composed, vec![]).await;
    stage.until_told("field Ab@é");
    person.clicks(100, 85).await;
    stage.until_told("go true");
    person.sees(440, 60, GREEN).await;

    // A list, by the keyboard: the third cannot be chosen.
    person.clicks(100, 135).await;
    browser.until("document.activeElement.matches('#viewer .choices')").await;
    browser.keys(&key(Key::End)).await;
    browser.keys(&key(Key::Enter)).await;
    stage.until_told("list four");
    browser.until("document.activeElement.matches('#viewer .keys')").await;

    // A dialog of the page.
    person.clicks(100, 185).await;
    browser.says("#viewer .asked[open]", "Which?").await;
    browser.fill("#viewer .asked input", "that").await;
    browser.keys(&key(Key::Enter)).await;
    stage.until_told("answer that");
    browser.until("!document.querySelector('#viewer .asked[open]')").await;

    // The remote window is as large as its place here.
    browser.client.set_window_size(900, 700).await.unwrap();
    person.fits().await;
    let size = "const box = document.querySelector('#viewer .stage').getBoundingClientRect(); return [Math.floor(box.width), Math.floor(box.height)]";
    let size = browser.run(size, vec![]).await;
    stage.until_told(&format!("size {} {} 1", size[0], size[1]));

    // A second tab, and away with it.
    person.clicks(100, 235).await;
    let second = "document.querySelector('#viewer .tab:nth-child(2) [aria-selected=true]')?.title.endsWith('/plain')";
    browser.until(second).await;
    browser.click("#viewer .tabs .tab:nth-child(2) button:last-child").await;
    browser.until("document.querySelector('#viewer .tabs').hidden").await;
    person.sees(440, 60, GREEN).await;
    person.fits().await;

    // The line is lost, and the session goes on.
    let address = browser.client.current_url().await.unwrap();
    browser.run(LINE, vec![]).await;
    person.clicks(600, 300).await;
    browser.until("window.line").await;
    browser.run("window.cut = true; window.line.close();", vec![]).await;
    browser.says("#viewer .veil", "Connection lost").await;
    browser
        .run(
            "window.cut = false; delete document.querySelector('#viewer').dataset.picture;",
            vec![],
        )
        .await;
    person.is_live().await;
    person.sees(440, 60, GREEN).await;
    person.clicks(100, 35).await;
    browser.keys("z").await;
    stage.until_told("field Ab@éz");

    // Out of the page and to the end, by the keyboard alone.
    browser.keys(&format!("{}{}", key(Key::Shift), key(Key::Escape))).await;
    browser.until("document.activeElement.textContent === 'End session'").await;
    browser.keys(&key(Key::Enter)).await;
    browser.says("#viewer dialog[open]", "End the session?").await;
    browser.keys(&format!("{}{}", key(Key::Shift), key(Key::Tab))).await;
    browser.keys(&key(Key::Enter)).await;
    browser.says("#viewer .veil", "The session is over").await;
    browser.client.goto(address.as_str()).await.unwrap();
    browser.says("h1", "This session is over").await;
    browser.go("/sessions").await;
    browser.says("tbody", "to see the workshop").await;
    browser.says("tbody td.do", "Connect again").await;
    browser.client.clone().close().await.unwrap();
}

#[tokio::test]
async fn others_approve_watch_and_take_over_at_their_own_pages() {
    let stage = Stage::at("/workshop", "RequireApprover: Yes");
    for (name, role) in [("lee", "approver"), ("root", "admin")] {
        signed_in(&stage, name, role);
    }
    let grid = Grid::start("");
    let ann = Person::connects(&grid, &stage, "ann").await;
    ann.browser.says("#viewer .veil", "waiting for somebody to approve").await;

    let other = Browser::start(&grid, &stage.portal.url).await;
    signs_in(&other, "lee").await;
    other.go("/sessions").await;
    other.at("/sessions").await;
    other.says("tbody", "to see the workshop").await;
    other.client.find(Locator::LinkText("Approve…")).await.unwrap().click().await.unwrap();
    other.says("h1", "May this session begin?").await;
    other.says(".facts", "to see the workshop").await;
    other.click("button[value=true]").await;
    ann.is_live().await;
    other.click("form[action='/sign-out'] button").await;

    signs_in(&other, "root").await;
    other.go("/sessions").await;
    other.client.find(Locator::LinkText("Watch")).await.unwrap().click().await.unwrap();
    let root = Person { browser: other };
    root.browser.until("document.querySelector('#viewer')?.dataset.picture").await;
    root.browser.at("/sessions/").await;
    root.browser.says("#viewer .held", "You watch the session of ann").await;
    ann.browser.says("#viewer .people", "Watched by root").await;
    root.browser.click("#viewer [aria-label='Stop the session for a while']").await;
    ann.browser.says("#viewer .held", "Stopped by root").await;
    ann.clicks(100, 85).await;
    root.browser.click("#viewer [aria-label='Use the session in their place']").await;
    root.browser.says("#viewer .held", "You use the session of ann").await;
    ann.browser.says("#viewer .held", "root uses the page now, and you see it").await;
    root.sees(440, 60, RED).await;
    root.clicks(100, 35).await;
    root.browser.keys("by root").await;
    stage.until_told("field by root");
    root.browser.click("#viewer [aria-label='Send a message']").await;
    root.browser.fill("#viewer dialog[open] input", "I have filled it in.").await;
    root.browser.keys(&char::from(Key::Enter).to_string()).await;
    ann.browser.says("#viewer .message", "root: I have filled it in.").await;
    root.browser.click("#viewer [aria-label='Give it back to ann']").await;
    ann.browser.until("document.querySelector('#viewer .held').hidden").await;
    ann.clicks(100, 85).await;
    root.sees(440, 60, GREEN).await;
    stage.until_told("go true");
    root.browser.click("#viewer .tools .end").await;
    root.browser.click("#viewer dialog[open] .end").await;
    ann.browser.says("#viewer .veil", "The session is over").await;
    ann.browser.says("#viewer .veil", "root").await;
    root.browser.says("#viewer .veil", "The session is over").await;
    for person in [ann, root] {
        person.browser.client.close().await.unwrap();
    }
}

async fn signs_in(browser: &Browser, name: &str) {
    browser.go("/sign-in").await;
    browser.fill("#name", name).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button.primary").await;
    browser.at("/accounts").await;
}

#[tokio::test]
async fn two_people_each_see_their_own() {
    let stage = Stage::at("/workshop", "");
    let grid = Grid::start("");
    let ann = Person::connects(&grid, &stage, "ann").await;
    let bob = Person::connects(&grid, &stage, "bob").await;
    ann.is_live().await;
    bob.is_live().await;
    ann.clicks(100, 85).await;
    ann.sees(440, 60, GREEN).await;
    bob.clicks(100, 35).await;
    bob.browser.keys("bob").await;
    stage.until_told("field bob");
    bob.sees(440, 60, RED).await;
    let anns = ann.browser.client.current_url().await.unwrap();
    assert_ne!(anns, bob.browser.client.current_url().await.unwrap());
    bob.browser.client.goto(anns.as_str()).await.unwrap();
    assert!(bob.browser.client.find(Locator::Css("#viewer")).await.is_err());
    for person in [ann, bob] {
        person.browser.client.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_person_sees_the_curtain_and_why_it_did_not_rise() {
    let stage = Stage::signing_in("/plain?error=password", "");
    let grid = Grid::start("");
    let person = Person::connects(&grid, &stage, "ann").await;
    let why = "/^Not signed in: refused|^This session is over/.test(document.querySelector('#viewer .veil h2, main h1')?.innerText)";
    person.browser.until(why).await;
    let blank = "document.querySelector('#viewer')?.dataset.picture === undefined";
    person.browser.until(blank).await;
    person.browser.client.close().await.unwrap();
}
