//! A session: arms a plan with its secrets, runs it in a browser of its own, and says how it ended.

mod armed;
mod checkpoint;
mod code;
mod error;
mod guard;
mod launch;
mod lease;
mod outcome;
mod progress;
mod record;
pub mod report;
mod row;
mod run;
mod scrub;
mod sealed;
mod seat;
mod skew;
mod spelling;
mod trial;
mod value;

pub use error::Error;
pub use launch::{Course, Ended, Launch, Signed, Timings, Vaults, launch};
pub use lease::{Origin, Shown, one_time_code, shown_code};
pub use outcome::{Outcome, Stop};
pub use progress::Progress;
pub use record::{LOCAL, refused};
pub use sealed::Sealability;
pub use trial::{Done, Noise, SavedPage, Shot, Trial, Tried, TriedRow};
