//! The stops of a session that runs: each shows its row with a caret, where the page was, and a way out.

use super::*;

/// A page, further rows before the usual ones, a password, and the code of the stop.
const STOPS: &[(&str, &str, &str, &str)] = &[
    ("plain", "#nowhere > (Click) (SearchBy=css)\n", PASSWORD, "not-found"),
    ("plain", "p:wombat > (Click) (SearchBy=css)\n", PASSWORD, "invalid-locator"),
    ("disabled-field", "", PASSWORD, "not-ready"),
    ("twins-visible", "password > <password> (SearchBy=name)\n", PASSWORD, "ambiguous-locator"),
    ("redirect-by-script", "", PASSWORD, "foreign-origin"),
    ("short-field", "", PASSWORD, "value-cut"),
    ("plain", "", "wrong", "refused"),
    ("says-nothing", "", PASSWORD, "unclear"),
    ("realms", "realm > (Select) nowhere (SearchBy=id)\n", PASSWORD, "option-not-found"),
];

#[test]
fn each_stop_has_a_caret_a_page_and_a_way_out() {
    let floor = Floor::new();
    let mut problems = Vec::new();
    for (page, before, password, code) in STOPS {
        let rows = format!("{before}{ROWS}");
        let url = format!("http://<address>/{page}");
        floor.desk.connector("stop", &url, "ActionTimeout: 2s", &rows);
        let script = good(&floor.site.address(), json!({ "password": password }));
        floor.corp.script(script);
        let launched = floor.connect("stop", "corp:web/site");
        let said = floor.named(&launched.stderr);
        let first = format!("error[{code}]: ");
        let parts =
            [first.as_str(), "--> ./connectors/stop.yaml:", "^", "= page: http://", "= help: "];
        let missing: Vec<_> = parts.iter().filter(|part| !said.contains(**part)).collect();
        if launched.code != 1 || !missing.is_empty() {
            problems
                .push(format!("{page} {code}: exit {}, misses {missing:?}\n{said}", launched.code));
        }
        let record = ["Connect", "ConnectFailed"];
        let rows = floor.rows(&launched);
        let ends = [rows.first(), rows.last()]
            .map(|row| row.map_or("", |row| row.split(' ').next().unwrap()));
        if ends != record {
            problems.push(format!("{page} {code}: on record is {rows:?}"));
        }
        floor.desk.assert_clean();
    }
    assert_none(&problems);
}
