//! Activity: what happened, append-only and hash-chained. No record, no session.
//!
//! `store` writes, `record` reads and `check` comes to a `verdict`; `chain` says what a row's hash covers, `key`
//! what seals it. `lease` and `live` keep what sessions of several processes must know of each other.

mod chain;
mod check;
mod error;
mod event;
pub(crate) mod folder;
mod interrupted;
mod key;
mod lease;
pub mod listing;
mod live;
mod record;
mod row;
mod schema;
mod store;
mod tally;
mod verdict;

#[cfg(test)]
mod tests;

pub use error::{Error, Fault};
pub use event::{Action, Event};
pub use interrupted::duration;
pub use lease::Lease;
pub use live::Live;
pub use record::{Filter, Record};
pub use row::Row;
pub use store::Store;
pub use verdict::{Break, Verdict};
