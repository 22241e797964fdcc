//! A span: something that took its time, as OTLP has it in JSON
//! (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).

use std::time::Duration;

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};

use crate::clock::{Clock, Timestamp};

/// The id of a span.
pub(super) type Id = [u8; 8];

/// As many random bytes; zeros where the system has none, which a collector refuses.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes
}

/// Something that took its time.
pub(super) struct Span {
    pub(super) id: Id,
    parent: Option<Id>,
    name: &'static str,
    pub(super) began: Timestamp,
    ended: Option<Timestamp>,
    attributes: Vec<Value>,
    failed: bool,
}

impl Span {
    /// One that begins now.
    pub(super) fn begin(name: &'static str, parent: Option<Id>) -> Self {
        let (began, attributes) = (now(), Vec::new());
        Self { id: random(), parent, name, began, ended: None, attributes, failed: false }
    }

    /// Adds a fact.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.attributes.push(json!({"key": name, "value": {"stringValue": text}}));
    }

    /// Adds a number.
    pub(super) fn number(&mut self, name: &str, number: usize) {
        // OTLP has whole numbers of 64 bits as texts.
        self.attributes.push(json!({"key": name, "value": {"intValue": number.to_string()}}));
    }

    /// It failed.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    /// It ended now, if it has not before.
    pub(super) fn end(&mut self) {
        self.ended.get_or_insert_with(now);
    }

    /// It took so long.
    pub(super) fn lasted(&mut self, time: Duration) {
        self.ended = self.began.checked_add(time).ok();
    }

    /// Whether it has not ended.
    pub(super) fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// As it is sent.
    pub(super) fn json(&self, trace: &str) -> Value {
        let ended = self.ended.unwrap_or_else(now);
        let mut span = json!({
            "traceId": trace,
            "spanId": HEXLOWER.encode(&self.id),
            "name": self.name,
            "kind": 1,
            "startTimeUnixNano": nanos(self.began),
            "endTimeUnixNano": nanos(ended.max(self.began)),
            "attributes": self.attributes,
            // 1 is success and 2 an error.
            "status": { "code": if self.failed { 2 } else { 1 } },
        });
        if let Some(parent) = &self.parent {
            span["parentSpanId"] = HEXLOWER.encode(parent).into();
        }
        span
    }
}

fn now() -> Timestamp {
    Clock::System.now()
}

fn nanos(time: Timestamp) -> String {
    time.as_nanosecond().to_string()
}
