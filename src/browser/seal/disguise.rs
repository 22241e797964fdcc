//! A disguise: a stand-in that a page does not send as it is, but encoded or hashed. No secret can take its
//! place then, and it is noticed before the site is asked to believe it.

use std::io::Read;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use ring::digest;

/// How much of a packed body is unpacked, in bytes.
const UNPACKED: u64 = 1 << 20;

/// A shorter text is found everywhere.
const SHORTEST: usize = 8;

/// What pages make of a password before they send it, each with its name.
pub(super) fn disguises(stand_in: &str) -> Vec<(&'static str, String)> {
    let bytes = stand_in.as_bytes();
    let mut all = vec![
        ("base64", BASE64_NOPAD.encode(bytes)),
        ("base64", BASE64URL_NOPAD.encode(bytes)),
        ("hexadecimal", HEXLOWER.encode(bytes)),
        ("hexadecimal", HEXUPPER.encode(bytes)),
    ];
    let hashes: [(&str, &digest::Algorithm); 4] = [
        ("SHA-1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        ("SHA-256", &digest::SHA256),
        ("SHA-384", &digest::SHA384),
        ("SHA-512", &digest::SHA512),
    ];
    for (name, algorithm) in hashes {
        let hash = digest::digest(algorithm, bytes);
        let hash = hash.as_ref();
        all.extend([
            (name, HEXLOWER.encode(hash)),
            (name, HEXUPPER.encode(hash)),
            (name, BASE64_NOPAD.encode(hash)),
            (name, BASE64URL_NOPAD.encode(hash)),
        ]);
    }
    all.retain(|(_, text)| text.len() >= SHORTEST);
    all
}

/// A body as it was before it was packed, where it is packed in a way that browsers know.
pub(super) fn unpacked(encoding: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let read = match encoding {
        "gzip" => flate2::read::GzDecoder::new(body).take(UNPACKED).read_to_end(&mut whole),
        "deflate" => flate2::read::ZlibDecoder::new(body).take(UNPACKED).read_to_end(&mut whole),
        "deflate-raw" => {
            flate2::read::DeflateDecoder::new(body).take(UNPACKED).read_to_end(&mut whole)
        }
        _ => return None,
    };
    read.ok().map(|_| whole)
}

/// A header's value of which the last word is base64, as in `Authorization: Basic dXNlcjpwYXNz` (RFC 7617) and what
/// applications make in its likeness: what stands before that word, and what it says.
pub(super) fn wrapped(value: &str) -> Option<(&str, String)> {
    let at = value.rfind(' ').map_or(0, |at| at + 1);
    let (before, word) = value.split_at(at);
    let said = String::from_utf8(BASE64.decode(word.as_bytes()).ok()?).ok()?;
    Some((before, said))
}
