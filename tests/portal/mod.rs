//! The portal as a whole: its door, what it refuses, its pages in a real browser.

mod codes;
mod connectors;
mod door;
mod export;
mod keycloak;
mod network;
mod pages;
mod policies;
mod policy;
pub(crate) mod provider;
mod refused;
mod roles;
mod tokens;
pub(crate) mod unrecorded;

use crate::lab::Lab;
use crate::lab::desk::Desk;

/// The password of everybody here, marked so that it can be looked for.
pub(crate) const PASSWORD: &str = "marked-pass-of-a-person-7Q";

/// A desk with the administrator `root` and the operators `ann` and `bob`, of whom only ann may use accounts.
pub(crate) fn desk() -> Desk {
    let desk = Desk::at("127.0.0.1:9");
    desk.connector("site", "http://127.0.0.1:9/login", "", crate::lab::desk::ROWS);
    add(&desk.lab, &["root", "--role", "admin", "--accounts", "*"]);
    add(&desk.lab, &["ann", "--accounts", "web/*"]);
    add(&desk.lab, &["bob"]);
    desk
}

pub(crate) fn add(lab: &Lab, arguments: &[&str]) {
    let line = [&["user", "add"], arguments, &["--password-stdin"]].concat();
    let added = lab.run_with_input(&line, &format!("{PASSWORD}\n"));
    assert_eq!(added.code, 0, "{}", added.stderr);
}
