//! Several viewers: whose session it is, one that is slow, one that comes back.

use serde_json::json;

use super::{PASSWORD, Stage, start};
use crate::lab::viewer::Viewer;

#[test]
fn nobody_reaches_the_session_of_another() {
    let stage = Stage::at("/workshop", "");
    let bob = stage.portal.sign_in("bob", PASSWORD);
    let (anns, mut viewer) = stage.live();
    let bobs = start(&stage.portal, &bob);
    let mut other = Viewer::join(&stage.portal, &bob, &bobs).unwrap();
    other.note("live");
    // Two at once, each with a browser of its own.
    viewer.click(100, 35);
    viewer.types("a");
    other.click(100, 35);
    other.types("b");
    stage.until_told("field a");
    stage.until_told("field b");

    let refused = |joined: Result<Viewer, u16>| joined.err();
    assert_eq!(refused(Viewer::join(&stage.portal, &bob, &anns)), Some(404));
    assert_eq!(refused(Viewer::join(&stage.portal, &stage.ann, &bobs)), Some(404));
    let foreign = "https://evil.example";
    assert_eq!(refused(Viewer::from(&stage.portal, &stage.ann.cookie, foreign, &anns)), Some(403));
    assert_eq!(refused(Viewer::from(&stage.portal, "", &stage.portal.url, &anns)), Some(401));
    let path = format!("/api/v1/sessions/{anns}");
    assert_eq!(stage.portal.act(&bob, "DELETE", &path, "").status, 404);
    assert_eq!(stage.portal.read(Some(&bob), &path).status, 404);
    assert_eq!(stage.portal.read(Some(&stage.ann), &path).status, 200);

    // A message that is none ends the stream of who sent it, and not the session.
    other.send(&json!({"type": "open", "url": "file:///etc/passwd"}));
    other.closed();
    assert_eq!(other.last("ended"), None);
    let path = format!("/api/v1/sessions/{bobs}");
    assert_eq!(stage.portal.read(Some(&bob), &path).json()["stage"], "live");
}

#[test]
fn a_slow_viewer_gets_fewer_pictures_and_no_old_one() {
    let stage = Stage::at("/workshop", "");
    let (session, mut fast) = stage.live();
    let mut slow = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    slow.draws = false;
    fast.click(100, 285);
    // Something moves; the fast one sees it, the slow one says nothing and is sent no more than two.
    let before = fast.updates.len();
    fast.until("many pictures", |viewer| viewer.updates.len() > before + 30);
    let newest = fast.updates.last().unwrap().number;
    slow.until("its two", |viewer| viewer.updates.len() == 2);
    let stale = slow.updates.last().unwrap().number;
    assert!(stale < newest);
    slow.draws = true;
    slow.send(&json!({"type": "drawn", "number": stale}));
    slow.until("the newest", |viewer| viewer.updates.len() > 2);
    assert!(slow.updates[2].number >= newest, "{:?} after {newest}", slow.updates);
}

#[test]
fn a_viewer_that_comes_back_finds_the_same_session() {
    let stage = Stage::signing_in("/plain?", "");
    let (session, viewer) = stage.live();
    let url = viewer.last("tabs").map(|note| note["tabs"][0]["url"].clone());
    drop(viewer);
    let path = format!("/api/v1/sessions/{session}");
    let mut again = Viewer::join(&stage.portal, &stage.ann, &session).unwrap();
    again.note("live");
    again.until("a picture", |viewer| !viewer.updates.is_empty());
    again.until("the size of a page without a viewer", |viewer| viewer.size() == (1280, 720));
    if let Some(url) = url {
        assert_eq!(again.note("tabs")["tabs"][0]["url"], url);
    }
    assert_eq!(stage.portal.read(Some(&stage.ann), &path).json()["stage"], "live");
    assert_eq!(stage.site.submissions("plain").len(), 1, "it signed in once");
}
