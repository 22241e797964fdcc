//! Seeds as people have them, and codes of every kind.

use crate::site::PASSWORD;

use super::{Desk, ROWS, SEED, Site, uri};

/// The bytes of [`SEED`], in hexadecimal.
const HEX: &str = "48656c6c6f21deadbeef";

#[test]
fn every_kind_of_code_is_taken() {
    let loose = format!(
        " {} ",
        SEED.to_lowercase()
            .as_bytes()
            .chunks(4)
            .map(|part| String::from_utf8_lossy(part).into_owned())
            .collect::<Vec<_>>()
            .join("-")
    );
    // The page's query says what the site expects; the rest is what vault and row say.
    let cases = [
        ("", SEED.to_owned(), ""),
        ("", loose, ""),
        ("", HEX.to_owned(), "(Encoding=hex)"),
        ("digits=8", SEED.to_owned(), "(Digits=8)"),
        ("digits=7&period=45", SEED.to_owned(), "(Digits=7) (Period=45s)"),
        ("algorithm=SHA512", SEED.to_owned(), "(Algorithm=SHA512)"),
        (
            "algorithm=SHA256&digits=8&period=60",
            uri(SEED, "algorithm=SHA256&digits=8&period=60"),
            "",
        ),
        (
            "algorithm=SHA256&digits=6&period=60",
            uri(SEED, "algorithm=SHA256&digits=8&period=60"),
            "(Digits=6)",
        ),
    ];
    for (kind, secret, options) in cases {
        // A site of its own, which has not taken the code of now from the case before.
        let site = Site::start();
        let desk = Desk::with(&site.address(), PASSWORD, &secret);
        let rows = ROWS.replace("(TOTP)", &format!("(TOTP) {options}"));
        desk.connector("kinds", &format!("http://<address>/code-kinds?{kind}"), "", &rows);
        let launched = desk.connect("kinds", &[]);
        let ended = (launched.code, launched.outcome());
        assert_eq!(ended, (0, "signed-in"), "{kind} {options}: {}", launched.stderr);
        desk.assert_clean();
    }
}

#[test]
fn a_secret_that_makes_no_codes_is_told_before_the_page() {
    let site = Site::start();
    let cases = [
        ("hunter8", "character 7 is none of A–Z and 2–7", "seed that is plain text"),
        ("otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1", "counter-based", "TOTP"),
        (
            "otpauth-migration://offline?data=AAAA",
            "export of an authenticator app",
            "store the key",
        ),
    ];
    for (secret, says, help) in cases {
        let desk = Desk::with(&site.address(), PASSWORD, secret);
        desk.connector("kinds", "http://<address>/code-kinds", "", ROWS);
        let launched = desk.connect("kinds", &[]);
        assert_eq!((launched.code, launched.cause()), (5, "not-a-totp-secret"), "{launched:?}");
        assert!(
            launched.stderr.contains(says) && launched.stderr.contains(help),
            "{}",
            launched.stderr
        );
        assert!(launched.stderr.contains("<logonaccount\\password>"), "{}", launched.stderr);
        assert!(!launched.stderr.contains(secret), "{}", launched.stderr);
        desk.assert_clean();
    }
    assert_eq!(site.count("/code-kinds"), 0, "the page was opened");
}

/// The field that KeePassXC keeps its codes in.
#[test]
fn the_otp_field_of_a_kdbx_entry_makes_codes() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let line = ["--username", "operator", "--protected", "otp"];
    desk.add("web/xc", &line, &format!("no seed\n{}", uri(SEED, "digits=8&period=30")));
    let link = ["account", "link", "web/site", "--logon-account", "web/xc"];
    assert_eq!(desk.lab.run(&link).code, 0);
    let rows = ROWS.replace("<logonaccount\\password>", "<logonaccount\\otp>");
    desk.connector("xc", "http://<address>/code-kinds?digits=8", "", &rows);
    let launched = desk.connect("xc", &[]);
    assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{}", launched.stderr);
}
