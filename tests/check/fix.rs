//! `doorward check --fix`: what leaves no doubt is mended, once and for all; the rest of a file stays.

use crate::lab::Lab;

/// A file with a slip of each kind that is mended.
const WRONG: &str = "\
# the console   # of acme
ConnectorId: acme
SupportedCapabilities: [ReconcileAccount] # who signs in

TargetSettings:
  LogonUrl: https://<address>/login
  ActionTimout:   5s   # short
WebFormFields: |
  user > <username> (Serchby=id)
  pass > <password> (SearchBy=ids)
  next > (Buton)
  //form > (Click)
  x > (Press=Return)
  otp > (TOTP) <logonaccount\\password>
  old > <reconcileaccount\\username>
  home > (Validaton) (SearchBy=id)
";

/// The same, mended.
const RIGHT: &str = "\
# the console   # of acme
ConnectorId: acme
SupportedCapabilities: [ReconcileAccount, LogonAccount] # who signs in

TargetSettings:
  LogonURL: https://<address>/login
  ActionTimeout:   5s   # short
WebFormFields: |
  user > <username> (SearchBy=id)
  pass > <password> (SearchBy=id)
  next > (Button)
  //form > (Click) (SearchBy=xpath)
  x > (Press=Enter)
  otp > (TOTP) <logonaccount\\password>
  old > <reconcileaccount\\username>
  home > (Validation) (SearchBy=id)
";

/// Mends `text` in a file; what it became and what was said.
fn mended(lab: &Lab, text: &str) -> (String, String) {
    let path = lab.write("a.yaml", text);
    let ended = lab.run(&["check", "--fix", "a.yaml"]);
    let said = ended.stderr + &ended.stdout;
    let after = std::fs::read_to_string(&path).unwrap();
    let again = lab.run(&["check", "--fix", "a.yaml"]);
    assert!(!again.stderr.contains("fixed:"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), after, "the second time changed it again");
    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    (after, said)
}

#[test]
fn slips_are_mended_and_told() {
    let lab = Lab::new();
    let (after, said) = mended(&lab, WRONG);
    assert_eq!(after, RIGHT);
    assert_eq!(said.matches("fixed: a.yaml:").count(), 9, "{said}");
    assert!(
        said.contains("fixed: a.yaml:7:3: write `ActionTimeout` for `ActionTimout`\n"),
        "{said}"
    );
    assert!(said.ends_with("1 connector checked, no problems\n"), "{said}");
}

#[test]
fn line_ends_and_marks_stay() {
    let lab = Lab::new();
    for (before, after) in [("\u{feff}", "\n"), ("", "\r\n"), ("\u{feff}", "\r\n")] {
        let dress = |text: &str| format!("{before}{}", text.replace('\n', after));
        assert_eq!(mended(&lab, &dress(WRONG)).0, dress(RIGHT));
    }
}

#[test]
fn capabilities_are_added_and_removed_however_they_are_written() {
    let lab = Lab::new();
    let head = "ConnectorId: acme\n";
    let tail = "TargetSettings: { LogonURL: 'https://<address>/' }\nWebFormFields: |\n  x > (Validation)\n";
    let uses = format!("{tail}  y > <logonaccount\\username>\n  z > (Validation)\n");
    let both = format!("{uses}  y > <reconcileaccount\\username>\n  z > (Validation)\n");
    for (before, rest, after) in [
        ("", &uses, "SupportedCapabilities: [LogonAccount]\n"),
        ("", &both, "SupportedCapabilities: [LogonAccount, ReconcileAccount]\n"),
        (
            "SupportedCapabilities: ReconcileAccount\n",
            &both,
            "SupportedCapabilities: [ReconcileAccount, LogonAccount]\n",
        ),
        (
            "SupportedCapabilities:\n  - ReconcileAccount # here\n",
            &both,
            "SupportedCapabilities:\n  - ReconcileAccount # here\n  - LogonAccount\n",
        ),
        (
            "SupportedCapabilities: [LogonAcount]\n",
            &uses,
            "SupportedCapabilities: [LogonAccount]\n",
        ),
        ("SupportedCapabilities: [LogonAccount]\n", &tail.to_owned(), ""),
        ("SupportedCapabilities: LogonAccount\n", &tail.to_owned(), ""),
        ("SupportedCapabilities:\n  - LogonAccount\n", &tail.to_owned(), ""),
        (
            "SupportedCapabilities: [ReconcileAccount, LogonAccount]\n",
            &uses,
            "SupportedCapabilities: [LogonAccount]\n",
        ),
        (
            "SupportedCapabilities: [LogonAccount, ReconcileAccount]\n",
            &uses,
            "SupportedCapabilities: [LogonAccount]\n",
        ),
        (
            "SupportedCapabilities:\n  - ReconcileAccount\n  - LogonAccount\n",
            &uses,
            "SupportedCapabilities:\n  - LogonAccount\n",
        ),
        // A comment would be lost.
        (
            "SupportedCapabilities: [LogonAccount] # why\n",
            &tail.to_owned(),
            "SupportedCapabilities: [LogonAccount] # why\n",
        ),
    ] {
        let (found, said) = mended(&lab, &format!("{head}{before}{rest}"));
        assert_eq!(found, format!("{head}{after}{rest}"), "{said}");
    }
}

#[test]
fn what_is_in_doubt_stays_as_it_is() {
    let lab = Lab::new();
    let head = "ConnectorId: acme\nTargetSettings:\n  LogonURL: https://<address>/login\n";
    for rest in [
        // Not YAML.
        "  LogonUrl: [\n",
        // What is typed where is the author's business.
        "WebFormFields: |\n  x > <usernme>\n  y > <logonacount\\password>\n",
        // Nothing near, or two as near.
        "WebFormFields: |\n  x > (Wombat)\n  y > (Clck=\n",
        "WebFormFields: |\n  x > <username> (SearchBy=testid)\n",
        // The right key is there as well.
        "  logonurl: https://b\nWebFormFields: |\n  x > (Validation)\n",
        // Escaped in YAML, so that the place is not to the letter.
        "WebFormFields:\n  - \"x > (But\\x6fn)\"\n",
    ] {
        let text = format!("{head}{rest}");
        let (after, said) = mended(&lab, &text);
        assert_eq!(after, text, "{said}");
        assert!(!said.contains("fixed:"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn rights_and_links_stay() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new();
    let path = lab.write("real/a.yaml", WRONG);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = lab.path().join("link.yaml");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let ended = lab.run(&["check", "--fix", "link.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), RIGHT);
    assert!(link.is_symlink());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}
