//! A recording: a live session as it was seen and used, append-only, hash-chained and encrypted to the auditors.
//!
//! A file is a chain of pieces. Each has a [`Head`] in plain, which chains it to the one before, and a body of
//! [`Entry`]s, which is one complete `age` file: whoever has a key of the auditors' can open a body with the `age`
//! tool alone. What viewers of the live session were sent stands in there as it was, so that one canvas draws both.
//! [`Writer`] writes, [`Reader`] reads and seeks, [`check`] proves that nothing was altered, and [`Known`] is what the
//! record says of it.

mod about;
mod check;
mod entry;
mod error;
mod folder;
mod head;
mod identity;
mod known;
mod moment;
mod reader;
mod seal;
mod shelf;
mod slice;
mod timeline;
mod unlock;
mod verdict;
mod writer;

#[cfg(test)]
mod tests;

pub use about::About;
pub use age::x25519::Recipient;
pub use check::{check, decrypted};
pub use entry::Entry;
pub use error::Error;
pub use folder::{File, Folder};
pub use head::{Head, Link};
pub use identity::{Identities, KeyPair};
pub use known::{Known, Removed, begun, sealed};
pub use moment::{Moment, What};
pub use reader::{Piece, Play, Reader};
pub use seal::Seal;
pub use shelf::{Shelved, State};
pub use slice::{Gap, Slice};
pub use timeline::Timeline;
pub use unlock::Locked;
pub use verdict::{Break, Verdict};
pub use writer::Writer;
