//! The folder of recordings: one file for each session, open to its owner alone.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Error;
use crate::name::SessionId;

/// What names of recordings end with.
const ENDING: &str = "dwr";

/// The folder of recordings.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// A recording as it lies there.
#[derive(Debug, Clone)]
pub struct File {
    /// Of which session.
    pub session: SessionId,
    /// The file.
    pub path: PathBuf,
    /// How large it is.
    pub bytes: u64,
    /// When it was written last.
    pub written: SystemTime,
    /// Whether a session writes it now.
    pub is_live: bool,
}

impl Folder {
    /// That of the state folder `state`; it need not be there.
    pub fn of(state: &Path) -> Self {
        Self(state.join("recordings"))
    }

    /// It.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file of a session, whether it is there or not.
    pub fn file(&self, session: SessionId) -> PathBuf {
        path(&self.0, session)
    }

    /// The recordings in it, the oldest session first; what is none is passed over.
    ///
    /// # Errors
    /// [`Error::Unread`].
    pub fn files(&self) -> Result<Vec<File>, Error> {
        let unread = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Unread { path, source }
        };
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(unread(&self.0))?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(unread(&self.0))?.path();
            if path.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            let name = path.file_stem().and_then(|name| name.to_str());
            let Some(session) = name.and_then(|name| name.parse::<SessionId>().ok()) else {
                continue;
            };
            match look(session, &path) {
                // It was removed just now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                file => files.push(file.map_err(unread(&path))?),
            }
        }
        files.sort_by_key(|file| file.session);
        Ok(files)
    }

    /// The recording of a session, if it is there.
    ///
    /// # Errors
    /// [`Error::Unread`].
    pub fn find(&self, session: SessionId) -> Result<Option<File>, Error> {
        let path = self.file(session);
        match look(session, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => file.map(Some).map_err(|source| Error::Unread { path, source }),
        }
    }

    /// Removes the recording of a session; one that is not there is no error.
    ///
    /// # Errors
    /// [`Error::Unwritten`].
    pub fn remove(&self, session: SessionId) -> Result<(), Error> {
        let path = self.file(session);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::Unwritten { path, source: error })
            }
            _ => Ok(()),
        }
    }
}

fn look(session: SessionId, path: &Path) -> io::Result<File> {
    let file = fs::File::open(path)?;
    let about = file.metadata()?;
    // Its writer holds it for as long as it lives, however that ends.
    let is_live = matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock));
    Ok(File {
        session,
        path: path.to_owned(),
        bytes: about.len(),
        written: about.modified()?,
        is_live,
    })
}

/// The file of a session in `folder`.
pub(super) fn path(folder: &Path, session: SessionId) -> PathBuf {
    folder.join(format!("{session}.{ENDING}"))
}

/// Makes a file for its owner only, to append to.
pub(super) fn new_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether the file at `path` is the one that is open.
pub(super) fn is_same(file: &fs::File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = file.metadata().map(|about| (about.dev(), about.ino()));
        let there = fs::symlink_metadata(path).map(|about| (about.dev(), about.ino()));
        matches!((own, there), (Ok(own), Ok(there)) if own == there)
    }
    #[cfg(not(unix))]
    {
        let _ = file; // Elsewhere a file that is open cannot be removed.
        path.exists()
    }
}
