//! The live session: a signed-in browser of the broker's own, that operators see and use through a stream.

mod approval;
mod attempt;
mod broker;
mod card;
mod company;
mod course;
mod curtain;
mod exchange;
mod files;
mod intake;
mod recorder;
mod shared;
mod stay;
mod tape;
mod title;
mod viewer;

pub use approval::Approval;
pub use attempt::{Attempt, NotTried};
pub use broker::{Broker, Ground, Limits, Order, Refusal};
pub use card::{Card, Stage};
pub use files::{Full, LARGEST, Saved};
pub use intake::{Intake, NotTaken};
pub use recorder::Recordings;
pub use viewer::{Out, Viewer};
