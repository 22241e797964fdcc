//! Activity: what happened, append-only and hash-chained. No record, no session.

mod event;
mod store;

pub use event::{Action, Event};
pub use store::{Error, Filter, Row, Store};
