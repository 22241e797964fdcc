//! What a plan makes of connectors and requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build;
use crate::connector::{self, Connector, Object};
use crate::diagnostic::{Code, Source};
use crate::name::{Links, Purpose};
use crate::plan::{Class, Plan, Request, Stage};

const ROWS: &str = "  username > <username>
  password > <password>
  next > (Button)
  bad > (Failure=wrong password)
  code > (Validation)
  otp > (TOTP) <logonaccount\\password> (Timeout=90s)
  role > (Select) <param\\Role> (Optional)
  in-1 > (Validation)
  in-2 > (Validation)
  no > (Failure=wrong code)
  token > <apitoken>
";

fn connector(settings: &str) -> Arc<Connector> {
    let text = format!(
        "ConnectorId: acme\nSupportedCapabilities: [LogonAccount]\nTargetSettings:\n  LogonURL: \
         https://<address>/\n{settings}UserParameters:\n  Role: {{ DisplayName: your role }}\n  Zone: {{ \
         Default: eu }}\nWebFormFields: |\n{ROWS}"
    );
    let (connector, found) = connector::load(Arc::new(Source { path: "acme.yaml".into(), text }));
    assert!(found.is_empty(), "{:?}", found.iter().map(|found| &found.message).collect::<Vec<_>>());
    Arc::new(connector.unwrap())
}

fn request(params: &[(&str, &str)]) -> Request {
    Request {
        account: "shop".parse().unwrap(),
        user: "eve".parse().unwrap(),
        token: None,
        purpose: Purpose::default(),
        links: Links::default(),
        params: params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}

fn plan(settings: &str) -> Plan {
    build(connector(settings), request(&[("role", "admin")])).unwrap()
}

/// `3>4` for row 3 with checkpoint stage 4 ahead, `[5|4]` for validations 5 and failures 4.
fn shape(plan: &Plan) -> Vec<String> {
    let rows = |steps: &[connector::Step]| {
        steps.iter().map(|step| step.row.to_string()).collect::<Vec<_>>().join(",")
    };
    plan.stages
        .iter()
        .map(|stage| match stage {
            Stage::Row(step, Some(ahead)) => format!("{}>{ahead}", step.row),
            Stage::Row(step, None) => step.row.to_string(),
            Stage::Checkpoint(found) => {
                format!("[{}|{}]", rows(&found.validations), rows(&found.failures))
            }
        })
        .collect()
}

#[test]
fn consecutive_signs_are_one_checkpoint_and_rows_watch_the_next_one() {
    let expected = ["1>3", "2>3", "3>3", "[5|4]", "6>6", "7>6", "[8,9|10]", "11"];
    assert_eq!(shape(&plan("")), expected);
}

#[test]
fn without_validations_the_failures_stay() {
    let plan = plan("  RunValidations: No\n");
    assert_eq!(shape(&plan), ["1>3", "2>3", "3>3", "[|4]", "6>6", "7>6", "[|10]", "11"]);
}

#[test]
fn what_is_not_known_to_be_public_is_a_secret() {
    let plan = plan("");
    let slots: Vec<_> = plan
        .slots
        .iter()
        .map(|slot| (slot.row, slot.placeholder.to_string(), slot.class == Class::Secret))
        .collect();
    let slot = |row, text: &str, secret| (row, text.to_owned(), secret);
    assert_eq!(
        slots,
        [
            slot(None, "<address>", false),
            slot(Some(1), "<username>", false),
            slot(Some(2), "<password>", true),
            slot(Some(6), "<logonaccount\\password>", true),
            slot(Some(7), "<param\\Role>", false),
            slot(Some(11), "<apitoken>", true),
        ]
    );
    let objects = [Object::Target, Object::LogonAccount, Object::Param];
    assert_eq!(plan.objects().into_iter().collect::<Vec<_>>(), objects);
}

#[test]
fn parameters_are_given_or_default_or_missed_at_their_place() {
    let plan = plan("");
    let expected = BTreeMap::from([("Role", "admin"), ("Zone", "eu")]);
    let expected = expected.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    assert_eq!(plan.request.params, expected);

    let found = build(connector(""), request(&[("rolle", "admin")])).unwrap_err();
    let codes: Vec<_> = found.iter().map(|found| found.code).collect();
    assert_eq!(codes, [Code::UnknownParameter, Code::MissingParameter]);
    assert!(found[0].help.as_deref().unwrap().contains("`Role`, `Zone`"));
    let span = found[1].primary.span;
    assert_eq!(&found[1].source.text[span.range()], "<param\\Role>");
}

#[test]
fn a_plan_is_shown_without_values() {
    let shown = plan("").show();
    let expected = "\
acme (acme)
account  shop
opens    https://<address>/
types    values of accounts only into the origin of the page above
param    Role = admin
param    Zone = eu

  1  type <username> into `username`
     from shop: username
  2  type <password> into `password`  [secret]
     from shop: password
  3  press `next`
  4  refused (wrong password) if `bad` shows
  5  signed in if `code` shows
  6  type the one-time code of <logonaccount\\password> into `otp`, within 90s  [secret]
     from the logon account that shop links to: password
  7  select <param\\Role> in `role`, if it comes
  8  signed in if `in-1` shows
  9  signed in if `in-2` shows
 10  refused (wrong code) if `no` shows
 11  type <apitoken> into `token`  [secret]
     from shop: apitoken
";
    assert_eq!(shown, expected);
    let plan = plan("");
    let progress = plan.progress(&plan.connector.steps[1]);
    assert_eq!(progress, "row 2 of 11: type <password> into `password`");
}
