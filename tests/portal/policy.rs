//! The page Policy and its routes: what is told, what is saved, what is not, and what is on record.

use serde_json::{Value, json};

use super::{PASSWORD, desk};
use crate::lab::browser::Browser;
use crate::lab::desk::Desk;
use crate::lab::portal::{Answer, Portal, Visitor};
use crate::remote::Grid;

const TEAM: &str = "@id(\"team\")\npermit (principal in Group::\"web\", action == Action::\"connect\", resource);\n";
const MORE: &str = "// More.\n@id(\"more\")\npermit (principal == User::\"bob\", action == Action::\"connect\", resource);\n";

/// The desk of the portal's tests with two files of policies.
fn ruled() -> Desk {
    let desk = desk();
    let text = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    desk.lab.write("doorward.yaml", format!("{text}policies: [policies]\n"));
    desk.lab.write("policies/a.cedar", TEAM);
    desk.lab.write("policies/deep/b.cedar", MORE);
    desk
}

fn hash(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    data_encoding::HEXLOWER.encode(digest.as_ref())
}

fn ask(portal: &Portal, visitor: &Visitor, method: &str, path: &str, body: &Value) -> Answer {
    portal.act(visitor, method, &format!("/api/v1/policies{path}"), &body.to_string())
}

/// What is saved where, by the text that is there: the status and words of the answer.
#[test]
fn what_is_saved_holds_and_is_on_record() {
    let desk = ruled();
    let outside = desk.lab.write("outside.cedar", "// outside\n");
    std::os::unix::fs::symlink(&outside, desk.lab.path().join("policies/link.cedar")).unwrap();
    let portal = Portal::start(&desk.lab);
    let [root, ann] = ["root", "ann"].map(|name| portal.sign_in(name, PASSWORD));
    let told = portal.read(Some(&root), "/api/v1/policies").json();
    let files: Vec<&str> = told["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["file"].as_str().unwrap())
        .collect();
    let a = files.iter().find(|file| file.ends_with("policies/a.cedar")).unwrap().to_string();
    let link = files.iter().find(|file| file.ends_with("policies/link.cedar")).unwrap().to_string();
    assert_eq!((files.len(), &told["policies"], &told["broken"]), (3, &json!(2), &json!(false)));
    let shut = "@id(\"shut\") forbid (principal, action == Action::\"manage-policies\", resource);";
    let cases: [(&str, &str, &str, u16, &str); 8] = [
        (&a, TEAM, "permit", 422, "nothing would be permitted"),
        (&a, TEAM, MORE, 422, "nothing would be permitted"),
        (&a, TEAM, shut, 422, "you could not change the policies any more"),
        (&a, "something else", "", 409, "somebody has changed it since"),
        (&link, "// outside\n", "// new\n", 422, "is a link to somewhere else"),
        ("outside.cedar", "// outside\n", "// new\n", 404, "no file of policies"),
        ("policies/../outside.cedar", "// outside\n", "// new\n", 404, "no file of policies"),
        (&a, TEAM, "// Nobody.\n", 200, ""),
    ];
    for (file, before, text, status, says) in cases {
        let body = json!({"file": file, "before": hash(before), "text": text});
        let answer = ask(&portal, &root, "PUT", "", &body);
        assert_eq!(answer.status, status, "{file} {}", answer.body);
        assert!(answer.body.contains(says), "{}", answer.body);
        let check = ask(&portal, &root, "POST", "/check", &json!({"file": file, "text": text}));
        assert_eq!(check.status, if status == 404 { 422 } else { 200 }, "{}", check.body);
        let broken = says.contains("nothing would be permitted");
        assert_eq!(check.json()["broken"] == broken, status != 404, "{}", check.body);
    }
    let read = |name: &str| std::fs::read_to_string(desk.lab.path().join(name)).unwrap();
    assert_eq!(
        (read("policies/a.cedar"), read("policies/a.cedar.bak")),
        ("// Nobody.\n".into(), TEAM.into())
    );
    assert_eq!(read("outside.cedar"), "// outside\n");
    assert_eq!(portal.read(Some(&root), "/api/v1/policies").json()["policies"], 1);
    // Nobody else sees, checks or writes.
    let body = json!({"file": a, "before": hash("// Nobody.\n"), "text": TEAM});
    for (method, path) in [
        ("GET", ""),
        ("POST", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/check"),
        ("POST", "/explain"),
    ] {
        assert_eq!(ask(&portal, &ann, method, path, &body).status, 403, "{method} {path}");
    }
    assert_eq!(read("policies/a.cedar"), "// Nobody.\n");
    let rows = desk.record(&[]);
    let changed: Vec<_> = rows.iter().filter(|row| row["Action"] == "PolicyChanged").collect();
    let outcomes: Vec<_> = changed.iter().map(|row| row["Outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, [""], "{changed:#?}");
    let last = &changed[0]["Details"];
    assert_eq!(
        (&last["before"], &last["after"]),
        (&json!(hash(TEAM)), &json!(hash("// Nobody.\n")))
    );
    assert_eq!((&last["file"], &changed[0]["User"]), (&json!(a), &json!("root")));
    assert_eq!(rows.iter().filter(|row| row["Action"] == "Denied").count(), 6);
}

/// What is made and removed where: the status and words of the answer.
#[test]
fn files_are_made_and_removed_on_record() {
    let desk = ruled();
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let folder = portal.read(Some(&root), "/api/v1/policies").json()["folders"][0].clone();
    let folder = folder.as_str().unwrap().to_owned();
    assert!(folder.ends_with("policies"), "{folder}");
    let at = |name: &str| format!("{folder}/{name}");
    let new = "@id(\"new\")\npermit (principal == User::\"eve\", action == Action::\"connect\", resource);\n";
    let shut = "@id(\"shut\") forbid (principal, action == Action::\"manage-policies\", resource);";
    let cases: [(&str, String, &str, &str, u16, &str); 14] = [
        ("POST", at("b.txt"), "", new, 422, "no file of policies can be"),
        ("POST", at("../b.cedar"), "", new, 422, "no file of policies can be"),
        ("POST", at("none/b.cedar"), "", new, 422, "no file of policies can be"),
        ("POST", "/tmp/b.cedar".into(), "", new, 422, "no file of policies can be"),
        ("POST", at("a.cedar"), "", new, 409, "is there already"),
        ("POST", at("b.cedar"), "", "permit", 422, "nothing would be permitted"),
        ("POST", at("b.cedar"), "", MORE, 422, "nothing would be permitted"),
        ("POST", at("b.cedar"), "", shut, 422, "could not change the policies any more"),
        ("POST", at("b.cedar"), "", new, 201, "b.cedar"),
        ("POST", at("deep/c.cedar"), "", "", 201, "c.cedar"),
        ("DELETE", at("b.cedar"), "other", "", 409, "somebody has changed it since"),
        ("DELETE", at("none.cedar"), "", "", 404, "no file of policies of this name"),
        ("DELETE", at("b.cedar"), new, "", 204, ""),
        ("DELETE", at("b.cedar"), new, "", 404, "no file of policies of this name"),
    ];
    for (method, file, before, text, status, says) in cases {
        let body = json!({"file": file, "before": hash(before), "text": text});
        let answer = ask(&portal, &root, method, "", &body);
        assert_eq!(answer.status, status, "{method} {file} {}", answer.body);
        assert!(answer.body.contains(says), "{method} {file} {}", answer.body);
    }
    let here = |name: &str| desk.lab.path().join("policies").join(name);
    assert!(!here("b.cedar").exists() && here("deep/c.cedar").exists());
    assert_eq!(std::fs::read_to_string(here("b.cedar.bak")).unwrap(), new);
    assert_eq!(portal.read(Some(&root), "/api/v1/policies").json()["policies"], 2);
    let rows = desk.record(&[]);
    let of = |action: &str| -> Vec<Value> {
        let rows = rows.iter().filter(|row| row["Action"] == action);
        rows.map(|row| json!([row["Details"]["file"], row["Outcome"]])).collect()
    };
    assert_eq!(of("PolicyAdded"), [json!([at("b.cedar"), ""]), json!([at("deep/c.cedar"), ""])]);
    assert_eq!(of("PolicyRemoved"), [json!([at("b.cedar"), ""])]);
}

#[test]
fn an_explanation_is_that_of_the_command() {
    let desk = ruled();
    let portal = Portal::start(&desk.lab);
    let root = portal.sign_in("root", PASSWORD);
    let cases = [
        (json!({"user": "bob", "account": "web/site"}), 200, "permitted by  `more`"),
        (json!({"user": "ann", "account": "web/site"}), 200, "denied: no policy permits"),
        (json!({"user": "ann", "account": "web/site", "groups": ["web"]}), 200, "`team`"),
        (
            json!({"user": "new", "role": "admin", "action": "try-connector"}),
            200,
            "may see and try",
        ),
        (
            json!({"user": "eve", "action": "read-activity", "role": "auditor"}),
            200,
            "`doorward.auditors`",
        ),
        (
            json!({"user": "eve", "action": "replay", "role": "auditor", "account": "web/site", "of": "ann"}),
            200,
            "`doorward.auditors`",
        ),
        (json!({"user": "ann"}), 422, "with which account?"),
        (json!({"account": "web/site"}), 422, "who?"),
        (json!({"user": "ann", "action": "fly", "account": "a"}), 422, "manage-policies"),
        (json!({"user": "ann", "action": "end-session", "account": "a"}), 422, "of whom"),
        (json!({"user": "ann", "account": "a:b:c d"}), 422, "web/shop"),
        (json!({"user": "ann", "account": "a", "at": "noon"}), 422, "2026-03-01T08:00"),
        (json!({"user": "ann", "account": "a", "address": "here"}), 422, "192.0.2.7"),
        (json!({"user": "ann", "account": "a", "role": "root"}), 422, "`approver`, `auditor`"),
        (json!({"user": "ann", "account": "a", "groups": ["a/b"]}), 422, "one group a line"),
    ];
    for (question, status, says) in cases {
        let answer = ask(&portal, &root, "POST", "/explain", &question);
        let body = answer.body.replace("\\n", "\n").replace("\\\"", "\"");
        assert_eq!((answer.status, body.contains(says)), (status, true), "{question} {body}");
    }
    let at = "2026-03-02T10:00:00Z";
    let question = json!({"user": "ann", "account": "web/site", "at": at, "address": "192.0.2.7"});
    let answer = ask(&portal, &root, "POST", "/explain", &question).json();
    let line = [
        "policy",
        "explain",
        "--user",
        "ann",
        "--account",
        "web/site",
        "--at",
        at,
        "--address",
        "192.0.2.7",
    ];
    assert_eq!(answer["text"].as_str().unwrap(), desk.lab.run(&line).stdout);
}

#[tokio::test]
async fn an_administrator_changes_a_policy_on_the_page() {
    let desk = ruled();
    let portal = Portal::start(&desk.lab);
    let grid = Grid::start("");
    let browser = Browser::start(&grid, &portal.url).await;
    browser.go("/policy").await;
    browser.fill("#name", "root").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("button.primary").await;
    browser.at("/policy").await;
    browser.says(".head", "2 policies hold").await;
    browser.says(".tabs", "policies/deep/b.cedar").await;
    // A mistake is shown with its place, and is not saved.
    browser
        .fill("#text", "@id(\"team\") permit (principal, action == Action::\"conect\", resource);")
        .await;
    browser.click("[data-shows=checked]").await;
    browser.says("#checked", "a.cedar:1:").await;
    browser.says("#checked", "1 error").await;
    browser.click("#editor .primary").await;
    browser.says("#editor [role=alert]", "nothing would be permitted with it").await;
    browser.at("/policy").await;
    browser.picture("policy").await;
    // Mended, it holds at once.
    browser.fill("#text", TEAM.trim()).await;
    browser.keys("\n// By hand.\n").await;
    browser.click("#editor .primary").await;
    // The page that comes then has another text to begin with.
    let saved = format!(
        "document.querySelector('[name=before]')?.value.length === 64 && document.querySelector('[name=before]').value !== '{}'",
        hash(TEAM)
    );
    browser.until(&saved).await;
    browser.at("/policy").await;
    let saved = std::fs::read_to_string(desk.lab.path().join("policies/a.cedar")).unwrap();
    assert!(saved.contains("// By hand.") && saved.contains("\"connect\""), "{saved}");
    // Another file, and away with it.
    let name = browser.run("return document.querySelector('#new-file').value", vec![]).await;
    assert!(name.as_str().unwrap().ends_with("policies/new.cedar"), "{name}");
    browser.fill("#new-text", "permit").await;
    browser.click("#maker .primary").await;
    browser.says("#maker [role=alert]", "nothing would be permitted").await;
    browser.fill("#new-text", "// Later.").await;
    browser.click("#maker .primary").await;
    browser
        .until("document.querySelector('.tabs [aria-current]')?.textContent.endsWith('new.cedar')")
        .await;
    assert!(desk.lab.path().join("policies/new.cedar").exists());
    browser.run("window.confirm = () => true", vec![]).await;
    browser.click("#editor .danger").await;
    browser.until("document.querySelectorAll('.tabs li').length === 2").await;
    assert!(!desk.lab.path().join("policies/new.cedar").exists());
    // Who may what.
    browser.fill("#user", "ann").await;
    browser.fill("#account", "web/site").await;
    browser.click(".more summary").await;
    browser.fill("#groups", "web").await;
    browser.click("[data-shows=explained] .primary").await;
    browser.says("#explained", "permitted by  `team`").await;
    browser.at("/policy").await;
    browser.client.clone().close().await.unwrap();
    let rows = desk.record(&[]);
    assert_eq!(rows.iter().filter(|row| row["Action"] == "PolicyChanged").count(), 1);
}
