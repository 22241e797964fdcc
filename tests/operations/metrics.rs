//! Metrics: the counters move with sessions that succeed, fail and are refused, and name nobody.

use serde_json::json;

use super::samples::{Samples, ask};
use crate::lab::desk::ROWS;
use crate::lab::portal::Portal;
use crate::lab::viewer::Viewer;
use crate::lab::{Lab, wait};
use crate::live::Stage;

/// Adds `keys` to the configuration.
fn configure(lab: &Lab, keys: &str) {
    let text = std::fs::read_to_string(lab.path().join("doorward.yaml")).unwrap();
    lab.write("doorward.yaml", format!("{text}{keys}\n"));
}

#[test]
fn what_happens_is_counted() {
    let mut stage = Stage::prepared(
        "/plain",
        "",
        ROWS,
        |desk| {
            desk.add("web/wrong", &["--username", "alice", "--address", "unused"], "wrong");
            configure(&desk.lab, "portal: { metrics: '127.0.0.1:0' }");
        },
        Portal::start,
    );
    stage.desk.connector("wrong", &format!("{}/plain", stage.site.origin()), "", ROWS);
    let line = stage.portal.line();
    let url = line.trim().strip_prefix("metrics are at ").unwrap_or_else(|| panic!("{line}"));
    let now = || Samples::of(url);
    let until = |what: &str, value: f64| {
        assert!(wait(|| now().value(what) >= value), "{what}\n{}", now().text);
    };
    let before = now();
    assert_eq!(before.value("doorward_sessions_started_total"), 0.0);
    assert_eq!(before.value("doorward_build_info{version=\"0.1.0\"}"), 1.0);
    for check in ["record", "policies", "running"] {
        assert_eq!(before.value(&format!("doorward_ready{{check=\"{check}\"}}")), 1.0);
    }
    for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
        assert!(before.value(name) > 0.0, "{name}\n{}", before.text);
    }
    // One that succeeds.
    let (session, viewer) = stage.live();
    let live = now();
    assert_eq!(live.value("doorward_sessions_started_total"), 1.0);
    assert_eq!(live.value("doorward_sessions{stage=\"live\"}"), 1.0);
    assert_eq!(live.value("doorward_viewers"), 1.0);
    assert!(live.value("doorward_viewer_sent_bytes_total") > 1000.0);
    for phase in ["plan", "vault", "browser", "sign-in"] {
        let count = live.value(&format!("doorward_sign_in_seconds_count{{phase=\"{phase}\"}}"));
        assert_eq!(count, 1.0, "{phase}\n{}", live.text);
    }
    let vault = |request, result| {
        format!(
            "doorward_vault_requests_total{{vault=\"local\",request=\"{request}\",result=\"{result}\"}}"
        )
    };
    assert_eq!(live.value(&vault("account", "ok")), 1.0, "{}", live.text);
    let rows = live.value("doorward_record_rows");
    assert!(rows >= 3.0 && live.value("doorward_record_last_row_timestamp_seconds") > 1.7e9);
    drop(viewer);
    let path = format!("/api/v1/sessions/{session}");
    assert_eq!(stage.portal.act(&stage.ann, "DELETE", &path, "").status, 204);
    until("doorward_sessions_ended_total{outcome=\"signed-in\",cause=\"\"}", 1.0);
    assert!(now().value("doorward_record_rows") > rows);
    // One that the site refuses, one of no account, one that is not offered, and a page that is for others.
    for (account, connector, status) in
        [("web/wrong", "wrong", 201), ("web/none", "site", 201), ("web/site", "none", 403)]
    {
        let order = json!({"account": account, "connector": connector, "reason": "a test"});
        let started = stage.portal.act(&stage.ann, "POST", "/api/v1/sessions", &order.to_string());
        assert_eq!(started.status, status, "{}", started.body);
        if status == 201 {
            let session = started.json()["session"].as_str().unwrap().to_owned();
            Viewer::join(&stage.portal, &stage.ann, &session).unwrap().note("ended");
        }
    }
    assert_eq!(stage.portal.read(Some(&stage.ann), "/users").status, 403);
    until("doorward_sessions_ended_total{outcome=\"refused\",cause=\"refused\"}", 1.0);
    until(&vault("account", "not-found"), 1.0);
    let after = now();
    assert_eq!(after.value("doorward_sessions_started_total"), 3.0, "{}", after.text);
    assert_eq!(after.value("doorward_sessions_refused_total{cause=\"not-offered\"}"), 1.0);
    assert_eq!(after.value("doorward_requests_denied_total{cause=\"not-permitted\"}"), 1.0);
    assert_eq!(after.value("doorward_sessions{stage=\"live\"}"), 0.0);
    for name in ["ann", "alice", "web/", "127.0.0.1", "a test"] {
        assert!(!after.text.contains(name), "{name}\n{}", after.text);
    }
    // There is nothing else at that address, and no metrics at the portal's.
    assert_eq!(ask(&url.replace("/metrics", "/users")).0, 404);
    assert_eq!(stage.portal.read(Some(&stage.ann), "/metrics").status, 404);
    assert_eq!(stage.portal.stop().code, 0);
}

#[test]
fn who_may_not_ask_is_denied_on_record() {
    let desk = crate::portal::desk();
    configure(&desk.lab, "portal: { metrics: { listen: '127.0.0.1:0', from: [192.0.2.0/24] } }");
    let mut portal = Portal::start(&desk.lab);
    let line = portal.line();
    let (status, said) = ask(line.trim().strip_prefix("metrics are at ").unwrap());
    assert_eq!((status, said.contains("portal.metrics.from")), (403, true), "{said}");
    let rows = desk.record(&[]);
    let denied: Vec<_> = rows.iter().filter(|row| row["Details"]["cause"] == "metrics").collect();
    assert_eq!(denied.len(), 1, "{rows:#?}");
    assert_eq!(
        (&denied[0]["User"], &denied[0]["ClientAddress"]),
        (&json!("(nobody)"), &json!("127.0.0.1"))
    );
    // A port that is taken is told.
    let taken = line.split('/').nth(2).unwrap();
    let text = std::fs::read_to_string(desk.lab.path().join("doorward.yaml")).unwrap();
    desk.lab.write("doorward.yaml", text.replace("127.0.0.1:0", taken));
    let ended = desk.lab.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains(taken), "{}", ended.stderr);
}
