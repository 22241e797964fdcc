//! Faults: what goes wrong around a `connect`, at every step, in real Chromium. After each one the exit
//! code, the text, the object of `--format json` and the record are what they must be, and nothing is left.

mod browser;
mod killed;
mod logon;
mod stops;
mod store;
mod vault;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::lab::desk::{Desk, Launched, ROWS};
use crate::lab::server::{Reply, Script, StandIn, errors, html, ok};
use crate::lab::{Ended, wait};
use crate::site::{PASSWORD, Site, USERNAME};

/// A site, a desk to sign in from, and a stand-in vault `corp` beside the desk's own.
struct Floor {
    site: Site,
    desk: Desk,
    corp: Corp,
}

/// The stand-in vault, with the threads that it runs on.
struct Corp {
    server: StandIn,
    runtime: tokio::runtime::Runtime,
}

/// What must come of a launch.
struct Must<'a> {
    code: i32,
    /// `outcome/cause` of the object.
    object: &'a str,
    /// All of stderr; in it `LAB` stands for the desk's folder, `CORP` and `SITE` for their addresses.
    says: &'a str,
    /// `Action account outcome`, in the order of the record.
    record: &'a [&'a str],
}

impl Floor {
    /// A floor whose vaults hold what they should; the connector `plain` signs in to `/plain`.
    fn new() -> Self {
        let site = Site::start();
        let desk = Desk::at(&site.address());
        let floor = Self { corp: Corp::start(), desk, site };
        floor.configure("", "sandbox: false");
        floor.desk.connector("plain", "http://<address>/plain", "ActionTimeout: 4s", ROWS);
        floor.corp.script(good(&floor.site.address(), json!({})));
        let token = floor.desk.lab.write("token", "hvs.MARKED-token\n");
        std::fs::set_permissions(token, PermissionsExt::from_mode(0o600)).unwrap();
        floor
    }

    /// Writes the configuration, with `corp` and `browser` in it.
    fn configure(&self, corp: &str, browser: &str) {
        self.desk.lab.write(
            "doorward.yaml",
            format!(
                "vaults:\n  local: {{ kind: kdbx, path: vault.kdbx, key-file: vault.key }}\n  \
                 corp: {{ kind: hashicorp, address: '{}', auth: {{ token-file: token }}{corp} }}\n\
                 default-vault: local\nconnectors: [connectors]\nstate: state\nbrowser: {{ {browser} }}\n",
                self.corp.server.address
            ),
        );
    }

    /// `connect … --format json` without a window, ready to be changed and spawned.
    fn command(&self, connector: &str, account: &str, more: &[&str]) -> Command {
        let mut line =
            vec!["connect", connector, "--account", account, "--headless", "--format", "json"];
        line.extend(more);
        let mut command = self.desk.lab.command(&line);
        command.env("TMPDIR", self.desk.lab.path().join("t"));
        command
    }

    fn connect(&self, connector: &str, account: &str) -> Launched {
        ended(&mut self.command(connector, account, &[]))
    }

    /// `text` with names in place of what differs from run to run.
    fn named(&self, text: &str) -> String {
        text.replace(self.desk.lab.path().to_str().unwrap(), "LAB")
            .replace(&self.corp.server.address, "CORP")
            .replace(&self.site.address(), "SITE")
    }

    /// What is wrong with how a launch ended.
    fn problem(&self, launched: &Launched, must: &Must<'_>) -> Option<String> {
        let object = format!("{}/{}", launched.outcome(), launched.cause());
        let said = self.named(&launched.stderr);
        let rows = self.rows(launched);
        let told = (launched.code, object.as_str(), said.as_str());
        if told != (must.code, must.object, must.says) {
            return Some(format!("exit {}, {object}, and said:\n{said}", launched.code));
        }
        if rows != must.record {
            return Some(format!("on record is {rows:#?}"));
        }
        let verified = self.desk.lab.run(&["activity", "verify"]);
        (verified.code != 0).then_some(verified.stdout)
    }

    /// The rows of a launch, as [`Must::record`] has them.
    fn rows(&self, launched: &Launched) -> Vec<String> {
        match launched.object["session"].as_str() {
            Some(session) => rows(&self.desk.record(&["--session", session])),
            None => Vec::new(),
        }
    }

    /// That no secret was asked for, no page opened, and nothing written down.
    fn assert_untouched(&self, at: &str) {
        assert_eq!(self.corp.asked(), Vec::<String>::new(), "{at}: the vault was asked");
        assert_eq!(self.site.visits(), [], "{at}: the site was visited");
        self.desk.assert_clean();
    }
}

impl Corp {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(StandIn::start(Vec::new()));
        Self { server, runtime }
    }

    fn script(&self, script: Script) {
        let _inside = self.runtime.enter();
        self.server.script(script);
    }

    /// The calls that arrived.
    fn asked(&self) -> Vec<String> {
        self.server.seen().into_iter().map(|seen| seen.call).collect()
    }
}

/// A vault that answers well. Its `web/site` has `more` over what an account has.
fn good(address: &str, more: Value) -> Script {
    let mut account = json!({ "username": USERNAME, "password": PASSWORD, "address": address });
    account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    vec![
        (
            "GET /v1/auth/token/lookup-self",
            vec![ok(json!({ "data": {
                "id": "hvs.MARKED-token", "ttl": 3600, "creation_ttl": 3600, "renewable": false,
                "policies": ["default"], "num_uses": 0, "expire_time": null,
            } }))],
        ),
        (
            "GET /v1/sys/internal/ui/mounts/secret",
            vec![ok(json!({ "data": {
                "type": "kv", "path": "secret/", "options": { "version": "2" },
            } }))],
        ),
        ("GET /v1/secret/data/web/site", vec![account_of(account)]),
        ("LIST /v1/secret/metadata/web", vec![errors(404, &[])]),
        ("GET /v1/secret/data/web/gone", vec![errors(404, &[])]),
        ("GET /v1/secret/data/web/secret", vec![errors(403, &["permission denied"])]),
    ]
}

/// A secret of a version 2 mount.
fn account_of(data: Value) -> Reply {
    ok(json!({ "data": {
        "data": data,
        "metadata": { "created_time": "2026-01-01T00:00:00Z", "custom_metadata": null,
                      "deletion_time": "", "destroyed": false, "version": 1 },
    } }))
}

/// Runs a command that prints the object to its end.
fn ended(command: &mut Command) -> Launched {
    Launched::from(Ended::from(command.output().unwrap()))
}

/// Rows as `Action account outcome`.
fn rows(record: &[Value]) -> Vec<String> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let words = ["Action", "Account", "Outcome"].map(|name| text(row, name));
        words.join(" ").trim_end().to_owned()
    };
    record.iter().map(row).collect()
}

/// Fails with every problem at once.
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n=====\n"));
}

/// Says that a test cannot be run here, where everybody sees it.
fn skipped(what: &str, why: &str) {
    let line = format!("skipped: {what}: {why}\n");
    std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
