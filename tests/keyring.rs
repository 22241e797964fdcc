//! The desktop's keyring: GNOME Keyring, on a session bus of its own.

use std::process::{Command, Stdio};

use crate::lab::{Ended, Lab};

const PASSWORD: &str = "MARKED>pass {x} & 91";
const SEED: &str = "otpauth://totp/shop:anna?secret=JBSWY3DPEHPK3PXPMARKED22";

/// Runs `script` on a session bus that has an unlocked keyring with two accounts in it; `doorward` is the
/// command. Bus and keyring end with the script.
fn desktop(script: &str) -> Ended {
    let lab = Lab::new();
    lab.write(
        "doorward.yaml",
        "vaults: { desk: { kind: secret-service, timeout: 20s } }\nstate: state\n",
    );
    let run = lab.write(
        "run.sh",
        format!(
            "set -eu\nprintf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null\n\
             put() {{ label=$1; shift; secret-tool store --label \"$label\" application doorward \"$@\"; }}\n\
             printf '%s' '{PASSWORD}' | put Shop account web/shop username anna url https://shop.example/login logon_account codes:acme region eu\n\
             printf '%s' '{SEED}' | put 'Shop, codes' account web/shop kind totp\n\
             printf x | put Bank account web/bank\nprintf y | put Bank account web/bank user other\n\
             {script}\n"
        ),
    );
    let output = Command::new("dbus-run-session")
        .args(["--", "sh"])
        .arg(run)
        .env_clear()
        .env("PATH", path())
        .env("HOME", lab.path())
        .env("XDG_RUNTIME_DIR", lab.path())
        .current_dir(lab.path())
        .stdin(Stdio::null())
        .output()
        .expect("`dbus-run-session` is installed by tests/run.sh");
    Ended::from(output)
}

/// The PATH with the folder of the real binary before it.
fn path() -> std::ffi::OsString {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_doorward")).parent().unwrap().to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder).chain(std::env::split_paths(&rest));
    std::env::join_paths(folders).unwrap()
}

#[test]
fn accounts_are_items_found_by_their_attributes() {
    let ended = desktop(
        "doorward account show web/shop; doorward account list; \
         doorward account show web/shpo || echo \"ended with $?\"; \
         doorward account show web/bank || echo \"ended with $?\"; doorward doctor || true",
    );
    for part in [
        "anna",
        "shop.example",
        "codes:acme",
        "set, and one-time codes, computed by the vault",
        "desk:web/bank",
        "3 items in the session's keyring",
    ] {
        // Four items: two of the shop, two of the bank.
        let part = part.replace("3 items", "4 items");
        assert!(ended.stdout.contains(&part), "{part}: {ended:?}");
    }
    assert_eq!(ended.stdout.matches("ended with 5").count(), 2, "{ended:?}");
    assert!(ended.stderr.contains("the nearest names are `desk:web/shop`"), "{ended:?}");
    assert!(ended.stderr.contains("holds 2 accounts named"), "{ended:?}");
    assert!(!format!("{ended:?}").contains("MARKED"), "{ended:?}");
}

#[test]
fn without_a_session_the_way_out_is_told() {
    let lab = Lab::new();
    lab.write("doorward.yaml", "vaults: { desk: { kind: secret-service } }\nstate: state\n");
    let ended = lab.run(&["account", "show", "web/shop"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.stderr.contains("there is no session bus"), "{ended:?}");
    assert!(ended.stderr.contains("dbus-run-session"), "{ended:?}");
}
