//! The browser: driver processes, WebDriver, readiness, frames, the DevTools side channel.

mod author;
mod binaries;
mod chromium;
mod confine;
mod date;
mod devtools;
mod driver;
mod error;
mod fault;
mod keys;
mod noise;
mod page;
mod plain;
mod recorder;
mod remote;
mod screen;
mod settings;
mod side;
mod sight;
mod start;
mod typing;
mod webdriver;

pub use author::{Area, Hit, Inspection, Mark, Snapshot, Suggestion};
pub use binaries::{Binaries, Program};
pub use confine::{Attempt, Attempts, Rules, Wanted};
pub use date::Dated;
pub use driver::reap;
pub use error::Error;
pub use noise::Noise;
pub use page::{Chosen, Page};
pub use recorder::{Heard, HeardDeed, Recorder, Spotted};
pub use screen::{Download, Echo, Pace, Screen, Seen};
pub use settings::{Kind, Settings};
pub use sight::{End, Look, Need, Point, Sight, Survey, Target, Whereabouts};
pub use start::Browser;
pub use typing::Typed;
