use std::path::{Path, PathBuf};

use super::{BrowserKind, Config, Error, Folders};

/// Reads `text` as the file `here/doorward.yaml` of a user whose data lies in `/data`.
fn read(text: impl AsRef<[u8]>) -> Result<Config, Error> {
    super::read::config(Path::new("here/doorward.yaml"), text.as_ref(), Some(Path::new("/data")))
}

/// Where it is wrong, what is wrong, and the way out.
fn wrong(text: &str) -> (usize, usize, String, String) {
    match read(text) {
        Err(Error::Invalid { line, column, message, help, .. }) => (line, column, message, help),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn every_wrong_file_has_its_place_and_its_way_out() {
    let cases = [
        // Unknown keys, anywhere.
        ("vaultz: {}", 1, 1, "unknown key `vaultz`", "did you mean `vaults`?"),
        (
            "state: s\nDefault-Vault: x",
            2,
            1,
            "unknown key `Default-Vault`",
            "did you mean `default-vault`?",
        ),
        ("safes: {}", 1, 1, "unknown key `safes`", "the keys here are `vaults`, "),
        ("password: SECRET", 1, 1, "unknown key `password`", "the keys here are `vaults`, "),
        ("browser:\n  knd: chromium", 2, 3, "unknown key `knd`", "did you mean `kind`?"),
        (
            "browser: { sandbox: false, dirver: SECRET }",
            1,
            28,
            "unknown key `dirver`",
            "did you mean `driver`?",
        ),
        (
            "browser: { user: SECRET }",
            1,
            12,
            "unknown key `user`",
            "the keys here are `kind`, `binary`, ",
        ),
        // Wrong types.
        (
            "SECRET",
            1,
            1,
            "a configuration is a table of keys, and this is a text",
            "write `key: value`",
        ),
        ("- SECRET", 1, 1, "and this is a list", "write `key: value`"),
        ("3", 1, 1, "and this is a number", "write `key: value`"),
        (
            "vaults: SECRET",
            1,
            9,
            "`vaults` has to be a table of keys, and is a text",
            "write `key: value`",
        ),
        (
            "vaults: [SECRET]",
            1,
            9,
            "`vaults` has to be a table of keys, and is a list",
            "write `key: value`",
        ),
        (
            "vaults:\n  local: SECRET",
            2,
            10,
            "`vaults.local` has to be a table of keys, and is a text",
            "write `kind: kdbx`",
        ),
        ("state: [SECRET]", 1, 8, "`state` has to be a text, and is a list", "it takes one value"),
        ("state: 2024", 1, 8, "`state` has to be a text, and is a number", "put quotes around it"),
        ("state: ''", 1, 8, "`state` is empty", "give it a value"),
        (
            "state: ~/SECRET",
            1,
            8,
            "`state` begins with `~`, which only a shell resolves",
            "write the path in full",
        ),
        (
            "connectors: SECRET",
            1,
            13,
            "`connectors` has to be a list of folders, and is a text",
            "write `[FOLDER]`",
        ),
        (
            "connectors: [a, [SECRET]]",
            1,
            17,
            "`connectors` has to be a text, and is a list",
            "it takes one value",
        ),
        (
            "default-vault: 3",
            1,
            16,
            "`default-vault` has to be a text, and is a number",
            "put quotes around it",
        ),
        (
            "browser: SECRET",
            1,
            10,
            "`browser` has to be a table of keys, and is a text",
            "write `key: value`",
        ),
        (
            "browser: { sandbox: SECRET }",
            1,
            21,
            "`browser.sandbox` has to be `true` or `false`, and is a text",
            "without quotes",
        ),
        (
            "browser: { sandbox: 'false' }",
            1,
            21,
            "`browser.sandbox` has to be `true` or `false`, and is a text",
            "without quotes",
        ),
        ("browser: { sandbox: no }", 1, 21, "and is a text", "without quotes"),
        ("browser: { sandbox: 0 }", 1, 21, "and is a number", "without quotes"),
        ("1: SECRET", 1, 1, "a key has to be a text, and this is a number", "put quotes around it"),
        // Names.
        (
            "browser: { kind: chrome }",
            1,
            18,
            "`browser.kind` names no kind of browser",
            "did you mean `chromium`?",
        ),
        (
            "browser: { kind: Firefox }",
            1,
            18,
            "`browser.kind` names no kind of browser",
            "did you mean `firefox`?",
        ),
        (
            "browser: { kind: SECRET-edge }",
            1,
            18,
            "`browser.kind` names no kind of browser",
            "write `chromium`, for Chrome too",
        ),
        (
            "browser: { webdriver: SECRET }",
            1,
            23,
            "`browser.webdriver` is no URL: relative URL without a base",
            "write it as http://grid",
        ),
        (
            "browser: { webdriver: 'ftp://SECRET' }",
            1,
            23,
            "has to begin with http:// or https://",
            "write it as http://grid",
        ),
        (
            "browser: { webdriver: 'http://u:SECRET@grid' }",
            1,
            23,
            "holds a user name or password",
            "write it as http://grid",
        ),
        (
            "browser: { proxy: 'http://u:SECRET@proxy:3128' }",
            1,
            19,
            "`browser.proxy` holds a user name or password",
            "write it as http://proxy.example:3128",
        ),
        (
            "vaults:\n  'a b': { kind: kdbx }",
            2,
            3,
            "a vault name cannot hold ' '",
            "rename the vault",
        ),
        ("vaults:\n  -a: { kind: kdbx }", 2, 3, "a vault name cannot hold '-'", "rename the vault"),
        ("vaults:\n  a: { path: SECRET }", 2, 3, "vault `a` has no `kind`", "write `kind: kdbx`"),
        ("vaults:\n  a:", 2, 3, "vault `a` has no `kind`", "write `kind: kdbx`"),
        (
            "vaults:\n  a: { path: SECRET, kind: 3 }",
            2,
            22,
            "`vaults.a.kind` has to be a text",
            "write `kind: kdbx`",
        ),
        (
            "vaults: { corp: { kind: kdbx } }\ndefault-vault: crop",
            2,
            16,
            "`default-vault` names no vault",
            "did you mean `corp`?",
        ),
        (
            "vaults: { corp: { kind: kdbx } }\ndefault-vault: SECRET",
            2,
            16,
            "`default-vault` names no vault",
            "the vaults are `corp`",
        ),
        (
            "default-vault: SECRET",
            1,
            16,
            "`default-vault` names no vault",
            "the vaults are `local`",
        ),
        (
            "vaults: { a: { kind: kdbx }, b: { kind: kdbx } }",
            1,
            1,
            "several vaults and no `default-vault`",
            "with one of `a`, `b`",
        ),
        // Where seeds are kept.
        (
            "vaults: { corp: { kind: kdbx } }\nseeds: crop",
            2,
            8,
            "`seeds` names no vault",
            "did you mean `corp`?",
        ),
        ("seeds: [SECRET]", 1, 8, "`seeds` has to be a text, and is a list", "it takes one value"),
        // Links.
        ("links: SECRET", 1, 8, "`links` has to be a table of keys", "write `key: value`"),
        (
            "links:\n  web//SECRET: { logon-account: b }",
            2,
            3,
            "a key of `links` is no account reference",
            "a reference is `[vault:][safe/]name`",
        ),
        (
            "links:\n  locl:a: { logon-account: SECRET }",
            2,
            3,
            "a key of `links` names a vault that is not in this file",
            "did you mean `local`?",
        ),
        (
            "links:\n  a: { logon-account: 'SECRET:x' }",
            2,
            23,
            "`logon-account` names a vault that is not in this file",
            "the vaults are `local`",
        ),
        (
            "links:\n  a: { reconcile-account: '../SECRET' }",
            2,
            27,
            "`reconcile-account` is no account reference",
            "a reference is",
        ),
        ("links:\n  a: SECRET", 2, 6, "`links.local:a` has to be a table of keys", "write `key"),
        (
            "links:\n  a: { logon: SECRET }",
            2,
            8,
            "unknown key `logon`",
            "the keys here are `logon-account`, `reconcile-account`",
        ),
        (
            "links:\n  a: { logon-account: b }\n  local:a: { logon-account: c }",
            3,
            3,
            "an account is there twice below `links`",
            "leave one of them away",
        ),
        // Keys that are there twice.
        (
            "state: SECRET\nstate: SECRET",
            2,
            1,
            "the key `state` is there twice",
            "the first is in line 1",
        ),
        (
            "vaults:\n  a: { kind: kdbx }\n  a: { kind: kdbx }",
            3,
            3,
            "the key `a` is there twice",
            "the first is in line 2",
        ),
        (
            "vaults:\n  a: { kind: kdbx, path: SECRET,\n    path: SECRET }",
            3,
            5,
            "the key `path` is there twice",
            "the first is in line 2",
        ),
        (
            "browser:\n  sandbox: true\n  sandbox: false",
            3,
            3,
            "the key `sandbox` is there twice",
            "the first is in line 2",
        ),
        // What is no YAML.
        ("vaults:\n\ta: SECRET", 2, 2, "this is a tab", "put spaces in its place"),
        ("state: a: SECRET", 1, 9, "a second `: ` in this line", "put quotes around"),
        ("state: \"SECRET\nbrowser: {}", 2, 1, "a quote is never closed", "close it"),
        (
            "vaults: { a: { kind: SECRET }",
            1,
            9,
            "a bracket or brace is never closed",
            "close what was opened",
        ),
        (
            "state: a\n---\nstate: SECRET",
            2,
            1,
            "a second document begins here",
            "leave the `---` away",
        ),
        ("state: *SECRET", 1, 8, "there is no such anchor", "plain YAML"),
        ("state: \0", 1, 8, "this is not UTF-8 text", "save it as UTF-8"),
    ];
    let mut other = Vec::new();
    for (text, line, column, message, help) in cases {
        let found = wrong(text);
        let as_expected = (found.0, found.1) == (line, column)
            && found.2.contains(message)
            && found.3.contains(help);
        if !as_expected || format!("{found:?}").contains("SECRET") {
            other.push(format!("{text}: {found:?}"));
        }
    }
    assert!(other.is_empty(), "{}", other.join("\n"));
}

#[test]
fn what_is_no_text_of_a_configuration_is_refused_in_bounded_time() {
    let deep = format!("vaults: {}", "[".repeat(100_000));
    let wide = format!("connectors: [{}]", "a, ".repeat(300_000));
    let aliases = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        let last = n - 1;
        format!("{text}a{n}: &a{n} [*a{last}, *a{last}]\n")
    });
    let long = format!("{}: 1", "k".repeat(500_000));
    for text in [&deep, &wide, &aliases, &long] {
        let (.., message, _) = wrong(text);
        assert!(message.len() < 200, "{message}");
    }
    for bytes in [&b"state: a\nstate: \xFF"[..], b"\xFF\xFEs\0t\0"] {
        let Err(Error::Invalid { message, .. }) = read(bytes) else { panic!("it was taken") };
        assert_eq!(message, "this is not UTF-8 text");
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    for text in
        ["", "# nothing\n", "vaults:\nbrowser:\nstate:\nconnectors:\n", "\u{FEFF}browser: {}"]
    {
        let config = read(text).unwrap();
        assert_eq!(config.default_vault.as_str(), "local", "{text}");
        assert_eq!(config.vaults[&config.default_vault].kind, "kdbx", "{text}");
        assert_eq!(
            config.connectors,
            ["here/connectors", "/data/connectors"].map(PathBuf::from),
            "{text}"
        );
        // A configuration that says nothing of vaults leaves the vault where it was without one.
        let settings = &config.vaults[&config.default_vault].settings;
        assert_eq!(settings["path"], "/data/vault.kdbx", "{text}");
        assert_eq!(config.state, Path::new("/data/state"), "{text}");
        assert_eq!(config.browser.kind, BrowserKind::Chromium, "{text}");
        assert!(config.browser.sandbox && config.browser.webdriver.is_none(), "{text}");
    }
}

#[test]
fn links_name_their_vaults() {
    let config = read(
        "vaults: { a: { kind: kdbx }, b: { kind: kdbx } }\ndefault-vault: a\nlinks:\n  \
         x/y: { logon-account: z }\n  b:w: { logon-account: v, reconcile-account: 'a:u' }\n  c:",
    )
    .unwrap();
    let of = |account: &str| config.links[&account.parse().unwrap()].clone();
    let text = |link: Option<crate::name::AccountRef>| link.map(|link| link.to_string());
    assert_eq!(text(of("a:x/y").logon_account).as_deref(), Some("a:z"));
    assert_eq!(text(of("a:x/y").reconcile_account), None);
    assert_eq!(text(of("b:w").logon_account).as_deref(), Some("b:v"));
    assert_eq!(text(of("b:w").reconcile_account).as_deref(), Some("a:u"));
    assert_eq!(of("a:c"), crate::name::Links::default());
}

#[test]
fn paths_start_from_the_folder_of_the_file() {
    let config = read(
        "connectors: [a, /b]\nstate: ../s\nbrowser: { binary: c, driver: /d, ca-file: e, sandbox: false }\n\
         vaults: { v: { kind: kdbx, path: f, n: { m: [1, true, null] } } }",
    )
    .unwrap();
    assert_eq!(config.connectors, [PathBuf::from("here/a"), PathBuf::from("/b")]);
    assert_eq!(config.state, Path::new("here/../s"));
    assert_eq!(config.browser.binary.as_deref(), Some(Path::new("here/c")));
    assert_eq!(config.browser.driver.as_deref(), Some(Path::new("/d")));
    assert_eq!(config.browser.ca_file.as_deref(), Some(Path::new("here/e")));
    assert!(!config.browser.sandbox);
    // A vault's own settings stay as they are written: it resolves them from `base`.
    let entry = &config.vaults[&config.default_vault];
    let settings = serde_json::to_string(&entry.settings).unwrap();
    assert_eq!(settings, r#"{"n":{"m":[1,true,null]},"path":"f"}"#);
    assert_eq!(config.base, Path::new("here"));
    let place = |key| config.place(&config.default_vault, key).unwrap();
    assert_eq!(place("path"), "here/doorward.yaml:4:28");
    assert_eq!(place("n.m"), "here/doorward.yaml:4:42");
    assert_eq!(place("n.other"), "here/doorward.yaml:4:37");
    assert_eq!(place("missing"), "here/doorward.yaml:4:11");
}

#[test]
fn the_first_file_of_the_order_is_read() {
    let lab = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = lab.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    };
    let (named, here, config, data) =
        (folder("named"), folder("here"), folder("config"), folder("data"));
    let folders = Folders { config: config.clone(), data: data.clone() };
    let named = named.join("any.yaml");
    let order = [&named, &here.join("doorward.yaml"), &config.join("doorward.yaml")];
    for file in order {
        std::fs::write(file, "").unwrap();
    }
    let found = |named| Config::found(named, &here, Some(&folders)).map(|config| config.file);
    assert_eq!(found(Some(&named)).unwrap().as_ref(), Some(order[0]));
    for file in &order[1..] {
        assert_eq!(found(None).unwrap().as_ref(), Some(*file));
        std::fs::remove_file(file).unwrap();
    }
    let none = Config::found(None, &here, Some(&folders)).unwrap();
    assert_eq!((none.file, none.base, none.state), (None, data.clone(), data.join("state")));
    // What is named has to be there, and what is there has to be a file.
    std::fs::remove_file(&named).unwrap();
    let help = |error: Error| error.help().unwrap();
    assert!(help(found(Some(&named)).unwrap_err()).contains("have to name a file that is there"));
    assert!(help(found(Some(&here)).unwrap_err()).contains("it is a folder"));
    std::fs::create_dir(here.join("doorward.yaml")).unwrap();
    assert!(help(found(None).unwrap_err()).contains("it is a folder"));
    std::fs::remove_dir(here.join("doorward.yaml")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("gone", here.join("doorward.yaml")).unwrap();
        assert!(matches!(found(None), Err(Error::Unreadable { .. })));
    }
    std::fs::write(&named, "a".repeat(10 << 20)).unwrap();
    assert!(matches!(found(Some(&named)), Err(Error::TooLarge { .. })));
    let homeless = Config::found(None, &data, None).unwrap_err();
    assert!(matches!(homeless, Error::Homeless) && help(homeless).contains("--config"));
}

#[test]
fn every_wrong_portal_has_its_place_and_its_way_out() {
    let cases = [
        ("lisen: x", 3, "unknown key `lisen`", "did you mean `listen`?"),
        ("listen: localhost:8080", 11, "`portal.listen` is no address", "127.0.0.1:8080"),
        ("metrics: 9464", 12, "`portal.metrics` is no address", "127.0.0.1:9464"),
        ("metrics: localhost:9464", 12, "`portal.metrics` is no address", "127.0.0.1:9464"),
        ("metrics: 0.0.0.0:9464", 12, "would answer everybody", "from: [10.0.0.0/8]"),
        ("metrics: 192.0.2.7:9464", 12, "would answer everybody", "from: [10.0.0.0/8]"),
        ("metrics: { from: [10.0.0.0/8] }", 12, "`portal.metrics` needs `listen`", "write"),
        ("metrics: { listen: '[::]:1', from: [] }", 22, "would answer everybody", "from:"),
        (
            "metrics: { listen: '127.0.0.1:1', from: [x] }",
            44,
            "`portal.metrics.from` holds",
            "10.0",
        ),
        ("metrics: { port: 1 }", 14, "unknown key `port`", "listen"),
        ("listen: 8080", 11, "`portal.listen` has to be a text, and is a number", "put quotes"),
        ("tls: { certificate: a }", 8, "needs `certificate` and `key`", "name both"),
        ("public-url: door.example", 15, "`portal.public-url` is no URL", "https://door.example"),
        ("public-url: ftp://door.example", 15, "has to begin with https://", "https://"),
        (
            "public-url: https://SECRET@door.example",
            15,
            "holds a user name or password",
            "https://",
        ),
        ("public-url: https://door.example/x", 15, "has a path", "https://"),
        (
            "trusted-proxies: 10.0.0.1",
            20,
            "has to be a list of texts, and holds a text",
            "write `[",
        ),
        ("trusted-proxies: [proxy]", 21, "holds what is no address", "write `["),
        ("idle: 15", 9, "`portal.idle` has to be a text, and is a number", "put quotes"),
        ("idle: SECRET", 9, "`portal.idle` is no duration", "`15m`"),
        ("duration: 0s", 13, "`portal.duration` is no duration", "`8h`"),
        ("sessions-per-user: 0", 22, "a whole number from 1", "without quotes"),
        ("sessions-per-host: '5'", 22, "a whole number from 1", "without quotes"),
        ("offers: { web/*: shop }", 11, "`portal.offers` has to be a list", "write a list"),
        ("offers: [{ accounts: web/* }]", 12, "needs `accounts` and `connectors`", "write a list"),
        ("offers: [{ accounts: 'a b:c', connectors: [x] }]", 24, "is no pattern", "`web/*`"),
        ("offers: [{ accounts: a, connectors: [a/b] }]", 40, "cannot hold", "by its id"),
        (
            "second-factor: admin",
            18,
            "has to be a list of texts, and holds a text",
            "`[admin, approver]`",
        ),
        ("second-factor: [root]", 19, "`portal.second-factor` holds what is no role", "`operator`"),
    ];
    for (text, column, says, helps) in cases {
        let (line, found, message, help) = wrong(&format!("state: s\nportal:\n  {text}"));
        assert_eq!((line, found), (3, column), "{text}: {message}");
        assert!(message.contains(says), "{text}: {message}");
        assert!(help.contains(helps), "{text}: {help}");
        assert!(!message.contains("SECRET") && !help.contains("SECRET"), "{text}");
    }
}

#[test]
fn a_portal_is_read_with_its_paths_resolved() {
    let text = include_str!("../../examples/portal/portal.yaml");
    let portal = read(text).unwrap().portal;
    assert_eq!(portal.tls.unwrap().key, Path::new("here/portal.key"));
    assert_eq!(portal.public_url.unwrap().as_str(), "https://door.example:8443/");
    assert_eq!((portal.idle.as_secs(), portal.sessions_per_host), (900, 20));
    assert_eq!(portal.offers[1].connectors[1].as_str(), "cockpit-otp");
    assert!(read("state: s").unwrap().recording.is_none());
    assert_eq!(read("state: s").unwrap().portal.listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn every_wrong_provider_has_its_place_and_its_way_out() {
    const GOOD: &str = "issuer: https://id.example/realms/staff, client-id: doorward";
    let cases = [
        ("{ client-id: x }".to_owned(), "`portal.oidc` needs `issuer`", "https://id.example"),
        (
            "{ issuer: https://id.example }".to_owned(),
            "`portal.oidc` needs `client-id`",
            "doorward",
        ),
        ("{ issuer: id.example, client-id: x }".to_owned(), "is no address of a provider", "https"),
        ("{ issuer: 'https://id.example/?x', client-id: x }".to_owned(), "is no address", "https"),
        (
            "{ issuer: 'https://SECRET@id.example', client-id: x }".to_owned(),
            "is no address",
            "https",
        ),
        ("{ issuer: http://id.example, client-id: x }".to_owned(), "plain http", "has https"),
        (format!("{{ {GOOD}, client-secret: SECRET }}"), "holds no secret", "client-secret-file"),
        (format!("{{ {GOOD}, client_id: x }}"), "unknown key `client_id`", "`client-id`"),
        (format!("{{ {GOOD}, scopes: [profile] }}"), "has to hold `openid`", "[openid"),
        (format!("{{ {GOOD}, scopes: ['openid x'] }}"), "holds what is no scope", "[openid"),
        (format!("{{ {GOOD}, roles: [a] }}"), "has to be a table of keys", "key: value"),
        (format!("{{ {GOOD}, roles: {{ a: root }} }}"), "holds what is no role", "`operator`"),
        (format!("{{ {GOOD}, roles: {{ a: 1 }} }}"), "has to be a text", "GROUP: operator"),
        (format!("{{ {GOOD}, default-role: SECRET }}"), "holds what is no role", "`operator`"),
    ];
    for (text, says, hint) in cases {
        let (line, _, message, help) = wrong(&format!("state: s\nportal:\n  oidc: {text}"));
        assert_eq!(line, 3, "{text}");
        assert!(message.contains(says), "{text}: {message}");
        assert!(help.contains(hint), "{text}: {help}");
        assert!(!message.contains("SECRET") && !help.contains("SECRET"), "{text}: {message}");
    }
    let text =
        format!("state: s\nportal: {{ oidc: {{ {GOOD}, roles: {{ /b: admin, a: operator }} }} }}");
    let oidc = read(&text).unwrap().portal.oidc.unwrap();
    assert_eq!(oidc.roles[0], ("b".to_owned(), "admin".to_owned()));
    assert_eq!(
        (oidc.scopes.join(" ").as_str(), oidc.name_claim.as_str()),
        ("openid profile", "preferred_username")
    );
}
