//! The files of a live session: what its pages save and what its person gives them, in a folder that is
//! gone with the session.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::title;

/// The beginning of a folder's name.
const PREFIX: &str = "doorward-";

/// The largest file, in bytes.
pub const LARGEST: u64 = 256 * 1024 * 1024;

/// The most that all files of a session may have, in bytes.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// How many files a session may have.
const MOST_FILES: usize = 1000;

/// The folder of a session.
pub(super) struct Files {
    folder: tempfile::TempDir,
    /// As long as it is locked the session lives; another start removes the folder otherwise.
    _lock: File,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// What can be had, by its id.
    saved: BTreeMap<String, Saved>,
    /// How much is there, in bytes, and on its way there.
    bytes: u64,
    /// How many files there are, and how many are on their way.
    count: usize,
}

/// A file that a person can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its name, fit for any disk.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// There is no room for a file: it is too large, or there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// It is larger than [`LARGEST`].
    #[error("a file of a session has 256 MiB at most")]
    Large,
    /// All files together are.
    #[error("the files of a session have 1 GiB at most, all together")]
    Bytes,
    /// There are too many.
    #[error("a session has 1000 files at most")]
    Count,
}

impl Files {
    /// A new folder below `base`, for its owner alone.
    ///
    /// # Errors
    /// When it cannot be made or locked.
    pub(super) fn new(base: &Path) -> io::Result<Self> {
        make_private(base)?;
        loop {
            let mut builder = tempfile::Builder::new();
            builder.prefix(PREFIX);
            // By itself the folder would be as open as the umask lets it.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
            let folder = builder.tempdir_in(base)?;
            let lock = File::open(folder.path())?;
            lock.lock()?;
            // Another start may have taken it for a leftover between making and locking.
            if folder.path().exists() {
                make_private(&folder.path().join("saved"))?;
                make_private(&folder.path().join("given"))?;
                return Ok(Self { folder, _lock: lock, held: Mutex::default() });
            }
        }
    }

    /// Where the browser puts what pages save, each file under an id.
    pub(super) fn saves(&self) -> PathBuf {
        self.folder.path().join("saved")
    }

    /// Offers the file `id` among [`Files::saves`] under a name that is fit for any disk.
    pub(super) fn offer(&self, id: &str, name: String) {
        let saved = Saved { name, path: self.saves().join(id) };
        self.held().saved.insert(id.to_owned(), saved);
    }

    /// The file that was offered under this id.
    pub(super) fn saved(&self, id: &str) -> Option<Saved> {
        self.held().saved.get(id).cloned()
    }

    /// An empty file for what a person gives as `name`: its path, in a folder of its own so that no name is
    /// taken twice.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn gift(&self, name: &str) -> io::Result<(tempfile::TempDir, PathBuf, File)> {
        let folder = tempfile::Builder::new().tempdir_in(self.folder.path().join("given"))?;
        let path = folder.path().join(title::file_name(name));
        let file = File::create_new(&path)?;
        Ok((folder, path, file))
    }

    /// Makes room for one file more, of which `bytes` are known.
    ///
    /// # Errors
    /// [`Full`].
    pub(super) fn admit(&self, bytes: u64) -> Result<(), Full> {
        if self.held().count >= MOST_FILES {
            return Err(Full::Count);
        }
        self.grow(0, bytes)?;
        self.held().count += 1;
        Ok(())
    }

    /// Makes room for a file that has grown from `before` to `now` bytes.
    ///
    /// # Errors
    /// [`Full`]; no room is taken then.
    pub(super) fn grow(&self, before: u64, now: u64) -> Result<(), Full> {
        if now > LARGEST {
            return Err(Full::Large);
        }
        let mut held = self.held();
        let bytes = held.bytes.saturating_sub(before).saturating_add(now);
        if bytes > MOST_BYTES {
            return Err(Full::Bytes);
        }
        held.bytes = bytes;
        Ok(())
    }

    /// Gives the room of a file of `bytes` back.
    pub(super) fn shrink(&self, bytes: u64) {
        let mut held = self.held();
        held.bytes = held.bytes.saturating_sub(bytes);
        held.count = held.count.saturating_sub(1);
    }

    /// Removes them all, whoever still reads one; what stays by a fault goes with the next start.
    pub(super) fn remove(&self) {
        self.held().saved.clear();
        if let Err(error) = std::fs::remove_dir_all(self.folder.path()) {
            tracing::warn!("files of a session stay until the next start: {error}");
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the folders below `base` whose session died with its process.
///
/// # Errors
/// When one cannot be looked at or removed.
pub(super) fn sweep(base: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(base) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // The kind of the entry itself: a link is none of ours, and leads who knows where.
        if !ours || !entry.file_type()?.is_dir() {
            continue;
        }
        let folder = match File::open(entry.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            folder => folder?,
        };
        if folder.try_lock().is_ok() {
            match std::fs::remove_dir_all(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Makes a folder and what is missing above it, for its owner alone.
fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::{Files, Full, LARGEST, MOST_BYTES, MOST_FILES, sweep};

    #[test]
    fn the_folder_is_its_owners_and_goes_with_the_session() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().join("files");
        let files = Files::new(&base).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            for folder in [base.as_path(), files.folder.path(), &files.saves()] {
                let mode = std::fs::metadata(folder).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
            }
        }
        std::fs::write(files.saves().join("x"), "x").unwrap();
        files.offer("x", "y".to_owned());
        assert_eq!(std::fs::read(files.saved("x").unwrap().path).unwrap(), b"x");
        assert_eq!(files.saved("../saved/x"), None);
        sweep(&base).unwrap();
        assert!(files.saves().exists(), "a session that lives keeps its files");
        files.remove();
        assert_eq!((files.saved("x"), std::fs::read_dir(&base).unwrap().count()), (None, 0));
    }

    #[test]
    fn what_a_dead_session_left_is_swept_and_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        sweep(&base.path().join("none")).unwrap();
        let kept = base.path().join("kept");
        std::fs::create_dir_all(base.path().join("doorward-dead/saved")).unwrap();
        std::fs::write(base.path().join("doorward-dead/saved/x"), "x").unwrap();
        std::fs::create_dir(&kept).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&kept, base.path().join("doorward-link")).unwrap();
        sweep(base.path()).unwrap();
        assert!(!base.path().join("doorward-dead").exists());
        assert!(kept.exists());
    }

    #[test]
    fn equal_names_are_two_files() {
        let base = tempfile::tempdir().unwrap();
        let files = Files::new(base.path()).unwrap();
        let (first, second) = (files.gift("a.txt").unwrap(), files.gift("a.txt").unwrap());
        assert_ne!(first.1, second.1);
        assert_eq!(first.1.file_name(), second.1.file_name());
        assert!(files.gift("../../x").unwrap().1.starts_with(base.path()));
    }

    #[test]
    fn there_is_room_up_to_the_limits() {
        let base = tempfile::tempdir().unwrap();
        let files = Files::new(base.path()).unwrap();
        assert_eq!(files.admit(LARGEST + 1), Err(Full::Large));
        for _ in 0..MOST_BYTES / LARGEST {
            files.admit(LARGEST).unwrap();
        }
        assert_eq!(files.admit(1), Err(Full::Bytes));
        files.shrink(LARGEST);
        files.admit(0).unwrap();
        files.grow(0, 7).unwrap();
        assert_eq!(files.grow(7, LARGEST + 1), Err(Full::Large));
        assert_eq!(files.grow(7, LARGEST), Ok(()));
        let more = MOST_FILES - usize::try_from(MOST_BYTES / LARGEST).unwrap();
        for _ in 0..more {
            files.admit(0).unwrap();
        }
        assert_eq!(files.admit(0), Err(Full::Count));
    }
}
