//! JUnit XML: what servers for continuous integration read.

use quick_xml::escape::escape;

use super::{State, Suite};

/// The suite as JUnit XML, a test case a row.
pub(super) fn xml(suite: &Suite) -> String {
    let count = |state: fn(&State) -> bool| suite.cases.iter().filter(|c| state(&c.state)).count();
    let failures = count(|state| matches!(state, State::Failed(_)));
    let skipped = count(|state| matches!(state, State::NotReached));
    let name = shown(&suite.name);
    let seconds = suite.took.as_secs_f64();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{name}\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\">\n",
        suite.cases.len(),
    );
    for case in &suite.cases {
        let title = shown(&format!("row {}: {}", case.row, case.text));
        let head = format!("    <testcase classname=\"doorward.{name}\" name=\"{title}\"");
        xml.push_str(&match &case.state {
            State::Passed => format!("{head}/>\n"),
            State::NotReached => format!("{head}>\n      <skipped/>\n    </testcase>\n"),
            State::Failed(why) => {
                let message = shown(why.lines().next().unwrap_or_default());
                let why = shown(why);
                format!("{head}>\n      <failure message=\"{message}\">{why}</failure>\n    </testcase>\n")
            }
        });
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// A text as XML takes it: escaped, and without the characters that it has no way to write.
fn shown(text: &str) -> String {
    let allowed: String =
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    escape(allowed.as_str()).into_owned()
}
