//! A tally: what goes on record, counted for those who run doorward. So the counts and the record cannot differ.

use super::{Action, Event};
use crate::meter::Meter;

/// Counts `events`, which are on record now.
pub(super) fn tally(meter: &Meter, events: &[Event]) {
    // What is on record on a linked account is there on its target, too, and counts once.
    for event in events.iter().filter(|event| detail(event, "target").is_none()) {
        let cause = detail(event, "cause").unwrap_or_default();
        match event.action {
            Action::Connect => meter.started.add(&[], 1),
            Action::ConnectRefused => meter.refused.add(&[cause], 1),
            Action::ConnectFailed | Action::Disconnect => {
                meter.ended.add(&[&event.outcome, cause], 1);
            }
            Action::Denied => meter.denied.add(&[cause], 1),
            Action::SignIn => meter.sign_ins.add(&["let in"], 1),
            Action::SignInFailed => meter.sign_ins.add(&["not let in"], 1),
            action if event.outcome == "denied" => meter.attempts.add(&[action.word()], 1),
            _ => {}
        }
    }
}

fn detail<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    let found = event.details.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::tally;
    use crate::activity::{Action, Event};
    use crate::clock::Clock;
    use crate::meter::{Exposition, Meter};

    fn event(action: Action, outcome: &str, details: &[(&str, &str)]) -> Event {
        Event {
            time: Clock::System.now(),
            session: None,
            user: "ann".parse().unwrap(),
            action,
            account: None,
            connector: "shop".to_owned(),
            address: "https://shop.example".to_owned(),
            reason: "a reason".to_owned(),
            client_address: "192.0.2.7".to_owned(),
            outcome: outcome.to_owned(),
            details: details.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn what_is_on_record_is_counted_once_and_without_names() {
        let meter = Meter::default();
        tally(
            &meter,
            &[
                event(Action::Connect, "", &[("policies", "team")]),
                event(Action::Connect, "", &[("target", "local:web/shop")]),
                event(Action::UsePassword, "", &[("row", "2")]),
                event(Action::Disconnect, "signed-in", &[("ended_by", "ann")]),
                event(Action::Disconnect, "signed-in", &[("target", "local:web/shop")]),
                event(Action::ConnectFailed, "refused", &[("cause", "wrong password")]),
                event(Action::ConnectRefused, "refused", &[("cause", "not-permitted")]),
                event(Action::Denied, "denied", &[("cause", "csrf"), ("request", "GET /x")]),
                event(Action::PopupDenied, "denied", &[("url", "https://elsewhere.example/")]),
                event(Action::SignInFailed, "", &[]),
            ],
        );
        let mut to = Exposition::default();
        meter.write(&mut to);
        let text = to.text();
        let samples: Vec<&str> =
            text.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" 0")).collect();
        assert_eq!(
            samples,
            [
                "doorward_sessions_started_total 1",
                "doorward_sessions_ended_total{outcome=\"refused\",cause=\"wrong password\"} 1",
                "doorward_sessions_ended_total{outcome=\"signed-in\",cause=\"\"} 1",
                "doorward_sessions_refused_total{cause=\"not-permitted\"} 1",
                "doorward_requests_denied_total{cause=\"csrf\"} 1",
                "doorward_page_attempts_denied_total{action=\"PopupDenied\"} 1",
                "doorward_portal_sign_ins_total{result=\"not let in\"} 1",
            ]
        );
        for word in ["ann", "web/shop", "elsewhere", "192.0.2", "reason"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}
