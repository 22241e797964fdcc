//! A seal: how far a recording had come at a moment, as the record has it.

use super::head::Link;

/// How far a recording had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// How many pieces it had.
    pub pieces: u32,
    /// How many bytes.
    pub bytes: u64,
    /// The hash of the last of them.
    pub link: Link,
}
