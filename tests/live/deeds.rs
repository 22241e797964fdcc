//! What a person does at a viewer reaches the page, and what the connector does not allow does not.

use serde_json::json;

use super::Stage;
use crate::lab::viewer::Viewer;
use crate::site::Site;

const GREEN: [u8; 3] = [0, 200, 0];

#[test]
fn what_a_person_does_reaches_the_page_and_shows() {
    let stage = Stage::at("/workshop", "");
    let (_, mut viewer) = stage.live();
    viewer.send(&json!({"type": "resize", "width": 1000, "height": 700, "scale": 1}));
    stage.until_told("size 1000 700 1");
    viewer.until("the new size", |viewer| viewer.size() == (1000, 700));

    // Keys, a text that was composed, and a character of AltGr.
    viewer.click(100, 35);
    viewer.types("abc");
    viewer.press("Backspace", "Backspace", 8, 0);
    viewer.press("@", "KeyQ", 81, 3);
    viewer.send(&json!({"type": "compose", "text": "e"}));
    viewer.send(&json!({"type": "text", "text": "é日"}));
    stage.until_told("field ab@é日");
    viewer.press("a", "KeyA", 65, 2);
    viewer.types("x");
    stage.until_told("field x");

    // The picture is the answer.
    viewer.until("the lamp", |viewer| viewer.shows(440, 60, [200, 0, 0]));
    viewer.click(100, 85);
    stage.until_told("go true");
    viewer.until("the lamp to change", |viewer| viewer.shows(440, 60, GREEN));
    // Still, it is shown without loss.
    viewer.until("the exact colour", |viewer| viewer.colour(440, 60) == Some(GREEN));

    // The pointer's shape, and a list that no picture shows.
    viewer.send(&json!({"type": "mouse", "kind": "move", "x": 100, "y": 35}));
    viewer.until("the shape over a field", |viewer| {
        viewer.last("cursor").is_some_and(|note| note["shape"] == "text")
    });
    viewer.click(100, 135);
    let choices = viewer.note("choices");
    assert_eq!(choices["options"], json!(["one", "two", "three", "four"]));
    assert_eq!((&choices["disabled"], &choices["chosen"]), (&json!([2]), &json!(0)));
    assert_eq!(choices["place"], json!([20.0, 120.0, 300.0, 30.0]));
    viewer.send(&json!({"type": "choose", "index": 3}));
    stage.until_told("list four");

    // A dialog waits for its answer.
    viewer.click(100, 185);
    let dialog = viewer.note("dialog");
    assert_eq!((&dialog["kind"], &dialog["message"]), (&json!("prompt"), &json!("Which?")));
    assert_eq!(dialog["default"], "this");
    viewer.send(&json!({"type": "answer", "accept": true, "text": "that"}));
    stage.until_told("answer that");
    viewer.note("dialog-closed");

    // A window is a tab, which can be left and closed.
    viewer.click(100, 235);
    viewer.until("a second tab", |viewer| {
        viewer.last("tabs").is_some_and(|note| note["tabs"].as_array().unwrap().len() == 2)
    });
    viewer.until("the new tab's title", |viewer| {
        let tabs = viewer.last("tabs").unwrap();
        tabs["tabs"][1]["title"] == "Plain" && tabs["active"] == tabs["tabs"][1]["id"]
    });
    let second = viewer.last("tabs").unwrap()["active"].clone();
    viewer.send(&json!({"type": "close", "tab": second}));
    viewer.until("the first tab", |viewer| {
        viewer.last("tabs").unwrap()["tabs"].as_array().unwrap().len() == 1
    });
    viewer.until("its picture", |viewer| viewer.shows(440, 60, GREEN));

    viewer.send(&json!({"type": "reload"}));
    viewer.until("the page anew", |viewer| viewer.shows(440, 60, [200, 0, 0]));
    viewer.send(&json!({"type": "wheel", "x": 500, "y": 400, "dx": 0, "dy": 300}));
    stage.until_told("scrolled true");
    assert_eq!(stage.portal.stop().code, 0);
}

#[test]
fn the_clipboard_goes_where_the_connector_lets_it() {
    for (setting, in_, out) in
        [("No", false, false), ("In", true, false), ("Out", false, true), ("Yes", true, true)]
    {
        let stage = Stage::at("/workshop", &format!("AllowClipboard: {setting}"));
        let (_, mut viewer) = stage.live();
        viewer.click(100, 35);
        viewer.types("x");
        stage.until_told("field x");
        viewer.send(&json!({"type": "paste", "text": "pasted"}));
        match in_ {
            true => stage.until_told("field xpasted"),
            false => {
                let text = viewer.note("notice")["text"].as_str().unwrap().to_owned();
                assert!(text.contains("does not allow pasting"), "{text}");
            }
        }
        viewer.press("a", "KeyA", 65, 2);
        viewer.press("c", "KeyC", 67, 2);
        // The key after it has arrived, so the copy has, too.
        viewer.press("End", "End", 35, 0);
        viewer.types("y");
        stage.until_told(if in_ { "field xpastedy" } else { "field xy" });
        match out {
            true => {
                let expected = if in_ { "xpasted" } else { "x" };
                assert_eq!(viewer.note("clipboard")["text"], expected);
            }
            // What it is told next is told after it.
            false => {
                viewer.send(&json!({"type": "mouse", "kind": "move", "x": 100, "y": 35}));
                viewer.note("cursor");
                assert_eq!(viewer.last("clipboard"), None, "{setting}");
            }
        }
        assert!(in_ || !stage.told().iter().any(|told| told == "paste"), "{setting}");
    }
}

#[test]
fn a_finger_and_a_screen_of_high_density_reach_the_page() {
    let stage = Stage::at("/workshop", "");
    let (_, mut viewer) = stage.live();
    viewer.send(&json!({"type": "resize", "width": 1000, "height": 700, "scale": 2}));
    stage.until_told("size 1000 700 2");
    viewer.until("the new size", |viewer| viewer.size() == (2000, 1400));
    viewer.until("the lamp", |viewer| viewer.shows(880, 120, [200, 0, 0]));

    // Deeds are in the page's own pixels, whatever the density.
    let at = |kind: &str, points: serde_json::Value| json!({"type": "touch", "kind": kind, "points": points});
    viewer.send(&at("start", json!([{"id": 0, "x": 100.0, "y": 85.0}])));
    viewer.send(&at("end", json!([])));
    stage.until_told("touch 100 85 true");
    stage.until_told("go true");
    viewer.until("the lamp to change", |viewer| viewer.shows(880, 120, GREEN));

    // While a picture without loss is made, what is clicked lands where it should.
    let downs = || stage.told().iter().filter(|what| what.starts_with("down ")).count();
    let (before, mut clicks) = (downs(), 0);
    while viewer.colour(880, 120) != Some(GREEN) {
        viewer.click(700, 500);
        clicks += 1;
        stage.site.wait_until("a click", |_| downs() == before + clicks);
        viewer.read();
        assert!(clicks < 300, "it was never shown without loss");
    }
    let told = stage.told();
    assert_eq!(told.iter().filter(|what| *what == "down 700 500").count(), clicks, "{told:?}");

    // One whose picture would be too large is scaled.
    viewer.send(&json!({"type": "resize", "width": 2400, "height": 1400, "scale": 3}));
    viewer.until("a picture that can be sent", |viewer| {
        let (width, height) = viewer.size();
        width > 2400 && width * height <= 4_300_000
    });
}

#[test]
fn what_is_dragged_is_dropped_where_the_button_is_let_go() {
    let stage = Stage::at("/workshop", "");
    let (_, mut viewer) = stage.live();
    let mouse = |viewer: &mut Viewer, kind: &str, x: u32, y: u32, buttons: u8| {
        let button = if kind == "move" { "none" } else { "left" };
        viewer.send(&json!({
            "type": "mouse", "kind": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clicks": 1,
        }));
    };
    let drag = |viewer: &mut Viewer| {
        mouse(viewer, "move", 420, 315, 0);
        mouse(viewer, "down", 420, 315, 1);
        for x in (430..=700).step_by(10) {
            mouse(viewer, "move", x, 330, 1);
        }
    };
    let count = |what: &str| stage.told().iter().filter(|told| *told == what).count();
    // Let go before the page has even heard of it, and after.
    for (times, waits) in [(1, false), (2, true)] {
        drag(&mut viewer);
        if waits {
            stage.site.wait_until("another drag", |_| count("dragged") == times);
            mouse(&mut viewer, "move", 700, 400, 1);
        }
        mouse(&mut viewer, "up", 700, 400, 0);
        stage.site.wait_until("another drop", |_| count("dropped a piece") == times);
        stage.site.wait_until("its end", |_| count("drag ends copy") == times);
    }

    // Escape puts it back, and the page goes on.
    drag(&mut viewer);
    stage.site.wait_until("a third drag", |_| count("dragged") == 3);
    mouse(&mut viewer, "move", 700, 350, 1);
    // Before the browser has said that something is dragged, there is nothing to put back.
    viewer.until_doing("the drag to end", |viewer| {
        viewer.press("Escape", "Escape", 27, 0);
        count("drag ends none") == 1
    });
    mouse(&mut viewer, "up", 700, 330, 0);
    viewer.click(100, 85);
    stage.until_told("go true");
    assert_eq!(count("dropped a piece"), 2);
}

#[test]
fn a_dialog_of_a_tab_behind_is_answered_there() {
    let stage = Stage::at("/workshop", "");
    let (_, mut viewer) = stage.live();
    let mut hand = stage.hand();
    viewer.click(100, 235);
    viewer.until("a second tab", |viewer| {
        viewer.last("tabs").is_some_and(|note| note["tabs"].as_array().unwrap().len() == 2)
    });
    for (text, accept) in [("again", true), ("and again", false)] {
        hand.evaluate(&format!("void setTimeout(() => tell('{text} ' + confirm('{text}?')))"));
        viewer.until("its dialog", |viewer| {
            viewer.last("dialog").is_some_and(|note| note["message"] == format!("{text}?"))
        });
        viewer.send(&json!({"type": "answer", "accept": accept, "text": ""}));
        stage.until_told(&format!("{text} {accept}"));
    }

    // With its tab, a dialog is gone.
    hand.evaluate("void setTimeout(() => alert('the last'))");
    viewer.until("the last dialog", |viewer| {
        viewer.last("dialog").is_some_and(|note| note["message"] == "the last")
    });
    let before = viewer.notes.len();
    let first = viewer.last("tabs").unwrap()["tabs"][0]["id"].clone();
    viewer.send(&json!({"type": "close", "tab": first}));
    viewer.until("its end", |viewer| {
        viewer.notes[before..].iter().any(|note| note["type"] == "dialog-closed")
    });
}

#[test]
fn a_page_that_crashed_is_told_and_can_be_had_again() {
    let stage = Stage::at("/workshop", "");
    let (_, mut viewer) = stage.live();
    // What a connection has sent may be lost with it, so it stays.
    let mut hand = stage.hand();
    hand.post("Page.crash", json!({}));
    viewer.until("the crash", |viewer| {
        viewer.last("notice").is_some_and(|note| note["text"].as_str().unwrap().contains("crashed"))
    });
    let visits =
        |site: &Site| site.visits().iter().filter(|visit| visit.path == "/workshop").count();
    viewer.send(&json!({"type": "reload"}));
    stage.site.wait_until("the page again", |site| visits(site) == 2);
    drop(hand);
    stage.hand().until("document.getElementById('welcome')");
    viewer.send(&json!({"type": "resize", "width": 900, "height": 600, "scale": 1}));
    stage.until_told("size 900 600 1");
    viewer.click(100, 85);
    stage.until_told("go true");
    viewer.until("its picture", |viewer| viewer.shows(440, 60, GREEN));
}
