//! Connectors: how one is found, and what is refused before a vault is asked.

use super::{Desk, ROWS, Site, assert_says, last, plain};

#[test]
fn by_name_by_path_and_from_the_second_folder() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    plain(&desk, "plain");
    let text = std::fs::read_to_string(desk.lab.path().join("connectors/plain.yaml")).unwrap();
    desk.lab.write("team/other.yml", text.replace("ConnectorId: plain", "ConnectorId: other"));
    // The first folder wins, and a file may be called otherwise than its id.
    desk.lab.write("team/plain.yaml", "ConnectorId: hidden\n");
    desk.lab.write("elsewhere/my copy.yaml", &text);
    let configuration = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    let folders = configuration.replace("[connectors]", "[connectors, team]");
    desk.lab.write("doorward.yaml", folders);
    let absolute = desk.lab.path().join("elsewhere/my copy.yaml").to_string_lossy().into_owned();
    let cases = [
        ("plain", "plain"),
        ("other", "other"),
        ("team/other.yml", "other"),
        ("./connectors/plain.yaml", "plain"),
        (&absolute, "plain"),
    ];
    for (named, id) in cases {
        let launched = desk.connect(named, &[]);
        assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{named}: {launched:?}");
        assert_eq!(launched.object["connector"], id);
        assert_eq!(last(&desk)["Connector"], id);
    }
}

#[test]
fn what_cannot_be_found_is_named_with_its_neighbour() {
    let desk = Desk::at("127.0.0.1:9");
    plain(&desk, "acme-console");
    let cases = [
        (
            "acme-consol",
            3,
            &["there is no connector `acme-consol`", "did you mean `acme-console`?"][..],
        ),
        ("zzz", 3, &["looked for zzz.yaml in ./connectors", "the connectors are: acme-console"]),
        ("./zzz.yaml", 3, &["./zzz.yaml", "No such file"]),
        ("connectors/", 3, &["connectors/"]),
        ("acme console", 2, &["by its id, or by the path of its file"]),
        ("", 2, &["by its id, or by the path of its file"]),
    ];
    for (named, code, says) in cases {
        assert_says(&desk.says(named, &[]), code, says);
    }
    assert!(desk.record(&[]).is_empty(), "nothing was asked for that could be put on record");
}

#[test]
fn a_connector_with_errors_is_refused_with_all_of_them() {
    let desk = Desk::at("127.0.0.1:9");
    let rows = "username > <usernam> (SearchBy=id)\ngo > (Buton)\nwelcome (Validation)\n";
    desk.connector("broken", "https://<address>/", "ActionTimeot: 3s", rows);
    let ended = desk.says("broken", &[]);
    let codes = ["unknown-key", "unknown-property", "unknown-keyword", "missing-operator"];
    assert_says(&ended, 3, &codes.map(|code| &*format!("error[{code}]").leak()));
    assert!(ended.stdout.is_empty(), "{}", ended.stdout);
    let row = last(&desk);
    assert_eq!((&row["Action"], &row["Outcome"]), (&"ConnectRefused".into(), &"refused".into()));
    assert_eq!(row["Account"], "local:web/site");
    assert_eq!(row["Connector"], "broken");
    assert_eq!(row["Details"]["cause"], "unknown-key");
    assert_eq!(desk.record(&[]).len(), 1);
}

/// The most common mistake has to explain itself: which connector, which row, which line to add.
#[test]
fn an_undeclared_logon_account_is_refused_before_the_vault_is_asked() {
    let desk = Desk::at("127.0.0.1:9");
    desk.lab.write(
        "connectors/acme.yaml",
        format!("ConnectorId: acme\nTargetSettings:\n  LogonURL: https://<address>/\nWebFormFields: |\n  otp > (TOTP) <logonaccount\\password>\n{}",
            ROWS.lines().map(|row| format!("  {row}\n")).collect::<String>()),
    );
    // A vault that cannot be opened would be the next error.
    desk.lab.write("vault.kdbx", "no vault");
    let ended = desk.says("acme", &[]);
    let says = [
        "error[capability-not-declared]",
        "acme",
        "acme.yaml:5",
        "<logonaccount\\password>",
        "SupportedCapabilities: [LogonAccount]",
    ];
    assert_says(&ended, 3, &says);
    let row = last(&desk);
    assert_eq!(row["Action"], "ConnectRefused");
    assert_eq!(row["Details"]["cause"], "capability-not-declared");
    assert_eq!(row["Details"]["line"], "5");
    desk.assert_clean();
}

#[test]
fn a_row_for_a_person_needs_a_window() {
    let desk = Desk::at("127.0.0.1:9");
    let rows = format!("(Handover=Solve the captcha)\n{ROWS}");
    desk.connector("captcha", "https://<address>/", "", &rows);
    let ended = desk.says("captcha", &[]);
    let says = ["error[handover-without-window]", "captcha.yaml", "(Handover=", "--headless"];
    assert_says(&ended, 2, &says);
    assert_eq!(last(&desk)["Details"]["cause"], "handover-without-window");
}
