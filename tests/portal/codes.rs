//! The page of an account's one-time codes, in a real browser: a seed brought as a picture, shown with its code, saved,
//! read, removed and restored; and what others may not.

use doorward::secret::Secret;
use fantoccini::Locator;

use super::{PASSWORD, desk};
use crate::lab::browser::Browser;
use crate::lab::portal::{Portal, Visitor};
use crate::remote::Grid;
use crate::site::SEED;
use crate::site::codes::{Codes, Kind};

/// The seed of the pictures in `cases/qr`.
const PICTURED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn qr(name: &str) -> String {
    format!("{}/tests/cases/qr/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Whether a code is one of this minute.
fn is_code(code: &str, seed: &str) -> bool {
    let codes = Codes::new(&Secret::new(seed.to_owned()), &Kind::default());
    let now = doorward::clock::Clock::System.unix_millis() / 1000;
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    [0, 30].iter().any(|back| codes.counter(&code, now - back).is_some())
}

async fn digits(browser: &Browser, selector: &str) -> String {
    browser
        .until(&format!("/^[0-9 ]{{7}}$/.test(document.querySelector('{selector}').textContent)"))
        .await;
    let script = format!("return document.querySelector('{selector}').textContent");
    browser.run(&script, vec![]).await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_seed_is_brought_shown_saved_read_removed_and_restored() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let grid = Grid::start("");
    let browser = Browser::start(&grid, &portal.url).await;
    browser.go("/sign-in").await;
    browser.fill("#name", "root").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button.primary").await;
    browser.at("/accounts").await;
    browser.go("/connect?account=web/site").await;
    browser.click("a[href^='/codes']").await;
    browser.at("/codes?account=").await;

    // The seed that the vault has already: read, hidden, removed, restored, removed again.
    browser.says("dl.facts", "local:web/seed").await;
    browser.fill("#reason", "a repair").await;
    browser.click("#eye").await;
    assert!(is_code(&digits(&browser, "#digits").await, SEED));
    browser.says("#eye", "Hide the code").await;
    browser.at("/codes?account=").await;
    browser.picture("codes-shown").await;
    browser.click("#copy").await;
    browser.says("#copy", "Copied").await;
    browser.click("#eye").await;
    browser.until("document.querySelector('#shown').hidden && !document.querySelector('#digits').textContent").await;
    browser.click("details summary").await;
    browser
        .says("details .alert.open", "Switch the second factor off in the application first.")
        .await;
    browser.at("/codes?account=").await;
    browser.picture("codes-remove").await;
    browser.click("button[data-api^=DELETE]").await;
    browser.says("main", "It can be restored until").await;
    // In the words of who reads it, not of machines.
    browser
        .until("!/T.*Z/.test(document.querySelector('#removed-title ~ p time').textContent)")
        .await;
    browser.at("/codes?account=").await;
    browser.click("button[data-api$='/restore']").await;
    browser.says("dl.facts", "local:web/seed").await;
    browser.click("details summary").await;
    browser.click("button[data-api^=DELETE]").await;

    // Wrong pictures and texts are told, and the page stays.
    let file = browser.client.wait().for_element(Locator::Css("#file")).await.unwrap();
    file.send_keys(&qr("none.png")).await.unwrap();
    browser.says("#unfit", "There is no QR code in the picture.").await;
    browser.at("/codes?account=").await;
    browser.picture("codes-add").await;
    browser.fill("#text", "hunter2!").await;
    browser.click("#typed button").await;
    browser.says("#unfit", "is it the password instead?").await;
    browser.until("document.querySelector('#text').value === ''").await;
    // Pasted, and another brought instead: dropped, as bytes that nobody named.
    let bytes = std::fs::read(qr("page-dark.png")).unwrap();
    let send = "const [bytes, drops] = arguments, data = new DataTransfer(); \
        data.items.add(new File([new Uint8Array(bytes)], 'x', { type: 'image/png' })); \
        if (drops) document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); \
        else document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));";
    let whole = serde_json::to_value(&bytes).unwrap();
    browser.run(send, vec![whole.clone(), false.into()]).await;
    browser.says("#offer dl", "Acme").await;
    browser.says("#offer dl", "alice@acme.example").await;
    browser.says("#offer dl", "6 digits every 30 s, SHA1").await;
    assert!(is_code(&digits(&browser, "#offer-digits").await, PICTURED));
    browser.at("/codes?account=").await;
    browser.picture("codes-offer").await;
    browser.click("#other").await;
    browser.run(send, vec![whole, true.into()]).await;
    assert!(is_code(&digits(&browser, "#offer-digits").await, PICTURED));
    browser.click("#save").await;
    browser.says("dl.facts", "Acme").await;
    browser.click("#eye").await;
    assert!(is_code(&digits(&browser, "#digits").await, PICTURED));

    // The recovery codes of the application: kept, one shown and hidden again, the rest removed.
    browser.says("#recovery", "None are kept.").await;
    browser.fill("#spare-codes", "no\n").await;
    browser.click("#recovery form[data-api^=POST] button").await;
    browser.says("#recovery form[data-api^=POST] [role=alert]", "Line 1 is shorter than any").await;
    browser.fill("#spare-codes", "first-c0de\nsecond-c0de\n").await;
    browser.click("#recovery form[data-api^=POST] button").await;
    browser.says("#recovery-left", "2 of 2 left.").await;
    browser.at("/codes?account=").await;
    browser.picture("codes-recovery").await;
    browser.fill("#spare-reason", "phone lost").await;
    browser.click("#spare button").await;
    browser.says("#spare-code", "first-c0de").await;
    browser.says("#spare-number", "It counts as used; 1 left.").await;
    browser.at("/codes?account=").await;
    browser.picture("codes-recovery-shown").await;
    browser.click("#spare-hide").await;
    browser.says("#recovery-left", "1 of 2 left.").await;
    browser.says("#recovery tbody", "root").await;
    let page = browser.client.source().await.unwrap();
    for secret in [PICTURED, SEED, "first-c0de", "second-c0de"] {
        assert!(!page.contains(secret), "{secret} is on the page");
    }
    browser.click("#recovery details summary").await;
    browser.click("#recovery form[data-api^=DELETE] button").await;
    browser.says("#recovery", "None are kept.").await;
    browser.client.close().await.unwrap();

    let rows = desk.record(&[]);
    let of = |action: &str| rows.iter().filter(|row| row["Action"] == action).count();
    // Each on the account and on the one that holds the seed.
    assert_eq!((of("RemoveSeed"), of("RestoreSeed"), of("AddSeed")), (4, 2, 2), "{rows:#?}");
    assert!(of("ReadCode") >= 4, "{rows:#?}");
    assert!(rows.iter().any(|row| row["Action"] == "ReadCode" && row["Reason"] == "a repair"));
    // What is read has a row before, and one that says which it was.
    let recovery = ["AddRecoveryCodes", "ReadRecoveryCode", "RemoveRecoveryCodes"].map(of);
    assert_eq!(recovery, [2, 4, 2], "{rows:#?}");
    assert!(
        rows.iter().any(|row| row["Details"]["number"] == "1" && row["Reason"] == "phone lost")
    );
    let ended = tokio::task::spawn_blocking(move || portal.stop()).await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(desk.lab.run(&["activity", "verify"]).code, 0);
}

fn bring(
    portal: &Portal,
    visitor: &Visitor,
    account: &str,
    kind: &str,
    body: &str,
) -> (u16, serde_json::Value) {
    let headers = [
        ("origin", portal.url.as_str()),
        ("content-type", kind),
        ("x-csrf-token", visitor.csrf.as_str()),
        ("cookie", visitor.cookie.as_str()),
    ];
    let path = format!("/api/v1/accounts/{account}/totp/offers");
    let answer = portal.ask("POST", &path, &headers, body);
    (answer.status, answer.json())
}

#[test]
fn an_offer_is_its_bringers_alone_and_what_others_may_not_is_on_record() {
    let desk = desk();
    super::add(&desk.lab, &["kim", "--role", "admin", "--accounts", "web/other"]);
    desk.add("web/other", &["--username", "x"], "p4ss-w0rd!");
    let portal = Portal::start(&desk.lab);
    let [root, ann, kim] = ["root", "ann", "kim"].map(|name| portal.sign_in(name, PASSWORD));
    let uri = format!("otpauth://totp/Acme:alice?secret={PICTURED}");
    // There is one, and another is not brought.
    assert_eq!(bring(&portal, &root, "web%2Fsite", "text/plain", &uri).0, 409);
    for (visitor, account, kind, body, status) in [
        (&ann, "web%2Fother", "text/plain", uri.as_str(), 403),
        (&root, "web%2Fnope", "text/plain", &uri, 404),
        (&root, "%20", "text/plain", &uri, 404),
        (&root, "web%2Fother", "text/plain", "hunter2!", 422),
        (&root, "web%2Fother", "image/png", "hunter2!", 422),
        (&root, "web%2Fother", "text/plain", "otpauth-migration://offline?data=AA", 422),
    ] {
        let (told, answer) = bring(&portal, visitor, account, kind, body);
        assert_eq!(told, status, "{account} {body}: {answer}");
        assert!(!answer.to_string().contains("hunter2") && !answer.to_string().contains("GEZD"));
        assert!(!answer["help"].as_str().unwrap().is_empty(), "{answer}");
    }
    let large = "x".repeat(13 << 20);
    assert_eq!(bring(&portal, &root, "web%2Fother", "image/png", &large).0, 413);
    let (status, offer) = bring(&portal, &root, "web%2Fother", "text/plain", &uri);
    assert_eq!(status, 201, "{offer}");
    assert_eq!(offer["parameters"]["issued_to"], "alice");
    assert!(is_code(offer["code"]["code"].as_str().unwrap(), PICTURED), "{offer}");
    let id = offer["offer"].as_str().unwrap();
    let wanted = format!(r#"{{"offer":"{id}"}}"#);
    let keep = |visitor: &Visitor, account: &str| {
        portal.act(visitor, "POST", &format!("/api/v1/accounts/{account}/totp"), &wanted).status
    };
    assert_eq!(keep(&kim, "web%2Fother"), 404, "it is of somebody else");
    assert_eq!(keep(&kim, "web%2Fsite"), 403, "an administrator whose patterns do not name it");
    assert_eq!(keep(&root, "web%2Fother"), 201);
    assert_eq!(keep(&root, "web%2Fother"), 404, "it is kept once");
    let path = "/api/v1/accounts/web%2Fother/totp";
    let code = portal.act(&kim, "POST", &format!("{path}/code"), "{}").json();
    assert!(is_code(code["code"].as_str().unwrap(), PICTURED), "{code}");
    let shown = portal.read(Some(&root), path);
    assert_eq!(shown.json()["at"], "local:totp/web/other", "{}", shown.body);
    assert!(!shown.body.contains("GEZD"));
    assert_eq!(portal.act(&ann, "POST", &format!("{path}/code"), "{}").status, 403);
    // Recovery codes: who may, who may not, what is refused.
    let spares = format!("{path}/recovery");
    let add = |visitor: &Visitor, body: &str| portal.act(visitor, "POST", &spares, body);
    let read = |visitor: &Visitor| portal.act(visitor, "POST", &format!("{spares}/code"), "{}");
    assert_eq!(read(&kim).status, 409, "there are none");
    for (body, status) in [
        (r#"{"codes":" "}"#, 422),
        (r#"{"codes":"hunter2-a\nhunter2-a"}"#, 422),
        (r#"{"codes":["hunter2-a"]}"#, 422),
        (r#"{"hunter2":"hunter2-a"}"#, 422),
        (r#"{"codes":"c0de-one\nc0de-two","reason":"set up"}"#, 201),
        (r#"{"codes":"c0de-one"}"#, 409),
    ] {
        let answer = add(&kim, body);
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert!(!answer.body.contains("hunter2-a") && !answer.body.contains("c0de"), "{answer:?}");
    }
    let taken = read(&kim).json();
    assert_eq!(
        (&taken["code"], &taken["number"], &taken["left"]),
        (&"c0de-one".into(), &1.into(), &1.into())
    );
    assert_eq!(portal.read(Some(&kim), path).json()["recovery"]["shown"][0]["by"], "kim");
    assert_eq!(read(&root).json()["code"], "c0de-two");
    assert_eq!(read(&root).status, 409, "all were shown");
    assert_eq!(read(&ann).status, 403);
    let rows = desk.record(&[]);
    let denied: Vec<_> = rows.iter().filter(|row| row["Action"] == "Denied").collect();
    let what: Vec<String> = denied
        .iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row["User"].as_str().unwrap(),
                row["Details"]["wanted"].as_str().unwrap(),
                row["Account"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        what,
        [
            "ann totp-change local:web/other",
            "kim totp-change local:web/site",
            "ann read-code local:web/other",
            "ann read-code local:web/other",
        ]
    );
}
