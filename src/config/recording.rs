//! `recording`: to whom live sessions are recorded, and how long recordings are kept.

use std::path::PathBuf;
use std::time::Duration;

use age::x25519::Recipient;

use super::Error;
use super::document::{Kind, Node};
use super::portal::texts;
use super::table::{Reader, Table};

const KEYS: [&str; 4] = ["recipients", "identity", "keep-days", "keep-bytes"];

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `recording`: how live sessions of `doorward serve` are recorded.
#[derive(Debug, Clone)]
pub struct Recording {
    /// `recipients`: the public keys of the auditors; each of them can open every recording. There is one at least.
    pub recipients: Vec<Recipient>,
    /// `identity`: the file of a secret key with which the broker itself opens recordings, for those who may watch them;
    /// without it each of them gives the portal a key of their own, for their sign-in.
    pub identity: Option<PathBuf>,
    /// `keep-days`: a recording is removed so long after it was written last.
    pub keep: Duration,
    /// `keep-bytes`: the oldest are removed when all of them together are larger, in bytes.
    pub keep_bytes: u64,
}

/// Reads `node`, the value of `recording`.
pub(super) fn recording(reader: Reader<'_>, node: Node) -> Result<Recording, Error> {
    const HELP: &str = "write `recipients: [age1…]`; `doorward recording key` makes a pair of keys and prints the public one";
    let at = node.at;
    let mut table = reader.table("recording", node, &KEYS)?;
    let texts = match table.take("recipients") {
        Some(node) => texts(reader, "recording.recipients", node, HELP)?,
        None => Vec::new(),
    };
    if texts.is_empty() {
        let message = "`recording` needs `recipients`, the public keys of auditors".to_owned();
        return Err(reader.wrong(at, message, HELP));
    }
    let mut recipients = Vec::new();
    for (text, at) in texts {
        if text.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("age-secret-key-")) {
            let message = "`recording.recipients` holds a secret key, with which everybody who reads this file could open every recording";
            let help = "take it out, and a new pair of keys: `doorward recording key`; only the public one, `age1…`, belongs here";
            return Err(reader.wrong(at, message.to_owned(), help));
        }
        let recipient: Recipient = text.trim().parse().map_err(|_| {
            let message = "`recording.recipients` holds what is no public key of age (X25519)";
            reader.wrong(at, message.to_owned(), HELP)
        })?;
        if recipients.contains(&recipient) {
            let message = "a public key is there twice below `recording.recipients`".to_owned();
            return Err(reader.wrong(at, message, "leave one of them away"));
        }
        recipients.push(recipient);
    }
    Ok(Recording {
        recipients,
        identity: table.path("identity")?,
        keep: days(reader, &mut table)?.unwrap_or(DAY * 90),
        keep_bytes: bytes(reader, &mut table)?.unwrap_or(20_000_000_000),
    })
}

fn days(reader: Reader<'_>, table: &mut Table<'_>) -> Result<Option<Duration>, Error> {
    let Some(node) = table.take("keep-days") else { return Ok(None) };
    let number = match &node.kind {
        Kind::Plain(value) => value.as_u64().filter(|number| (1..=36_500).contains(number)),
        _ => None,
    };
    let number = number.and_then(|number| u32::try_from(number).ok());
    number.map(|number| Some(DAY * number)).ok_or_else(|| {
        let message = "`recording.keep-days` has to be a whole number from 1 to 36500".to_owned();
        reader.wrong(
            node.at,
            message,
            "write it without quotes and without a unit: `keep-days: 90`",
        )
    })
}

fn bytes(reader: Reader<'_>, table: &mut Table<'_>) -> Result<Option<u64>, Error> {
    let Some((text, at)) = table.text("keep-bytes")? else { return Ok(None) };
    size(&text).map(Some).ok_or_else(|| {
        let message = "`recording.keep-bytes` is no size".to_owned();
        reader.wrong(at, message, "write it with its unit: `500MB`, `20GB`, `2TB`, or `20GiB`")
    })
}

/// What `20GB` means, in bytes.
fn size(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1_u64 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).filter(|size| *size > 0)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_has_its_unit() {
        let cases = [
            ("20GB", Some(20_000_000_000)),
            ("1 kb", Some(1_000)),
            ("2GiB", Some(2_147_483_648)),
            ("500MB", Some(500_000_000)),
            ("0GB", None),
            ("20", None),
            ("GB", None),
            ("1.5GB", None),
            ("-1GB", None),
            ("20G", None),
            ("99999999999TB", None),
        ];
        for (text, expected) in cases {
            assert_eq!(size(text), expected, "{text}");
        }
    }
}
