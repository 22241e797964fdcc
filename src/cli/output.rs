//! An output: a file or folder that a command writes at its end, and the look at whether it can be before the
//! work for it begins.

use std::io::Write;
use std::path::Path;

use super::{Exit, Failure};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Only the person: pictures of a session.
    Person,
    /// As any file of the person's.
    Everyone,
}

/// Whether a file can be written at `path`, and its folder made where there is none; nothing is left behind.
///
/// # Errors
/// Exit 2 when it cannot.
pub(super) fn file_fits(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::usage(format!("{} is a folder", path.display()), "name a file"));
    }
    writable(folder_of(path), &|why| unwritten(path, why))
}

/// Whether files can be written into the folder `path`, and it made where there is none; nothing is left behind.
///
/// # Errors
/// Exit 2 when they cannot.
pub(super) fn folder_fits(path: &Path) -> Result<(), Failure> {
    writable(path, &|why| unmade(path, why))
}

/// Writes a file whole or not at all, in the place of one that is there; its folder is made where there is none.
///
/// # Errors
/// Exit 2 when it cannot be written.
pub(super) fn replace(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), Failure> {
    let file = written(path, bytes, readers)?;
    file.persist(path).map(|_| ()).map_err(|error| unwritten(path, &said(&error.error)))
}

/// The same for everyone to read, where there is no such file.
///
/// # Errors
/// Exit 2 when there is one, or it cannot be written.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let file = written(path, bytes, Readers::Everyone)?;
    file.persist_noclobber(path).map(|_| ()).map_err(|error| unwritten(path, &said(&error.error)))
}

/// Writes a connector; in the place of one that is there only with `force`.
///
/// # Errors
/// Exit 2 when there is one, or it cannot be written.
pub(super) fn connector(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    match force {
        true => replace(path, text.as_bytes(), Readers::Everyone),
        false => create(path, text.as_bytes()),
    }
}

/// Makes a folder where there is none.
///
/// # Errors
/// Exit 2 when it cannot be made.
pub(super) fn folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| unmade(path, &said(&error)))
}

fn written(
    path: &Path,
    bytes: &[u8],
    readers: Readers,
) -> Result<tempfile::NamedTempFile, Failure> {
    let folder = folder_of(path);
    self::folder(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    if readers == Readers::Everyone {
        use std::os::unix::fs::PermissionsExt;
        // The umask takes away from it.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    });
    file.map_err(|error| unwritten(path, &said(&error)))
}

/// The folder that a file stands in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Tries to make a file in the nearest folder of `folder` that is there.
fn writable(folder: &Path, wrong: &dyn Fn(&str) -> Failure) -> Result<(), Failure> {
    let mut at = folder;
    while !at.exists() && at.symlink_metadata().is_err() {
        at = match at.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
    }
    if !at.is_dir() {
        return Err(wrong(&format!("{} is no folder", at.display())));
    }
    match tempfile::Builder::new().prefix(PREFIX).tempfile_in(at) {
        Ok(_) => Ok(()),
        Err(error) => Err(wrong(&said(&error))),
    }
}

/// What the operating system said, without the name of a file that nobody knows.
fn said(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or_default().to_owned()
}

fn unwritten(path: &Path, why: &str) -> Failure {
    let path = path.display();
    let help = "name a file in a folder that you may write to";
    Failure {
        exit: Exit::Usage,
        text: format!("error: cannot write {path}\ncaused by: {why}\nhelp: {help}\n"),
    }
}

fn unmade(path: &Path, why: &str) -> Failure {
    let path = path.display();
    let help = "name a folder that you may write to";
    let text =
        format!("error: cannot write into the folder {path}\ncaused by: {why}\nhelp: {help}\n");
    Failure { exit: Exit::Usage, text }
}

/// What names of files begin with that are not whole yet.
const PREFIX: &str = ".doorward-";

#[cfg(test)]
mod tests {
    use super::{Readers, create, file_fits, folder_fits, replace};

    #[test]
    fn what_cannot_be_written_is_told_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "x").unwrap();
        for (fits, expected) in [
            (file_fits(&at("new")), Ok(())),
            (file_fits(&at("deep/er/new")), Ok(())),
            (file_fits(&at("file")), Ok(())),
            (file_fits(folder.path()), Err("is a folder")),
            (file_fits(&at("file/new")), Err("is no folder")),
            (file_fits(&at("file/deep/new")), Err("is no folder")),
            (folder_fits(&at("new/er")), Ok(())),
            (folder_fits(folder.path()), Ok(())),
            (folder_fits(&at("file")), Err("is no folder")),
        ] {
            match (fits, expected) {
                (Ok(()), Ok(())) => {}
                (Err(failure), Err(said)) => {
                    assert!(failure.text.contains(said), "{}", failure.text)
                }
                (fits, _) => panic!("{fits:?} and not {expected:?}"),
            }
        }
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "a look leaves something behind");
    }

    #[test]
    fn a_file_is_replaced_only_where_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/file");
        create(&path, b"one").unwrap();
        assert!(create(&path, b"two").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        replace(&path, b"two", Readers::Person).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "a picture that others can read");
        }
    }
}
