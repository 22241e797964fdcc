//! Codes that a vault computes: a stand-in for HashiCorp's TOTP engine, asked by a session.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use doorward::secret::Secret;
use serde_json::{Value, json};

use super::{Desk, ROWS, SEED, Site, actions, counters, detail, now};
use crate::site::codes::{Codes, Kind};
use crate::site::{PASSWORD, USERNAME};

/// A vault with the account `web/shop`, one `web/denied` that nobody may read, and, in its TOTP engine,
/// the key `acme`.
pub(crate) struct Engine {
    /// Scheme, host and port.
    pub(crate) address: String,
    play: Arc<Play>,
    _runtime: tokio::runtime::Runtime,
}

struct Play {
    site: String,
    kind: Kind,
    /// Whether it tells more than the code, as OpenBao does.
    tells: bool,
    seen: Mutex<Vec<String>>,
}

impl Engine {
    /// A vault whose keys make codes of this kind; `tells` when they end, if it is like OpenBao.
    pub(crate) fn start(site: &Site, kind: Kind, tells: bool) -> Self {
        let play = Arc::new(Play { site: site.address(), kind, tells, seen: Mutex::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&play));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { address, play, _runtime: runtime }
    }

    fn seen(&self) -> Vec<String> {
        self.play.seen.lock().unwrap().clone()
    }
}

async fn answer(State(play): State<Arc<Play>>, request: Request) -> Response {
    let call = format!("{} {}", request.method(), request.uri());
    play.seen.lock().unwrap().push(call.clone());
    let data = match call.as_str() {
        "GET /v1/auth/token/lookup-self" => json!({ "ttl": 3600, "renewable": false }),
        "GET /v1/sys/internal/ui/mounts/secret" => {
            json!({ "type": "kv", "path": "secret/", "options": { "version": "1" } })
        }
        "GET /v1/secret/web/shop" => json!({
            "username": USERNAME, "password": PASSWORD, "address": play.site,
            "logon_account": "codes:acme",
        }),
        "GET /v1/totp/keys/acme" => json!({
            "account_name": "operator@acme", "issuer": "Acme", "algorithm": "SHA1",
            "digits": 6, "period": play.kind.seconds(),
        }),
        "GET /v1/totp/code/acme" => code(&play),
        "GET /v1/secret/web/denied" => {
            let errors = json!({ "errors": ["1 error occurred:\n\t* permission denied\n\n"] });
            return (StatusCode::FORBIDDEN, Json(errors)).into_response();
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    Json(json!({ "data": data })).into_response()
}

fn code(play: &Play) -> Value {
    let (seconds, period) = (now() / 1000, play.kind.seconds());
    let code = Codes::new(&Secret::new(SEED.into()), &play.kind).at(seconds);
    let ends = (seconds / period + 1) * period;
    match play.tells {
        false => json!({ "code": code }),
        true => json!({ "code": code, "expire_time": ends, "period": format!("{period}s") }),
    }
}

/// A desk whose default vault is the KV engine, and whose vault `codes` the TOTP engine.
fn desk(site: &Site, engine: &Engine) -> Desk {
    let desk = Desk::at(&site.address());
    desk.lab.write("token", "hvs.token\n");
    let address = &engine.address;
    desk.lab.write(
        "doorward.yaml",
        format!(
            "vaults:\n  \
             corp: {{ kind: hashicorp, address: \"{address}\", auth: {{ token-file: token }} }}\n  \
             codes: {{ kind: hashicorp, engine: totp, address: \"{address}\", mount: totp, auth: {{ token-file: token }} }}\n\
             default-vault: corp\nconnectors: [connectors]\nstate: state\nbrowser: {{ sandbox: false }}\n"
        ),
    );
    desk
}

const SHOP: [&str; 4] = ["shop", "--account", "web/shop", "--headless"];

#[test]
fn the_engine_is_asked_for_the_code() {
    for tells in [false, true] {
        let site = Site::start();
        let engine = Engine::start(&site, Kind::default(), tells);
        let desk = desk(&site, &engine);
        desk.connector("shop", "http://<address>/code-kinds", "", ROWS);
        let ended = crate::lab::Ended::from(desk.typed(&SHOP).output().unwrap());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let told = "logon account: codes:acme (user operator@acme)";
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
        assert_eq!(counters(&site, "code-kinds", SEED, &Kind::default()).len(), 1);
        assert!(
            engine.seen().contains(&"GET /v1/totp/code/acme".to_owned()),
            "{:?}",
            engine.seen()
        );

        let rows = desk.record(&["--account", "codes:acme"]);
        assert_eq!(actions(&rows, "codes:acme"), ["Connect", "UseOneTimeCode", "Disconnect"]);
        assert!(rows.iter().all(|row| detail(row, "target") == "corp:web/shop"), "{rows:#?}");
        let rows = desk.record(&["--account", "web/shop"]);
        assert_eq!(detail(rows.last().unwrap(), "logonaccount"), "codes:acme");
        assert_eq!(detail(rows.last().unwrap(), "logonaccount_username"), "operator@acme");
        desk.assert_clean();
    }
}

/// The engine gives the same code to everybody who asks within a period, and need not tell how long
/// that is. Whoever comes second waits until it gives another.
#[test]
fn a_code_of_the_engine_is_used_once() {
    // They wait most of the time, so all go at the same time.
    std::thread::scope(|scope| {
        for (period, tells) in [(8, true), (8, false), (45, false)] {
            scope.spawn(move || two_get_two_codes(period, tells));
        }
    });
}

fn two_get_two_codes(period: u64, tells: bool) {
    let site = Site::start();
    let kind = Kind::of_period(period);
    let engine = Engine::start(&site, kind.clone(), tells);
    let desk = desk(&site, &engine);
    let url = format!("http://<address>/code-kinds?period={period}");
    desk.connector("shop", &url, "", ROWS);
    for _ in 0..2 {
        let ended = crate::lab::Ended::from(desk.typed(&SHOP).output().unwrap());
        assert_eq!(ended.code, 0, "period {period}: {}", ended.stderr);
    }
    let counters = counters(&site, "code-kinds", SEED, &kind);
    assert!(counters.len() == 2 && counters[0] < counters[1], "{period} {counters:?}");
}
