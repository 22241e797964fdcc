//! The screenshot: a real picture of the page, only after the sign-in, never with a secret on it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Desk, ROWS, Site, assert_says, last, plain};

/// Width and height in the header of a PNG (RFC 2083 section 4.1.1).
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..16], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn it_is_a_picture_of_the_signed_in_page() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let folder = desk.lab.path().join("pictures");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("page.png");
    // What stood there before is replaced, its rights too.
    std::fs::write(&file, "old").unwrap();
    let ended = desk.says("plain", &["--screenshot", "pictures/page.png"]);
    assert_says(&ended, 0, &["screenshot: pictures/page.png"]);
    let picture = std::fs::read(&file).unwrap();
    let (width, height) = size(&picture);
    assert!(width == 1280 && (600..=800).contains(&height), "{width}x{height}");
    // A page with a heading on it is more than a white area.
    assert!(picture.len() > 3000, "{} bytes", picture.len());
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(files(&folder), ["page.png"]);
    desk.assert_clean();
}

#[test]
fn there_is_none_of_a_sign_in_that_failed() {
    let site = Site::start();
    let desk = Desk::with(&site.address(), "wrong", crate::site::SEED);
    plain(&desk, "plain");
    let ended = desk.says("plain", &["--screenshot", "page.png"]);
    assert_says(&ended, 1, &["error[refused]"]);
    assert!(!desk.lab.path().join("page.png").exists());
}

#[test]
fn a_folder_that_is_missing_is_told_and_the_session_ended() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    for path in ["none/page.png", "t/", "connectors/plain.yaml/page.png"] {
        let ended = desk.says("plain", &["--screenshot", path, "--hold", "1h"]);
        assert_says(&ended, 2, &["cannot write the screenshot", path, "is its folder there"]);
        let row = last(&desk);
        assert_eq!((&row["Action"], &row["Outcome"]), (&"Disconnect".into(), &"signed-in".into()));
        assert_eq!(row["Details"]["ended_by"], "a failure");
    }
    desk.assert_clean();
}

#[test]
fn there_is_none_while_a_secret_is_on_the_page() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let cases = [("", 6), ("?text", 6), ("?clears", 0), ("?clears&text", 0)];
    for (query, code) in cases {
        let url = format!("http://<address>/still-filled{query}");
        desk.connector("filled", &url, "ActionTimeout: 5s", ROWS);
        let file = desk.lab.path().join("page.png");
        let ended = desk.says("filled", &["--screenshot", "page.png"]);
        let says = "no screenshot was taken: a field of the page still holds a password or a code";
        assert_says(&ended, code, if code == 0 { &[] } else { std::slice::from_ref(&says) });
        assert_eq!(file.exists(), code == 0, "{query}");
        assert_eq!(last(&desk)["Action"], "Disconnect");
        let _ = std::fs::remove_file(file);
    }
    desk.assert_clean();
}
