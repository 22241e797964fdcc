//! Keycloak itself: `tests/identity.sh` starts one and runs this.

use super::desk;
use crate::lab::browser::Browser;
use crate::lab::portal::Portal;
use crate::remote::Grid;

/// What the script has made.
fn variable(name: &str) -> String {
    let found = std::env::var_os(name).and_then(|value| value.into_string().ok());
    found.unwrap_or_else(|| panic!("{name} is not set: run tests/identity.sh"))
}

async fn person(browser: &Browser, name: &str, password: &str) {
    browser.go("/sign-in?next=/me").await;
    browser.at("/sign-in").await;
    browser.click("#provider").await;
    browser.fill("#username", name).await;
    browser.fill("#password", password).await;
    browser.click("#kc-login").await;
}

#[tokio::test]
#[ignore = "needs a Keycloak, which tests/identity.sh starts"]
async fn people_sign_in_through_keycloak() {
    let (issuer, folder) = (variable("DOORWARD_TEST_ISSUER"), variable("DOORWARD_TEST_IDENTITY"));
    let password = std::fs::read_to_string(format!("{folder}/password")).unwrap();
    let desk = desk();
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    let file = desk.lab.path().join("doorward.yaml");
    let before = std::fs::read_to_string(&file).unwrap();
    let start = |secret: &str| {
        let oidc = format!(
            "issuer: '{issuer}', client-id: doorward, client-secret-file: '{secret}', roles: {{ staff: auditor }}"
        );
        desk.lab.write("doorward.yaml", format!("{before}portal: {{ oidc: {{ {oidc} }} }}\n"));
        let listen = variable("DOORWARD_TEST_LISTEN");
        Portal::run(&desk.lab, desk.lab.command(&["serve", "--listen", &listen]))
    };
    let portal = start(&format!("{folder}/secret"));
    let grid = Grid::start("");
    let browser = Browser::start(&grid, &portal.url).await;
    person(&browser, "ann", &password).await;
    browser.at("/me").await;
    browser.says("main", &issuer).await;
    browser.says("main", "auditor").await;
    // Out here and there: the next sign-in asks for the password again.
    browser.click(".who button").await;
    browser.click("#kc-logout").await;
    browser.at("/sign-in").await;
    // Somebody whom the provider knows, and no group of whom has a role here.
    person(&browser, "carl", &password).await;
    browser.says("main", "None of the groups that the provider names for you").await;
    browser.client.close().await.unwrap();
    tokio::task::spawn_blocking(move || portal.stop()).await.unwrap();
    // With a secret that is none.
    desk.lab.write("wrong", "wrong");
    let portal = start("wrong");
    let browser = Browser::start(&grid, &portal.url).await;
    person(&browser, "ann", &password).await;
    browser.says("main", "does not take the id and the secret of this portal").await;
    browser.client.close().await.unwrap();
    let rows = desk.record(&[]);
    for cause in ["no-role", "client-refused"] {
        assert!(rows.iter().any(|row| row["Details"]["cause"] == cause), "{cause}");
    }
}
