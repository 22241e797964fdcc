//! Passkeys, and the pages of a second factor, in real Chromium with an authenticator that its driver plays.

use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};

use super::{ask, half, rewind, visitor};
use crate::lab::browser::Browser;
use crate::lab::desk::Desk;
use crate::lab::device::Device;
use crate::lab::portal::{Answer, Portal, Visitor};
use crate::portal::unrecorded::record_takes;
use crate::portal::{PASSWORD, desk};
use crate::remote::Grid;

/// A command of the driver's for authenticators (WebAuthn Level 3, section 11).
#[derive(Debug)]
struct Play(http::Method, String, Value);

impl WebDriverCompatibleCommand for Play {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/webauthn/authenticator{}", session.unwrap(), self.1))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (self.0.clone(), (!self.2.is_null()).then(|| self.2.to_string()))
    }
}

async fn play(browser: &Browser, method: http::Method, path: &str, body: Value) -> Value {
    browser.client.issue_cmd(Play(method, path.to_owned(), body)).await.unwrap()
}

/// An authenticator of the browser's that has looked at its person.
async fn authenticator(browser: &Browser) -> String {
    let kind = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
        "isUserConsenting": true, "isUserVerified": true,
    });
    play(browser, http::Method::POST, "", kind).await.as_str().unwrap().to_owned()
}

/// Types a name and the password into the page that asks for them.
async fn half_of(browser: &Browser, name: &str) {
    browser.fill("#name", name).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button.primary").await;
}

/// What the page of the second half asks of the passkeys of `visitor`; each look is another question.
fn asked(portal: &Portal, visitor: &Visitor) -> Value {
    let page = portal.read(Some(visitor), "/sign-in/second").body;
    let asked = page.split("data-passkey=\"").nth(1).unwrap().split('"').next().unwrap();
    serde_json::from_str(&asked.replace("&#34;", "\"").replace("&quot;", "\"")).unwrap()
}

/// What the authenticator answers to the page of the second half that `visitor` sees, from the page that is open.
async fn answer(browser: &Browser, portal: &Portal, visitor: &Visitor) -> Value {
    let asked = asked(portal, visitor);
    let script = "const [asked, done] = arguments;
        navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked.publicKey) })
            .then((answer) => done(answer.toJSON()), (error) => done(String(error)));";
    let answer = browser.client.execute_async(script, vec![asked]).await.unwrap();
    assert!(answer.is_object(), "{answer}");
    answer
}

fn show(portal: &Portal, half: &Visitor, answer: &Value) -> Answer {
    portal.send(Some(half), "/sign-in/second", &[("assertion", &answer.to_string())])
}

/// Why the last passkey was refused, as the record has it.
fn cause(desk: &Desk) -> String {
    let rows = desk.record(&["--action", "SignInFailed"]);
    let last = rows.iter().max_by_key(|row| row["Time"].as_str().unwrap().to_owned()).unwrap();
    last["Details"]["factor"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_enrolment_to_a_passkey() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let url = portal.url.replace("127.0.0.1", "localhost");
    let grid = Grid::start("");
    let browser = Browser::start(&grid, &url).await;
    let key = authenticator(&browser).await;

    // Sign in, and set an authenticator up.
    browser.go("/second-factor").await;
    browser.at("/sign-in").await;
    half_of(&browser, "ann").await;
    browser.at("/second-factor").await;
    browser.picture("factor-off").await;
    browser.click("section form .primary").await;
    browser.until("document.querySelector('img.qr')?.naturalWidth > 0 && !document.querySelector('#offer').hidden").await;
    browser.at("/second-factor").await;
    browser.picture("factor-offer").await;
    let script = "return document.querySelector('[data-value=setup_code]').textContent";
    let device = Device::of(browser.run(script, vec![]).await.as_str().unwrap());
    browser.fill("#code", &device.wrong()).await;
    browser.click("#offer form .primary").await;
    browser.says("#offer [role=alert]", "This code is not accepted.").await;
    browser.fill("#code", &device.code(0)).await;
    browser.click("#offer form .primary").await;
    browser.says("#codes pre", "-").await;
    browser.at("/second-factor").await;
    browser.picture("factor-codes").await;
    let lines = browser.run(
        "return document.querySelector('#codes pre').textContent.trim().split('\\n').length",
        vec![],
    );
    assert_eq!(lines.await, 10);
    browser.click("#codes a").await;
    browser.says("#passkeys", "Register a passkey").await;

    // A passkey, for a code.
    let (says, register) =
        ("form[data-register] [role=alert]", "#passkeys form[data-register] .primary");
    let wrong = device.wrong();
    for (is_right, takes, expected) in [
        (false, true, "This code is not accepted."),
        // What the record does not take is not there.
        (true, false, "Doorward cannot do this now."),
        (true, true, ""),
    ] {
        rewind(&desk.lab);
        browser.fill("#passkey-name", "my laptop").await;
        let code = if is_right { device.code(0) } else { wrong.clone() };
        browser.fill("#passkey-code", &code).await;
        if !takes {
            record_takes(&desk.lab, false);
        }
        browser.click(register).await;
        if !expected.is_empty() {
            browser.says(says, expected).await;
        }
        if !takes {
            record_takes(&desk.lab, true);
            let count = "SELECT count(*) || '' FROM passkey".to_owned();
            assert_eq!(ask(&desk.lab, "portal.db", count), ["0"]);
            // The authenticator has made one for nothing.
            play(&browser, http::Method::DELETE, &format!("/{key}/credentials"), Value::Null).await;
        }
    }
    browser.says("#passkeys tbody", "my laptop").await;
    browser.at("/second-factor").await;
    browser.picture("factor-on").await;
    // The same device has one already.
    rewind(&desk.lab);
    browser.fill("#passkey-name", "again").await;
    browser.fill("#passkey-code", &device.code(0)).await;
    browser.click("#passkeys form[data-register] .primary").await;
    browser
        .says("form[data-register] [role=alert]", "This device has a passkey for you already.")
        .await;

    // Out, and in again by it.
    browser.click(".who button").await;
    browser.at("/sign-in").await;
    half_of(&browser, "ann").await;
    browser.at("/sign-in/second").await;
    browser.picture("second").await;
    browser.click("form[data-passkey] button").await;
    browser.at("/accounts").await;
    browser.go("/me").await;
    browser.says("#factor", "or use a passkey").await;
    browser.at("/me").await;
    browser.go("/second-factor").await;
    browser.says("#passkeys tbody", "my laptop").await;

    // What is not an answer to what was asked of this person, here and now.
    let refused = |half: &Visitor, answer: &Value, why: &str| {
        assert_eq!(show(&portal, half, answer).status, 401);
        assert_eq!(cause(&desk), why);
    };
    let first = half(&portal, "ann");
    let right = answer(&browser, &portal, &first).await;
    let mut unknown = right.clone();
    unknown["rawId"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    unknown["id"] = unknown["rawId"].clone();
    refused(&first, &unknown, "unknown");
    // That question is over; so is its answer.
    refused(&first, &right, "challenge");
    let right = answer(&browser, &portal, &first).await;
    visitor(&portal, &show(&portal, &first, &right));
    let second = half(&portal, "ann");
    portal.read(Some(&second), "/sign-in/second");
    refused(&second, &right, "challenge");
    for broken in [json!({}), json!("x"), json!({"id": "x"})] {
        portal.read(Some(&second), "/sign-in/second");
        refused(&second, &broken, "malformed");
    }
    let mut forged = answer(&browser, &portal, &second).await;
    let signature = forged["response"]["signature"].as_str().unwrap().to_owned();
    let turned = if signature.ends_with("AA") { "QQ" } else { "AA" };
    forged["response"]["signature"] =
        json!(format!("{}{turned}", &signature[..signature.len() - 2]));
    assert_eq!(show(&portal, &second, &forged).status, 401);

    // From a page of another address.
    let elsewhere = crate::portal::desk();
    let other = Portal::start(&elsewhere.lab);
    browser
        .client
        .goto(&format!("{}/sign-in", other.url.replace("127.0.0.1", "localhost")))
        .await
        .unwrap();
    let foreign = answer(&browser, &portal, &second).await;
    refused(&second, &foreign, "origin");
    browser.go("/sign-in").await;

    // Of somebody who was not looked at.
    let verified = format!("/{key}/uv");
    play(&browser, http::Method::POST, &verified, json!({"isUserVerified": false})).await;
    let page = "const [asked, done] = arguments;
        const options = PublicKeyCredential.parseRequestOptionsFromJSON(asked.publicKey);
        options.userVerification = 'discouraged';
        navigator.credentials.get({ publicKey: options }).then((a) => done(a.toJSON()), (e) => done(String(e)));";
    let asked = vec![asked(&portal, &second)];
    let unseen = browser.client.execute_async(page, asked).await.unwrap();
    assert!(unseen.is_object(), "{unseen}");
    refused(&second, &unseen, "not-verified");
    play(&browser, http::Method::POST, &verified, json!({"isUserVerified": true})).await;

    // A copy: its counter goes back.
    let credentials = format!("/{key}/credentials");
    let mut copy = play(&browser, http::Method::GET, &credentials, Value::Null).await[0].clone();
    play(&browser, http::Method::DELETE, &credentials, Value::Null).await;
    copy["signCount"] = json!(1);
    play(&browser, http::Method::POST, &format!("/{key}/credential"), copy).await;
    let copied = answer(&browser, &portal, &second).await;
    refused(&second, &copied, "counter");

    // Removed, for a code.
    rewind(&desk.lab);
    browser.go("/accounts").await;
    browser.click(".who button").await;
    browser.at("/sign-in").await;
    half_of(&browser, "ann").await;
    browser.at("/sign-in/second").await;
    browser.fill("#code", &device.code(0)).await;
    browser.keys("\u{e007}").await;
    browser.at("/accounts").await;
    rewind(&desk.lab);
    browser.go("/second-factor").await;
    browser.click("#passkeys tbody summary").await;
    browser.fill("#passkeys tbody input", &device.code(0)).await;
    browser.click("#passkeys tbody button").await;
    browser.until("!document.querySelector('#passkeys tbody')").await;
    browser.at("/second-factor").await;

    // Lost: an administrator asks for a reset.
    browser.click(".who button").await;
    browser.at("/sign-in").await;
    half_of(&browser, "root").await;
    browser.at("/accounts").await;
    browser.go("/users").await;
    browser.says(".users tbody tr:first-child", "second factor").await;
    browser.click(".users tbody tr:first-child summary").await;
    browser.at("/users").await;
    browser.picture("users-reset").await;
    browser.click("button[data-api='POST /api/v1/users/ann/factor-reset']").await;
    browser.client.accept_alert().await.unwrap();
    browser.says(".users tbody tr:first-child", "root asks for it to be reset").await;
    browser.client.close().await.unwrap();
    let rows = desk.record(&[]);
    let of = |action: &str| rows.iter().filter(|row| row["Action"] == action).collect::<Vec<_>>();
    let passkeys: Vec<_> =
        of("FactorAdded").iter().filter_map(|row| row["Details"]["passkey"].as_str()).collect();
    assert_eq!(passkeys, ["my laptop"]);
    assert_eq!(of("FactorRemoved").len(), 1);
    let used = of("SignIn").iter().filter(|row| row["Details"]["passkey"] == "my laptop").count();
    assert_eq!(used, 2);
}
