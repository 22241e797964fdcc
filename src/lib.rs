//! Doorward opens privileged web sessions for people who must not see the passwords.
//!
//! The modules stand in the order in which a session passes through them; `src/README.md` has the map.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails there"))]

pub mod activity;
pub mod browser;
pub mod cli;
pub mod connector;
pub mod custody;
pub mod demo;
pub mod factor;
pub mod import;
pub mod live;
pub mod offer;
pub mod oidc;
pub mod plan;
pub mod portal;
pub mod recording;
pub mod session;
pub mod stream;
pub mod trace;
pub mod vault;

pub mod access;
pub mod clock;
pub mod config;
pub mod diagnostic;
pub mod host;
pub mod key;
pub mod locator;
pub mod meter;
pub mod name;
pub mod otp;
pub mod secret;
pub mod yaml;
