//! No secret comes out: every secret is a mark, every command and every failing path is run, and every
//! byte that came out is searched for the marks, in every form.
//!
//! What is searched: stdout and stderr with the log at its most talkative; every file below the desk
//! (the record, the state, connectors, screenshots, the driver's log, what a browser left), but the
//! files that hold the secrets by intent; the arguments and environments of every process.

mod configuration;
mod cyberark;
mod factor;
mod held;
mod identity;
mod pages;
mod portal;
mod seeds;
mod vaults;
mod world;
