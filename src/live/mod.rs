//! The live session: a signed-in browser of the broker's own, that operators see and use through a stream.

mod broker;
mod card;
mod course;
mod curtain;
mod shared;
mod stay;
mod viewer;

pub use broker::{Broker, Ground, Limits, Order, Refusal};
pub use card::{Card, Stage};
pub use viewer::{Out, Viewer};
