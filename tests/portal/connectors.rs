//! The pages of connectors: what is wrong with each, and a trial from the page.

use serde_json::json;

use super::{PASSWORD, add};
use crate::lab::browser::Browser;
use crate::lab::desk::{Desk, ROWS};
use crate::lab::portal::Portal;
use crate::remote::Grid;
use crate::site::Site;

#[tokio::test]
async fn an_administrator_mends_and_tries_connectors() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("good", "http://<address>/plain", "", ROWS);
    desk.connector("wrong", "http://<address>/plain", "", &ROWS.replace("(Button)", "(Buton)"));
    desk.connector("eyes", "http://<address>/plain", "RequireApprover: Yes", ROWS);
    add(&desk.lab, &["root", "--role", "admin", "--accounts", "web/site"]);
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let list = portal.read(Some(&root), "/api/v1/connectors").json();
    let file = |id: &str| {
        let mut all = list.as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap());
        all.find(|file| file.ends_with(&format!("{id}.yaml"))).unwrap().to_owned()
    };
    // What cannot be tried is told, and nothing is begun.
    for (name, account, until, status, says) in [
        ("/etc/passwd".to_owned(), "web/site", "", 404, "no such connector"),
        (file("wrong"), "web/site", "", 422, "has errors"),
        (file("good"), "web/site", "0", 422, "the first row is 1"),
        (file("good"), "a:b:c d", "", 422, "web/shop"),
        (file("eyes"), "web/site", "5", 403, "wants a second person"),
        (file("good"), "web/seed", "", 403, "you may not use this account"),
    ] {
        let body = json!({"file": name, "account": account, "until": until}).to_string();
        let answer = portal.act(&root, "POST", "/api/v1/connectors/try", &body);
        assert_eq!(answer.status, status, "{name} {}", answer.body);
        assert!(answer.body.contains(says), "{name} {}", answer.body);
    }
    let grid = Grid::start("");
    let browser = Browser::start(&grid, &portal.url).await;
    browser.go("/connectors").await;
    browser.fill("#name", "root").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button.primary").await;
    browser.at("/connectors").await;
    browser.says("tbody", "1 error").await;
    browser.click("a[href*='wrong.yaml']").await;
    browser.at("/connectors?file=").await;
    browser.says(".remark", "(Button)").await;
    browser.until("!document.querySelector('#try')").await;
    browser.picture("connector-wrong").await;
    browser.go("/connectors").await;
    browser.click("a[href*='good.yaml']").await;
    browser.at("/connectors?file=").await;
    // First a look, then as far as the sign-in.
    browser.click("form .primary").await;
    browser.says("#report", "would work").await;
    browser.says("#tried tr:nth-child(2)", "looked at").await;
    browser.at("/connectors?file=").await;
    browser.run("document.querySelector('#tried').scrollIntoView()", vec![]).await;
    browser.picture("connector-tried").await;
    assert!(site.submissions("plain").is_empty(), "nothing is submitted");
    browser.fill("#until", "5").await;
    browser.click("form .primary").await;
    browser.says("#report", "signed in: all 5 rows work").await;
    browser.at("/connectors?file=").await;
    assert_eq!(site.submissions("plain").len(), 1);
    browser.client.clone().close().await.unwrap();
    let rows = desk.record(&[]);
    let of = |action: &str| -> Vec<(String, String)> {
        let own = rows.iter().filter(|row| row["Action"] == action);
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        own.map(|row| (text(&row["Account"]), text(&row["Outcome"]))).collect()
    };
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(
        of("Disconnect"),
        [pair("local:web/site", "tried"), pair("local:web/site", "signed-in")],
        "{rows:#?}"
    );
    assert_eq!(
        of("ConnectRefused"),
        [pair("local:web/site", "refused"), pair("local:web/seed", "refused")]
    );
    assert_eq!(of("Denied"), []);
    let rows = rows.iter().filter(|row| row["Action"] == "UsePassword");
    assert_eq!(rows.count(), 1);
    assert_eq!(portal.stop().code, 0);
    desk.assert_clean();
}
