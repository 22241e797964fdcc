//! The chain: what the hash of a row covers, and how a row and the head are sealed.
//!
//! A row's `hash` is SHA-256 over all its columns and the hash of the row before, so a change shows in
//! every later row. Hashes can be computed by anybody; so each is also sealed with the record's key,
//! and so is the head, which says how many rows there are. What this cannot show: a forger who has
//! the key (it lies in the same folder), and a whole folder put back to an earlier state. Against both,
//! keep elsewhere the count and hash that `doorward activity verify` prints.

use ring::digest;

/// A SHA-256 hash or an HMAC-SHA-256 tag.
pub(super) type Hash = [u8; 32];

/// The hash before the first row.
pub(super) const GENESIS: Hash = [0; 32];

/// The version of the encoding below; kept in each row, and covered by its hash.
pub(super) const FORMAT: i64 = 1;

/// A row's columns as the database has them, before anything is made of them.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) number: i64,
    pub(super) format: i64,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub(super) time: i64,
    pub(super) session: String,
    pub(super) user: String,
    pub(super) action: String,
    pub(super) vault: String,
    pub(super) safe: String,
    pub(super) account: String,
    pub(super) connector: String,
    pub(super) address: String,
    pub(super) reason: String,
    pub(super) client_address: String,
    pub(super) outcome: String,
    pub(super) details: String,
    pub(super) previous: Vec<u8>,
    pub(super) hash: Vec<u8>,
    pub(super) seal: Vec<u8>,
}

impl Columns {
    /// The hash of these columns at the place `number` of the chain.
    ///
    /// Each field goes in as its length (8 bytes, big-endian) and its bytes, integers as 8 bytes
    /// big-endian, so no two rows encode alike.
    pub(super) fn digest(&self, number: i64) -> Hash {
        let fields: [&[u8]; 17] = [
            b"doorward activity row",
            &self.format.to_be_bytes(),
            &number.to_be_bytes(),
            &self.time.to_be_bytes(),
            self.session.as_bytes(),
            self.user.as_bytes(),
            self.action.as_bytes(),
            self.vault.as_bytes(),
            self.safe.as_bytes(),
            self.account.as_bytes(),
            self.connector.as_bytes(),
            self.address.as_bytes(),
            self.reason.as_bytes(),
            self.client_address.as_bytes(),
            self.outcome.as_bytes(),
            self.details.as_bytes(),
            &self.previous,
        ];
        let mut context = digest::Context::new(&digest::SHA256);
        for field in fields {
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field);
        }
        let mut hash = GENESIS;
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}

/// Where the chain ends: how many rows were written, and the hash of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) count: i64,
    pub(super) hash: Hash,
}

impl Head {
    /// Before the first row.
    pub(super) const EMPTY: Self = Self { count: 0, hash: GENESIS };
}
