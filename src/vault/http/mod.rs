//! HTTP: what the vaults with an API over HTTPS have in common. Where the server is, one call, its
//! answer, and the client between them.

mod answer;
mod call;
mod client;
mod endpoint;

pub(super) use answer::Answer;
pub(super) use call::{Call, WHOLE};
pub(super) use client::{Carrier, Client, FOREIGN, Visit, clean};
pub(super) use endpoint::Endpoint;
