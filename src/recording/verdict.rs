//! A verdict: what checking one recording found.

use std::fmt;

/// What checking a recording found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How many pieces there are.
    pub pieces: usize,
    /// How large the file is, in bytes.
    pub bytes: u64,
    /// When its last entry is, in milliseconds since the session's begin.
    pub length: u32,
    /// Everything that is not as it was written, in the order of the pieces. Empty: nothing was altered.
    pub breaks: Vec<Break>,
}

/// One thing in a recording that is not as doorward wrote it. Pieces count from 0; times are milliseconds since the
/// session's begin, as the pieces say them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The piece does not hold what was written.
    Changed {
        /// The piece.
        piece: u32,
        /// Its time as it stands now, or that of the piece before.
        time: u32,
    },
    /// Pieces are missing before others.
    Missing {
        /// The first that is missing.
        first: u32,
        /// The last that is missing.
        last: u32,
        /// The time of the piece before.
        time: u32,
    },
    /// A genuine piece stands in the place of another.
    Moved {
        /// The piece.
        piece: u32,
        /// Where it stands.
        place: u32,
        /// Its time.
        time: u32,
    },
    /// A piece is there twice, or is none of this recording's.
    Inserted {
        /// What it says its number is.
        piece: u32,
        /// Its time as it stands there.
        time: u32,
    },
    /// The file ends within a piece.
    Half {
        /// The piece.
        piece: u32,
        /// The time of the piece before.
        time: u32,
    },
    /// What stands behind the last piece is none.
    Rest {
        /// The number that a piece would have there.
        piece: u32,
        /// How many bytes it is.
        bytes: u64,
    },
    /// There are fewer pieces than the record says.
    Cut {
        /// The first that is missing.
        first: u32,
        /// The last that is missing.
        last: u32,
        /// The time of the last piece that is left.
        time: u32,
    },
    /// There are more pieces than the recording ended with.
    Grown {
        /// The first of them.
        first: u32,
        /// Its time.
        time: u32,
    },
    /// The pieces fit each other, and they are not those that the record has a seal of: they were written anew.
    Unsealed {
        /// The piece that was sealed.
        piece: u32,
        /// Its time.
        time: u32,
    },
    /// The first piece is of another session.
    OfAnother,
    /// It ended, and no seal was put on its end: the broker died.
    NeverSealed {
        /// How many pieces the last seal covers; those behind it are held together by the chain alone.
        sealed: u32,
        /// The time from which on there is no seal.
        time: u32,
    },
    /// The record has a recording, and there is no file.
    NoFile,
    /// There is a file, and the record has no recording of the session.
    NoRecord,
    /// The record says that it was removed, and it is there.
    NotRemoved,
    /// The piece cannot be decrypted, or what is in it cannot be read.
    Unreadable {
        /// The piece.
        piece: u32,
        /// Its time.
        time: u32,
    },
}

impl Break {
    /// The piece that it is about, or `u32::MAX` where it is about the end.
    pub fn piece(&self) -> u32 {
        match *self {
            Self::OfAnother | Self::NoFile | Self::NoRecord | Self::NotRemoved => 0,
            Self::Moved { place, .. } => place,
            Self::Missing { first, .. } | Self::Cut { first, .. } | Self::Grown { first, .. } => {
                first
            }
            Self::NeverSealed { .. } => u32::MAX,
            Self::Changed { piece, .. }
            | Self::Inserted { piece, .. }
            | Self::Half { piece, .. }
            | Self::Rest { piece, .. }
            | Self::Unsealed { piece, .. }
            | Self::Unreadable { piece, .. } => piece,
        }
    }

    /// Where it is, in milliseconds since the session's begin; `None` where it is about the whole.
    pub fn time(&self) -> Option<u32> {
        match *self {
            Self::Changed { time, .. }
            | Self::Missing { time, .. }
            | Self::Moved { time, .. }
            | Self::Inserted { time, .. }
            | Self::Half { time, .. }
            | Self::Cut { time, .. }
            | Self::Grown { time, .. }
            | Self::Unsealed { time, .. }
            | Self::NeverSealed { time, .. }
            | Self::Unreadable { time, .. } => Some(time),
            Self::Rest { .. }
            | Self::OfAnother
            | Self::NoFile
            | Self::NoRecord
            | Self::NotRemoved => None,
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Changed { piece, time } => {
                write!(f, "piece {piece} (at {}) was changed", clock(time))
            }
            Self::Missing { first, last, time } => {
                pieces(f, first, last)?;
                write!(f, " removed, after {}", clock(time))
            }
            Self::Moved { piece, place, time } => {
                write!(f, "piece {piece} (at {}) stands in the place of piece {place}", clock(time))
            }
            Self::Inserted { piece, time } => {
                write!(f, "a piece that says it is piece {piece} (at {}) was put in", clock(time))
            }
            Self::Half { piece, time } => {
                write!(f, "the file ends within piece {piece}, after {}", clock(time))
            }
            Self::Rest { piece, bytes } => {
                write!(f, "where piece {piece} would stand are {bytes} bytes that are none")
            }
            Self::Cut { first, last, time } => {
                pieces(f, first, last)?;
                write!(f, " cut off at the end, after {}: the record has a seal of them", clock(time))
            }
            Self::Grown { first, time } => {
                write!(f, "piece {first} (at {}) and what follows came after the end", clock(time))
            }
            Self::Unsealed { piece, time } => write!(
                f,
                "piece {piece} (at {}) is not the one that the record has a seal of: up to there it was written anew",
                clock(time)
            ),
            Self::OfAnother => f.write_str("it is the recording of another session"),
            Self::NeverSealed { sealed: 0, .. } => f.write_str(
                "it was never sealed, for the broker died: nothing shows whether its end was cut off",
            ),
            Self::NeverSealed { time, .. } => write!(
                f,
                "its end was never sealed, for the broker died: nothing shows whether it was cut off or altered after {}",
                clock(time)
            ),
            Self::NoFile => f.write_str("the record has it, and its file is missing"),
            Self::NoRecord => f.write_str("the file is there, and the record has no such recording"),
            Self::NotRemoved => {
                f.write_str("the record says that it was removed, and its file is there")
            }
            Self::Unreadable { piece, time } => {
                write!(f, "piece {piece} (at {}) cannot be opened or read", clock(time))
            }
        }
    }
}

pub(super) fn pieces(f: &mut fmt::Formatter<'_>, first: u32, last: u32) -> fmt::Result {
    if first == last {
        write!(f, "piece {first} was")
    } else {
        write!(f, "pieces {first} to {last} were")
    }
}

/// A time since the session's begin, as players show it: `0:01:23`.
pub(super) fn clock(time: u32) -> String {
    let seconds = time / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
