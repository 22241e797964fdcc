//! The outer header of a KDBX file: the part that says how the rest is encrypted, and that anybody
//! who can write the file can change.
//!
//! It is walked here before the `keepass` crate sees it: the crate takes lengths and costs from it
//! unchecked (a short field makes it panic, a large memory cost makes the process die), and its
//! errors do not tell a file that is cut off from one with another key.

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The major version: 3 or 4.
    pub(super) major: u16,
}

/// Why a header is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    NotKeePass,
    UnknownVersion(String),
    CutOff,
    Damaged,
    TooCostly(&'static str),
}

/// No real vault asks for more; the most that KeePassXC offers is 1 GiB.
const MOST_MEMORY: u64 = 2 << 30;
/// KeePassXC sets about 40 million rounds for a delay of a second.
const MOST_ROUNDS: u64 = 2_000_000_000;
const MOST_PASSES: u64 = 10_000;

/// The one cipher of KDBX that has no blocks.
const CHACHA20: [u8; 16] = [
    0xD6, 0x03, 0x8A, 0x2B, 0x8B, 0x6F, 0x4C, 0xB5, 0xA5, 0x24, 0x33, 0x9A, 0x31, 0xDB, 0xB5, 0x9A,
];

/// Walks the header of a whole file.
pub(super) fn read(file: &[u8]) -> Result<Header, Fault> {
    let mut rest = Bytes(file);
    if file.len() < 4 || rest.u32()? != 0x9AA2_D903 {
        return Err(Fault::NotKeePass);
    }
    match rest.u32()? {
        0xB54B_FB67 => {}
        0xB54B_FB65 => return Err(Fault::UnknownVersion("1".into())),
        0xB54B_FB66 => return Err(Fault::UnknownVersion("2 (a test version)".into())),
        _ => return Err(Fault::NotKeePass),
    }
    let minor = rest.u16()?;
    let major = rest.u16()?;
    if !matches!(major, 3 | 4) {
        return Err(Fault::UnknownVersion(format!("KDBX {major}.{minor}")));
    }
    let mut streamed = false;
    loop {
        let kind = rest.u8()?;
        let length = match major {
            3 => usize::from(rest.u16()?),
            _ => usize::try_from(rest.u32()?).map_err(|_| Fault::CutOff)?,
        };
        let field = rest.take(length)?;
        let fixed = match (kind, major) {
            (2, _) => Some(16),
            (3, _) | (10, 3) => Some(4),
            (6, 3) => Some(8),
            _ => None,
        };
        if fixed.is_some_and(|fixed| fixed != field.len()) {
            return Err(Fault::Damaged);
        }
        match (kind, major) {
            (0, _) => break,
            (2, _) => streamed = field == CHACHA20,
            (6, 3) if Bytes(field).u64()? > MOST_ROUNDS => {
                return Err(Fault::TooCostly("too many rounds"));
            }
            (11, 4) => derivation(field)?,
            _ => {}
        }
    }
    if major == 4 {
        let header = &file[..file.len() - rest.0.len()];
        let hash = rest.take(32)?;
        if ring::digest::digest(&ring::digest::SHA256, header).as_ref() != hash {
            return Err(Fault::Damaged);
        }
        rest.take(32)?;
    } else if rest.0.is_empty() || (!streamed && rest.0.len() % 16 != 0) {
        // The body of KDBX 3 is whole blocks of its cipher.
        return Err(Fault::CutOff);
    }
    Ok(Header { major })
}

/// Walks the dictionary of the key derivation: entries of type, name and value, each with its length.
fn derivation(field: &[u8]) -> Result<(), Fault> {
    let damaged = |_| Fault::Damaged;
    let mut rest = Bytes(field);
    rest.u16().map_err(damaged)?;
    loop {
        let kind = rest.u8().map_err(damaged)?;
        if kind == 0 {
            return Ok(());
        }
        let length = usize::try_from(rest.u32().map_err(damaged)?).map_err(|_| Fault::Damaged)?;
        let name = rest.take(length).map_err(damaged)?;
        let length = usize::try_from(rest.u32().map_err(damaged)?).map_err(|_| Fault::Damaged)?;
        let value = rest.take(length).map_err(damaged)?;
        let number = match (kind, value.len()) {
            (0x04 | 0x0C, 4) => Some(u64::from(Bytes(value).u32()?)),
            (0x05 | 0x0D, 8) => Some(Bytes(value).u64()?),
            (0x08, 1) | (0x18 | 0x42, _) => None,
            _ => return Err(Fault::Damaged),
        };
        match (name, number) {
            (b"M", Some(memory)) if memory > MOST_MEMORY => {
                return Err(Fault::TooCostly("too much memory"));
            }
            (b"I", Some(passes)) if passes > MOST_PASSES => {
                return Err(Fault::TooCostly("too many passes"));
            }
            (b"R", Some(rounds)) if rounds > MOST_ROUNDS => {
                return Err(Fault::TooCostly("too many rounds"));
            }
            (b"P", Some(lanes)) if lanes > 64 => return Err(Fault::TooCostly("too many lanes")),
            _ => {}
        }
    }
}

/// What is left to read, little-endian.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Fault::CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::CutOff)
    }

    fn u8(&mut self) -> Result<u8, Fault> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_le_bytes)
    }
}
