//! A verdict: what checking the whole record found.

use std::fmt;

use crate::clock::Timestamp;

/// What checking the record found.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// How many rows there are.
    pub rows: u64,
    /// The time of the first row and of the last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The hash of the last row that was written, in lower-case hexadecimal; `None` without a head.
    /// Kept elsewhere, it proves later that the record still holds what it held.
    pub head: Option<String>,
    /// Everything that is not as it was written, in the order of the rows. Empty: nothing was altered.
    pub breaks: Vec<Break>,
}

/// One thing in the record that is not as doorward wrote it. Times are those that stand in the
/// record: of the row, or of the rows beside a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Break {
    /// The row is in its place and does not hold what was written.
    Changed {
        /// The row.
        number: i64,
        /// Its time as it stands now.
        time: Option<Timestamp>,
    },
    /// Rows are missing before others.
    Removed {
        /// The first that is missing.
        first: i64,
        /// The last that is missing.
        last: i64,
        /// The time of the row before.
        after: Option<Timestamp>,
        /// The time of the row behind.
        before: Option<Timestamp>,
    },
    /// Rows are missing at the end.
    Cut {
        /// The first that is missing.
        first: i64,
        /// The last that is missing.
        last: i64,
        /// The time of the last row that is left.
        after: Option<Timestamp>,
    },
    /// The row was not written by doorward, or is a copy of another.
    Inserted {
        /// The row.
        number: i64,
        /// Its time as it stands now.
        time: Option<Timestamp>,
    },
    /// The row was written under another number.
    Moved {
        /// Its number now.
        number: i64,
        /// Its number when it was written.
        was: i64,
        /// Its time.
        time: Option<Timestamp>,
    },
    /// Both rows are genuine, and yet the row was not written after the one before it.
    Unlinked {
        /// The row.
        number: i64,
        /// Its time.
        time: Option<Timestamp>,
    },
    /// The head record is gone, so nobody can say whether rows are missing at the end.
    HeadMissing,
    /// The head record was altered.
    HeadForged,
    /// The head record is genuine and of an earlier moment than the rows.
    HeadOld {
        /// The number of rows it knows of.
        count: i64,
    },
    /// The key is gone or not for us to read, so rows that were forged with care cannot be told from genuine ones.
    KeyMissing,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { number, time } => {
                write!(f, "row {number}{} was changed", at(*time))
            }
            Self::Removed { first, last, after, before } => {
                rows(f, *first, *last)?;
                write!(f, " removed, {}", between(*after, *before))
            }
            Self::Cut { first, last, after } => {
                rows(f, *first, *last)?;
                write!(f, " cut off at the end, {}", between(*after, None))
            }
            Self::Inserted { number, time } => {
                write!(f, "row {number}{} was inserted: doorward did not write it there", at(*time))
            }
            Self::Moved { number, was, time } => {
                write!(f, "row {number}{} was moved: it was written as row {was}", at(*time))
            }
            Self::Unlinked { number, time } => write!(
                f,
                "row {number}{} does not follow the row before it: one of them is from another copy \
                 of the record",
                at(*time)
            ),
            Self::HeadMissing => f.write_str(
                "the head is missing: rows may have been cut off at the end, and nothing can show it",
            ),
            Self::HeadForged => f.write_str(
                "the head was altered: rows may have been cut off at the end, and nothing can show it",
            ),
            Self::HeadOld { count } => write!(
                f,
                "the head is an old one: it knows of {count} rows, and there are genuine ones behind"
            ),
            Self::KeyMissing => f.write_str(
                "the key `activity.key` is missing or cannot be read: rows that were changed and hashed anew cannot be \
                 found",
            ),
        }
    }
}

fn at(time: Option<Timestamp>) -> String {
    time.map_or_else(String::new, |time| format!(" ({time:.0})"))
}

fn rows(f: &mut fmt::Formatter<'_>, first: i64, last: i64) -> fmt::Result {
    if first == last {
        write!(f, "row {first} was")
    } else {
        write!(f, "rows {first} to {last} were")
    }
}

fn between(after: Option<Timestamp>, before: Option<Timestamp>) -> String {
    match (after, before) {
        (Some(after), Some(before)) => format!("between {after:.0} and {before:.0}"),
        (Some(after), None) => format!("after {after:.0}"),
        (None, Some(before)) => format!("before {before:.0}"),
        (None, None) => "and no row is left".to_owned(),
    }
}
