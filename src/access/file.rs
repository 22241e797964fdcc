//! A file of policies, as it is looked at and written from afar: one of those that the configuration names, never
//! another.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use ring::digest;

use super::policies::{self, LARGEST, Policies, Unread};
use super::set::Set;
use crate::diagnostic::Source;

/// A file of policies.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    /// Its path and its text; the text is empty where it cannot be read.
    pub source: Arc<Source>,
    /// The hash of its text.
    pub hash: String,
    /// Why it cannot be written from afar; `None` where it can.
    pub kept: Option<&'static str>,
}

/// Why a file was not written. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// It is not written from afar.
    #[error("{path} {why}")]
    Kept {
        /// The file.
        path: String,
        /// Why.
        why: &'static str,
    },
    /// Somebody wrote it since it was read.
    #[error("{path} is not what you began with: somebody has changed it since")]
    Changed {
        /// The file.
        path: String,
    },
    /// The disk did not take it.
    #[error("cannot write {path}")]
    Failed {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl Unwritten {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Kept { .. } => "change it where doorward runs",
            Self::Changed { .. } => "load the page anew, and make your change again",
            Self::Failed { .. } => {
                "see that doorward may write its folder, and that the disk has room"
            }
        }
    }
}

/// The hash of a text: SHA-256, in hexadecimal digits.
pub fn hash(text: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

impl Policies {
    /// The files that hold now, in their order.
    ///
    /// # Errors
    /// [`Unread`], where a file or folder of the configuration is not there.
    pub fn files(&self) -> Result<Vec<File>, Unread> {
        let paths = policies::files(self.paths().unwrap_or_default())?;
        Ok(paths.into_iter().map(File::read).collect())
    }

    /// The set as it would be with `text` in the file that is shown as `path`; `None` when there is no such file.
    pub fn with(&self, path: &str, text: &str) -> Option<Set> {
        let files = self.files().ok()?;
        files.iter().find(|file| file.source.path == path)?;
        let sources: Vec<_> = files
            .into_iter()
            .map(|file| match file.source.path == path {
                true => Arc::new(Source { path: path.to_owned(), text: text.to_owned() }),
                false => file.source,
            })
            .collect();
        Some(Set::read(&sources, Vec::new()))
    }
}

impl File {
    fn read(path: PathBuf) -> Self {
        let is_link = std::fs::symlink_metadata(&path).is_ok_and(|about| about.is_symlink());
        let (source, read) = match policies::source(&path) {
            Ok(source) => (source, true),
            Err(_) => {
                let path = path.display().to_string();
                (Arc::new(Source { path, text: String::new() }), false)
            }
        };
        let kept = match (read, is_link) {
            (false, _) => Some("cannot be read"),
            (true, true) => Some("is a link to somewhere else"),
            (true, false) => None,
        };
        Self { path, hash: hash(&source.text), source, kept }
    }

    /// Writes `text` in its place, all of it or nothing; what was there stays beside it, with `.bak` behind its name.
    /// `before` is the hash of the text that was changed.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn write(&self, before: &str, text: &str) -> Result<(), Unwritten> {
        self.fits(before, text)?;
        let written = || {
            let mut bak = self.path.clone().into_os_string();
            bak.push(".bak");
            replace(Path::new(&bak), &self.source.text, &self.path)?;
            replace(&self.path, text, &self.path)
        };
        let path = self.source.path.clone();
        written().map_err(|source| Unwritten::Failed { path, source })
    }

    /// Whether `text` could be written in its place.
    ///
    /// # Errors
    /// [`Unwritten::Kept`], [`Unwritten::Changed`].
    pub fn fits(&self, before: &str, text: &str) -> Result<(), Unwritten> {
        let path = || self.source.path.clone();
        if let Some(why) = self.kept {
            return Err(Unwritten::Kept { path: path(), why });
        }
        if text.len() as u64 > LARGEST {
            return Err(Unwritten::Kept { path: path(), why: "would be too large to be read" });
        }
        match before == self.hash {
            true => Ok(()),
            false => Err(Unwritten::Changed { path: path() }),
        }
    }
}

/// Puts `text` at `path`, durable when it returns, readable for whom `like` is. A link at `path` is replaced itself, and
/// what it leads to stays.
fn replace(path: &Path, text: &str, like: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Hidden, so that nobody reads it for a policy meanwhile.
    let mut file = tempfile::Builder::new().prefix(".policy-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(std::fs::metadata(like)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Policies, Unwritten, hash};

    #[test]
    fn a_file_is_exchanged_and_what_was_there_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.cedar");
        std::fs::write(&path, "// one\n").unwrap();
        let policies = Policies::new(Some(vec![folder.path().to_owned()]));
        let file = || policies.files().unwrap().remove(0);
        assert!(matches!(file().write("", "// two\n"), Err(Unwritten::Changed { .. })));
        file().write(&hash("// one\n"), "// two\n").unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!((read("a.cedar"), read("a.cedar.bak")), ("// two\n".into(), "// one\n".into()));
        file().write(&hash("// two\n"), "").unwrap();
        assert_eq!((read("a.cedar"), read("a.cedar.bak")), (String::new(), "// two\n".into()));
        assert_eq!(policies.files().unwrap().len(), 1, "what stays beside it is no policy");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = other.path().join("target.cedar");
        std::fs::write(&target, "// other\n").unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join("a.cedar")).unwrap();
        let policies = Policies::new(Some(vec![folder.path().to_owned()]));
        let file = policies.files().unwrap().remove(0);
        assert!(matches!(file.write(&file.hash, "x"), Err(Unwritten::Kept { .. })));
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "// other\n");
        // The copy of what was there may have been made a link, too.
        let path = folder.path().join("b.cedar");
        std::fs::write(&path, "// b\n").unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join("b.cedar.bak")).unwrap();
        let file = policies.files().unwrap().remove(1);
        file.write(&file.hash, "// c\n").unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "// other\n");
        assert_eq!(std::fs::read_to_string(path.with_extension("cedar.bak")).unwrap(), "// b\n");
    }
}
