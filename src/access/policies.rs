//! The policies of a configuration: files and folders, read again when they change.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::set::Set;
use crate::diagnostic::{Diagnostic, Source};

/// The largest file of policies that is read, in bytes.
pub(super) const LARGEST: u64 = 4 * 1024 * 1024;

/// Why a file or folder of policies cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It is not there, or not ours to read.
    #[error("cannot read the access policies {}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is larger than such a file may be.
    #[error("{} is larger than a file of access policies may be (4 MiB)", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is no text.
    #[error("{} is not UTF-8 text", .path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

impl Unread {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(
            match self {
                Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                    "`policies` of the configuration names files and folders of *.cedar; see that the path is right"
                }
                Self::Unreadable { .. } => "see that doorward may read it",
                Self::TooLarge { .. } => "is this the right file? policies may stand in several",
                Self::NotText { .. } => "save the file as UTF-8",
            }
            .into(),
        )
    }
}

/// The files of policies that `paths` name: files as they are, and the `*.cedar` in folders and below them, in the
/// order of their names. What is hidden is left out.
///
/// # Errors
/// [`Unread::Unreadable`].
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Unread> {
    let mut found = Vec::new();
    for path in paths {
        collect(path, &mut found)?;
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(found)
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Unread> {
    let unreadable = |source| Unread::Unreadable { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        inside.push(entry.map_err(unreadable)?.path());
    }
    inside.sort();
    for path in inside {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // A link to a folder may lead back to where it stands.
        if !hidden && path.is_dir() && !path.is_symlink() {
            collect(&path, found)?;
        } else if !hidden && path.extension().is_some_and(|ending| ending == "cedar") {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads one file.
///
/// # Errors
/// [`Unread`].
pub fn source(path: &Path) -> Result<Arc<Source>, Unread> {
    let unreadable = |source| Unread::Unreadable { path: path.to_owned(), source };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if about.len() > LARGEST {
        return Err(Unread::TooLarge { path: path.to_owned() });
    }
    // Opening a pipe would wait for its writer.
    if !about.is_file() {
        return Err(unreadable(io::Error::other("it is no file")));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| Unread::NotText { path: path.to_owned() })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(Arc::new(Source { path: shown(path), text }))
}

/// A path as people see it.
pub(super) fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// A file as it was when it was read.
type Seen = (PathBuf, Option<SystemTime>, u64);

/// The policies of a configuration, or those that are built in where it names none.
pub struct Policies {
    paths: Option<Vec<PathBuf>>,
    read: Mutex<Option<(Vec<Seen>, Arc<Set>)>>,
}

impl Policies {
    /// The policies of the files and folders `paths`; without them the patterns of users decide.
    pub fn new(paths: Option<Vec<PathBuf>>) -> Self {
        Self { paths, read: Mutex::default() }
    }

    /// Whether the configuration names policies.
    pub fn is_configured(&self) -> bool {
        self.paths.is_some()
    }

    /// The files and folders that the configuration names.
    pub(super) fn paths(&self) -> Option<&[PathBuf]> {
        self.paths.as_deref()
    }

    /// The set of this moment: read again where a file has changed, come or gone. One that has errors permits nothing
    /// new, and says so in the log.
    pub fn now(&self) -> Arc<Set> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match &self.paths {
            None => Ok(Vec::new()),
            Some(paths) => files(paths),
        };
        let seen: Vec<Seen> = found.iter().flatten().map(|path| seen(path)).collect();
        if let (Some((before, set)), Ok(_)) = (&*read, &found)
            && *before == seen
            && set.unread().is_empty()
        {
            return Arc::clone(set);
        }
        let first = read.is_none();
        let set = Arc::new(self.load(found));
        let same = read.as_ref().is_some_and(|(_, before)| before.trouble() == set.trouble());
        if set.is_broken() && !same {
            tracing::error!("{}", set.trouble());
        } else if self.is_configured() && !first && !set.is_broken() {
            tracing::warn!("the access policies were read again: {} hold", set.len());
        }
        *read = Some((seen, Arc::clone(&set)));
        set
    }

    fn load(&self, found: Result<Vec<PathBuf>, Unread>) -> Set {
        if self.paths.is_none() {
            return Set::built_in();
        }
        let (mut sources, mut unread) = (Vec::new(), Vec::new());
        match found {
            Err(error) => unread.push(error),
            Ok(files) => {
                for file in files {
                    match source(&file) {
                        Ok(source) => sources.push(source),
                        Err(error) => unread.push(error),
                    }
                }
            }
        }
        Set::read(&sources, unread)
    }
}

fn seen(path: &Path) -> Seen {
    let about = std::fs::metadata(path).ok();
    let modified = about.as_ref().and_then(|about| about.modified().ok());
    (path.to_owned(), modified, about.map_or(0, |about| about.len()))
}

/// The first error of a set, for a log.
pub(super) fn first(found: &[Diagnostic]) -> Option<String> {
    let first = found.iter().find(|problem| problem.is_error())?;
    let (line, column) = first.position();
    Some(format!("{}:{line}:{column}: {}", first.source.path, first.message))
}
