//! The exchange: files that leave a live session (what its pages save, what is printed of them) and those
//! that come in. Each is on record before anybody has it.

use std::collections::HashMap;
use std::time::Duration;

use super::files::{Files, Full};
use super::intake::{Gift, Given};
use super::shared::Shared;
use super::title::file_name;
use crate::activity::{self, Action};
use crate::browser::{Download, Screen};
use crate::recording::What;
use crate::session::Signed;
use crate::stream::Note;

/// How long a page may take to hear of its files. One that asks something in turn takes longer, and has them.
const HEARD: Duration = Duration::from_secs(5);

/// What ends a session that exchanges files.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// A page saves more than there is room for, and no browser gives a download up in an incognito window.
    #[error("a page that saves too much: {0}")]
    Full(#[from] Full),
    /// Nothing leaves or comes in that is not on record.
    #[error("the record, which cannot be written")]
    Unrecorded(#[from] activity::Error),
}

/// The files that are on their way.
pub(super) struct Exchange<'a> {
    shared: &'a Shared,
    files: &'a Files,
    /// Whether pages may save files.
    saves: bool,
    under_way: HashMap<String, UnderWay>,
    /// What pages were given: they may read it for as long as they live.
    given: Vec<Gift>,
    /// Whether a page is being printed.
    printing: bool,
    /// How many were.
    printed: u32,
}

/// A download that is not complete.
struct UnderWay {
    name: String,
    url: String,
    /// The room that it has.
    bytes: u64,
}

impl<'a> Exchange<'a> {
    /// No files yet.
    pub(super) fn new(shared: &'a Shared, files: &'a Files, saves: bool) -> Self {
        Self {
            shared,
            files,
            saves,
            under_way: HashMap::new(),
            given: Vec::new(),
            printing: false,
            printed: 0,
        }
    }

    /// Takes in what became of a download. Where it is not allowed, it is an attempt, and none of this.
    pub(super) async fn download(
        &mut self,
        signed: &Signed<'_>,
        download: Download,
    ) -> Result<(), Trouble> {
        if !self.saves {
            return Ok(());
        }
        match download {
            Download::Begun { id, name, url } => {
                self.files.admit(0)?;
                let url = url.split(['?', '#']).next().unwrap_or_default();
                // A `data:` URL is the file itself.
                let url = if url.starts_with("data:") { "data:" } else { url }.to_owned();
                let name = file_name(&name);
                self.under_way.insert(id, UnderWay { name, url, bytes: 0 });
            }
            Download::Grown { id, bytes } => {
                if let Some(under_way) = self.under_way.get_mut(&id)
                    && bytes > under_way.bytes
                {
                    self.files.grow(under_way.bytes, bytes)?;
                    under_way.bytes = bytes;
                }
            }
            Download::Complete { id } => {
                let Some(UnderWay { name, url, bytes }) = self.under_way.remove(&id) else {
                    return Ok(());
                };
                let path = self.files.saves().join(&id);
                let Ok(about) = tokio::fs::metadata(&path).await else {
                    self.files.shrink(bytes);
                    self.notice(format!("{name} was not saved"));
                    return Ok(());
                };
                self.files.grow(bytes, about.len())?;
                let details = [("url".to_owned(), url)];
                self.offer(signed, Action::Downloaded, &id, &name, about.len(), &details).await?;
            }
            Download::Failed { id } => {
                if let Some(UnderWay { name, bytes, .. }) = self.under_way.remove(&id) {
                    self.files.shrink(bytes);
                    self.notice(format!("{name} was not saved: the site or the page gave it up"));
                }
            }
        }
        Ok(())
    }

    /// Prints the page that shows, unless it is being printed already.
    pub(super) fn print(&mut self, screen: &Screen) {
        if !std::mem::replace(&mut self.printing, true) {
            screen.print();
        }
    }

    /// Takes in what was printed.
    pub(super) async fn printed(
        &mut self,
        signed: &Signed<'_>,
        title: &str,
        pdf: Option<Vec<u8>>,
    ) -> Result<(), Trouble> {
        self.printing = false;
        let Some(pdf) = pdf else {
            self.notice("the page could not be printed; reload it and try again".to_owned());
            return Ok(());
        };
        let bytes = pdf.len() as u64;
        if let Err(full) = self.files.admit(bytes) {
            self.notice(format!("the page was not printed: {full}"));
            return Ok(());
        }
        self.printed += 1;
        let id = format!("print-{}", self.printed);
        if let Err(error) = tokio::fs::write(self.files.saves().join(&id), pdf).await {
            tracing::error!("a page was printed and cannot be kept: {error}");
            self.files.shrink(bytes);
            self.notice(
                "the page was not printed: the disk of doorward did not take it".to_owned(),
            );
            return Ok(());
        }
        let name = format!("{title}.pdf");
        Ok(self.offer(signed, Action::Printed, &id, &name, bytes, &[]).await?)
    }

    /// Gives files to the page, which has asked for them.
    pub(super) async fn give(
        &mut self,
        signed: &Signed<'_>,
        screen: &mut Screen,
        given: Given,
    ) -> Result<(), Trouble> {
        let Given { gifts, told } = given;
        let paths: Option<Vec<String>> =
            gifts.iter().map(|gift| gift.path.to_str().map(str::to_owned)).collect();
        let Some(paths) = paths.filter(|_| screen.asks_files()) else {
            self.shared.asks_no_more();
            let _ = told.send(false);
            return Ok(());
        };
        for gift in &gifts {
            let details = about(&gift.name, gift.bytes);
            signed.note(Action::Uploaded, "", &details).await?;
            if let Some(tape) = self.shared.tape() {
                tape.moment(What::Upload, gift.name.clone());
            }
        }
        self.shared.asks_no_more();
        let heard = screen.give_files(&paths);
        tokio::spawn(async move {
            let heard = tokio::time::timeout(HEARD, heard).await;
            let _ = told.send(heard.unwrap_or(true));
        });
        self.given.extend(gifts);
        Ok(())
    }

    /// Puts a file on record, then tells viewers of it.
    async fn offer(
        &self,
        signed: &Signed<'_>,
        action: Action,
        id: &str,
        name: &str,
        bytes: u64,
        more: &[(String, String)],
    ) -> Result<(), activity::Error> {
        let name = file_name(name);
        let mut details = about(&name, bytes);
        details.extend_from_slice(more);
        signed.note(action, "", &details).await?;
        self.files.offer(id, name.clone());
        self.shared.tell(Note::Download { id: id.to_owned(), name });
        Ok(())
    }

    fn notice(&self, text: String) {
        self.shared.tell(Note::Notice { text });
    }
}

/// A file as the record has it: its name, and its size in bytes.
fn about(name: &str, bytes: u64) -> Vec<(String, String)> {
    vec![("file".to_owned(), name.to_owned()), ("bytes".to_owned(), bytes.to_string())]
}
