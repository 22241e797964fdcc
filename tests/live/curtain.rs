//! The curtain: no picture of a secret is ever sent, and no deed passes while it is down.

use serde_json::json;

use super::Stage;
use crate::lab::viewer::Viewer;

/// The colour of the page while a secret stands on it.
const ALARM: [u8; 3] = [255, 0, 255];

#[test]
fn no_picture_of_a_secret_is_sent() {
    // The field shows what is typed, like behind an eye; the page is of a colour of its own while it holds
    // something, and says "welcome" long before it lets go.
    let stage = Stage::signing_in("/shows-all", "");
    let session = stage.start();
    let mut viewer = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    let mut second = None;
    // Whoever joins in the middle sees no more, and whatever is done in the meantime does not pass.
    viewer.until("the rows", |viewer| viewer.notes.iter().any(|note| note["row"] == 2));
    viewer.types("zzz");
    viewer.click(100, 35);
    second.get_or_insert_with(|| Viewer::join(&stage.portal, &stage.ann, &session).unwrap());
    viewer.until("the end of the curtain", |viewer| {
        assert!(viewer.updates.is_empty(), "a picture before the curtain is up");
        viewer.last("live").is_some()
    });
    // The page itself said when its field was empty again.
    assert!(stage.told().iter().any(|told| told == "cleared"), "{:?}", stage.told());
    let mut seen = 0;
    viewer.until("pictures", |viewer| {
        assert!(!viewer.has(ALARM), "the page while it held a secret");
        seen = viewer.updates.len();
        viewer.shows(20, 500, [255, 255, 255])
    });
    let mut second = second.unwrap();
    second.until("a picture", |viewer| {
        assert!(!viewer.has(ALARM), "the page while it held a secret");
        !viewer.updates.is_empty()
    });
    for viewer in [&viewer, &second] {
        let live = viewer.notes.iter().position(|note| note["type"] == "live").unwrap();
        assert!(viewer.updates.iter().all(|update| update.after > live));
        let curtain = &viewer.notes[0];
        assert_eq!(curtain["type"], "curtain");
        let text = serde_json::to_string(&viewer.notes).unwrap();
        assert!(!text.contains(crate::site::PASSWORD), "{text}");
    }
    // The way back leads to no filled form.
    viewer.send(&json!({"type": "back"}));
    viewer.send(&json!({"type": "reload"}));
    viewer.until("the page anew", |viewer| viewer.last("tabs").is_some());
    assert!(!viewer.has(ALARM));
    let typed = stage.site.submissions("shows-all");
    assert_eq!(typed.len(), 1);
    assert_eq!(typed[0].value("password"), Some(crate::site::PASSWORD), "no key came between");
}
