//! The quickstart, as a newcomer runs it: what it leaves, and what it does not.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
#[cfg(unix)]
fn it_signs_in_and_leaves_only_the_screenshot() {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart.sh");
    let mut command = Command::new("bash");
    command.arg(script).env("TMPDIR", folder.path()).env("PROFILE", "dev").stdin(Stdio::null());
    // What cargo tells its tests would have the script's own cargo build half the tree anew.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_") && !matches!(&*name, "CARGO_HOME" | "CARGO_TARGET_DIR") {
            command.env_remove(&*name);
        }
    }
    let ended = command.env_remove("CARGO").env_remove("LD_LIBRARY_PATH").output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    let words = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{said}\n{words}");

    let screenshot = said.lines().find_map(|line| line.strip_prefix("screenshot: ")).unwrap();
    assert!(said.lines().last().unwrap().contains("doorward serve"), "it offers the portal");
    assert!(std::fs::read(screenshot).unwrap().starts_with(b"\x89PNG"));
    let (_, after_target) = said.split_once("== Activity of the target account").unwrap();
    let (target, after_logon) =
        after_target.split_once("== Activity of the logon account").unwrap();
    let (logon, proof) = after_logon.split_once("== Proof").unwrap();
    for (account, actions) in [
        (target, &["Connect", "UsePassword", "UseOneTimeCode", "Disconnect"][..]),
        (logon, &["Connect", "UseOneTimeCode", "Disconnect"][..]),
    ] {
        for action in actions {
            assert!(account.contains(&format!("  {action} ")), "{action} is not in {account}");
        }
    }
    assert!(target.contains("operator-totp"), "{target}");
    assert!(proof.contains("nothing was changed"), "{proof}");

    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, [Path::new(screenshot).parent().unwrap()], "only the screenshot stays");
    let site = said.lines().find_map(|line| line.strip_prefix("listening on http://")).unwrap();
    assert!(TcpStream::connect(site).is_err(), "the demo site still listens on {site}");
}
