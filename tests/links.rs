//! Links: the logon account by the vault, by the configuration and by the command line; across vaults, and
//! both asked for at the same time.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::lab::Ended;
use crate::lab::desk::{Desk, Launched};
use crate::lab::server::{Reply, Script, StandIn, errors, ok};
use crate::site::{PASSWORD, SEED, Site, USERNAME};

const CODE_ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

/// A site, and a desk with two vaults on servers of their own: `apps` has the target account, `codes` the
/// seed.
struct Floor {
    site: Site,
    desk: Desk,
    apps: StandIn,
    codes: StandIn,
    runtime: tokio::runtime::Runtime,
}

impl Floor {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let site = Site::start();
        let desk = Desk::at(&site.address());
        let apps = runtime.block_on(StandIn::start(mounted()));
        let codes = runtime.block_on(StandIn::start(mounted()));
        desk.lab.write("token", "hvs.MARKED-token\n");
        desk.connector("code", "http://<address>/otp-same-form", "ActionTimeout: 4s", CODE_ROWS);
        Self { site, desk, apps, codes, runtime }
    }

    /// Writes the configuration with `links` in it.
    fn configure(&self, links: &str) {
        let vault = |name: &str, server: &StandIn| {
            format!(
                "  {name}: {{ kind: hashicorp, address: '{}', auth: {{ token-file: token }} }}\n",
                server.address
            )
        };
        self.desk.lab.write(
            "doorward.yaml",
            format!(
                "vaults:\n{}{}default-vault: apps\n{links}\nconnectors: [connectors]\nstate: state\n\
                 browser: {{ sandbox: false }}\n",
                vault("apps", &self.apps),
                vault("codes", &self.codes)
            ),
        );
    }

    fn script(&self, server: &StandIn, script: Script) {
        let _inside = self.runtime.enter();
        server.script(script);
    }

    /// The target account, which holds `more`; each answer waits for `barrier`.
    fn target(&self, more: Value, barrier: Option<&Arc<Barrier>>) {
        let mut account =
            json!({ "username": USERNAME, "password": PASSWORD, "address": self.site.address() });
        account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = together(barrier, secret(account));
        self.script(&self.apps, vec![("GET /v1/secret/data/web/site", vec![reply])]);
    }

    fn connect(&self, more: &[&str]) -> Launched {
        let mut line =
            vec!["connect", "code", "--account", "web/site", "--headless", "--format", "json"];
        line.extend(more);
        let mut command = self.desk.lab.command(&line);
        command.env("TMPDIR", self.desk.lab.path().join("t"));
        Launched::from(Ended::from(command.output().unwrap()))
    }
}

/// What is mounted, and a token that holds.
fn mounted() -> Script {
    vec![
        (
            "GET /v1/auth/token/lookup-self",
            vec![ok(json!({ "data": { "ttl": 3600, "creation_ttl": 3600, "renewable": false } }))],
        ),
        (
            "GET /v1/sys/internal/ui/mounts/secret",
            vec![ok(json!({ "data": {
                "type": "kv", "path": "secret/", "options": { "version": "2" },
            } }))],
        ),
        ("LIST /v1/secret/metadata/web", vec![errors(404, &[])]),
    ]
}

fn secret(data: Value) -> Reply {
    ok(json!({ "data": { "data": data, "metadata": { "version": 1 } } }))
}

fn together(barrier: Option<&Arc<Barrier>>, reply: Reply) -> Reply {
    match barrier {
        Some(barrier) => Reply::Together(Arc::clone(barrier), Box::new(reply)),
        None => reply,
    }
}

/// Each vault answers only when the other has been asked, too.
#[test]
fn both_vaults_are_asked_at_the_same_time() {
    let floor = Floor::new();
    floor.configure("links:\n  apps:web/site: { logon-account: codes:web/seed }");
    let barrier = Arc::new(Barrier::new(2));
    floor.target(json!({}), Some(&barrier));
    let seed = together(Some(&barrier), secret(json!({ "password": SEED })));
    floor.script(&floor.codes, vec![("GET /v1/secret/data/web/seed", vec![seed])]);
    let launched = floor.connect(&[]);
    assert_eq!(launched.code, 0, "{}", launched.stderr);
    assert_eq!(floor.apps.count("GET /v1/secret/data/web/site"), 1);
    assert_eq!(floor.codes.count("GET /v1/secret/data/web/seed"), 1);
    for account in ["apps:web/site", "codes:web/seed"] {
        assert!(!floor.desk.record(&["--account", account]).is_empty(), "{account}");
    }
    // The plan knows it without asking anybody.
    let before = (floor.apps.seen().len(), floor.codes.seen().len());
    let planned = floor.desk.lab.run(&["plan", "code", "--account", "web/site"]);
    assert!(planned.stdout.contains("codes:web/seed, the logon account"), "{}", planned.stdout);
    assert_eq!((floor.apps.seen().len(), floor.codes.seen().len()), before);
}

/// What names the logon account: the command line, else the configuration, else the vault.
#[test]
fn the_nearest_word_on_a_link_counts() {
    let floor = Floor::new();
    let absent = || vec![errors(404, &[])];
    let here = || vec![secret(json!({ "password": SEED }))];
    let links = "links:\n  web/site: { logon-account: codes:web/configured }";
    let rows = [
        ("the vault's own", "", &[][..], "apps:web/own"),
        ("the configuration before the vault", links, &[], "codes:web/configured"),
        (
            "the command line before both",
            links,
            &["--logon-account", "codes:web/asked"],
            "codes:web/asked",
        ),
        ("the target's vault", links, &["--logon-account", "web/beside"], "apps:web/beside"),
    ];
    floor.target(json!({ "logon_account": "web/own" }), None);
    for (name, links, more, used) in rows {
        let paths = [
            ("apps:web/own", "GET /v1/secret/data/web/own"),
            ("codes:web/configured", "GET /v1/secret/data/web/configured"),
            ("codes:web/asked", "GET /v1/secret/data/web/asked"),
            ("apps:web/beside", "GET /v1/secret/data/web/beside"),
        ];
        for (account, call) in paths {
            let server = if account.starts_with("apps:") { &floor.apps } else { &floor.codes };
            let replies = if account == used { here() } else { absent() };
            floor.script(server, vec![(call, replies)]);
        }
        floor.configure(links);
        // The rows of a trial stop before the code, so that none is waited for.
        let line = ["try", "code", "--account", "web/site", "--until", "1", "--format", "json"];
        let mut command = floor.desk.lab.command(&[&line[..], more].concat());
        command.env("TMPDIR", floor.desk.lab.path().join("t"));
        let tried = Ended::from(command.output().unwrap());
        assert_eq!(tried.code, 0, "{name}: {}", tried.stderr);
        let rows = floor.desk.record(&["--account", used]);
        assert!(!rows.is_empty(), "{name}: {used} is not on record");
    }
}

#[test]
fn a_link_that_leads_nowhere_is_told_before_anything_is_asked() {
    let floor = Floor::new();
    floor.configure("");
    floor.target(json!({}), None);
    for (more, code, says) in [
        (["--logon-account", "cods:web/seed"], 2, "did you mean `codes`?"),
        (["--logon-account", "web//seed"], 2, "--logon-account"),
        (["--reconcile-account", "nope:x"], 2, "has no vault `nope`"),
    ] {
        let launched = floor.connect(&more);
        assert_eq!(launched.code, code, "{}", launched.stderr);
        assert!(launched.stderr.contains(says), "{}", launched.stderr);
    }
    assert_eq!(floor.apps.seen().len() + floor.codes.seen().len(), 0);
    assert_eq!(floor.site.visits(), []);
}
