//! An intake: files of a person's on their way to the page that asked for them.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;

use super::company::Seat;
use super::files::{Files, Full};
use super::shared::Shared;

/// How many files may come at once; each has a row in the record.
const MOST: usize = 100;

/// Why a page was not given files.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The session is over, or has not begun.
    #[error("the session is not live")]
    Over,
    /// `AllowUploads` of the connector.
    #[error("the connector of this application does not allow sending files to it")]
    NotAllowed,
    /// Somebody who watches has stopped the session or taken it over.
    #[error("the session is stopped, or somebody else uses it")]
    Held,
    /// No page has asked, or it asks no more.
    #[error("the page does not ask for files now")]
    NotAsked,
    /// There is none in the request.
    #[error("there is no file in this request")]
    Nothing,
    /// There are more than the page takes.
    #[error("the page takes {0} at once, and these are more")]
    TooMany(usize),
    /// There is no room.
    #[error(transparent)]
    Full(#[from] Full),
    /// The disk did not take them.
    #[error("the files cannot be kept on the way")]
    Disk(#[from] io::Error),
}

impl NotTaken {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Over => "connect again, and send the files once the page asks for them",
            Self::NotAllowed => {
                "whoever keeps the connector allows it with `AllowUploads: Yes` below `TargetSettings`"
            }
            Self::Held => "send them again once the session is yours to use",
            Self::NotAsked => "press the page's own button for files first, then send them",
            Self::Nothing => {
                "send each file as a part `file` with a file name, as multipart/form-data"
            }
            Self::TooMany(_) => "send fewer, or pack them into one",
            Self::Full(_) => "send less; a new session has room again",
            Self::Disk(_) => "tell the one who runs doorward: its log says why",
        }
    }
}

/// Files on their way. Dropping it before [`Intake::give`] leaves nothing of them.
pub struct Intake {
    shared: Arc<Shared>,
    files: Arc<Files>,
    most: usize,
    gifts: Vec<Gift>,
}

/// A file on its way; it and its room are gone with its value.
pub(super) struct Gift {
    files: Arc<Files>,
    pub(super) path: PathBuf,
    /// As the page sees it.
    pub(super) name: String,
    pub(super) bytes: u64,
    file: Option<tokio::fs::File>,
    _folder: tempfile::TempDir,
}

impl Drop for Gift {
    fn drop(&mut self) {
        self.files.shrink(self.bytes);
    }
}

/// Files for the page, all of them here.
pub(super) struct Given {
    pub(super) gifts: Vec<Gift>,
    /// Whether the page has got them.
    pub(super) told: oneshot::Sender<bool>,
}

impl Intake {
    pub(super) fn new(shared: Arc<Shared>) -> Result<Self, NotTaken> {
        match shared.takes_files() {
            None => return Err(NotTaken::Over),
            Some(false) => return Err(NotTaken::NotAllowed),
            Some(true) if !shared.passes(&Seat::Own) => return Err(NotTaken::Held),
            Some(true) => {}
        }
        let most = match shared.asked() {
            None => return Err(NotTaken::NotAsked),
            Some(false) => 1,
            Some(true) => MOST,
        };
        let files = shared.files().ok_or(NotTaken::Over)?;
        Ok(Self { shared, files, most, gifts: Vec::new() })
    }

    /// Begins the next file.
    ///
    /// # Errors
    /// [`NotTaken::TooMany`], [`NotTaken::Full`], [`NotTaken::Disk`].
    pub fn begin(&mut self, name: &str) -> Result<(), NotTaken> {
        if self.gifts.len() >= self.most {
            return Err(NotTaken::TooMany(self.most));
        }
        let (folder, path, file) = self.files.gift(name)?;
        self.files.admit(0)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.gifts.push(Gift {
            files: Arc::clone(&self.files),
            path,
            name: name.unwrap_or_default(),
            bytes: 0,
            file: Some(tokio::fs::File::from_std(file)),
            _folder: folder,
        });
        Ok(())
    }

    /// Takes the next part of the file that was begun last.
    ///
    /// # Errors
    /// [`NotTaken::Nothing`], [`NotTaken::Full`], [`NotTaken::Disk`].
    pub async fn write(&mut self, part: &[u8]) -> Result<(), NotTaken> {
        let gift = self.gifts.last_mut().ok_or(NotTaken::Nothing)?;
        let bytes = gift.bytes.saturating_add(part.len() as u64);
        self.files.grow(gift.bytes, bytes)?;
        gift.bytes = bytes;
        match &mut gift.file {
            Some(file) => Ok(file.write_all(part).await?),
            None => Err(NotTaken::Nothing),
        }
    }

    /// Gives them to the page.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn give(self) -> Result<(), NotTaken> {
        let Self { shared, mut gifts, .. } = self;
        if gifts.is_empty() {
            return Err(NotTaken::Nothing);
        }
        for gift in &mut gifts {
            if let Some(mut file) = gift.file.take() {
                file.flush().await?;
            }
        }
        let (told, answer) = oneshot::channel();
        if !shared.give(Given { gifts, told }).await {
            return Err(NotTaken::Over);
        }
        match answer.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotTaken::NotAsked),
            Err(_) => Err(NotTaken::Over),
        }
    }
}
