//! A trace: a launch as spans that a collector of OpenTelemetry takes: the launch, its phases, its rows.
//!
//! It is switched on by OpenTelemetry's own variables and sent as OTLP over HTTP, in JSON. What is told of a launch is its
//! connector, numbers and verbs of rows, outcome and cause: neither values nor what pages say.

mod collector;
mod launch;
mod span;

pub use launch::Trace;

use std::sync::Arc;
use std::time::Duration;

use collector::Collector;

use crate::meter::Meter;
use crate::name::SessionId;
use crate::plan::Plan;

/// What begins traces. Cheap to clone; without a collector it does nothing.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Collector>>);

impl Tracer {
    /// As the variables want it that `variable` reads; what is wrong with them goes to the log, and there are no
    /// traces then: no session hangs on them. Spans that are lost are counted.
    pub fn of(variable: impl Fn(&str) -> Option<String>, meter: &Arc<Meter>) -> Self {
        match Collector::of(variable, meter) {
            Ok(collector) => Self(collector.map(Arc::new)),
            Err(error) => {
                let error = crate::diagnostic::chain(&error, ": ");
                tracing::warn!("no traces are sent: {error}");
                Self(None)
            }
        }
    }

    /// Begins the trace of a launch.
    pub fn begin(&self, session: SessionId, plan: &Plan) -> Trace {
        Trace::begin(self.0.as_ref(), session, plan)
    }

    /// Waits until what is under way has been taken, at most so long.
    pub async fn flush(&self, patience: Duration) {
        if let Some(collector) = &self.0 {
            collector.flush(patience).await;
        }
    }
}
