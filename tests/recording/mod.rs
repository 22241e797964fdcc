//! Recordings, whole: live sessions in real Chromium, recorded, opened with the auditor's key, altered and removed.

mod archive;
mod command;
mod failure;
mod replay;
mod session;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::lab::desk::Desk;
use crate::lab::portal::Portal;
use crate::lab::{Ended, Lab};
use crate::live::Stage;

/// The row that needs nothing to be filled in.
const SHOWN: &str = "#welcome > (Validation) (SearchBy=css)\n";

/// A stage whose sessions are recorded to a new auditor, with `settings` below `recording`.
fn stage(page: &str, connector: &str, rows: &str, settings: &str) -> Stage {
    Stage::prepared(page, connector, rows, |desk| record_to(&desk.lab, settings), Portal::start)
}

/// Makes `auditor.key`, and a configuration that records to it.
pub(crate) fn record_to(lab: &Lab, settings: &str) {
    let public = new_key(lab, "auditor.key");
    let path = lab.path().join("doorward.yaml");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let text = format!("{text}recording:\n  recipients: [{public}]\n{settings}");
    std::fs::write(path, text).unwrap();
}

/// A new pair of keys: the public one.
fn new_key(lab: &Lab, name: &str) -> String {
    let made = lab.run(&["recording", "key", "--output", name]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let line = made.stdout.lines().next().unwrap();
    line.strip_prefix("public key: ").unwrap().to_owned()
}

fn file(lab: &Lab, session: &str) -> PathBuf {
    lab.path().join(format!("state/recordings/{session}.dwr"))
}

fn verify(lab: &Lab) -> Ended {
    lab.run(&["recording", "verify", "--identity", "auditor.key"])
}

/// An identity as `age -p` locks it, with next to no work: the file, and the same as text.
pub(crate) fn locked(plain: &str, passphrase: &str) -> (Vec<u8>, String) {
    let mut recipient = age::scrypt::Recipient::new(passphrase.to_owned().into());
    recipient.set_work_factor(4);
    let recipient = std::iter::once(&recipient as &dyn age::Recipient);
    let mut bytes = Vec::new();
    let mut to =
        age::Encryptor::with_recipients(recipient).unwrap().wrap_output(&mut bytes).unwrap();
    to.write_all(plain.as_bytes()).unwrap();
    to.finish().unwrap();
    let mut text = Vec::new();
    let format = age::armor::Format::AsciiArmor;
    let mut armour = age::armor::ArmoredWriter::wrap_output(&mut text, format).unwrap();
    armour.write_all(&bytes).unwrap();
    armour.finish().unwrap();
    (bytes, String::from_utf8(text).unwrap())
}

/// What `list` tells, as JSON.
fn list(lab: &Lab) -> Vec<Value> {
    let listed = lab.run(&["recording", "list", "--format", "json"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    serde_json::from_str(&listed.stdout).unwrap()
}

/// What happened, as `what: text`.
fn moments(lab: &Lab, session: &str) -> Vec<String> {
    let shown =
        lab.run(&["recording", "show", session, "--identity", "auditor.key", "--format", "json"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let moments = shown["moments"].as_array().unwrap();
    let text = |moment: &Value, name: &str| moment[name].as_str().unwrap().to_owned();
    moments
        .iter()
        .map(|moment| format!("{}: {}", text(moment, "what"), text(moment, "text")))
        .collect()
}

/// Everything in a recording, in plain.
pub(crate) fn plain(lab: &Lab, session: &str) -> String {
    let name = format!("{session}.jsonl");
    let export =
        ["recording", "export", session, "--identity", "auditor.key", "--output", name.as_str()];
    let exported = lab.run(&export);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    let path = lab.path().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    text
}

/// The outcomes and details of the rows with this action.
fn rows(desk: &Desk, action: &str) -> Vec<(String, Value)> {
    let rows = desk.record(&[]).into_iter().filter(|row| row["Action"] == action);
    rows.map(|row| (row["Outcome"].as_str().unwrap().to_owned(), row["Details"].clone())).collect()
}

/// Changes the byte at `at` of a file; from its end, where that is negative.
fn flip(path: &Path, at: i64) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = usize::try_from(if at < 0 { bytes.len() as i64 + at } else { at }).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}
