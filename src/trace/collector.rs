//! A collector: where traces are sent, as OpenTelemetry's variables name it
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>). Whatever becomes of it, no session waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::host;
use crate::meter::Meter;

/// So many launches may be under way to it; what comes then is lost.
const UNDER_WAY: usize = 16;

/// How long it may take, where no variable says so: the default of OpenTelemetry.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why no traces are sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// A variable is not what it has to be.
    #[error("{name} {what}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What is wrong with its value, which is not repeated: it may be a token.
        what: &'static str,
    },
    /// The certificates cannot be read.
    #[error("the certificates that OTEL_EXPORTER_OTLP_CERTIFICATE names cannot be read")]
    Certificates(#[source] std::io::Error),
    /// There is no client.
    #[error("there is no client for HTTPS")]
    Client(#[source] reqwest::Error),
}

/// Where traces are sent.
pub(super) struct Collector {
    http: reqwest::Client,
    url: url::Url,
    headers: HeaderMap,
    service: String,
    meter: Arc<Meter>,
    under_way: Arc<Semaphore>,
    /// Whether it was told that it does not answer.
    told: AtomicBool,
}

impl Collector {
    /// The collector that the variables name; `None` where they name none.
    pub(super) fn of(
        variable: impl Fn(&str) -> Option<String>,
        meter: &Arc<Meter>,
    ) -> Result<Option<Self>, Error> {
        let variable = |name: &str| {
            variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let off = variable("OTEL_SDK_DISABLED").is_some_and(|off| off.eq_ignore_ascii_case("true"))
            || variable("OTEL_TRACES_EXPORTER").is_some_and(|name| name == "none");
        let own = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let (name, text, path) = match (own, variable("OTEL_EXPORTER_OTLP_ENDPOINT")) {
            _ if off => return Ok(None),
            (Some(own), _) => ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own, ""),
            (None, Some(all)) => ("OTEL_EXPORTER_OTLP_ENDPOINT", all, "/v1/traces"),
            (None, None) => return Ok(None),
        };
        let wrong = |name, what| Error::Variable { name, what };
        let whole =
            format!("{}{path}", if path.is_empty() { &text } else { text.trim_end_matches('/') });
        let url = url::Url::parse(&whole).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| wrong(name, "is no http:// or https:// URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(
                name,
                "holds a user name or password: OTEL_EXPORTER_OTLP_HEADERS takes them",
            ));
        }
        let protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
        if variable(protocol).is_some_and(|protocol| protocol == "grpc") {
            return Err(wrong(
                protocol,
                "is grpc, and doorward speaks HTTP: name port 4318 of the collector, not 4317",
            ));
        }
        let name = "OTEL_EXPORTER_OTLP_HEADERS";
        let headers = variable(name)
            .or_else(|| variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS"))
            .map_or_else(|| Some(HeaderMap::new()), |text| headers(&text))
            .ok_or_else(|| wrong(name, "is no list of name=value,name=value"))?;
        if !headers.is_empty() && url.scheme() == "http" && !host::is_loopback(&url) {
            return Err(wrong(
                name,
                "would go over the network in the clear: the endpoint has to be https://",
            ));
        }
        let name = "OTEL_EXPORTER_OTLP_TIMEOUT";
        let timeout = match variable(name) {
            None => TIMEOUT,
            Some(text) => {
                let millis =
                    text.parse().map_err(|_| wrong(name, "is no number of milliseconds"))?;
                Duration::from_millis(millis)
            }
        };
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(timeout)
            .no_proxy();
        if let Some(path) = variable("OTEL_EXPORTER_OTLP_CERTIFICATE") {
            let pem = std::fs::read(path).map_err(Error::Certificates)?;
            let none = |_| Error::Certificates(std::io::Error::other("they are no PEM"));
            http = http.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem).map_err(none)?);
        }
        Ok(Some(Self {
            http: http.build().map_err(Error::Client)?,
            url,
            headers,
            service: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "doorward".to_owned()),
            meter: Arc::clone(meter),
            under_way: Arc::new(Semaphore::new(UNDER_WAY)),
            told: AtomicBool::new(false),
        }))
    }

    /// Sends the spans of a launch, once, beside whatever else goes on.
    pub(super) fn send(self: Arc<Self>, spans: Vec<Value>) {
        let count = spans.len() as u64;
        let Ok(room) = Arc::clone(&self.under_way).try_acquire_owned() else {
            return self.meter.untraced.add(&[], count);
        };
        let attribute =
            |name: &str, text: &str| json!({"key": name, "value": {"stringValue": text}});
        let resource = [
            attribute("service.name", &self.service),
            attribute("service.version", env!("CARGO_PKG_VERSION")),
        ];
        let body = json!({"resourceSpans": [{
            "resource": { "attributes": resource },
            "scopeSpans": [{ "scope": { "name": "doorward" }, "spans": spans }],
        }]});
        tokio::spawn(async move {
            let asked = self.http.post(self.url.clone()).headers(self.headers.clone());
            let asked = asked.header(CONTENT_TYPE, "application/json").body(body.to_string());
            let why = match asked.send().await {
                Ok(answer) if answer.status().is_success() => None,
                Ok(answer) => Some(format!("it answers {}", answer.status())),
                // Its URL may be known by heart to nobody but the one who set the variable.
                Err(error) => Some(crate::diagnostic::chain(&error.without_url(), ": ")),
            };
            match why {
                None => self.told.store(false, Ordering::Relaxed),
                Some(why) => {
                    self.meter.untraced.add(&[], count);
                    // Once, and again when it has answered in between.
                    if !self.told.swap(true, Ordering::Relaxed) {
                        tracing::warn!("the collector of traces takes nothing: {why}");
                    }
                }
            }
            drop(room);
        });
    }

    /// Waits until nothing is under way, at most so long.
    pub(super) async fn flush(&self, patience: Duration) {
        let all = u32::try_from(UNDER_WAY).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(patience, self.under_way.acquire_many(all)).await;
    }
}

/// `name=value,name=value`, each value percent-encoded.
fn headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decoded(value.trim())?;
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        headers.insert(HeaderName::try_from(name.trim()).ok()?, value);
    }
    Some(headers)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&pair).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Collector;
    use crate::meter::Meter;

    const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

    /// Variables, by their names.
    type Set<'a> = &'a [(&'a str, &'a str)];

    fn collector(set: Set<'_>) -> Result<Option<Collector>, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let variable = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Collector::of(variable, &Arc::new(Meter::default())).map_err(|error| error.to_string())
    }

    #[test]
    fn the_variables_say_where() {
        let cases: [(Set<'_>, Option<&str>); 8] = [
            (&[], None),
            (&[(ALL, " ")], None),
            (&[(ALL, "http://127.0.0.1:4318")], Some("http://127.0.0.1:4318/v1/traces")),
            (&[(ALL, "https://otel.example/base/")], Some("https://otel.example/base/v1/traces")),
            (&[(OWN, "http://a.example/x"), (ALL, "http://b.example")], Some("http://a.example/x")),
            (&[(ALL, "http://a.example"), ("OTEL_SDK_DISABLED", "TRUE")], None),
            (&[(ALL, "http://a.example"), ("OTEL_TRACES_EXPORTER", "none")], None),
            (
                &[(ALL, "http://127.0.0.1:1"), (HEADERS, "a=b, c=d%20e")],
                Some("http://127.0.0.1:1/v1/traces"),
            ),
        ];
        for (set, expected) in cases {
            let found = collector(set).unwrap();
            assert_eq!(found.as_ref().map(|found| found.url.as_str()), expected, "{set:?}");
            if let Some(found) = found.filter(|found| !found.headers.is_empty()) {
                assert_eq!(found.headers["c"], "d e");
                assert!(!format!("{:?}", found.headers).contains("d e"));
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_its_value() {
        let cases: [(Set<'_>, &str); 7] = [
            (&[(ALL, "SECRET")], "OTEL_EXPORTER_OTLP_ENDPOINT is no http"),
            (&[(OWN, "ftp://SECRET")], "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no http"),
            (&[(ALL, "http://a:SECRET@b.example")], "holds a user name or password"),
            (&[(ALL, "http://b.example"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "4318"),
            (&[(ALL, "https://b.example"), (HEADERS, "SECRET")], "name=value"),
            (&[(ALL, "http://b.example"), (HEADERS, "a=SECRET")], "in the clear"),
            (
                &[(ALL, "https://b.example"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "SECRET")],
                "milliseconds",
            ),
        ];
        for (set, says) in cases {
            let told = collector(set).err().unwrap();
            assert!(told.contains(says) && !told.contains("SECRET"), "{set:?} {told}");
        }
    }
}
