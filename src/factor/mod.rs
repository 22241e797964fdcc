//! A second factor: what somebody has beside their password. An authenticator that shows one-time codes, recovery codes
//! for the day on which it is lost, and passkeys beside it.
//!
//! [`Factors`] keeps them in `portal.db`, which `portal` makes. Whose they are says an [`Owner`]: a user of the portal,
//! or a subject of an application that asks doorward.

mod code;
mod error;
mod key;
mod offer;
mod owner;
mod passkey;
mod passkeys;
mod recovery;
mod standing;
mod store;
mod verify;

#[cfg(test)]
mod tests;

/// What the version of `portal.db` adds that keeps second factors.
pub const SCHEMA: &str = include_str!("schema.sql");

pub use error::Error;
pub use key::has_key;
pub use offer::Offer;
pub use owner::{NoSubject, Owner, Subject};
pub use passkey::Relying;
pub use passkeys::{Asked, Offered, Passkey};
pub use recovery::RecoveryCodes;
pub use standing::Standing;
pub use store::Factors;
pub use verify::{Cause, Proof, Verdict};
