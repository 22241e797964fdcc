//! The demo: a small site of its own to sign in to, with a name and password page, a page that asks for a one-time
//! code, and a dashboard. A newcomer's first account is of it, and the tests and the benches sign in to the same pages.

mod code;
mod desk;
mod ground;
mod page;
mod people;
mod site;

pub use code::{Codes, Refused};
pub use ground::{CONNECTOR, Demo, Unstarted};
pub use people::{People, Person, Unusable};
pub use site::router;
