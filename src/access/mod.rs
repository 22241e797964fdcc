//! Access: whether this person may do this; a vault asks for the proof before it answers.
//!
//! Policies are written in Cedar. `text` splits a file into its policies, `read` checks them against the schema, a
//! [`Set`] decides by them, and [`Policies`] is the set of this moment, read again when a file changes.

mod ask;
mod decision;
mod file;
mod grant;
mod index;
mod policies;
mod question;
mod read;
mod role;
mod set;
mod text;
mod told;
mod world;

#[cfg(test)]
mod tests;

pub use ask::{Ask, Deed, Person};
pub use decision::{Cited, Decision, Explained, Verdict};
pub use file::{File, Unwritten, hash};
pub use grant::{Grant, Refusal, decide};
pub use policies::{Policies, Unread, files, source};
pub use question::{Open, Question};
pub use role::Role;
pub use set::Set;

/// The schema that policies are checked against, in Cedar's own language.
pub fn schema() -> &'static str {
    world::SCHEMA
}
