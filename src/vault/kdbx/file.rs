//! The file of a KDBX vault on the disk: read whole, and replaced whole.
//!
//! A writer holds the lock of `FILE.lock` beside it, reads the file again under that lock, writes
//! the new one under another name, and renames it. So two writers lose nothing, and a kill at any
//! moment leaves the old file or the new one.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use keepass::db::DatabaseOpenError;
use keepass::error::{
    BlockStreamError, CryptographyError, DatabaseFormatError, DatabaseKeyError, Kdbx3OpenError,
    Kdbx4OpenError,
};
use keepass::{Database, DatabaseKey};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::header::{self, Fault};
use super::{Error, order};

/// Tells one state of a file from another. Replacing a file changes its inode, so two changes within
/// one tick of the file system's clock are seen too.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) struct Stamp {
    modified: Option<std::time::SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    /// The stamp of the file at `path`.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        std::fs::metadata(path)
            .map(|metadata| Self::from(&metadata))
            .map_err(|source| unreadable(path, source))
    }
}

impl From<&std::fs::Metadata> for Stamp {
    fn from(metadata: &std::fs::Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { modified: metadata.modified().ok(), length: metadata.len(), inode }
    }
}

/// What a file holds.
pub(super) struct Content {
    pub(super) database: Database,
    /// The entries whose protected fields the crate reads as noise, see [`order`].
    pub(super) scrambled: HashSet<Uuid>,
}

/// Reads the file and opens it. `key_name` names the key in messages.
pub(super) fn open(
    path: &Path,
    key: &DatabaseKey,
    key_name: &str,
) -> Result<(Content, Stamp), Error> {
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(|source| unreadable(path, source))?;
    let metadata = file.metadata().map_err(|source| unreadable(path, source))?;
    if !metadata.is_file() {
        return Err(Error::NotKeePass { path: path.to_owned() });
    }
    file.read_to_end(&mut bytes).map_err(|source| unreadable(path, source))?;
    let database = decrypt(path, &bytes, key, key_name)?;
    let has_history = database
        .iter_all_entries()
        .any(|entry| entry.history.as_ref().is_some_and(|past| !past.get_entries().is_empty()));
    let scrambled = match has_history {
        true => {
            let xml = Database::get_xml(&mut bytes.as_slice(), key.clone()).map(Zeroizing::new);
            let found = xml.ok().and_then(|xml| order::scrambled(&xml));
            found.ok_or_else(|| Error::Damaged { path: path.to_owned(), part: CONTENTS })?
        }
        false => HashSet::new(),
    };
    Ok((Content { database, scrambled }, Stamp::from(&metadata)))
}

fn decrypt(
    path: &Path,
    bytes: &[u8],
    key: &DatabaseKey,
    key_name: &str,
) -> Result<Database, Error> {
    let path = path.to_owned();
    let header = match header::read(bytes) {
        Ok(header) => header,
        Err(Fault::NotKeePass) => return Err(Error::NotKeePass { path }),
        Err(Fault::UnknownVersion(version)) => return Err(Error::UnknownVersion { path, version }),
        Err(Fault::CutOff) => return Err(Error::CutOff { path }),
        Err(Fault::Damaged) => return Err(Error::Damaged { path, part: HEADER }),
        Err(Fault::TooCostly(measure)) => return Err(Error::TooCostly { path, measure }),
    };
    // The crate indexes into what it decrypts. What it decrypts is authenticated, so this guards
    // against a file that its own key holder made odd.
    match catch_unwind(AssertUnwindSafe(|| Database::parse(bytes, key.clone()))) {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(error)) => Err(explain(path, &error, header.major == 3, key_name)),
        Err(_) => Err(Error::Broken { path }),
    }
}

const HEADER: &str = "its header";
const CONTENTS: &str = "its contents";

/// Says what the crate's error means. Its own text is dropped: it can quote what was inside.
fn explain(path: PathBuf, error: &DatabaseOpenError, old: bool, key_name: &str) -> Error {
    use DatabaseOpenError as Open;
    match error {
        Open::Key(DatabaseKeyError::IncorrectKey) => {
            Error::WrongKey { path, key: key_name.to_owned(), or_damaged: false }
        }
        // KDBX 3 has no checksum over its key: a wrong one shows as wrong padding.
        Open::Cryptography(CryptographyError::InvalidPadding(_)) if old => {
            Error::WrongKey { path, key: key_name.to_owned(), or_damaged: true }
        }
        Open::Format(DatabaseFormatError::Kdbx4(Kdbx4OpenError::BlockStream(
            BlockStreamError::Eof,
        ))) => Error::CutOff { path },
        Open::Format(
            DatabaseFormatError::Kdbx4(Kdbx4OpenError::OuterHeader(_))
            | DatabaseFormatError::Kdbx3(Kdbx3OpenError::OuterHeader(_)),
        ) => Error::Damaged { path, part: HEADER },
        Open::UnexpectedEof => Error::CutOff { path },
        _ => Error::Damaged { path, part: CONTENTS },
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    match source.kind() {
        std::io::ErrorKind::NotFound => Error::Missing { path: path.to_owned() },
        _ => Error::Unreadable { path: path.to_owned(), source },
    }
}

/// Changes the file: opens it under the lock, lets `change` work on it, and replaces it.
pub(super) fn change<T, E: From<Error>>(
    path: &Path,
    key: &DatabaseKey,
    key_name: &str,
    change: impl FnOnce(&mut Database) -> Result<T, E>,
) -> Result<T, E> {
    // A symbolic link stays one: what it points to is replaced.
    let path = &std::fs::canonicalize(path).map_err(|source| unreadable(path, source))?;
    let lock_path = beside(path, ".lock");
    let unlockable = |source| Error::Unwritable { path: lock_path.clone(), step: "lock", source };
    let mut lock = fd_lock::RwLock::new(private(&lock_path).map_err(unlockable)?);
    let _locked = lock.write().map_err(unlockable)?;
    sweep(path);
    let (Content { mut database, scrambled }, _) = open(path, key, key_name)?;
    let keepass::config::DatabaseVersion::KDB4(_) = database.config.version else {
        return Err(Error::OldFormat { path: path.clone() }.into());
    };
    if !scrambled.is_empty() {
        return Err(Error::Scrambled { path: path.clone() }.into());
    }
    let outcome = change(&mut database)?;
    let bytes = encrypt(path, &mut database, key)?;
    if !reads_back(&database, &decrypt(path, &bytes, key, key_name)?) {
        return Err(Error::Unfaithful { path: path.clone() }.into());
    }
    replace(path, &bytes).map_err(|source| Error::Unwritable {
        path: path.clone(),
        step: "write",
        source,
    })?;
    Ok(outcome)
}

/// The database as a file of KDBX 4.1 (the crate writes no other; a 4.0 file becomes one).
pub(super) fn encrypt(
    path: &Path,
    database: &mut Database,
    key: &DatabaseKey,
) -> Result<Vec<u8>, Error> {
    database.config.version = keepass::config::DatabaseConfig::default().version;
    let mut bytes = Vec::new();
    database
        .save(&mut bytes, key.clone())
        .map_err(|source| Error::Encrypt { path: path.to_owned(), source })?;
    Ok(bytes)
}

/// Whether every entry is in its group with all its fields. Line ends are compared as XML has them.
fn reads_back(meant: &Database, read: &Database) -> bool {
    let same = |a: &str, b: &str| a == b || a.replace("\r\n", "\n") == b.replace("\r\n", "\n");
    meant.num_entries() == read.num_entries()
        && meant.num_groups() == read.num_groups()
        && meant.iter_all_entries().all(|meant| {
            read.entry(meant.id()).is_some_and(|read| {
                read.parent().id() == meant.parent().id()
                    && read.fields.len() == meant.fields.len()
                    && meant.fields.iter().all(|(name, value)| {
                        read.fields.get(name).is_some_and(|read| {
                            read.is_protected() == value.is_protected() && same(read, value)
                        })
                    })
            })
        })
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = folder_of(path);
    let old = std::fs::metadata(path)?;
    let mut file = temporary(path)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(old.permissions())?;
    // Where root changes the vault of a service, it stays the service's; nobody else may do this,
    // nor needs to.
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let _ = std::os::unix::fs::fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync(folder)
}

/// Puts a new file in place, whole and readable by its owner alone; never over another.
pub(super) fn place_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = temporary(path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync(folder_of(path))
}

/// A file for the time until the rename: mode 0600, in the same folder.
fn temporary(path: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(&temporary_prefix(path)).tempfile_in(folder_of(path))
}

fn temporary_prefix(path: &Path) -> String {
    format!(".{}.new-", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Removes what a killed writer left. Only a writer under the lock makes such files.
fn sweep(path: &Path) {
    let prefix = temporary_prefix(path);
    let Ok(entries) = std::fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Opens or makes a file that its owner alone can read.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the folder of a file, and those above it that are missing, for their owner alone.
pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    let folder = folder_of(path);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| Error::Unwritable {
        path: folder.to_owned(),
        step: "make the folder",
        source,
    })
}

/// Makes a rename last through a loss of power.
fn sync(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
