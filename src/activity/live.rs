//! A live session: a locked file that ends with its process, however the process ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, Store, folder};
use crate::name::SessionId;

/// The mark that a session is being run. Held from before its first row until after its last;
/// dropping it removes the mark. Whoever dies leaves the file behind, but not its lock.
#[derive(Debug)]
pub struct Live {
    path: PathBuf,
    /// Its lock lives as long as the handle does.
    _lock: File,
}

impl Drop for Live {
    fn drop(&mut self) {
        // What stays behind is an unlocked file, which the next start removes.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Store {
    /// Marks `session` as being run by this process. Call it before the session's first row is
    /// appended, or another start may close the session as interrupted.
    ///
    /// # Errors
    /// [`Error::Folder`] when the mark cannot be made.
    pub async fn begin(&self, session: SessionId) -> Result<Live, Error> {
        let folder = marks(&self.state);
        folder::make(&folder).map_err(Error::folder(&folder))?;
        let path = folder.join(session.to_string());
        mark(&path).map_err(Error::folder(&path))
    }
}

/// The folder of the marks.
pub(super) fn marks(state: &Path) -> PathBuf {
    state.join("live")
}

/// Makes the file under another name and locks it there, so that its own name is never seen unlocked.
fn mark(path: &Path) -> io::Result<Live> {
    let early = path.with_extension("new");
    loop {
        let file = match folder::new_file(&early) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::open(&early),
            made => made,
        }?;
        file.lock()?;
        match std::fs::rename(&early, path) {
            // Another start took it for a leftover between making and locking, and removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            renamed => {
                return renamed.map(|()| Live { path: path.to_owned(), _lock: file });
            }
        }
    }
}

/// A mark as another start finds it.
pub(super) enum Found {
    /// Its process lives.
    Held,
    /// There is none.
    Absent,
    /// Its process is gone; the lock is ours as long as the handle lives.
    Left(File),
}

/// Looks whether somebody holds the mark at `path`.
pub(super) fn find(path: &Path) -> io::Result<Found> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Absent),
        opened => opened?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Found::Left(file)),
        Err(TryLockError::WouldBlock) => Ok(Found::Held),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes every mark that nobody holds.
pub(super) fn sweep(state: &Path) -> io::Result<()> {
    let folder = match std::fs::read_dir(marks(state)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        folder => folder?,
    };
    for entry in folder {
        let path = entry?.path();
        if let Found::Left(_lock) = find(&path)? {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
