//! A file of policies, as it is looked at, written, made and removed from afar: where the configuration leads, never
//! anywhere else.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use ring::digest;

use super::policies::{self, LARGEST, Policies, Unread};
use super::set::Set;
use crate::diagnostic::Source;

/// The longest name of a new file, in characters and without its ending.
const LONGEST_NAME: usize = 64;

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
    /// It would not be read for a policy there.
    #[error("no file of policies can be {path}")]
    Misplaced {
        /// The file.
        path: String,
    },
    /// There is one of this name.
    #[error("{path} is there already")]
    There {
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
            Self::Misplaced { .. } => {
                "name it after the folder, such as policies/nights.cedar: letters, digits, `-` and `_`, in a folder \
                 that `policies:` of the configuration leads to"
            }
            Self::There { .. } => "change that one, or take another name",
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

    /// The folders that hold now, as they are shown: those of the configuration, and those with files in them.
    pub fn folders(&self) -> Vec<String> {
        let named = self.paths().unwrap_or_default().iter().filter(|path| path.is_dir());
        let files = policies::files(self.paths().unwrap_or_default()).unwrap_or_default();
        // A file that is named itself makes no folder of the one around it.
        let inside = files.iter().filter(|file| !self.paths().unwrap_or_default().contains(file));
        let mut folders: Vec<String> = Vec::new();
        for folder in named.map(PathBuf::as_path).chain(inside.filter_map(|file| file.parent())) {
            let folder = policies::shown(folder);
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders
    }

    /// The set as it would be with `text` in the file that is shown as `path`, or without that file.
    pub fn with(&self, path: &str, text: Option<&str>) -> Result<Set, Unread> {
        let (mut sources, mut unread) = (Vec::new(), Vec::new());
        for file in policies::files(self.paths().unwrap_or_default())? {
            if policies::shown(&file) == path {
                continue;
            }
            match policies::source(&file) {
                Ok(source) => sources.push(source),
                Err(error) => unread.push(error),
            }
        }
        let new = text.map(|text| Source { path: path.to_owned(), text: text.to_owned() });
        sources.extend(new.map(Arc::new));
        Ok(Set::read(&sources, unread))
    }

    /// Where a new file would stand that is shown as `path`.
    ///
    /// # Errors
    /// [`Unwritten::Misplaced`], [`Unwritten::There`].
    pub fn place(&self, path: &str) -> Result<PathBuf, Unwritten> {
        let misplaced = || Unwritten::Misplaced { path: path.to_owned() };
        let (folder, name) = path.rsplit_once('/').ok_or_else(misplaced)?;
        let stem = name.strip_suffix(".cedar").ok_or_else(misplaced)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if stem.is_empty() || stem.len() > LONGEST_NAME || !stem.chars().all(plain) {
            return Err(misplaced());
        }
        if !self.folders().iter().any(|known| known == folder) {
            return Err(misplaced());
        }
        match Path::new(path).symlink_metadata() {
            Ok(_) => Err(Unwritten::There { path: path.to_owned() }),
            Err(_) => Ok(PathBuf::from(path)),
        }
    }

    /// Makes the file that is shown as `path`, with `text` in it.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn make(&self, path: &str, text: &str) -> Result<(), Unwritten> {
        let place = self.place(path)?;
        let made = || {
            let folder = folder(&place);
            let mut file = hidden(folder, text)?;
            // As its neighbours are read, so is this one.
            if let Some(neighbour) =
                policies::files(&[folder.to_owned()]).unwrap_or_default().first()
            {
                file.as_file_mut().set_permissions(std::fs::metadata(neighbour)?.permissions())?;
            }
            file.persist_noclobber(&place).map_err(|error| error.error)?;
            settle(folder)
        };
        made().map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => Unwritten::There { path: path.to_owned() },
            _ => Unwritten::Failed { path: path.to_owned(), source },
        })
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
            replace(&bak(&self.path), &self.source.text, &self.path)?;
            replace(&self.path, text, &self.path)
        };
        let path = self.source.path.clone();
        written().map_err(|source| Unwritten::Failed { path, source })
    }

    /// Takes it away; what was there stays beside it, with `.bak` behind its name. `before` is the hash of its text.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn remove(&self, before: &str) -> Result<(), Unwritten> {
        self.fits(before, "")?;
        let removed = || {
            std::fs::rename(&self.path, bak(&self.path))?;
            settle(folder(&self.path))
        };
        let path = self.source.path.clone();
        removed().map_err(|source| Unwritten::Failed { path, source })
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
    let folder = folder(path);
    let file = hidden(folder, text)?;
    file.as_file().set_permissions(std::fs::metadata(like)?.permissions())?;
    file.persist(path).map_err(|error| error.error)?;
    settle(folder)
}

/// A new file with `text`, hidden, so that nobody reads it for a policy meanwhile.
fn hidden(folder: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".policy-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The names in `folder` are durable when it returns.
fn settle(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    let _ = folder;
    Ok(())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn bak(path: &Path) -> PathBuf {
    let mut bak = path.to_owned().into_os_string();
    bak.push(".bak");
    bak.into()
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

    #[test]
    fn files_are_made_and_removed_where_the_configuration_leads() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir_all(at("deep/empty")).unwrap();
        std::fs::create_dir(at("other")).unwrap();
        std::fs::write(at("deep/a.cedar"), "// a\n").unwrap();
        std::fs::write(at("other/named.cedar"), "// named\n").unwrap();
        let paths = vec![at("deep").into(), at("other/named.cedar").into()];
        let policies = Policies::new(Some(paths));
        assert_eq!(policies.folders(), [at("deep")]);
        for wrong in [
            "b.cedar",
            "deep/b",
            "deep/b.cedar.bak",
            "deep/.b.cedar",
            "deep/b c.cedar",
            "deep/.cedar",
            "deep/empty/b.cedar",
            "deep/../deep/b.cedar",
            "deep//b.cedar",
            "other/b.cedar",
            "deep/ü.cedar",
        ] {
            let made = policies.make(&at(wrong), "");
            assert!(matches!(made, Err(Unwritten::Misplaced { .. })), "{wrong} {made:?}");
        }
        assert!(matches!(policies.make("deep/b.cedar", ""), Err(Unwritten::Misplaced { .. })));
        let there = policies.make(&at("deep/a.cedar"), "// b\n");
        assert!(matches!(there, Err(Unwritten::There { .. })), "{there:?}");
        policies.make(&at("deep/b-1_x.cedar"), "// b\n").unwrap();
        let files = policies.files().unwrap();
        assert_eq!(files.len(), 3);
        let made = &files[1];
        assert_eq!((made.source.text.as_str(), made.kept), ("// b\n", None));
        assert!(matches!(made.remove("x"), Err(Unwritten::Changed { .. })));
        made.remove(&hash("// b\n")).unwrap();
        assert_eq!(std::fs::read_to_string(at("deep/b-1_x.cedar.bak")).unwrap(), "// b\n");
        assert_eq!(policies.files().unwrap().len(), 2);
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
