//! Names that reach a path, a URL, a log or the record: newtypes with a checked alphabet and length.

use std::fmt;
use std::str::FromStr;

/// Why a name was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// There is nothing in it.
    #[error("{} {what} cannot be empty", article(what))]
    Empty {
        /// The kind of name.
        what: &'static str,
    },
    /// It is longer than the record and the file systems take.
    #[error("{} {what} has at most {most} characters, this one has {length}", article(what))]
    TooLong {
        /// The kind of name.
        what: &'static str,
        /// The limit.
        most: usize,
        /// What was given.
        length: usize,
    },
    /// It holds a character outside its alphabet.
    #[error("{} {what} cannot hold {character:?}: {alphabet}", article(what))]
    Character {
        /// The kind of name.
        what: &'static str,
        /// The first character that is not allowed.
        character: char,
        /// What is allowed, in words.
        alphabet: &'static str,
    },
}

fn article(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

const IDENTIFIER: &str =
    "it is made of letters, digits, `-`, `_` and `.`, and begins with a letter or digit";
const SEGMENT: &str = "control characters, `/`, `:`, and the segments `.` and `..` are not allowed";

/// Checks the alphabet of an identifier: ASCII letters, digits, `-`, `_`, `.`; a letter or digit first.
fn identifier(what: &'static str, most: usize, text: &str) -> Result<String, Invalid> {
    if text.is_empty() {
        return Err(Invalid::Empty { what });
    }
    if text.chars().count() > most {
        return Err(Invalid::TooLong { what, most, length: text.chars().count() });
    }
    let bad = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_alphanumeric() || (*at > 0 && matches!(c, '-' | '_' | '.'))));
    match bad {
        Some((_, character)) => Err(Invalid::Character { what, character, alphabet: IDENTIFIER }),
        None => Ok(text.to_owned()),
    }
}

/// Checks one segment of an account's path.
fn segment(what: &'static str, text: &str) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid::Empty { what });
    }
    if text.chars().count() > 128 {
        return Err(Invalid::TooLong { what, most: 128, length: text.chars().count() });
    }
    if matches!(text, "." | "..") {
        return Err(Invalid::Character { what, character: '.', alphabet: SEGMENT });
    }
    match text.chars().find(|c| c.is_control() || matches!(c, '/' | ':')) {
        Some(character) => Err(Invalid::Character { what, character, alphabet: SEGMENT }),
        None => Ok(()),
    }
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $most:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                identifier($what, $most, text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

identifiers! {
    /// The `ConnectorId` of a connector; also the stem of its file when it is named and not pathed.
    ConnectorId, "connector id", 64;
    /// The name of a vault in the configuration.
    VaultName, "vault name", 64;
}

impl ConnectorId {
    /// Stands for whichever it is, where nothing depends on it.
    pub fn any() -> Self {
        Self("any".to_owned())
    }
}

/// Which account: `[vault:][safe/]name`. The safe may have several segments (a path in HashiCorp
/// Vault, a path of groups in KeePass).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountRef {
    vault: Option<VaultName>,
    safe: Option<String>,
    name: String,
}

impl AccountRef {
    /// An account of `vault`, in `safe` if it has one.
    ///
    /// # Errors
    /// [`Invalid`] when a segment is empty, too long or outside the alphabet.
    pub fn new(vault: Option<VaultName>, safe: Option<&str>, name: &str) -> Result<Self, Invalid> {
        for part in safe.iter().flat_map(|safe| safe.split('/')) {
            segment("safe", part)?;
        }
        segment("account name", name)?;
        Ok(Self { vault, safe: safe.map(str::to_owned), name: name.to_owned() })
    }

    /// The vault that was named, if one was; otherwise the configuration's default vault is meant.
    pub fn vault(&self) -> Option<&VaultName> {
        self.vault.as_ref()
    }

    /// The safe, its segments joined by `/`.
    pub fn safe(&self) -> Option<&str> {
        self.safe.as_deref()
    }

    /// The account's own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `safe/name`, the part that the vault itself knows.
    pub fn path(&self) -> String {
        match &self.safe {
            Some(safe) => format!("{safe}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Whether it lies in `safe` or in a safe below it; without a safe every account does.
    pub fn is_below(&self, safe: Option<&str>) -> bool {
        match (safe, self.safe()) {
            (None, _) => true,
            (Some(wanted), Some(safe)) => safe
                .strip_prefix(wanted)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            (Some(_), None) => false,
        }
    }

    /// The same account with its vault named: `default` where none was.
    #[must_use]
    pub fn within(&self, default: &VaultName) -> Self {
        Self { vault: Some(self.vault.clone().unwrap_or_else(|| default.clone())), ..self.clone() }
    }
}

impl FromStr for AccountRef {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (vault, path) = match text.split_once(':') {
            Some((vault, path)) => (Some(vault.parse()?), path),
            None => (None, text),
        };
        match path.rsplit_once('/') {
            Some((safe, name)) => Self::new(vault, Some(safe), name),
            None => Self::new(vault, None, path),
        }
    }
}

impl fmt::Display for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(vault) = &self.vault {
            write!(f, "{vault}:")?;
        }
        if let Some(safe) = &self.safe {
            write!(f, "{safe}/")?;
        }
        f.write_str(&self.name)
    }
}

/// One brokered visit: a UUID of version 7, so that ids sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(uuid::Uuid);

impl SessionId {
    /// A new id, later than all before it.
    pub fn fresh() -> Self {
        Self(uuid::Uuid::now_v7())
    }
}

impl FromStr for SessionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The accounts that are linked to a target account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The logon account.
    pub logon_account: Option<AccountRef>,
    /// The reconcile account.
    pub reconcile_account: Option<AccountRef>,
}

impl Links {
    /// The same of `account`: a link without a vault means the vault of the account that holds it.
    #[must_use]
    pub fn of(&self, account: &AccountRef) -> Self {
        let within = |link: &Option<AccountRef>| match (link, account.vault()) {
            (Some(link), Some(vault)) => Some(link.within(vault)),
            (link, _) => link.clone(),
        };
        Self {
            logon_account: within(&self.logon_account),
            reconcile_account: within(&self.reconcile_account),
        }
    }

    /// These, and `other` where these have none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            logon_account: self.logon_account.or(other.logon_account),
            reconcile_account: self.reconcile_account.or(other.reconcile_account),
        }
    }
}

/// Why a person asks for an account: it goes on record, and to vaults that want to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purpose {
    /// In their own words.
    pub reason: Option<String>,
    /// The id of the ticket that they work on.
    pub ticket: Option<String>,
    /// The name of the ticketing system that it is in, as the vault knows it.
    pub ticketing_system: Option<String>,
}

/// The person who asks, as the machine knows them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        segment("user name", text).map(|()| Self(text.to_owned()))
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A group of people, as an administrator names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(String);

impl GroupName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GroupName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        segment("group name", text).map(|()| Self(text.to_owned()))
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An API token, as the person who made it calls it. What looks like a token itself is none: it would go on record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenName(String);

impl TokenName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const ALPHABET: &str = "it is a name for the token, never the token itself";
        let what = "token name";
        segment(what, text)?;
        let length = text.chars().count();
        if text.starts_with("dwt_") {
            return Err(Invalid::Character { what, character: '_', alphabet: ALPHABET });
        }
        if length > 64 {
            return Err(Invalid::TooLong { what, most: 64, length });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which accounts somebody may use: `[vault:]path`, where `*` stands for any characters, `/` too. Without a vault
/// those of the default vault are meant; `*` alone means every account of every vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names `account`, whose vault is named.
    pub fn matches(&self, account: &AccountRef, default: &VaultName) -> bool {
        if self.0 == "*" {
            return true;
        }
        let account = account.within(default);
        let vault = account.vault().unwrap_or(default).as_str();
        match self.0.split_once(':') {
            Some((wanted, path)) => fits(wanted, vault) && fits(path, &account.path()),
            None => vault == default.as_str() && fits(&self.0, &account.path()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a pattern is `[vault:]path` of 1 to 256 characters, where `*` stands for any; such as `web/*` or `corp:web/*`"
)]
pub struct NoPattern;

impl FromStr for Pattern {
    type Err = NoPattern;

    fn from_str(text: &str) -> Result<Self, NoPattern> {
        let (vault, path) = text.split_once(':').unwrap_or(("*", text));
        let plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*');
        let holds = plain(path)
            && !path.contains(':')
            && !vault.is_empty()
            && vault.chars().all(named)
            && text.trim() == text
            && text.chars().count() <= 256;
        if holds { Ok(Self(text.to_owned())) } else { Err(NoPattern) }
    }
}

/// Whether `text` is what `pattern` says, where `*` stands for any characters. In time that is at most the product
/// of both lengths.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written_alike() {
        for text in ["shop", "web/shop", "corp:web/eu/shop", "codes:acme", "web/Shop admin (prod)"]
        {
            let reference: AccountRef = text.parse().expect(text);
            assert_eq!(reference.to_string(), text);
        }
        let reference: AccountRef = "corp:web/eu/shop".parse().expect("a reference");
        assert_eq!(reference.vault().map(VaultName::as_str), Some("corp"));
        assert_eq!((reference.safe(), reference.name()), (Some("web/eu"), "shop"));
    }

    #[test]
    fn what_could_climb_out_of_a_path_is_refused() {
        let long = "x".repeat(129);
        for text in [
            "", "/", "a/", "/a", "a//b", "../a", "a/..", "a/./b", ":a", "v:", "v v:a", "a\nb",
            "a\0", &long, "v:a:b", "-v:a",
        ] {
            assert!(text.parse::<AccountRef>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn identifiers_keep_to_their_alphabet() {
        for text in ["acme-console", "a", "9.x_y"] {
            assert!(text.parse::<ConnectorId>().is_ok(), "{text:?}");
        }
        for text in ["", "-a", ".a", "a b", "a/b", "ä", "a\n", &"x".repeat(65)] {
            assert!(text.parse::<ConnectorId>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn a_pattern_names_what_it_says_and_nothing_else() {
        let cases = [
            ("*", "corp:web/shop", true),
            ("web/*", "local:web/shop", true),
            ("web/*", "local:web/eu/shop", true),
            ("web/*", "corp:web/shop", false),
            ("web/*", "local:webs/shop", false),
            ("web/*", "local:web", false),
            ("corp:web/*", "corp:web/shop", true),
            ("corp:web/*", "local:web/shop", false),
            ("*:web/*", "corp:web/shop", true),
            ("corp*:*", "corp-eu:a/b", true),
            ("web/shop", "local:web/shop", true),
            ("web/shop", "local:web/shop2", false),
            ("web/*-admin", "local:web/shop-admin", true),
            ("web/*-admin", "local:web/shop-admin-2", false),
            ("*a*b*a", "local:aba", true),
            ("*ab*ba", "local:aba", false),
            ("Web/*", "local:web/shop", false),
        ];
        let default = "local".parse().unwrap();
        for (pattern, account, expected) in cases {
            let (pattern, account): (Pattern, AccountRef) =
                (pattern.parse().unwrap(), account.parse().unwrap());
            assert_eq!(pattern.matches(&account, &default), expected, "{pattern} {account}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", ":", "a:", ":a", "a:b:c", "a b:c", " a", "a\n", &"x".repeat(257)] {
            assert!(text.parse::<Pattern>().is_err(), "{text:?} was taken");
        }
    }
}
