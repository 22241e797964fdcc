//! A date: what time a site's own answers say that it is.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// More requests and origins than a sign-in has; a page in a loop must not fill the memory.
const MOST: usize = 100;

/// What the answer to the request for a document says of the time. Both moments are of this machine's clock, in
/// milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// The header `Date`, as it was sent.
    pub date: String,
    /// When it was asked.
    pub asked: i64,
    /// When the answer began.
    pub answered: i64,
}

/// The requests for documents that are under way, and the last answer of each origin.
#[derive(Default)]
pub(super) struct Dates {
    asked: BTreeMap<String, i64>,
    last: BTreeMap<String, Dated>,
}

/// What a session with a page has to ask for, that the browser tells of its requests. Bodies are of no interest.
pub(super) fn told() -> Value {
    json!({"maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0})
}

impl Dates {
    /// The last answer of `origin`.
    pub(super) fn of(&self, origin: &str) -> Option<Dated> {
        self.last.get(origin).cloned()
    }

    /// Takes in an event of the browser.
    pub(super) fn heard(&mut self, method: &str, params: &Value) {
        let request = params["requestId"].as_str().unwrap_or_default();
        match method {
            // After a redirect the same request is sent anew.
            "Network.requestWillBeSent" if params["type"] == "Document" => {
                if let Some(asked) = params["wallTime"].as_f64()
                    && (self.asked.len() < MOST || self.asked.contains_key(request))
                {
                    self.asked.insert(request.to_owned(), (asked * 1000.0) as i64);
                }
            }
            "Network.loadingFailed" => drop(self.asked.remove(request)),
            "Network.responseReceived" => {
                let Some(asked) = self.asked.remove(request) else { return };
                let Some((origin, dated)) = read(&params["response"], asked) else { return };
                if self.last.len() < MOST || self.last.contains_key(&origin) {
                    self.last.insert(origin, dated);
                }
            }
            _ => {}
        }
    }
}

/// What `response` says, unless it is a copy that somebody kept: its date is of the day on which it was made.
fn read(response: &Value, asked: i64) -> Option<(String, Dated)> {
    let kept = ["fromDiskCache", "fromServiceWorker", "fromPrefetchCache"];
    let header = |name: &str| {
        let headers = response["headers"].as_object()?;
        let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        found.1.as_str()
    };
    let aged = header("age").is_some_and(|age| age.trim() != "0");
    if aged || kept.iter().any(|kind| response[*kind] == true) {
        return None;
    }
    let origin = url::Url::parse(response["url"].as_str()?).ok()?.origin();
    let answered = response["responseTime"].as_f64()? as i64;
    let date = header("date")?.to_owned();
    (answered >= asked).then(|| (origin.ascii_serialization(), Dated { date, asked, answered }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Dated, Dates, MOST};

    const DATE: &str = "Sun, 22 Nov 2026 12:00:00 GMT";

    fn sent(dates: &mut Dates, request: &str, kind: &str, seconds: f64) {
        let params = json!({"requestId": request, "type": kind, "wallTime": seconds});
        dates.heard("Network.requestWillBeSent", &params);
    }

    fn answered(dates: &mut Dates, request: &str, response: &Value) {
        let params = json!({"requestId": request, "response": response});
        dates.heard("Network.responseReceived", &params);
    }

    #[test]
    fn only_a_fresh_answer_to_a_document_tells_the_time() {
        let fresh = json!({
            "url": "https://shop.example/login?x", "responseTime": 1500.5, "headers": {"date": DATE},
        });
        let with = |key: &str, value: Value| {
            let mut response = fresh.clone();
            response[key] = value;
            response
        };
        for (response, tells) in [
            (fresh.clone(), true),
            (with("headers", json!({"Date": DATE, "Age": "0"})), true),
            (with("headers", json!({"Date": DATE, "AGE": "17"})), false),
            (with("headers", json!({"Dates": DATE})), false),
            (with("headers", json!("none")), false),
            (with("fromDiskCache", json!(true)), false),
            (with("fromServiceWorker", json!(true)), false),
            (with("fromPrefetchCache", json!(true)), false),
            (with("url", json!("no url")), false),
            (with("responseTime", Value::Null), false),
            // The clock of this machine was set back meanwhile.
            (with("responseTime", json!(900.0)), false),
        ] {
            let mut dates = Dates::default();
            sent(&mut dates, "1", "Document", 1.0);
            answered(&mut dates, "1", &response);
            let expected = Dated { date: DATE.to_owned(), asked: 1000, answered: 1500 };
            assert_eq!(dates.of("https://shop.example"), tells.then_some(expected), "{response}");
        }
        let mut dates = Dates::default();
        sent(&mut dates, "1", "Image", 1.0);
        answered(&mut dates, "1", &fresh);
        sent(&mut dates, "2", "Document", 1.0);
        dates.heard("Network.loadingFailed", &json!({"requestId": "2"}));
        answered(&mut dates, "2", &fresh);
        assert_eq!(dates.of("https://shop.example"), None);
        // After a redirect it counts from the last request on; and memory has a bound.
        sent(&mut dates, "3", "Document", 0.5);
        sent(&mut dates, "3", "Document", 1.25);
        answered(&mut dates, "3", &fresh);
        assert_eq!(dates.of("https://shop.example").unwrap().asked, 1250);
        for at in 0..2 * MOST {
            let request = format!("more {at}");
            sent(&mut dates, &request, "Document", 1.0);
            let url = json!(format!("https://{at}.example/"));
            answered(&mut dates, &request, &with("url", url));
            sent(&mut dates, &request, "Document", 1.0);
        }
        assert!(dates.last.len() <= MOST && dates.asked.len() <= MOST);
    }
}
