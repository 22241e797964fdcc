//! The KDBX vault and the commands that keep its accounts, whole binary.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::lab::marks::{Marks, files};
use crate::lab::{Ended, Lab};

#[cfg(target_os = "linux")]
mod terminal;

const FOLDER: &str = ".local/share/doorward";

/// A lab with a vault where the defaults put it.
fn lab() -> Lab {
    let lab = Lab::new();
    ok(lab.run(&["vault", "init"]));
    lab
}

fn ok(ended: Ended) -> Ended {
    assert_eq!(ended.code, 0, "{ended:?}");
    ended
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn add(lab: &Lab, account: &str, secret: &str) {
    let line = format!("account add {account} --username u --secret-stdin");
    ok(lab.run_with_input(&words(&line), &format!("{secret}\n")));
}

#[test]
fn an_account_lives_from_init_to_remove() {
    let lab = lab();
    let line = "account add web/shop --username alice --url https://shop.example:8443/x --property zone=north --protected pin --secret-stdin";
    let ended = ok(lab.run_with_input(&words(line), "pass\r\n4711\r\n"));
    assert_eq!(ended.stdout, "added local:web/shop\n");
    add(&lab, "codes/shop", "JBSWY3DPEHPK3PXP");
    ok(lab.run(&words(
        "account link web/shop --logon-account codes/shop --reconcile-account codes/shop",
    )));
    let shown = ok(lab.run(&words("account show local:web/shop"))).stdout;
    assert_eq!(
        shown,
        "account            local:web/shop\n\
         username           alice\n\
         address            shop.example:8443\n\
         password           set\n\
         logon account      local:codes/shop\n\
         reconcile account  local:codes/shop\n\
         property           pin (protected)\n\
         property           url = https://shop.example:8443/x\n\
         property           zone = north\n"
    );
    let edit = "account edit web/shop --username bob --address other.example --property zone= --url https://x.example";
    ok(lab.run(&words(edit)));
    ok(lab.run(&words("account unlink web/shop --reconcile-account")));
    let shown = ok(lab.run(&words("account show web/shop"))).stdout;
    for part in ["bob", "other.example", "logon account", "pin (protected)", "https://x.example"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    for part in ["zone", "reconcile"] {
        assert!(!shown.contains(part), "{part}: {shown}");
    }
    let table = ok(lab.run(&words("account list"))).stdout;
    assert_eq!(
        table,
        "ACCOUNT           USERNAME  ADDRESS        LOGON ACCOUNT\n\
         local:codes/shop  u\n\
         local:web/shop    bob       other.example  local:codes/shop\n"
    );
    let json = ok(lab.run(&words("account list local:web/ --format json"))).stdout;
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[0]["account"], "local:web/shop");
    assert_eq!(rows[0]["logon_account"], "local:codes/shop");
    assert_eq!(rows.as_array().unwrap().len(), 1);
    let ended = ok(lab.run(&words("account remove codes/shop --yes")));
    assert!(ended.stderr.contains("is the logon account of local:web/shop"), "{ended:?}");
    assert_eq!(ended.stdout, "removed local:codes/shop\n");
    assert!(!ok(lab.run(&words("account list"))).stdout.contains("local:codes/shop  u"));
}

#[test]
fn wrong_commands_say_what_to_do_and_change_nothing() {
    let lab = lab();
    add(&lab, "web/shop", "pass");
    let file = lab.path().join(FOLDER).join("vault.kdbx");
    let before = std::fs::read(&file).unwrap();
    for (line, input, code, part) in [
        ("vault init", "", 5, "is not overwritten"),
        ("vault init nope", "", 2, "has no vault `nope`"),
        (
            "account add web/shop --username u --secret-stdin",
            "x\n",
            5,
            "`doorward account edit local:web/shop`",
        ),
        ("account add a --secret-stdin", "x\n", 2, "--username"),
        (
            "account add a --username u --secret-stdin",
            "",
            2,
            "is empty where the password should be",
        ),
        (
            "account add a --username u --secret-stdin",
            "\n",
            2,
            "is empty where the password should be",
        ),
        ("account add a --username u --secret-stdin", "x\ny\n", 2, "has 2 lines instead of 1"),
        (
            "account add a --username u --protected p --secret-stdin",
            "x\n",
            2,
            "has 1 lines instead of 2",
        ),
        ("account add a --username u --password hunter2", "", 2, "--secret-stdin"),
        ("account add a --username u --password=hunter2", "", 2, "--secret-stdin"),
        ("account add a --username u --secret hunter2", "", 2, "--secret-stdin"),
        ("account edit web/shop --secret hunter2", "", 2, "--secret-stdin"),
        ("account edit web/shop --secret=hunter2", "", 2, "--secret-stdin"),
        (
            "account add a --username u --property otp=hunter2 --secret-stdin",
            "x\n",
            2,
            "`--protected otp`",
        ),
        (
            "account add a --username u --property hunter2 --secret-stdin",
            "x\n",
            2,
            "a name, `=` and a value",
        ),
        (
            "account add a --username u --property password=hunter2 --secret-stdin",
            "x\n",
            2,
            "cannot be the name",
        ),
        (
            "account add a --username u --protected url --secret-stdin",
            "x\ny\n",
            2,
            "`--url` sets it",
        ),
        (
            "account add a --username u --property p=1 --protected P --secret-stdin",
            "x\ny\n",
            2,
            "`p` is given twice",
        ),
        (
            "account add a --username u --logon-account gone --secret-stdin",
            "x\n",
            5,
            "no account `local:gone`",
        ),
        ("account add a//b --username u --secret-stdin", "x\n", 2, "a safe cannot be empty"),
        ("account add nope:a --username u --secret-stdin", "x\n", 2, "has no vault `nope`"),
        ("account edit web/shop", "", 2, "nothing was given"),
        ("account edit web/shpo --address x", "", 5, "`local:web/shop`"),
        ("account edit web/shpo --secret-stdin", "x\n", 5, "no account `local:web/shpo`"),
        ("account remove web/shop", "", 2, "`--yes`"),
        ("account remove web/nope --yes", "", 5, "no account `local:web/nope`"),
        ("account show other", "", 5, "no account `local:other`"),
        ("account list a//b", "", 2, "a safe cannot be empty"),
        ("account list nope:", "", 2, "has no vault `nope`"),
        ("account link web/shop", "", 2, "--logon-account <REF>"),
        ("account link web/shop --logon-account web/shop", "", 2, "to itself"),
        ("account link web/shop --logon-account gone", "", 5, "no account `local:gone`"),
        ("account link web/shop --logon-account nope:x", "", 2, "has no vault `nope`"),
        ("account unlink gone", "", 5, "no account `local:gone`"),
    ] {
        let ended = lab.run_with_input(&words(line), input);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
        assert!(ended.stderr.contains(part), "{line}: {ended:?}");
        assert!(ended.stdout.is_empty(), "{line}: {ended:?}");
        assert!(!format!("{ended:?}").contains("hunter2"), "{line}: {ended:?}");
        assert_eq!(std::fs::read(&file).unwrap(), before, "{line}");
    }
    let text = [b"\xff\xfe\n".as_slice(), &vec![b'x'; (1 << 20) + 1]];
    for (bytes, part) in text.into_iter().zip(["is not UTF-8", "longer than a mebibyte"]) {
        let input = lab.write("input", bytes);
        let line = "account add a --username u --secret-stdin";
        let ended = lab.command(&words(line)).stdin(std::fs::File::open(input).unwrap()).output();
        let ended = Ended::from(ended.unwrap());
        assert!(ended.code == 2 && ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn wrong_configurations_are_told_apart() {
    let lab = Lab::new();
    for (yaml, code, part) in [
        ("vaults: { local: { kind: kdbx } }", 2, "it names the .kdbx file"),
        ("vaults: { local: { kind: kdbx, path: v, keyfile: k } }", 2, "did you mean `key-file`?"),
        ("vaults: { local: { kind: kdbx, path: v, password: hunter2 } }", 2, "holds no secrets"),
        ("vaults: { local: { kind: kdbc, path: v } }", 2, "did you mean `kind: kdbx`?"),
        ("vaults: { local: { kind: lastpass } }", 2, "the kinds are: kdbx"),
        ("vaults: { local: { kind: kdbx, path: gone, key-file: k } }", 5, "there is no file"),
        ("vaults: { local: { kind: kdbx, path: here, key-file: k } }", 5, "there is no key file"),
        (
            "vaults: { local: { kind: kdbx, path: here, key-file: here } }",
            5,
            "is not a KeePass database",
        ),
        (
            "vaults: { local: { kind: kdbx, path: new, password-file: gone } }",
            5,
            "there is no file",
        ),
    ] {
        lab.write("here", "some text");
        lab.write("doorward.yaml", yaml);
        let ended = lab.run(&words("account list"));
        assert_eq!(ended.code, code, "{yaml}: {ended:?}");
        assert!(ended.stderr.contains(part), "{yaml}: {ended:?}");
        assert!(!ended.stderr.contains("hunter2"), "{ended:?}");
    }
    lab.write("doorward.yaml", "vaults: { local: { kind: kdbx, path: new, password-file: gone } }");
    let ended = lab.run(&words("vault init"));
    assert!(ended.code == 5 && ended.stderr.contains("cannot read the password file"), "{ended:?}");
    lab.write("doorward.yaml", "vaults: { local: { kind: kdbx, path: new, key-file: here } }");
    let ended = lab.run(&words("vault init"));
    assert!(ended.code == 5 && ended.stderr.contains("is no KeePass key file"), "{ended:?}");
    assert!(!lab.path().join("new").exists());
}

#[test]
fn a_vault_opens_with_a_password_a_key_file_or_both() {
    for settings in
        ["key-file: keys/v.key", "password-file: pw", "key-file: keys/v.key, password-file: pw"]
    {
        let lab = Lab::new();
        private(&lab.write("pw", "pass wörd\nnot this line\n"));
        let yaml = format!("vaults: {{ local: {{ kind: kdbx, path: data/v.kdbx, {settings} }} }}");
        lab.write("doorward.yaml", yaml);
        ok(lab.run(&words("vault init")));
        add(&lab, "a", "secret");
        let ended = ok(lab.run(&words("account show a")));
        assert!(ended.stdout.contains("password           set"), "{settings}: {ended:?}");
        assert!(ended.stderr.is_empty(), "{settings}: {ended:?}");
        lab.write("pw", "another\n");
        std::fs::remove_dir_all(lab.path().join("keys")).ok();
        let ended = lab.run(&words("account show a"));
        assert_eq!(ended.code, 5, "{settings}: {ended:?}");
        let part = match settings.starts_with("key-file") {
            true => "there is no key file",
            false => "the password does not open",
        };
        assert!(ended.stderr.contains(part), "{settings}: {ended:?}");
    }
}

#[test]
fn an_init_that_was_killed_goes_on_with_its_key_file() {
    let lab = lab();
    let folder = lab.path().join(FOLDER);
    let key = std::fs::read(folder.join("vault.key")).unwrap();
    std::fs::remove_file(folder.join("vault.kdbx")).unwrap();
    let ended = ok(lab.run(&["vault", "init"]));
    assert!(ended.stdout.contains("was there already"), "{ended:?}");
    assert_eq!(std::fs::read(folder.join("vault.key")).unwrap(), key);
    add(&lab, "a", "secret");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt;
    let lab = lab();
    add(&lab, "a", "secret");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = lab.path().join(FOLDER);
    assert_eq!(mode(&folder), 0o700);
    let mut names = Vec::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["vault.kdbx", "vault.kdbx.lock", "vault.key"]);
    // A change keeps what the owner decided, and the link that they made.
    let file = folder.join("vault.kdbx");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::fs::rename(&file, lab.path().join("moved.kdbx")).unwrap();
    std::os::unix::fs::symlink(lab.path().join("moved.kdbx"), &file).unwrap();
    add(&lab, "b", "secret");
    assert!(file.symlink_metadata().unwrap().is_symlink());
    assert_eq!(mode(&lab.path().join("moved.kdbx")), 0o640);
    // A key file that others can read is said, each time.
    std::fs::set_permissions(folder.join("vault.key"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    let ended = ok(lab.run(&words("account list")));
    assert!(ended.stderr.contains("others can read"), "{ended:?}");
}

#[test]
fn eight_writers_at_once_lose_nothing() {
    let lab = lab();
    let mut children: Vec<Child> = (0..8)
        .map(|n| {
            let line = format!("account add s{}/a{n} --username u{n} --secret-stdin", n % 2);
            let input = lab.write(&format!("input{n}"), format!("secret {n}\n"));
            let input = std::fs::File::open(input).unwrap();
            lab.command(&words(&line)).stdin(input).stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let json = ok(lab.run(&words("account list --format json"))).stdout;
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    let names: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| row["account"].as_str().unwrap()).collect();
    let mut expected: Vec<_> = (0..8).map(|n| format!("local:s{}/a{n}", n % 2)).collect();
    expected.sort();
    assert_eq!(names, expected);
}

/// A moment in the work of a writer, as its folder shows it.
type Moment = fn(&Path) -> bool;

#[test]
fn a_writer_killed_at_any_moment_leaves_the_old_file_or_the_new_one() {
    let lab = lab();
    add(&lab, "first", "secret");
    let folder = lab.path().join(FOLDER);
    let file = folder.join("vault.kdbx");
    let moments: [Moment; 4] = [
        |_| true,
        |folder| folder.join("vault.kdbx.lock").exists(),
        |folder| partial(folder).is_some(),
        |folder| partial(folder).is_some_and(|length| length > 0),
    ];
    let mut outcomes = [0, 0];
    for round in 0..24 {
        std::fs::remove_file(folder.join("vault.kdbx.lock")).unwrap();
        let before = std::fs::read(&file).unwrap();
        let line = format!("account add round{round} --username u --secret-stdin");
        let input = lab.write("input", "secret\n");
        let mut child = lab
            .command(&words(&line))
            .stdin(std::fs::File::open(input).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let moment = moments[round % moments.len()];
        while !moment(&folder) && child.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        let _ = child.kill();
        child.wait().unwrap();
        let listed = ok(lab.run(&words("account list"))).stdout;
        let changed = std::fs::read(&file).unwrap() != before;
        assert_eq!(listed.contains(&format!("round{round}")), changed, "{listed}");
        outcomes[usize::from(changed)] += 1;
        // The next writer is not held up, and clears away what is left.
        let line = format!("account add after{round} --username u --secret-stdin");
        ok(lab.run_with_input(&words(&line), "secret\n"));
        assert_eq!(partial(&folder), None);
    }
    assert!(outcomes[0] > 0, "no writer was killed before it was done: {outcomes:?}");
    let listed = ok(lab.run(&words("account list"))).stdout;
    assert!(listed.contains("first") && (0..24).all(|n| listed.contains(&format!("after{n}"))));
}

/// The length of the file that a writer has not put in place yet.
fn partial(folder: &Path) -> Option<u64> {
    std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .find(|file| file.file_name().to_string_lossy().starts_with(".vault.kdbx.new-"))
        .map(|file| file.metadata().map_or(0, |metadata| metadata.len()))
}

#[test]
fn no_secret_comes_out_anywhere() {
    const MARK: &str = "mArk-9f81c2-sEcret";
    let lab = lab();
    let pin = format!("{MARK}-pin");
    let seed = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let mut output = String::new();
    for (line, input) in [
        (
            "account add web/shop --username alice --protected pin --protected otp --secret-stdin",
            format!("{MARK}\n{pin}\n{seed}\n"),
        ),
        ("account add web/shop --username alice --secret-stdin", format!("{MARK}\n")),
        ("account add web/other --username alice --secret-stdin", format!("{MARK}\n{MARK}\n")),
        (
            "account add web/other --username alice --protected pin --secret-stdin",
            format!("{MARK}\n"),
        ),
        ("account edit web/shop --secret-stdin", format!("{MARK}-new\n")),
        ("account edit web/none --secret-stdin", format!("{MARK}-new\n")),
        ("account edit web/shop --secret-stdin --protected pin", format!("{MARK}-new\n{pin}\n")),
        ("account add web/x --username u --password mArk-9f81c2-sEcret", String::new()),
        ("account edit web/shop --secret mArk-9f81c2-sEcret", String::new()),
        ("account show web/shop", String::new()),
        ("account list", String::new()),
        ("account list --format json", String::new()),
        ("account link web/shop --reconcile-account web/shop2", String::new()),
        ("account unlink web/shop", String::new()),
        ("vault init", String::new()),
    ] {
        for level in ["off", "trace"] {
            let mut child = lab
                .command(&words(line))
                .env("RUST_LOG", level)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
            let ended = Ended::from(child.wait_with_output().unwrap());
            output.push_str(&ended.stdout);
            output.push_str(&ended.stderr);
        }
    }
    assert!(output.contains("added local:web/shop") && output.contains("pin (protected)"));
    let marks = Marks::of(&[("password", MARK), ("seed", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]);
    assert!(marks.within(output.as_bytes()).is_empty(), "{output}");
    assert!(files(lab.path()).len() >= 3, "the vault's files were not searched");
    assert_eq!(marks.below(lab.path(), &[]), Vec::<String>::new());
}

/// Says that a test was not run because a tool is missing; where all tools are promised, it fails.
#[expect(clippy::print_stderr, reason = "a test that is skipped says why")]
pub(crate) fn missing(tool: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()));
    assert!(found || std::env::var_os("CI").is_none(), "{tool} is not installed");
    if !found {
        eprintln!("skipped: {tool} is not installed; tests/run.sh installs it");
    }
    !found
}

fn keepassxc(lab: &Lab, arguments: &[&str]) -> Ended {
    let output = Command::new("keepassxc-cli")
        .args(arguments)
        .current_dir(lab.path().join(FOLDER))
        .env("HOME", lab.path())
        .env("QT_QPA_PLATFORM", "offscreen")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended::from(output)
}

#[test]
fn keepassxc_opens_what_doorward_writes() {
    if missing("keepassxc-cli") {
        return;
    }
    let lab = lab();
    let line = "account add web/eu/shop --username alice --url https://shop.example/x --address shop.example:1 --property zone=north --protected pin --protected otp --secret-stdin";
    let seed = "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=30&digits=6";
    let password = "p&ss <\"'> {x} ü😀  ";
    ok(lab.run_with_input(&words(line), &format!("{password}\n4711\n{seed}\n")));
    add(&lab, "codes/shop", "JBSWY3DPEHPK3PXP");
    ok(lab.run(&words("account link web/eu/shop --logon-account codes/shop")));
    ok(lab.run(&words("account edit web/eu/shop --property zone=south")));
    let key = ["--no-password", "-k", "vault.key"];
    for (attribute, value) in [
        ("UserName", "alice"),
        ("Password", password),
        ("URL", "https://shop.example/x"),
        ("Address", "shop.example:1"),
        ("zone", "south"),
        ("pin", "4711"),
        ("LogonAccount", "codes/shop"),
    ] {
        let arguments =
            [&["show", "-q", "-s", "-a", attribute], &key[..], &["vault.kdbx", "web/eu/shop"]]
                .concat();
        assert_eq!(ok(keepassxc(&lab, &arguments)).stdout, format!("{value}\n"), "{attribute}");
    }
    let arguments = [&["show", "-q", "-t"], &key[..], &["vault.kdbx", "web/eu/shop"]].concat();
    assert_eq!(ok(keepassxc(&lab, &arguments)).stdout.trim().len(), 6);
    // And what KeePassXC writes into it, doorward reads; nothing is lost on either way.
    let arguments =
        [&["edit", "-q", "-u", "bob"], &key[..], &["vault.kdbx", "web/eu/shop"]].concat();
    ok(keepassxc(&lab, &arguments));
    let arguments = [&["mkdir", "-q"], &key[..], &["vault.kdbx", "new"]].concat();
    ok(keepassxc(&lab, &arguments));
    let arguments = [&["rm", "-q"], &key[..], &["vault.kdbx", "codes/shop"]].concat();
    ok(keepassxc(&lab, &arguments));
    let shown = ok(lab.run(&words("account show web/eu/shop"))).stdout;
    for part in ["bob", "shop.example:1", "zone = south", "pin (protected)", "local:codes/shop"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // KeePassXC has put it into its recycle bin.
    assert_eq!(lab.run(&words("account show codes/shop")).code, 5);
    add(&lab, "new/one", "secret");
    let arguments = [&["ls", "-q", "-R", "-f"], &key[..], &["vault.kdbx"]].concat();
    let listed = ok(keepassxc(&lab, &arguments)).stdout;
    assert!(listed.contains("new/one") && listed.contains("web/eu/shop"), "{listed}");
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn private(_path: &Path) {}
