//! One test binary; cases are data under `tests/cases/`. `tests/README.md` says what proves what.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod activity;
mod bitwarden;
mod ccp;
mod check;
mod clients;
mod codes;
mod config;
mod conjur;
mod connect;
mod cyberark;
mod doctor;
mod documents;
mod escapes;
mod factor;
mod faults;
mod firefox;
mod hashicorp;
mod import;
mod kdbx;
mod keyring;
mod lab;
mod language;
mod layers;
mod leaks;
mod links;
mod live;
mod operations;
mod pages;
mod pass;
mod policy;
mod portal;
mod record;
mod recording;
mod rehearsal;
mod remote;
mod rows;
mod sealed;
mod seeds;
mod site;
mod trial;
mod vaults;
