//! The faults of vaults: one table for every kind that is asked over HTTP. Each ends a launch with an error of
//! its own, exit 5 (4 where the vault denies the account), a whole record, and no secret in either.
//!
//! The texts stand in `vaults/KIND.txt`; `UPDATE=1` writes them anew, to be read.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use tokio_rustls::TlsAcceptor;

use crate::hashicorp::tls::{acceptor, authority};
use crate::lab::Ended;
use crate::lab::asked::assert_texts;
use crate::lab::desk::{Desk, Launched, ROWS};
use crate::lab::product::Product;
use crate::lab::server::{Reply, StandIn, empty, html, json_of, redirect};

/// One fault, on the call that reads the password unless it says another.
struct Fault {
    name: &'static str,
    reply: fn(&Product) -> Reply,
    /// Over the settings of the vault.
    settings: &'static str,
    /// Instead of the call that reads.
    at: At,
    /// The word in the record, of which each product may have another.
    words: &'static [&'static str],
    /// Whether it shows only when the browser is there.
    late: bool,
    /// The fault before it that cannot be told from it.
    alike: Option<&'static str>,
}

#[derive(PartialEq)]
enum At {
    Read,
    Login,
    /// The server is not there, or shows a certificate that nobody knows.
    Nowhere,
    Untrusted,
}

const FAILED: &[&str] = &["vault-failed"];
/// Long enough for a loaded machine to answer what is answered.
const QUICK: &str = ", timeout: 2s";

fn faults() -> Vec<Fault> {
    let read = |name, reply: fn(&Product) -> Reply| Fault {
        name,
        reply,
        settings: "",
        at: At::Read,
        words: FAILED,
        late: false,
        alike: None,
    };
    let login = |name, reply| Fault { at: At::Login, ..read(name, reply) };
    vec![
        Fault { at: At::Nowhere, ..read("unreachable", |_| empty(200)) },
        Fault { at: At::Untrusted, ..read("a certificate that is not trusted", |_| empty(200)) },
        Fault { settings: QUICK, ..read("a slow call", |_| Reply::Hang) },
        Fault {
            settings: QUICK,
            alike: Some("a slow call"),
            ..read("a body that stalls", |_| Reply::Stall)
        },
        Fault {
            settings: ", timeout: 30s, deadline: 3s",
            ..read("all calls too slow together", |_| Reply::Hang)
        },
        Fault { words: &["vault-failed", "access-denied"], ..read("401", |_| explained(401)) },
        Fault { words: &["vault-failed", "access-denied"], ..read("403", |_| explained(403)) },
        Fault { words: &["vault-failed", "account-not-found"], ..read("404", |_| explained(404)) },
        read("409", |_| explained(409)),
        Fault { settings: ", deadline: 3s", ..read("429, for an hour", |_| busy(429, "3600")) },
        Fault {
            settings: ", deadline: 3s",
            ..read("503, until a date", |_| busy(503, "Wed, 21 Oct 2099 07:28:00 GMT"))
        },
        read("500", |_| explained(500)),
        read("502, again and again", |_| explained(502)),
        read("a page instead of an answer", |_| html(200)),
        read("a page of a proxy", |_| html(403)),
        read("an empty answer", |_| empty(200)),
        read("an answer cut short", |_| Reply::BreakOff),
        read("an answer without end", |_| Reply::Flood),
        Fault {
            late: true,
            words: &["vault-failed", "secret-empty"],
            ..read("an empty secret", |p| (p.empty)())
        },
        read("a secret of the wrong type", |p| (p.mistyped)()),
        read("a redirect to a stranger", |_| redirect("https://stranger.example/?x=MARKED")),
        read("a redirect in a circle", |p| redirect(p.read.split_once(' ').unwrap().1)),
        Fault {
            words: &["vault-failed", "access-denied"],
            ..login("login: 401", |_| explained(401))
        },
        login("login: 500", |_| explained(500)),
        login("login: a page", |_| html(200)),
        login("login: an empty answer", |_| empty(200)),
        Fault { settings: QUICK, ..login("login: slow", |_| Reply::Hang) },
        login("login: a redirect to a stranger", |_| redirect("https://stranger.example/MARKED")),
    ]
}

/// An error that is explained in every product's way at once.
fn explained(status: u16) -> Reply {
    json_of(
        status,
        serde_json::json!({
            "errors": ["as the table says"],
            "ErrorCode": "TABLE001E",
            "ErrorMessage": "as the table says",
        }),
    )
}

fn busy(status: u16, pause: &str) -> Reply {
    let Reply::Send(status, mut headers, body) = explained(status) else { unreachable!() };
    headers.push(("retry-after", pause.to_owned()));
    Reply::Send(status, headers, body)
}

/// A desk whose browser is never reached: its driver knows its version and nothing else.
struct Floor {
    desk: Desk,
    runtime: tokio::runtime::Runtime,
    tls: TlsAcceptor,
}

impl Floor {
    fn new(product: &Product) -> Self {
        let desk = Desk::at("http://127.0.0.1:9");
        let driver = desk.lab.write(
            "driver",
            "#!/bin/sh\nif [ \"$1\" = --version ]; then exec chromedriver --version; fi\nexit 1\n",
        );
        std::fs::set_permissions(driver, std::fs::Permissions::from_mode(0o755)).unwrap();
        (product.prepare)(&desk.lab);
        for file in std::fs::read_dir(desk.lab.path()).unwrap().flatten() {
            if file.file_name() != "driver" && file.file_type().unwrap().is_file() {
                let mode = std::fs::Permissions::from_mode(0o600);
                std::fs::set_permissions(file.path(), mode).unwrap();
            }
        }
        desk.connector("plain", "http://127.0.0.1:9/plain", "", ROWS);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let tls = acceptor(&authority("theirs"), "127.0.0.1", false);
        Self { desk, runtime, tls }
    }

    fn configure(&self, product: &Product, address: &str, fault: &Fault) {
        let more = fault.settings;
        let driver = if fault.late { "" } else { "driver: driver, " };
        let settings = (product.settings)(address).to_string();
        let settings = settings.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
        self.desk.lab.write(
            "doorward.yaml",
            format!(
                "vaults:\n  v: {{ kind: {}, {settings}{more} }}\nconnectors: [connectors]\nstate: state\n\
                 browser: {{ {driver}sandbox: false }}\n",
                product.kind
            ),
        );
    }

    fn connect(&self, account: &str) -> Launched {
        let line = ["connect", "plain", "--account", account, "--headless", "--format", "json"];
        let mut command = self.desk.lab.command(&line);
        command.env("TMPDIR", self.desk.lab.path().join("t"));
        Launched::from(Ended::from(command.output().unwrap()))
    }
}

fn every_fault_has_its_own_error(product: &Product) {
    let floor = Floor::new(product);
    let mut texts = String::new();
    let mut told: BTreeMap<String, &str> = BTreeMap::new();
    for fault in faults().into_iter().filter(|fault| !product.copes.contains(&fault.name)) {
        let server = floor.runtime.block_on(async {
            match fault.at {
                At::Untrusted => {
                    StandIn::start_with((product.well)(), Some(floor.tls.clone())).await
                }
                _ => StandIn::start((product.well)()).await,
            }
        });
        let call = match fault.at {
            At::Login => match product.login {
                Some(login) => login,
                None => continue,
            },
            _ => product.read,
        };
        {
            let _inside = floor.runtime.enter();
            server.script(vec![(call, vec![(fault.reply)(product)])]);
        }
        let address = match fault.at {
            At::Nowhere => "http://127.0.0.1:1",
            _ => &server.address,
        };
        floor.configure(product, address, &fault);
        let launched = floor.connect(product.account);
        let name = format!("{}, {}", product.kind, fault.name);
        let all = format!("{}{:?}", launched.stderr, launched.object);
        for mark in product.marks.iter().chain(&["MARKED", product.password]) {
            assert!(!all.contains(mark), "{name}: a secret shows in {all}");
        }
        let word = launched.cause();
        assert!(fault.words.contains(&word), "{name}: {word}: {}", launched.stderr);
        let exit = if word == "access-denied" { 4 } else { 5 };
        assert_eq!(launched.code, exit, "{name}: {}", launched.stderr);
        let session = launched.object["session"].as_str().unwrap();
        let rows: Vec<String> = floor
            .desk
            .record(&["--session", session])
            .iter()
            .map(|row| format!("{} {}", row["Action"], row["Outcome"]).replace('"', ""))
            .collect();
        assert_eq!(rows, ["Connect ".to_owned(), format!("ConnectFailed {word}")], "{name}");
        // Nothing that may do something twice is asked twice, and nothing again and again.
        assert!(server.count(call) <= 4, "{name}: asked {} times", server.count(call));
        let text = launched
            .stderr
            .replace(&server.address, "SERVER")
            .replace(floor.desk.lab.path().to_str().unwrap(), "LAB");
        assert!(text.contains("help: "), "{name}: no way out: {text}");
        // How long it is to a date differs from run to run.
        let text = match text.split_once("left alone for ") {
            Some((before, after)) if fault.name.contains("date") => {
                format!("{before}left alone for …;{}", after.split_once(';').unwrap().1)
            }
            _ => text,
        };
        let other = told.insert(text.clone(), fault.name);
        assert!(other.is_none() || fault.alike == other, "{name}: is told like {other:?}: {text}");
        texts.push_str(&format!("{}\n{}\n", fault.name, text.trim_end()));
        texts.push('\n');
    }
    assert_texts(&format!("vaults/{}.txt", product.kind), &texts);
}

#[test]
fn hashicorp() {
    every_fault_has_its_own_error(&crate::hashicorp::product());
}

#[test]
fn cyberark() {
    every_fault_has_its_own_error(&crate::cyberark::product());
}

#[test]
fn ccp() {
    every_fault_has_its_own_error(&crate::ccp::product());
}

#[test]
fn bitwarden() {
    every_fault_has_its_own_error(&crate::bitwarden::product());
}

#[test]
fn conjur() {
    every_fault_has_its_own_error(&crate::conjur::product());
}
