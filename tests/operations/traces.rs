//! Traces: what a collector of OpenTelemetry gets of a launch, and that nothing waits for it.

use serde_json::{Value, json};

use crate::lab::desk::{Desk, ROWS};
use crate::lab::marks::Marks;
use crate::lab::portal::Portal;
use crate::lab::server::{Reply, StandIn, empty, ok};
use crate::lab::{Lab, wait};
use crate::live::Stage;
use crate::site::Site;

const TRACES: &str = "POST /v1/traces";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PASSWORD: &str = "marked-Zw7-password-of-a-trace";

/// A span as it arrived.
#[derive(Debug)]
struct Span {
    id: String,
    parent: Option<String>,
    name: String,
    facts: Value,
    began: u128,
    ended: u128,
    failed: bool,
}

/// The spans of a body, held to what OTLP wants of them.
fn spans(body: &str) -> Vec<Span> {
    let body: Value = serde_json::from_str(body).unwrap();
    let resource = &body["resourceSpans"][0];
    let service = resource["resource"]["attributes"].as_array().unwrap();
    assert!(service.iter().any(|fact| fact["key"] == "service.name"), "{service:?}");
    let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
    let trace = spans[0]["traceId"].as_str().unwrap();
    assert!(trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let read = |span: &Value| {
        assert_eq!((&span["traceId"], &span["kind"]), (&json!(trace), &json!(1)));
        let facts = span["attributes"].as_array().unwrap().iter().map(|fact| {
            let value = fact["value"].as_object().unwrap().values().next().unwrap();
            (text(&fact["key"]), value.clone())
        });
        let id = text(&span["spanId"]);
        assert_eq!(id.len(), 16);
        Span {
            id,
            parent: span["parentSpanId"].as_str().map(str::to_owned),
            name: text(&span["name"]),
            facts: Value::Object(facts.collect()),
            began: text(&span["startTimeUnixNano"]).parse().unwrap(),
            ended: text(&span["endTimeUnixNano"]).parse().unwrap(),
            failed: span["status"]["code"] == 2,
        }
    };
    spans.iter().map(read).collect()
}

/// The tree in words: `parent/name`, with the verb of a row, and `!` where it failed.
fn tree(spans: &[Span]) -> Vec<String> {
    let line = |span: &Span| {
        let parent = span.parent.as_ref().map(|id| {
            let parent = spans.iter().find(|span| span.id == *id).unwrap();
            assert!(parent.began <= span.began && span.began <= span.ended, "{span:?} {parent:?}");
            format!("{}/", parent.name)
        });
        let verb = span.facts["doorward.verb"].as_str().map(|verb| format!(" {verb}"));
        let failed = if span.failed { "!" } else { "" };
        format!("{}{}{}{failed}", parent.unwrap_or_default(), span.name, verb.unwrap_or_default())
    };
    spans.iter().map(line).collect()
}

fn collector(replies: Vec<Reply>) -> (tokio::runtime::Runtime, StandIn) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(StandIn::start(vec![(TRACES, replies)]));
    (runtime, server)
}

#[test]
fn a_collector_gets_a_span_for_each_phase_and_row() {
    let (_runtime, server) = collector(vec![ok(json!({}))]);
    let site = Site::start();
    let desk = Desk::with(&site.address(), PASSWORD, crate::site::SEED);
    desk.add("web/wrong", &["--username", "alice", "--address", &site.address()], "wrong");
    desk.connector("site", "http://<address>/plain", "", ROWS);
    let connect = |account: &str, more: &[(&str, &str)]| {
        let line = ["site", "--account", account, "--headless", "--reason", "marked-Qk4-reason"];
        let mut command = desk.typed(&line);
        command.env(ENDPOINT, &server.address).envs(more.iter().copied());
        command.output().unwrap()
    };
    let token = "marked-Hx2-token-of-a-collector";
    let headers = format!("authorization=Bearer%20{token}");
    let ended = connect("web/site", &[("OTEL_EXPORTER_OTLP_HEADERS", &headers)]);
    assert!(ended.status.success(), "{ended:?}");
    let refused = connect("web/wrong", &[]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let missing = connect("web/none", &[]);
    assert_eq!(missing.status.code(), Some(5), "{missing:?}");
    assert_eq!(connect("web/site", &[("OTEL_SDK_DISABLED", "true")]).status.code(), Some(0));
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[0].header("authorization"), Some(format!("Bearer {token}").as_str()));
    let good = spans(&seen[0].body);
    let rows = ["Type", "Type", "Button", "Validation"].map(|verb| format!("sign-in/row {verb}"));
    let phases = ["launch", "launch/vault", "launch/browser", "launch/sign-in"].map(str::to_owned);
    assert_eq!(tree(&good), [&phases[..], &rows[..]].concat());
    assert_eq!(good[0].facts["doorward.connector"], "site");
    assert_eq!(good[0].facts["doorward.outcome"], "signed-in");
    let session = good[0].facts["doorward.session"].as_str().unwrap();
    assert!(desk.record(&[]).iter().any(|row| row["SessionId"] == session));
    assert_eq!(good[6].facts["doorward.row"], "3");
    let bad = spans(&seen[1].body);
    assert_eq!(tree(&bad).join(" ").matches('!').count(), 3, "{:?}", tree(&bad));
    assert_eq!(bad[0].facts["doorward.cause"], "refused");
    let none = spans(&seen[2].body);
    assert_eq!(tree(&none), ["launch!", "launch/vault!", "launch/browser!"]);
    let marks = Marks::of(&[
        ("the password", PASSWORD),
        ("the token", token),
        ("the reason", "marked-Qk4-reason"),
    ]);
    for seen in &seen {
        assert_eq!(marks.within(seen.body.as_bytes()).into_iter().collect::<Vec<_>>(), [""; 0]);
    }
    for ended in [&ended, &refused, &missing] {
        assert!(marks.within(&[&ended.stdout[..], &ended.stderr].concat()).is_empty());
    }
}

#[test]
fn a_collector_that_takes_nothing_holds_nobody_up() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("site", "http://<address>/plain", "", ROWS);
    let (_one, refuses) = collector(vec![empty(503)]);
    let (_other, hangs) = collector(vec![Reply::Hang]);
    let cases = [
        (refuses.address.as_str(), "the collector of traces takes nothing: it answers 503"),
        (hangs.address.as_str(), ""),
        ("http://127.0.0.1:9", "the collector of traces takes nothing: "),
        ("nonsense", "OTEL_EXPORTER_OTLP_ENDPOINT is no http:// or https:// URL"),
    ];
    for (endpoint, says) in cases {
        let mut command = desk.typed(&["site", "--account", "web/site", "--headless"]);
        let ended = command.env(ENDPOINT, endpoint).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success() && said.contains(says), "{endpoint} {said}");
    }
}

#[test]
fn live_sessions_are_traced() {
    let (_runtime, server) = collector(vec![ok(json!({}))]);
    let start = |lab: &Lab| Portal::start_with(lab, &[(ENDPOINT, server.address.as_str())]);
    let stage = Stage::prepared("/plain", "", ROWS, |_| {}, start);
    let (session, _viewer) = stage.live();
    assert!(wait(|| server.count(TRACES) == 1));
    let spans = spans(&server.seen()[0].body);
    assert_eq!(spans[0].facts["doorward.session"], session.as_str());
    assert_eq!(tree(&spans).len(), 8, "{:?}", tree(&spans));
}

#[test]
fn trials_are_traced() {
    let (_runtime, server) = collector(vec![ok(json!({}))]);
    let site = Site::start();
    let desk = Desk::at(&site.address());
    desk.connector("site", "http://<address>/plain", "", ROWS);
    let tried = |more: &[&str]| {
        let line = [&["try", "site", "--account", "web/site"], more].concat();
        let ended = desk.lab.command(&line).env(ENDPOINT, &server.address).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    };
    tried(&[]);
    tried(&["--until", "4"]);
    crate::portal::add(&desk.lab, &["root", "--role", "admin", "--accounts", "*"]);
    let portal = Portal::start_with(&desk.lab, &[(ENDPOINT, server.address.as_str())]);
    let root = portal.sign_in("root", crate::portal::PASSWORD);
    let list = portal.read(Some(&root), "/api/v1/connectors").json();
    let file = list[0]["file"].as_str().unwrap_or_else(|| panic!("{list}"));
    let order = json!({"file": file, "account": "web/site"}).to_string();
    let answer = portal.act(&root, "POST", "/api/v1/connectors/try", &order);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(wait(|| server.count(TRACES) == 3));
    let seen = server.seen();
    let phases = ["launch", "launch/vault", "launch/browser", "launch/sign-in"];
    for (seen, outcome) in seen.iter().zip(["tried", "signed-in", "tried"]) {
        let spans = spans(&seen.body);
        let tree = tree(&spans);
        assert_eq!(&tree[..4], phases, "{tree:?}");
        assert_eq!(tree[4], "sign-in/row Type");
        assert_eq!(spans[0].facts["doorward.outcome"], outcome, "{tree:?}");
        let session = spans[0].facts["doorward.session"].as_str().unwrap();
        assert!(desk.record(&[]).iter().any(|row| row["SessionId"] == session));
    }
}
