//! The player in a real browser: an auditor unlocks a recorded session, finds moments of it, and sees what was seen.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::session::{colour, last_picture};
use super::{SHOWN, file, locked, new_key, plain, rows, stage};
use crate::lab::browser::Browser;
use crate::lab::viewer::Viewer;
use crate::portal::{PASSWORD, add};
use crate::remote::Grid;

const PASSPHRASE: &str = "a passphrase of several words";

/// Places of the page whose colours are compared.
const PLACES: [(usize, usize); 6] =
    [(440, 60), (900, 60), (430, 240), (450, 315), (700, 400), (60, 285)];

/// What a viewer saw at these places.
fn seen(viewer: &Viewer) -> Vec<[u8; 3]> {
    PLACES.iter().map(|(x, y)| viewer.colour(*x, *y).unwrap()).collect()
}

/// An auditor before the player.
struct Auditor {
    browser: Browser,
}

impl Auditor {
    /// Waits until the player shows about these colours.
    async fn sees(&self, colours: &[[u8; 3]]) {
        let wanted: Vec<Value> =
            PLACES.iter().zip(colours).map(|((x, y), colour)| json!([x, y, colour])).collect();
        let same = format!(
            "(() => {{ const paint = document.querySelector('#player canvas').getContext('2d'); \
             return {}.every(([x, y, colour]) => {{ const seen = paint.getImageData(x, y, 1, 1).data; \
             return colour.every((part, at) => Math.abs(part - seen[at]) < 24); }}); }})()",
            json!(wanted)
        );
        self.browser.until(&same).await;
        self.is_in_proportion().await;
    }

    /// The picture stands in its own proportions, whatever size a note has told since.
    async fn is_in_proportion(&self) {
        let sides = "(() => { const canvas = document.querySelector('#player canvas'), box = canvas.getBoundingClientRect(); \
                     return Math.abs(box.width * canvas.height / (box.height * canvas.width) - 1) < 0.01; })()";
        self.browser.until(sides).await;
    }

    /// Waits until the player stands there.
    async fn is(&self, state: &str) {
        self.browser
            .until(&format!("document.querySelector('#player').dataset.state === '{state}'"))
            .await;
    }

    /// Searches for a text, and goes to the first moment that holds it.
    async fn visits(&self, text: &str, kind: &str) {
        self.browser.fill("#find", text).await;
        self.browser.says("#count", "found").await;
        let first = format!(
            "document.querySelector('.moments .text')?.textContent.endsWith('{text}') \
             && document.querySelector('.moments .kind').textContent === '{kind}'"
        );
        self.browser.until(&first).await;
        self.browser.click(".moments button").await;
        self.is("paused").await;
    }

    /// Waits until the player stands at this time, and has drawn it.
    async fn stands(&self, time: i64) {
        let now = format!("Number(document.querySelector('#player').dataset.now) === {time}");
        self.browser.until(&now).await;
        self.is("paused").await;
    }

    /// Gives an identity to the form.
    async fn unlocks(&self, path: &std::path::Path, passphrase: &str) {
        let field = self.browser.client.find(Locator::Css("#identity-file")).await.unwrap();
        field.send_keys(path.to_str().unwrap()).await.unwrap();
        if !passphrase.is_empty() {
            self.browser.fill("#passphrase", passphrase).await;
        }
        self.browser.click("form[data-unlock] .primary").await;
    }
}

#[tokio::test]
async fn an_auditor_finds_what_was_typed_and_visited_and_sees_what_was_seen() {
    let stage = stage("/workshop", "", SHOWN, "");
    let lab = &stage.desk.lab;
    add(lab, &["eve", "--role", "auditor"]);
    new_key(lab, "other.key");
    let key = std::fs::read_to_string(lab.path().join("auditor.key")).unwrap();
    let own = lab.write("locked.key", locked(&key, PASSPHRASE).0);

    // A session: typed while the lamp is red, then green, then another page.
    let (session, mut viewer) = stage.live();
    // Told before there is a picture of it.
    viewer.send(&json!({"type": "resize", "width": 1100, "height": 560, "scale": 1}));
    viewer.until("the red lamp", |viewer| viewer.shows(440, 60, [200, 0, 0]));
    viewer.click(100, 35);
    viewer.types("needle");
    stage.until_told("field needle");
    viewer.until("what is exact", |viewer| viewer.colour(440, 60) == Some([200, 0, 0]));
    let red = seen(&viewer);
    viewer.click(100, 85);
    viewer.until("the green lamp in the recording", |_| {
        let last = last_picture(&plain(lab, &session));
        last.size().0 > 440 && colour(&last, 440, 60)[1] > 150
    });
    viewer.click(100, 235);
    viewer.until("the other page", |viewer| {
        viewer.last("tabs").is_some_and(|note| note["tabs"].as_array().unwrap().len() == 2)
            && viewer.colour(440, 60) == Some([255; 3])
    });
    let other = seen(&viewer);

    // The auditor comes while it is still written.
    let grid = Grid::start("");
    let eve = Auditor { browser: Browser::start(&grid, &stage.portal.url).await };
    let browser = &eve.browser;
    browser.go("/sign-in?next=/recordings").await;
    browser.fill("#name", "eve").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button.primary").await;
    browser.at("/recordings").await;
    browser.says("tbody .state", "live").await;
    browser.click("[data-check]").await;
    browser.says(".checked", "Whole so far").await;
    browser.click("summary").await;
    eve.unlocks(&lab.path().join("other.key"), "").await;
    browser.says("form[data-unlock] [role=alert]", "opens none of the recordings").await;
    eve.unlocks(&own, "wrong").await;
    browser.says("form[data-unlock] [role=alert]", "passphrase does not open").await;
    eve.unlocks(&own, PASSPHRASE).await;
    browser.says(".unlocked", "Unlocked").await;
    browser.at("/recordings").await;
    browser.click("tbody a.button").await;
    browser.at(&format!("/recordings/{session}")).await;
    eve.is("paused").await;
    eve.is_in_proportion().await;
    browser.says(".verdict", "Whole so far").await;
    browser.says("#player .time", "live").await;
    viewer.send(&json!({"type": "end"}));
    viewer.note("ended");

    // By what was typed, and by address.
    browser.go(&format!("/recordings/{session}")).await;
    browser.says(".verdict", "Whole: all").await;
    eve.visits("needle", "typed").await;
    eve.sees(&red).await;
    eve.visits("/plain", "page").await;
    eve.sees(&other).await;
    browser.says("#player .address", "/plain").await;
    browser.fill("#find", "no such text").await;
    browser.says("#count", "0 found").await;
    browser.run("const find = document.querySelector('#find'); find.value = ''; find.dispatchEvent(new Event('input'))", vec![]).await;
    browser.says("#count", "moments").await;

    // By keys: five seconds back from the end, on to it, and again from the beginning.
    let script = "document.activeElement.blur(); const bar = document.querySelector('.seeker'); bar.value = bar.max; bar.dispatchEvent(new Event('input'))";
    browser.run(script, vec![]).await;
    let side = async |which: &str| {
        let script = format!("return Number(document.querySelector('.seeker').{which})");
        browser.run(&script, vec![]).await.as_i64().unwrap()
    };
    let (begin, length) = (side("min").await, side("max").await);
    eve.stands(length).await;
    eve.sees(&other).await;
    let keys = |key: Key| char::from(key).to_string();
    let press = async |text: &str| {
        let body = browser.client.find(Locator::Css("body")).await.unwrap();
        body.send_keys(text).await.unwrap();
    };
    let back = begin.max(length - 5_000);
    press(&keys(Key::Left)).await;
    eve.stands(back).await;
    press(&keys(Key::Right)).await;
    eve.stands(length.min(back + 5_000)).await;
    browser.run("document.querySelector('#speed').value = '4'", vec![]).await;
    // Everything that was shown, in its order.
    let watch = "window.keys = new Set(); window.lamps = new Set(); setInterval(() => { \
        window.keys.add(document.querySelector('.typed').textContent); \
        const [red, green, blue] = document.querySelector('#player canvas').getContext('2d').getImageData(440, 60, 1, 1).data; \
        window.lamps.add(red > 150 && green < 50 ? 'red' : green > 150 && red < 50 ? 'green' : 'other'); }, 5)";
    browser.run(watch, vec![]).await;
    press(" ").await;
    browser.until("[...window.keys].some((keys) => keys.endsWith('needle'))").await;
    eve.is("paused").await;
    eve.sees(&other).await;
    eve.stands(length).await;
    let lamps = browser.run("return [...window.lamps].join(' ')", vec![]).await;
    assert_eq!(lamps, "other red green");
    browser.at(&format!("/recordings/{session}")).await;

    // One byte of the middle, and it says so: at once, and where it is played.
    let path = file(lab, &session);
    let length = std::fs::metadata(&path).unwrap().len();
    super::flip(&path, i64::try_from(length / 2).unwrap());
    browser.go(&format!("/recordings/{session}")).await;
    browser.says(".verdict", "Not as it was written").await;
    browser.says(".breaks", "was changed").await;
    browser.run("document.querySelector('#speed').value = '16'", vec![]).await;
    let hole = "window.holes = ''; setInterval(() => { const hole = document.querySelector('.hole'); if (!hole.hidden) window.holes = hole.textContent; }, 5)";
    browser.run(hole, vec![]).await;
    eve.is("paused").await;
    press(" ").await;
    browser.until("window.holes.includes('The recording is broken here')").await;
    browser.at(&format!("/recordings/{session}")).await;
    browser.go("/recordings").await;
    browser.click("[data-check-all]").await;
    browser.says(".checked", "was changed").await;
    browser.at("/recordings").await;

    // Out, and the key is gone.
    browser.click(".who button").await;
    browser.at("/sign-in").await;
    browser.fill("#name", "eve").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button.primary").await;
    browser.at("/accounts").await;
    browser.go(&format!("/recordings/{session}")).await;
    browser.at(&format!("/recordings/{session}")).await;
    browser.says("h1", "Unlock the recording").await;
    browser.client.clone().close().await.unwrap();
    let opened = rows(&stage.desk, "ReplayRecording");
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert_eq!(opened[0].1["of"], "ann");
}
