//! Files of other programs, damaged files, and changes; `tests/cases/kdbx/README.md` says what the files hold.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::otp::Parameters;
use crate::vault::totp::Seed;
use crate::vault::{Error as VaultError, Password, Property};

/// A folder with a copy of every file of the cases, readable by its owner alone.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for case in std::fs::read_dir("tests/cases/kdbx").unwrap() {
        let case = case.unwrap();
        place(&folder.path().join(case.file_name()), &std::fs::read(case.path()).unwrap());
    }
    place(&folder.path().join("pw"), "pass wörd\n".as_bytes());
    folder
}

fn place(path: &Path, bytes: &[u8]) {
    let _ = std::fs::remove_file(path);
    file::place_new(path, bytes).unwrap();
}

fn vault(folder: &Path, settings: Value) -> Kdbx {
    let Value::Object(settings) = settings else { panic!("settings are a map") };
    Kdbx::new(&"local".parse().unwrap(), settings, folder).unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn account(vault: &Kdbx, reference: &str) -> Result<Account, VaultError> {
    let reference: AccountRef = reference.parse().unwrap();
    let user = "tester".parse().unwrap();
    let grant = crate::access::decide(Some(&user), &reference, &Default::default()).unwrap();
    wait(vault.account(&grant))
}

fn kdbx_error(error: VaultError) -> Error {
    match error {
        VaultError::Kdbx { source, .. } => source,
        other => panic!("{other}"),
    }
}

/// Every file of another program, with what opens it.
const OTHERS: [(&str, Option<&str>, bool); 6] = [
    ("keepassxc-password.kdbx", None, true),
    ("keepassxc-key.kdbx", Some("keepassxc.keyx"), false),
    ("keepassxc-both.kdbx", Some("keepassxc.keyx"), true),
    ("pykeepass-password.kdbx", None, true),
    ("pykeepass-key.kdbx", Some("pykeepass.keyx"), false),
    ("pykeepass-both.kdbx", Some("pykeepass.keyx"), true),
];

fn settings(path: &str, key_file: Option<&str>, password: bool) -> Value {
    json!({ "path": path, "key-file": key_file, "password-file": password.then_some("pw") })
}

#[test]
fn files_of_other_programs_open() {
    let folder = folder();
    for (file, key_file, password) in OTHERS {
        let vault = vault(folder.path(), settings(file, key_file, password));
        let shop = account(&vault, "web/shop").unwrap_or_else(|error| panic!("{file}: {error:?}"));
        assert_eq!(shop.reference.to_string(), "local:web/shop");
        assert_eq!(shop.username.as_deref(), Some("alice"), "{file}");
        assert_eq!(shop.address.as_deref(), Some("shop.example:8443"), "{file}");
        let Password::Value(password) = &shop.password else { panic!("{file}: no password") };
        assert_eq!(password.expose(), "s3cret & <\"'> {x} ü😀", "{file}");
        assert_eq!(shop.logon_account.unwrap().to_string(), "local:web/eu/otp");
        assert_eq!(shop.reconcile_account.unwrap().to_string(), "other:admins/root");
        let shown: Vec<_> = shop
            .properties
            .iter()
            .map(|(name, property)| (name.as_str(), property.protected, property.value.expose()))
            .collect();
        let otp = "otpauth://totp/Shop:alice?secret=JBSWY3DPEHPK3PXP&issuer=Shop";
        assert_eq!(
            shown,
            [
                ("otp", true, otp),
                ("pin", true, "4711"),
                ("url", false, "https://shop.example:8443/login?x=1"),
                ("zone", false, "north"),
            ],
            "{file}"
        );
        assert_eq!(account(&vault, "alone").unwrap().username.as_deref(), Some("root-user"));
        let otp = account(&vault, "web/eu/otp").unwrap();
        assert_eq!(otp.address.as_deref(), Some("otp.example"), "{file}");
        let Password::Value(seed) = &otp.password else { panic!("{file}: no password") };
        let code = Seed::read(seed, Parameters::default()).unwrap().code_at(1_111_111_109_000);
        let property = shop.properties["otp"].value.expose().to_owned();
        let same = Seed::read(&property.into(), Parameters::default()).unwrap();
        assert_eq!(same.code_at(1_111_111_109_000).digits.expose(), code.digits.expose());
    }
}

#[test]
fn odd_entries_have_their_own_answers() {
    let folder = folder();
    let vault = vault(folder.path(), settings("pykeepass-key.kdbx", Some("pykeepass.keyx"), false));
    assert!(matches!(account(&vault, "web/twin"), Err(VaultError::Ambiguous { count: 2, .. })));
    let error = account(&vault, "web/badlink").unwrap_err();
    assert!(matches!(&error, VaultError::BadLink { field, .. } if field == "LogonAccount"));
    assert!(matches!(account(&vault, "web/empty").unwrap().password, Password::Absent));
    // What is in the recycle bin is not there.
    for gone in ["web/gone", "Recycle Bin/gone", "gone"] {
        assert!(matches!(account(&vault, gone), Err(VaultError::NotFound { .. })), "{gone}");
    }
    let Err(VaultError::NotFound { nearest, .. }) = account(&vault, "web/shpo") else {
        panic!("web/shpo is there")
    };
    assert_eq!(nearest, ["`local:web/shop`"]);
    let Err(VaultError::NotFound { nearest, .. }) = account(&vault, "shop") else {
        panic!("shop is there")
    };
    assert_eq!(nearest, ["`local:web/shop`"]);
    for (name, digits, period) in [("web/eu/seed", 8, 60), ("web/eu/keepass2", 8, 60)] {
        let account = account(&vault, name).unwrap();
        let seed = Seed::read(&account.properties["otp"].value, Parameters::default()).unwrap();
        assert_eq!(seed.code_at(0).digits.expose().len(), digits, "{name}");
        assert_eq!(seed.period().as_secs(), period, "{name}");
    }
    let all = wait(vault.list(None)).unwrap();
    let names: Vec<_> = all.iter().map(|summary| summary.reference.to_string()).collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names.len(), 9, "{names:?}");
    assert!(
        names.iter().all(|name| !name.contains("na/me") && !name.contains("gone")),
        "{names:?}"
    );
    let eu = wait(vault.list(Some("web/eu"))).unwrap();
    assert_eq!(eu.len(), 3);
    assert_eq!(wait(vault.list(Some("we"))).unwrap().len(), 0);
    assert!(wait(vault.health()).unwrap().contains("1 entries left out"));
}

#[test]
fn every_way_of_not_opening_is_said() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let good = std::fs::read(at("pykeepass-key.kdbx")).unwrap();
    let old = std::fs::read(at("keepassxc-key.kdbx")).unwrap();
    let edit = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 0x20;
        bytes
    };
    place(&at("empty.kdbx"), b"");
    place(&at("text.kdbx"), b"this is no database at all");
    place(
        &at("one.kdbx"),
        &[&[0x03, 0xD9, 0xA2, 0x9A, 0x65, 0xFB, 0x4B, 0xB5][..], &[0; 200]].concat(),
    );
    place(&at("future.kdbx"), &[&good[..10], &[9, 0][..], &good[12..]].concat());
    place(&at("header.kdbx"), &edit(&good, 40));
    place(&at("body.kdbx"), &edit(&good, good.len() - 60));
    place(&at("cut.kdbx"), &good[..good.len() - 50]);
    place(&at("cut-header.kdbx"), &good[..60]);
    place(&at("cut-old.kdbx"), &old[..old.len() - 7]);
    place(&at("old-altered.kdbx"), &edit(&old, old.len() - 5));
    std::fs::create_dir(at("folder.kdbx")).unwrap();
    let mut broken = std::fs::read_to_string(at("pykeepass.keyx")).unwrap();
    let data = broken.find("Hash=\"").unwrap() + 6;
    broken.replace_range(data..data + 1, if &broken[data..=data] == "0" { "1" } else { "0" });
    place(&at("broken.keyx"), broken.as_bytes());
    place(&at("plain.keyx"), b"some bytes");
    place(&at("wrong-pw"), b"not it\n");
    place(&at("empty-pw"), b"\n");
    let key = Some("pykeepass.keyx");
    for (settings, expected) in [
        (settings("none.kdbx", key, false), "there is no file"),
        (settings("folder.kdbx", key, false), "is not a KeePass database"),
        (settings("empty.kdbx", key, false), "is not a KeePass database"),
        (settings("text.kdbx", key, false), "is not a KeePass database"),
        (settings("one.kdbx", key, false), "is a KeePass database of version 1,"),
        (settings("future.kdbx", key, false), "of version KDBX 9.0,"),
        (
            settings("header.kdbx", key, false),
            "is damaged or was altered: its header cannot be trusted",
        ),
        (
            settings("body.kdbx", key, false),
            "is damaged or was altered: its contents cannot be trusted",
        ),
        (settings("cut.kdbx", key, false), "is cut off"),
        (settings("cut-header.kdbx", key, false), "is cut off"),
        (settings("cut-old.kdbx", Some("keepassxc.keyx"), false), "is cut off"),
        (settings("old-altered.kdbx", Some("keepassxc.keyx"), false), "does not open"),
        (
            settings("pykeepass-key.kdbx", Some("keepassxc.keyx"), false),
            "keepassxc.keyx does not open",
        ),
        (settings("pykeepass-key.kdbx", Some("plain.keyx"), false), "plain.keyx does not open"),
        (settings("keepassxc-key.kdbx", key, false), "pykeepass.keyx does not open"),
        (settings("pykeepass-both.kdbx", key, false), "does not open"),
        (settings("pykeepass-key.kdbx", key, true), "the password with the key file"),
        (settings("pykeepass-key.kdbx", Some("broken.keyx"), false), "its checksum does not hold"),
        (settings("pykeepass-key.kdbx", Some("none.keyx"), false), "there is no key file"),
        (settings("pykeepass-key.kdbx", Some("folder.kdbx"), false), "cannot read the key file"),
        (
            json!({"path": "pykeepass-password.kdbx", "password-file": "wrong-pw"}),
            "the password does not open",
        ),
        (
            json!({"path": "pykeepass-password.kdbx", "password-file": "empty-pw"}),
            "its first line is empty",
        ),
        (
            json!({"path": "pykeepass-password.kdbx", "password-file": "none"}),
            "cannot read the password file",
        ),
    ] {
        let text = settings.to_string();
        let error = kdbx_error(account(&vault(folder.path(), settings), "web/shop").unwrap_err());
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
}

#[test]
fn no_damage_of_a_file_is_a_crash() {
    let folder = folder();
    for name in ["pykeepass-key.kdbx", "keepassxc-key.kdbx"] {
        let good = std::fs::read(folder.path().join(name)).unwrap();
        let header = header::read(&good).unwrap();
        // Every byte of the header, one after another, set to what is worst for a length or a cost.
        let mut unseen = Vec::new();
        for at in 0..400 {
            for value in [0x00, 0x7F, 0xFF] {
                let mut bytes = good.clone();
                bytes[at] = value;
                if bytes != good && header::read(&bytes).is_ok() {
                    unseen.push(at);
                }
            }
        }
        // The new format has a checksum over its header; behind that the walk sees nothing, and the
        // crate's own checksums do. The old one has none: walking it has to end, that is all.
        if header.major == 4 {
            unseen.dedup();
            let first = unseen[0];
            assert_eq!(unseen, (first..400).collect::<Vec<_>>(), "{name}");
            assert!(first > 250, "{name}: {first}");
        }
        for length in 0..good.len() {
            if header.major == 4 {
                let walked = header::read(&good[..length]);
                assert!(length > 300 || walked.is_err(), "{name}: {length} bytes");
            }
        }
    }
}

#[test]
fn costs_beyond_measure_are_refused() {
    let folder = folder();
    let good = std::fs::read(folder.path().join("pykeepass-key.kdbx")).unwrap();
    // The memory of the key derivation: its name, the length of its value, its value.
    let name = good.windows(9).position(|bytes| bytes == b"\x05\x01\0\0\0M\x08\0\0").unwrap();
    let mut bytes = good.clone();
    bytes[name + 10..name + 18].copy_from_slice(&(1_u64 << 60).to_le_bytes());
    assert_eq!(header::read(&bytes), Err(header::Fault::TooCostly("too much memory")));
    // A dictionary that says a number in a way of its own.
    bytes[name] = 0x42;
    assert_ne!(header::read(&bytes).err(), None);
}

#[test]
fn a_change_keeps_everything_else() {
    let folder = folder();
    let vault = vault(folder.path(), settings("pykeepass-both.kdbx", Some("pykeepass.keyx"), true));
    let before = vault.inner.content().unwrap();
    let before = &before.database;
    let reference: AccountRef = "web/shop".parse().unwrap();
    let change = Change {
        password: Some("new one".to_owned().into()),
        properties: vec![
            ("zone".into(), Property { value: "south".to_owned().into(), protected: false }),
            ("pin".into(), Property { value: "0815".to_owned().into(), protected: false }),
        ],
        logon_account: Link::Set("corp:codes/x".parse().unwrap()),
        reconcile_account: Link::Clear,
        ..Change::default()
    };
    vault.edit(&reference, change).unwrap();
    let after = vault.inner.content().unwrap();
    let after = &after.database;
    assert_eq!(before.num_entries(), after.num_entries());
    assert_eq!(before.num_groups(), after.num_groups());
    assert_eq!(before.num_attachments(), after.num_attachments());
    let id = entry::find(after, &vault.inner.name, &reference).unwrap();
    for entry in before.iter_all_entries() {
        let now = after.entry(entry.id()).unwrap();
        if entry.id() != id {
            assert_eq!(entry.fields, now.fields);
            assert_eq!(entry.times, now.times);
        }
    }
    let (was, now) = (before.entry(id).unwrap(), after.entry(id).unwrap());
    assert_eq!(now.get("Password"), Some("new one"));
    // The spelling and the protection of a field stay.
    assert_eq!(now.get("Zone"), Some("south"));
    assert!(now.fields["PIN"].is_protected() && now.get("PIN") == Some("0815"));
    assert_eq!(now.get("LogonAccount"), Some("corp:codes/x"));
    assert_eq!(now.get("ReconcileAccount"), None);
    assert_eq!(now.tags, was.tags);
    assert_eq!(
        now.attachment_by_name("note.txt").unwrap().data.get(),
        was.attachment_by_name("note.txt").unwrap().data.get()
    );
    // What it was is the newest of its history, which has the oldest first.
    let history = now.history.as_ref().unwrap().get_entries();
    assert_eq!(history.len(), 2);
    assert_eq!(history[1].fields, was.fields);
}

#[test]
fn an_attachment_that_another_entry_uses_stays() {
    let folder = folder();
    let vault = vault(folder.path(), settings("pykeepass-key.kdbx", Some("pykeepass.keyx"), false));
    vault.remove(&"web/shop".parse().unwrap()).unwrap();
    let content = vault.inner.content().unwrap();
    let id = entry::find(&content.database, &vault.inner.name, &"web/eu/otp".parse().unwrap());
    let entry = content.database.entry(id.unwrap()).unwrap();
    assert_eq!(entry.attachment_by_name("same.txt").unwrap().data.get(), b"attached bytes");
    assert_eq!(content.database.num_attachments(), 1);
}

#[test]
fn fields_behind_a_history_are_not_read_as_noise() {
    let folder = folder();
    let path = folder.path().join("pykeepass-order.kdbx");
    let before = std::fs::read(&path).unwrap();
    let vault =
        vault(folder.path(), settings("pykeepass-order.kdbx", Some("pykeepass.keyx"), false));
    let error = account(&vault, "web/eu/order").unwrap_err();
    assert!(matches!(kdbx_error(error), Error::Scrambled { .. }));
    // The entries before and behind it are right.
    for (name, expected) in [("web/eu/behind", "behind-password"), ("alone", "root-password")] {
        let account = account(&vault, name).unwrap();
        let Password::Value(password) = &account.password else { panic!("{name}: no password") };
        assert_eq!(password.expose(), expected, "{name}");
    }
    // Writing would make the noise last.
    let error = vault.remove(&"alone".parse().unwrap()).unwrap_err();
    assert!(matches!(kdbx_error(error), Error::Scrambled { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(wait(vault.health()).unwrap().contains("1 not usable"));
}

#[test]
fn the_history_is_as_long_as_the_file_says() {
    let folder = folder();
    let vault = vault(folder.path(), json!({"path": "new.kdbx", "key-file": "new.key"}));
    vault.make().unwrap();
    let reference: AccountRef = "a".parse().unwrap();
    let password = |n: usize| Change { password: Some(n.to_string().into()), ..Change::default() };
    vault.add(&reference, password(0)).unwrap();
    for n in 1..=13 {
        vault.edit(&reference, password(n)).unwrap();
    }
    let content = vault.inner.content().unwrap();
    let database = &content.database;
    let id = entry::find(database, &vault.inner.name, &reference).unwrap();
    let entry = database.entry(id).unwrap();
    let history: Vec<_> = entry
        .history
        .as_ref()
        .unwrap()
        .get_entries()
        .iter()
        .map(|entry| entry.get("Password").unwrap().to_owned())
        .collect();
    assert_eq!(history, (3..13).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[test]
fn the_old_format_is_read_and_not_written() {
    let folder = folder();
    let path: PathBuf = folder.path().join("keepassxc-key.kdbx");
    let before = std::fs::read(&path).unwrap();
    let vault = vault(folder.path(), settings("keepassxc-key.kdbx", Some("keepassxc.keyx"), false));
    let error = vault.remove(&"web/shop".parse().unwrap()).unwrap_err();
    assert!(matches!(kdbx_error(error), Error::OldFormat { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn every_text_arrives_exact() {
    let folder = folder();
    let vault = vault(folder.path(), json!({"path": "new.kdbx", "key-file": "new.key"}));
    vault.make().unwrap();
    let printable: String = (' '..='~').collect();
    for (at, text) in [
        printable.as_str(),
        " ",
        "  both ends  ",
        "\ttab\t",
        "a\nb\r\nc\r",
        "\u{0}\u{1}\u{7f}",
        "<![CDATA[x]]>",
        "&amp;&#13;",
        "ü😀\u{e000}\u{feff}",
        &"x".repeat(512),
        "]]>",
        "{REF:P@I:no}",
    ]
    .into_iter()
    .enumerate()
    {
        let reference: AccountRef = format!("s/{at}").parse().unwrap();
        let protected = Property { value: text.to_owned().into(), protected: true };
        let change = Change {
            password: Some(text.to_owned().into()),
            properties: vec![("p".into(), protected)],
            ..Change::default()
        };
        vault.add(&reference, change).unwrap();
        let account = account(&vault, &reference.to_string()).unwrap();
        let Password::Value(password) = &account.password else { panic!("no password: {text:?}") };
        assert_eq!(password.expose(), text);
        assert_eq!(account.properties["p"].value.expose(), text);
    }
    // Unprotected text stands in XML, which cannot hold everything: it arrives, or nothing is changed.
    for text in
        [printable.trim(), "a b", "  both ends  ", " ", "\tx", "a\nb", "\u{1}", "ü😀", "]]>"]
    {
        let before = std::fs::read(folder.path().join("new.kdbx")).unwrap();
        let change = Change { username: Some(text.to_owned()), ..Change::default() };
        match vault.edit(&"s/1".parse().unwrap(), change) {
            Ok(()) => {
                let account = account(&vault, "s/1").unwrap();
                assert_eq!(account.username.as_deref(), Some(text));
            }
            Err(error) => {
                assert!(matches!(kdbx_error(error), Error::Unfaithful { .. }), "{text:?}");
                assert_eq!(std::fs::read(folder.path().join("new.kdbx")).unwrap(), before);
            }
        }
    }
}
