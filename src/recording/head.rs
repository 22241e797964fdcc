//! A head: what stands in plain before each piece of a recording, and chains it to the one before.
//!
//! Numbers are little-endian. Magic and version (8 bytes), the piece's number (u32, from 0), flags (u32: 1 begins with a
//! whole picture, 2 the last piece), begin and end (u32 each, milliseconds since the session's begin), the length of the
//! body (u32), the hash of the piece before (32 bytes). The hash of a piece is SHA-256 over its head and its body.

use ring::digest::{self, Context};

use crate::name::SessionId;

/// The hash of a piece, which the next one names.
pub type Link = [u8; 32];

/// What a head begins with: a word and the version of the format.
pub(super) const MAGIC: [u8; 8] = *b"dwpiece\x01";

/// How long a head is, in bytes.
pub(super) const LENGTH: usize = 60;

/// The longest body, in bytes: a piece is closed far below, and one picture is not larger.
pub(super) const LONGEST: u32 = 64 * 1024 * 1024;

const WHOLE: u32 = 1;
const LAST: u32 = 2;

/// What stands before a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number, from 0.
    pub number: u32,
    /// Whether it begins with a whole picture: a reader who begins here needs nothing before.
    pub whole: bool,
    /// Whether it is the last, which holds the index.
    pub last: bool,
    /// When its first entry was, in milliseconds since the session's begin.
    pub begin: u32,
    /// When its last entry was.
    pub end: u32,
    /// How long its body is, in bytes.
    pub length: u32,
    /// The hash of the piece before; that of the session's id for the first.
    pub before: Link,
}

impl Head {
    /// As it is written.
    pub(super) fn bytes(&self) -> [u8; LENGTH] {
        let flags = if self.whole { WHOLE } else { 0 } | if self.last { LAST } else { 0 };
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(&MAGIC);
        let numbers = [self.number, flags, self.begin, self.end, self.length];
        for (place, number) in bytes[8..28].chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes[28..].copy_from_slice(&self.before);
        bytes
    }

    /// The head in `bytes`; `None` when it is none that is written here.
    pub(super) fn read(bytes: &[u8; LENGTH]) -> Option<Self> {
        let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let (flags, length) = (number(12)?, number(24)?);
        let holds = bytes[..8] == MAGIC && flags & !(WHOLE | LAST) == 0 && length <= LONGEST;
        holds.then_some(())?;
        Some(Self {
            number: number(8)?,
            whole: flags & WHOLE != 0,
            last: flags & LAST != 0,
            begin: number(16)?,
            end: number(20)?,
            length,
            before: bytes[28..].try_into().ok()?,
        })
    }

    /// The hash of the piece that it stands before.
    pub(super) fn link(&self, body: &[u8]) -> Link {
        hash(&[&self.bytes(), body])
    }
}

/// What the first piece of a session names as the hash before it: a piece of another session does not fit there.
pub(super) fn origin(session: SessionId) -> Link {
    hash(&[b"doorward recording ", session.to_string().as_bytes()])
}

/// SHA-256 of the parts, one behind the other.
pub(super) fn hash(parts: &[&[u8]]) -> Link {
    let mut context = Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut link = [0; 32];
    link.copy_from_slice(context.finish().as_ref());
    link
}

#[cfg(test)]
mod tests {
    use super::{Head, LONGEST};

    #[test]
    fn a_head_is_read_as_it_was_written_and_nothing_else_is() {
        let head = Head {
            number: 7,
            whole: true,
            last: false,
            begin: 1_000,
            end: 2_500,
            length: 4_096,
            before: [9; 32],
        };
        let bytes = head.bytes();
        assert_eq!(Head::read(&bytes), Some(head));
        let with = |at: usize, to: u8| {
            let mut other = bytes;
            other[at] = to;
            Head::read(&other)
        };
        for at in 0..8 {
            assert_eq!(with(at, b'x'), None, "byte {at} of the magic");
        }
        assert_eq!(with(12, 4), None, "a flag that nobody knows");
        assert_eq!(with(27, 0xff), None, "a body beyond {LONGEST} bytes");
        for (at, byte) in bytes.iter().enumerate().skip(8) {
            assert_ne!(with(at, !byte), Some(head), "byte {at}");
        }
    }
}
