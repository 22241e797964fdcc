//! Signing in through a provider: who comes in, who does not and why, and what of it is on record.

use serde_json::{Value, json};

use super::{PASSWORD, desk};
use crate::lab::browser::Browser;
use crate::lab::desk::Desk;
use crate::lab::portal::{Answer, Portal, Visitor};
use crate::lab::provider::{Play, Provider, Sign};
use crate::remote::Grid;

/// The secret of the client, marked so that it can be looked for; characters that a form encodes are in it.
pub(crate) const SECRET: &str = "MARKED-client secret+&=%/9";

/// A desk whose portal has `provider`; addresses of clients come by a header, so that none waits for another.
pub(crate) fn desk_of(provider: &Provider, more: &str) -> Desk {
    let desk = desk();
    let file = desk.lab.path().join("doorward.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    desk.lab.write("oidc.secret", format!("{SECRET}\n"));
    let oidc = format!(
        "issuer: '{}', client-id: doorward, client-secret-file: oidc.secret, display-name: Acme, {more}",
        provider.url
    );
    let portal = format!("portal: {{ trusted-proxies: [127.0.0.1], oidc: {{ {oidc} }} }}\n");
    desk.lab.write("doorward.yaml", text + &portal);
    desk
}

/// A sign-in as a browser at the address `from` does it, up to where it is sent back to: that path, and its cookie.
pub(crate) fn begun(
    portal: &Portal,
    provider: &Provider,
    from: &str,
) -> Result<(String, String), Answer> {
    let headers = [("x-forwarded-for", from)];
    let away = portal.ask("GET", "/sign-in/provider?next=/users", &headers, "");
    if away.status != 303 {
        return Err(away);
    }
    let back = provider.approve(away.header("location"));
    Ok((back.strip_prefix(&portal.url).unwrap().to_owned(), away.cookie()))
}

pub(crate) fn returned(portal: &Portal, back: &str, cookie: &str, from: &str) -> Answer {
    portal.ask("GET", back, &[("cookie", cookie), ("x-forwarded-for", from)], "")
}

/// A whole sign-in.
pub(crate) fn sign_in(portal: &Portal, provider: &Provider, from: &str) -> Answer {
    match begun(portal, provider, from) {
        Ok((back, cookie)) => returned(portal, &back, &cookie, from),
        Err(answer) => answer,
    }
}

/// Who has come in.
pub(crate) fn visitor(portal: &Portal, answer: &Answer) -> Visitor {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut visitor = Visitor { cookie: answer.cookie(), csrf: String::new() };
    let me = portal.read(Some(&visitor), "/api/v1/me").json();
    visitor.csrf = me["csrf"].as_str().unwrap().to_owned();
    visitor
}

/// What is wrong, how the person is answered, what they read, and the cause on record.
type Case = (fn(&mut Play), u16, &'static str, &'static str);

fn claims(play: &mut Play, claims: Value) {
    play.claims = claims;
}

fn from_now(seconds: i64) -> i64 {
    jiff::Timestamp::now().as_second() + seconds
}

const CASES: &[Case] = &[
    (|play| claims(play, json!({"exp": from_now(-120)})), 502, "it has expired (exp)", "claim"),
    (|play| claims(play, json!({"exp": null})), 502, "(exp)", "claim"),
    (|play| claims(play, json!({"iat": from_now(600)})), 502, "of a later time than now", "claim"),
    (|play| claims(play, json!({"iat": from_now(-3600)})), 502, "made too long ago", "claim"),
    (|play| claims(play, json!({"iat": null})), 502, "(iat)", "claim"),
    (|play| claims(play, json!({"nbf": from_now(600)})), 502, "of a later time than now", "claim"),
    (|play| claims(play, json!({"aud": "another"})), 502, "for another client (aud)", "claim"),
    (|play| claims(play, json!({"aud": ["another"], "azp": "doorward"})), 502, "(aud)", "claim"),
    (|play| claims(play, json!({"aud": null})), 502, "(aud)", "claim"),
    (|play| claims(play, json!({"aud": ["doorward", "another"]})), 502, "(azp)", "claim"),
    (|play| claims(play, json!({"azp": "another"})), 502, "given to another client", "claim"),
    (|play| claims(play, json!({"iss": "https://evil.example"})), 502, "(iss)", "claim"),
    (
        |play| claims(play, json!({"nonce": "0".repeat(64)})),
        502,
        "not of this sign-in (nonce)",
        "claim",
    ),
    (|play| claims(play, json!({"nonce": null})), 502, "(nonce)", "claim"),
    (|play| claims(play, json!({"sub": ""})), 502, "(sub)", "claim"),
    (
        |play| claims(play, json!({"preferred_username": null})),
        502,
        "no `preferred_username`",
        "no-name",
    ),
    (|play| claims(play, json!({"preferred_username": "a/b"})), 502, "can be a user", "no-name"),
    (|play| claims(play, json!({"groups": ["others"]})), 403, "None of the groups", "no-role"),
    (|play| claims(play, json!({"groups": null})), 403, "None of the groups", "no-role"),
    (
        |play| play.sign = Sign::Stranger,
        502,
        "The signature of the ID token does not hold",
        "signature",
    ),
    (|play| play.sign = Sign::Unsigned, 502, "not signed by a key pair", "algorithm"),
    (|play| play.sign = Sign::Shared, 502, "not signed by a key pair", "algorithm"),
    (|play| play.sign = Sign::Confused, 502, "not signed by a key pair", "algorithm"),
    (|play| play.header = json!({"kid": "nobody's"}), 502, "does not publish", "unknown-key"),
    (|play| play.header = json!({"kid": "enc"}), 502, "does not publish", "unknown-key"),
    (|play| play.header = json!({"alg": "ES256"}), 502, "does not publish", "unknown-key"),
    (|play| play.header = json!({"crit": ["b64"]}), 502, "no signed token", "provider-garbled"),
    (
        |play| play.secret = "another".into(),
        502,
        "not take the id and the secret",
        "client-refused",
    ),
    (
        |play| reply(play, "/token", 500, "MARKED"),
        503,
        "answers with status 500",
        "provider-failed",
    ),
    (|play| reply(play, "/token", 302, ""), 503, "answers with status 302", "provider-failed"),
    (|play| reply(play, "/token", 200, "<html>"), 502, "no JSON of that shape", "provider-garbled"),
    (|play| reply(play, "/token", 200, "{}"), 502, "no ID token in it", "provider-garbled"),
    (
        |play| reply(play, "/token", 200, r#"{"id_token":"a.b.c"}"#),
        502,
        "no signed token",
        "provider-garbled",
    ),
    (
        |play| reply(play, "/token", 200, r#"{"id_token":"MARKED"}"#),
        502,
        "no signed token",
        "provider-garbled",
    ),
];

/// What is wrong with a provider before it is asked for the first time: each needs a portal of its own.
const FIRST: &[Case] = &[
    (
        |play| play.metadata = json!({"issuer": "https://evil.example"}),
        502,
        "it is another one",
        "other-issuer",
    ),
    (
        |play| play.metadata = json!({"token_endpoint": "http://evil.example/"}),
        502,
        "neither https",
        "provider-garbled",
    ),
    (
        |play| play.metadata = json!({"jwks_uri": null}),
        502,
        "no JSON of that shape",
        "provider-garbled",
    ),
    (|play| reply(play, CONFIGURATION, 404, ""), 503, "answers with status 404", "provider-failed"),
    (
        |play| reply(play, CONFIGURATION, 200, "rubbish"),
        502,
        "no JSON of that shape",
        "provider-garbled",
    ),
    (
        |play| reply(play, "/keys", 200, r#"{"keys":[]}"#),
        502,
        "no key that signs",
        "provider-garbled",
    ),
    (
        |play| reply(play, "/keys", 500, ""),
        503,
        "status 500 when it is asked for its keys",
        "provider-failed",
    ),
];
const CONFIGURATION: &str = "/.well-known/openid-configuration";

fn reply(play: &mut Play, path: &'static str, status: u16, body: &str) {
    play.replies.insert(path, (status, body.to_owned()));
}

/// That a sign-in was refused with these words, and is on record.
fn refused(desk: &Desk, answer: &Answer, case: &Case, from: &str) {
    let (_, status, says, cause) = case;
    assert_eq!(answer.status, *status, "{says} {}", answer.body);
    let text = answer.body.replace("&#39;", "'").replace("&#96;", "`");
    assert!(text.contains(says), "{says} {text}");
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(!answer.header("set-cookie").starts_with("doorward="), "{says}");
    assert!(!text.contains("MARKED"), "{text}");
    let rows = desk.record(&[]);
    let row = rows
        .iter()
        .find(|row| row["ClientAddress"] == from)
        .unwrap_or_else(|| panic!("{says} is not on record"));
    assert_eq!(
        (&row["Action"], &row["Details"]["cause"]),
        (&json!("SignInFailed"), &json!(cause)),
        "{row}"
    );
}

#[test]
fn nobody_comes_in_whom_the_provider_has_not_vouched_for() {
    let provider = Provider::start(SECRET);
    let desk = desk_of(&provider, "roles: { staff: operator }");
    let portal = Portal::start(&desk.lab);
    // What is right comes in, before and after, so that nothing here fails for another reason.
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    visitor(&portal, &sign_in(&portal, &provider, "192.0.2.250"));
    for (number, case) in CASES.iter().enumerate() {
        let from = format!("192.0.2.{}", number + 1);
        (case.0)(&mut provider.play());
        let answer = sign_in(&portal, &provider, &from);
        refused(&desk, &answer, case, &from);
        let mut play = provider.play();
        (play.claims, play.header, play.sign) = (json!({}), json!({}), Sign::Rs256);
        play.secret = SECRET.to_owned();
        play.replies.clear();
    }
    visitor(&portal, &sign_in(&portal, &provider, "192.0.2.251"));
    // The other kind of key, and an audience of several.
    provider.play().sign = Sign::Es256;
    provider.play().claims = json!({"aud": ["doorward", "account"], "azp": "doorward"});
    visitor(&portal, &sign_in(&portal, &provider, "192.0.2.252"));
    let users = desk.lab.run(&["user", "list"]).stdout;
    assert_eq!(users.lines().filter(|line| line.starts_with("ann ")).count(), 1, "{users}");
    assert_eq!(desk.lab.run(&["activity", "verify"]).code, 0);
}

#[test]
fn a_provider_that_is_not_what_it_has_to_be_is_told() {
    let provider = Provider::start(SECRET);
    let desk = desk_of(&provider, "roles: { staff: operator }");
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    let portal = Portal::start(&desk.lab);
    for (number, case) in FIRST.iter().enumerate() {
        let from = format!("192.0.2.{}", number + 1);
        (case.0)(&mut provider.play());
        refused(&desk, &sign_in(&portal, &provider, &from), case, &from);
        let mut play = provider.play();
        play.metadata = json!({});
        play.replies.clear();
        drop(play);
        // The keys are the last of them, because what the provider says of itself is kept.
    }
    // It says what it is, and the next moment it is gone: the code is asked for in vain.
    let from = "192.0.2.100";
    let (back, cookie) = begun(&portal, &provider, from).unwrap();
    provider.play().replies.insert("/token", (503, String::new()));
    let case: Case = (|_| {}, 503, "answers with status 503", "provider-failed");
    refused(&desk, &returned(&portal, &back, &cookie, from), &case, from);
    provider.play().replies.clear();
    visitor(&portal, &sign_in(&portal, &provider, "192.0.2.101"));
    // A new key is found, once, and one that nobody publishes is not asked for again and again.
    let keys = || provider.play().asked.iter().filter(|asked| *asked == "GET /keys").count();
    let before = keys();
    for number in 0..5 {
        provider.play().header = json!({"kid": "nobody's"});
        assert_eq!(sign_in(&portal, &provider, &format!("192.0.2.{}", 110 + number)).status, 502);
    }
    assert!(keys() < before + 5, "{} after {before}", keys());
}

#[test]
fn a_key_that_came_later_is_found() {
    let provider = Provider::start(SECRET);
    let desk = desk_of(&provider, "default-role: auditor");
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    let portal = Portal::start(&desk.lab);
    provider.play().claims = json!({"sub": "first", "preferred_username": "first"});
    visitor(&portal, &sign_in(&portal, &provider, "192.0.2.1"));
    provider.play().kid = "second".to_owned();
    visitor(&portal, &sign_in(&portal, &provider, "192.0.2.2"));
}

#[test]
fn an_answer_is_for_one_browser_and_one_use() {
    let provider = Provider::start(SECRET);
    let desk = desk_of(&provider, "roles: { staff: operator }");
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    let portal = Portal::start(&desk.lab);
    let (back, cookie) = begun(&portal, &provider, "192.0.2.1").unwrap();
    let (other_back, other) = begun(&portal, &provider, "192.0.2.1").unwrap();
    let stranger = |number: u8, back: &str, cookie: &str| {
        let from = format!("192.0.2.{number}");
        let case: Case = (|_| {}, 403, "did not begin in this browser", "unknown-state");
        refused(&desk, &returned(&portal, back, cookie, &from), &case, &from);
    };
    stranger(11, &back, "");
    stranger(12, &back, &other);
    stranger(13, "/sign-in/provider/back", &cookie);
    stranger(14, "/sign-in/provider/back?code=x&state=x", &cookie);
    visitor(&portal, &returned(&portal, &back, &cookie, "192.0.2.2"));
    stranger(15, &back, &cookie);
    // A code that was used, in another attempt.
    let query = |url: &str| url.split_once('?').unwrap().1.to_owned();
    let code = url::form_urlencoded::parse(query(&back).as_bytes())
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned();
    let own = url::form_urlencoded::parse(query(&other_back).as_bytes())
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned();
    let from = "192.0.2.20";
    let case: Case = (|_| {}, 502, "does not take the code", "code-refused");
    refused(&desk, &returned(&portal, &other_back.replace(&own, &code), &other, from), &case, from);
    // An answer of another provider, of none, one that says no, and one that says nothing.
    for (number, change, status, says, cause) in [
        (
            21,
            "iss=https%3A%2F%2Fevil.example",
            502,
            "from the provider that was asked",
            "other-issuer",
        ),
        (22, "", 502, "from the provider that was asked", "other-issuer"),
    ] {
        let from = format!("192.0.2.{number}");
        let (back, cookie) = begun(&portal, &provider, &from).unwrap();
        let (kept, _) = back.split_once("&iss=").unwrap();
        let case: Case = (|_| {}, status, says, cause);
        refused(
            &desk,
            &returned(&portal, &format!("{kept}&{change}"), &cookie, &from),
            &case,
            &from,
        );
    }
    for (number, code, status, says, cause) in [
        (31, "error=access_denied&error_description=MARKED", 403, "(access_denied)", "declined"),
        (32, "error=MARKED", 403, "a reason that is not known here", "declined"),
        (33, "", 502, "without a code", "no-code"),
    ] {
        let from = format!("192.0.2.{number}");
        let (back, cookie) = begun(&portal, &provider, &from).unwrap();
        let (_, rest) = back.split_once("&state=").unwrap();
        let path = format!("/sign-in/provider/back?{code}&state={rest}");
        let case: Case = (|_| {}, status, says, cause);
        refused(&desk, &returned(&portal, &path, &cookie, &from), &case, &from);
    }
    // The flags of the cookie, which has to come along from another site.
    let away = portal.read(None, "/sign-in/provider");
    let flags: Vec<&str> = away.header("set-cookie").split("; ").skip(1).collect();
    assert_eq!(flags, ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=600"]);
    // Whoever is at the other name of this machine goes to the one that the provider knows.
    let port = portal.url.rsplit(':').next().unwrap();
    let host = format!("localhost:{port}");
    let moved = portal.ask("GET", "/sign-in/provider?next=/users", &[("host", &host)], "");
    assert_eq!(moved.header("location"), format!("{}/sign-in/provider?next=%2Fusers", portal.url));
    // One address that fails again and again waits.
    let again = |_| returned(&portal, "/sign-in/provider/back", "", "192.0.2.99").status;
    let statuses: Vec<u16> = (0..8).map(again).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[test]
fn a_person_of_a_provider_is_a_user_like_others() {
    let provider = Provider::start(SECRET);
    let desk = desk_of(&provider, "roles: { chiefs: admin, /staff: operator }");
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    // The name is somebody else's.
    let case: Case = (|_| {}, 409, "taken here by somebody else", "name-taken");
    refused(&desk, &sign_in(&portal, &provider, "192.0.2.1"), &case, "192.0.2.1");
    provider.play().claims =
        json!({"preferred_username": "carl@acme", "groups": ["/staff", "a/b", "night shift"]});
    let answer = sign_in(&portal, &provider, "192.0.2.2");
    assert!(
        answer.body.contains("url=/users") || answer.body.contains("url=&#47;users"),
        "{}",
        answer.body
    );
    let carl = visitor(&portal, &answer);
    let me = portal.read(Some(&carl), "/api/v1/me").json();
    assert_eq!((&me["name"], &me["role"]), (&json!("carl@acme"), &json!("operator")));
    assert_eq!(me["groups"], json!(["staff", "night shift"]));
    assert_eq!(portal.read(Some(&carl), "/users").status, 403);
    // They have no password here, and get none.
    let page = portal.read(Some(&carl), "/me").body;
    assert!(!page.contains("Change your password") && page.contains(&provider.url), "{page}");
    for password in ["", "x", PASSWORD] {
        let fields = [("name", "carl@acme"), ("password", password)];
        let answer = portal.send(None, "/sign-in", &fields);
        assert!(matches!(answer.status, 401 | 422), "{} {}", answer.status, answer.body);
    }
    let body = json!({"current": "x", "password": PASSWORD}).to_string();
    assert_eq!(portal.act(&carl, "PUT", "/api/v1/me/password", &body).status, 409);
    let body = json!({"password": PASSWORD}).to_string();
    assert_eq!(portal.act(&root, "PATCH", "/api/v1/users/carl@acme", &body).status, 409);
    // What an administrator gives them stays; role and groups are the provider's, each time.
    let body = json!({"accounts": ["web/*"], "role": "auditor"}).to_string();
    assert_eq!(portal.act(&root, "PATCH", "/api/v1/users/carl@acme", &body).status, 200);
    provider.play().claims =
        json!({"preferred_username": "charles", "groups": ["staff", "chiefs"]});
    let carl = visitor(&portal, &sign_in(&portal, &provider, "192.0.2.3"));
    let me = portal.read(Some(&carl), "/api/v1/me").json();
    assert_eq!((&me["name"], &me["role"]), (&json!("carl@acme"), &json!("admin")));
    assert_eq!((&me["accounts"], &me["groups"]), (&json!(["web/*"]), &json!(["staff", "chiefs"])));
    let listed = portal.read(Some(&root), "/users").body;
    assert!(listed.contains(&format!("of {}", provider.url)), "{listed}");
    // Who is blocked is out at once, with their tokens, until they are let in again.
    let made =
        portal.act(&carl, "POST", "/api/v1/tokens", r#"{"name":"x","scopes":["sessions:read"]}"#);
    let bearer = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    let by_token = || portal.ask("GET", "/api/v1/me", &[("authorization", &bearer)], "").status;
    assert_eq!(by_token(), 200);
    let block = |blocked: bool| {
        let body = json!({"blocked": blocked}).to_string();
        portal.act(&root, "PATCH", "/api/v1/users/carl@acme", &body).status
    };
    assert_eq!(block(true), 200);
    assert_eq!((portal.read(Some(&carl), "/api/v1/me").status, by_token()), (401, 401));
    let case: Case = (|_| {}, 403, "This user is blocked", "blocked");
    refused(&desk, &sign_in(&portal, &provider, "192.0.2.4"), &case, "192.0.2.4");
    assert!(desk.lab.run(&["user", "list"]).stdout.contains("(blocked)"));
    assert_eq!(desk.lab.run(&["user", "change", "carl@acme", "--unblock"]).code, 0);
    assert_eq!(by_token(), 200);
    visitor(&portal, &sign_in(&portal, &provider, "192.0.2.5"));
    // A local user is blocked likewise; the last administrator is not.
    assert_eq!(desk.lab.run(&["user", "change", "bob", "--block"]).code, 0);
    let bob = portal.send(None, "/sign-in", &[("name", "bob"), ("password", PASSWORD)]);
    assert_eq!(bob.status, 403, "{}", bob.body);
    assert_eq!(desk.lab.run(&["user", "remove", "carl@acme"]).code, 0);
    let root = desk.lab.run(&["user", "change", "root", "--block"]);
    assert!(root.stderr.contains("root is the only administrator"), "{}", root.stderr);
    let rows = desk.record(&["--user", "carl@acme"]);
    let signed = rows.iter().find(|row| row["Action"] == "SignIn").unwrap();
    assert_eq!(signed["Details"]["issuer"], provider.url);
}

/// By real clicks, from another site and back.
#[tokio::test]
async fn a_browser_goes_there_and_comes_back_signed_in() {
    let provider = Provider::start(SECRET);
    let desk = desk_of(&provider, "roles: { staff: operator }");
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    let portal = Portal::start(&desk.lab);
    let grid = Grid::start("");
    let browser = Browser::start(&grid, &portal.url).await;
    browser.go("/sessions").await;
    browser.at("/sign-in?next=").await;
    browser.says("#provider", "Sign in with Acme").await;
    browser.click("#provider").await;
    browser.click("#yes").await;
    browser.at("/sessions").await;
    browser.says(".who", "ann").await;
    browser.go("/me").await;
    browser.at("/me").await;
    browser.says("main", "which keeps your password").await;
    browser.click(".who button").await;
    browser.until("document.querySelector('#out')").await;
    browser.go("/sessions").await;
    browser.at("/sign-in").await;
    // A provider that is down is told on a page of ours.
    provider.play().replies.insert("/token", (500, String::new()));
    browser.click("#provider").await;
    browser.click("#yes").await;
    browser.says("main", "answers with status 500").await;
    browser.at("/sign-in/provider/back").await;
    browser.client.close().await.unwrap();
}
