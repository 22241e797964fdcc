//! The pages in a real browser, from the set-up link to the sign-out: each has a title, one heading and labels; no
//! script or style is kept out by the policy.

use fantoccini::Locator;
use fantoccini::key::Key;

use super::PASSWORD;
use crate::lab::Lab;
use crate::lab::browser::Browser;
use crate::lab::portal::Portal;
use crate::remote::Grid;

#[tokio::test]
async fn from_the_set_up_link_to_the_sign_out() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\nbrowser: { sandbox: false }\n");
    assert_eq!(lab.run(&["vault", "init"]).code, 0);
    let added = [
        "account",
        "add",
        "web/shop",
        "--username",
        "ann",
        "--url",
        "https://shop.example/",
        "--secret-stdin",
    ];
    assert_eq!(lab.run_with_input(&added, "a secret\n").code, 0);
    let portal = Portal::start(&lab);
    let grid = Grid::start("");
    let browser = Browser::start(&grid, &portal.url).await;
    let (tab, enter) = (char::from(Key::Tab), char::from(Key::Enter));

    // Set up, with the demo.
    browser.go("/").await;
    browser.at("/sign-in").await;
    browser.go(portal.link.as_deref().unwrap()).await;
    browser.at("/set-up").await;
    browser.fill("#name", "root").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#again", PASSWORD).await;
    browser.click("button.primary").await;
    browser.at("/accounts").await;

    // Search by the keyboard alone, and connect to the demo.
    browser.says("#count", "2 accounts").await;
    browser.client.execute("document.activeElement.blur()", vec![]).await.unwrap();
    browser.client.find(Locator::Css("body")).await.unwrap().send_keys("/").await.unwrap();
    browser.keys("no such account").await;
    browser.says("#none", "No account holds this text.").await;
    browser.fill("#search", "DEMO").await;
    browser.says("#count", "1 account").await;
    browser.keys(&enter.to_string()).await;
    browser.at("/connect?account=demo").await;
    browser.keys(&format!("first session{enter}")).await;
    browser.at("/sessions/").await;
    browser.client.wait().for_element(Locator::Css("#viewer[data-stream]")).await.unwrap();

    // Mine, until I end it.
    browser.go("/sessions").await;
    browser.at("/sessions").await;
    browser.says("tbody", "first session").await;
    browser.says("tbody .state", "live").await;
    browser.click("button.danger").await;
    browser.client.accept_alert().await.unwrap();
    browser.says("tbody td.do", "Connect again").await;
    browser.at("/sessions").await;

    // Users: a wrong one is told, a right one is there.
    browser.go("/users").await;
    browser.at("/users").await;
    browser.fill("#name", "root").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("section #accounts", "web/*").await;
    browser.click("section .primary").await;
    browser.says("section [role=alert]", "There is a user root already.").await;
    browser.fill("#name", "ann").await;
    browser.click("section .primary").await;
    browser.says("tbody", "web/*").await;
    browser.at("/users").await;

    // Activity, and the proof of it.
    browser.go("/activity").await;
    browser.at("/activity").await;
    browser.says("tbody", "UserAdded").await;
    browser.click("[data-verify]").await;
    browser.says("#verdict", "are as they were written").await;
    browser.go("/activity?account=demo:web/demo").await;
    browser.at("/activity").await;
    browser.says("tbody", "Connect").await;
    for path in ["/me", "/no-such-page", "/sessions/no-such-session", "/accounts?search=zzz"] {
        browser.go(path).await;
        browser.at(path).await;
    }

    // A token is shown once, and listed from then on.
    browser.go("/me").await;
    browser.fill("#token-name", "nightly report").await;
    browser.click("#tokens form .primary").await;
    browser.says("#tokens form [role=alert]", "An API token needs a scope.").await;
    browser.click("#tokens input[value='activity:read']").await;
    browser.click("#tokens form .primary").await;
    browser.says("#new-token pre", "dwt_").await;
    browser.at("/me").await;
    browser.click("#new-token a").await;
    browser.says("#tokens tbody", "nightly report").await;
    browser.at("/me").await;
    browser.go("/users").await;
    browser.at("/users").await;
    browser.says("#tokens tbody", "nightly report").await;
    browser.click("#tokens tbody button").await;
    browser.client.accept_alert().await.unwrap();
    browser.until("!document.querySelector('#tokens')").await;

    // Blocked, and let in again.
    let row = ".users tbody tr:first-child";
    browser.click(&format!("{row} summary")).await;
    browser.click(&format!("{row} button[data-body]")).await;
    browser.client.accept_alert().await.unwrap();
    browser.says(row, "blocked").await;
    browser.at("/users").await;
    browser.click(&format!("{row} summary")).await;
    browser.click(&format!("{row} button[data-body]")).await;
    browser.until("!document.querySelector('.users .state.bad')").await;

    // Out, and in again as the other, by keys alone.
    browser.click(".who button").await;
    browser.at("/sign-in").await;
    browser.keys(&format!("ann{tab}{PASSWORD}{enter}")).await;
    browser.at("/accounts").await;
    browser.says("#count", "1 account").await;
    browser.says("#accounts", "shop").await;
    browser.go("/users").await;
    browser.at("/users").await;
    browser.says("main", "This is for those who may manage users.").await;
    browser.client.close().await.unwrap();

    let ended = tokio::task::spawn_blocking(move || portal.stop()).await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(lab.run(&["activity", "verify"]).code, 0);
}
