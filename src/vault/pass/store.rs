//! The store of `pass`: a folder of encrypted files, whose names are seen without decrypting anything.

use std::path::{Path, PathBuf};

use super::Pass;
use super::entry::Entry;
use crate::name::AccountRef;
use crate::vault::nearest::nearest;
use crate::vault::{Error, Summary};

impl Pass {
    /// The entry of `account`, decrypted.
    pub(super) async fn decrypted(&self, account: &AccountRef) -> Result<Entry, Error> {
        self.there(account)?;
        let path = account.path();
        let arguments = ["show", "--", &path];
        let printed = self.run(&arguments).await?;
        if !printed.is_good {
            // Removed since it was looked for.
            if printed.complaint.contains(NOT_IN_STORE) {
                return Err(self.not_found(account));
            }
            return Err(self.failed(&arguments, &printed));
        }
        Entry::read(&printed.output).ok_or_else(|| Error::Garbled {
            vault: self.name.clone(),
            asked: self.spelt(&arguments),
            found: "what is not text".into(),
        })
    }

    /// Makes sure that the store has `account`, before a program is run.
    pub(super) fn there(&self, account: &AccountRef) -> Result<(), Error> {
        // A REF has no segment `..` and none that is empty, so this stays below the store.
        let file = self.settings.store.join(format!("{}.gpg", account.path()));
        match file.is_file() {
            true => Ok(()),
            false => {
                self.initialised()?;
                Err(self.not_found(account))
            }
        }
    }

    /// Every entry below `safe`, without a look into any.
    pub(super) fn all(&self, safe: Option<&str>) -> Result<Vec<Summary>, Error> {
        self.initialised()?;
        let safe = safe.map(|safe| safe.trim_matches('/')).filter(|safe| !safe.is_empty());
        let references = self.references().into_iter().filter(|reference| reference.is_below(safe));
        Ok(references
            .map(|reference| Summary {
                reference,
                username: None,
                address: None,
                logon_account: None,
                properties: Vec::new(),
            })
            .collect())
    }

    /// How it is: the program, and the number of entries. None is decrypted: that may ask a person.
    pub(super) async fn condition(&self) -> Result<String, Error> {
        self.initialised()?;
        let arguments = ["version"];
        let printed = self.run(&arguments).await?;
        if !printed.is_good {
            return Err(self.failed(&arguments, &printed));
        }
        let text = String::from_utf8_lossy(&printed.output);
        let is_version = |word: &&str| {
            word.strip_prefix('v')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let version = text.split_whitespace().find(is_version).unwrap_or("of unknown version");
        let codes = if self.has_otp().await? { "pass otp" } else { "doorward (no pass otp)" };
        Ok(format!(
            "{} entries in {}, pass {}, codes by {codes}",
            self.references().len(),
            self.settings.store.display(),
            version.trim_start_matches('v'),
        ))
    }

    fn initialised(&self) -> Result<(), Error> {
        if self.settings.store.join(".gpg-id").is_file() {
            return Ok(());
        }
        Err(Error::Settings {
            vault: self.name.clone(),
            key: "store".into(),
            message: format!(
                "means {}, which is no store: `pass init GPG-ID` makes one",
                self.settings.store.display()
            ),
        })
    }

    fn not_found(&self, account: &AccountRef) -> Error {
        let nearest = nearest(account, self.references());
        Error::NotFound { vault: self.name.clone(), account: account.clone(), nearest }
    }

    /// The entries that a REF can name, in the order of their paths.
    fn references(&self) -> Vec<AccountRef> {
        let mut found = Vec::new();
        let mut folders: Vec<(PathBuf, Option<String>, usize)> =
            vec![(self.settings.store.clone(), None, 0)];
        while let Some((folder, safe, depth)) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for path in entries.flatten().map(|entry| entry.path()) {
                let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
                if name.starts_with('.') {
                    continue;
                }
                if is_folder(&path) {
                    let below = safe
                        .as_ref()
                        .map_or_else(|| name.to_owned(), |safe| format!("{safe}/{name}"));
                    if depth < DEEPEST {
                        folders.push((path, Some(below), depth + 1));
                    }
                } else if let Some(name) = name.strip_suffix(".gpg") {
                    match AccountRef::new(Some(self.name.clone()), safe.as_deref(), name) {
                        Ok(reference) => found.push(reference),
                        Err(invalid) => {
                            tracing::warn!(vault = %self.name, %invalid, "a name is left out of the list");
                        }
                    }
                }
            }
            if found.len() >= MOST {
                tracing::warn!(vault = %self.name, "the list is cut: name a safe");
                break;
            }
        }
        found.sort_by_cached_key(AccountRef::path);
        found
    }
}

/// Whether it is a folder, also by a link: stores are linked into each other.
fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// How `pass` tells that there is no such entry.
const NOT_IN_STORE: &str = "is not in the password store";
/// How many folders below the first are walked; links may lead in a circle.
const DEEPEST: usize = 16;
/// How many names are enough.
const MOST: usize = 10_000;
