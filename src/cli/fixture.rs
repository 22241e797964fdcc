//! A fixture: a folder of saved pages that a connector is tested on.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::output::{self, Readers};
use super::{Exit, Failure};
use crate::browser::Snapshot;
use crate::session::SavedPage;

/// The list of the pages.
const LIST: &str = "fixture.json";

/// The most that one file of a fixture may hold, in bytes.
const LARGEST: u64 = 16 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    pages: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The first row that is on the page.
    row: usize,
    /// The page, then the frames in it.
    documents: Vec<Document>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    file: String,
    url: String,
}

/// Saves pages into `folder`.
///
/// # Errors
/// Exit 2 when the folder cannot be made or written to.
pub(super) fn save(folder: &Path, pages: &[SavedPage]) -> Result<(), Failure> {
    output::folder(folder)?;
    let mut list = List { pages: Vec::new() };
    for (index, page) in pages.iter().enumerate() {
        let mut documents = Vec::new();
        for (depth, document) in page.documents.iter().enumerate() {
            let file = match depth {
                0 => format!("page-{}.html", index + 1),
                depth => format!("page-{}-frame-{depth}.html", index + 1),
            };
            write(&folder.join(&file), &document.html)?;
            documents.push(Document { file, url: document.url.clone() });
        }
        list.pages.push(Entry { row: page.row, documents });
    }
    let text = serde_json::to_string_pretty(&list).unwrap_or_default();
    write(&folder.join(LIST), &format!("{text}\n"))
}

/// A fixture has no secrets, and is kept beside its connector.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    output::replace(path, text.as_bytes(), Readers::Everyone)
}

/// The pages of a fixture. Of several with one URL, all but the first get a number behind it.
///
/// # Errors
/// Exit 2 when there is none, or it cannot be read.
pub(super) fn load(folder: &Path) -> Result<Vec<SavedPage>, Failure> {
    let wrong = |file: &str, why: String| Failure {
        exit: Exit::Usage,
        text: format!(
            "error: {} is no fixture: {file}: {why}\nhelp: `doorward try CONNECTOR --account REF --until ROW --fixture DIR` saves one\n",
            folder.display()
        ),
    };
    let read = |file: &str| {
        let path = folder.join(file);
        let length =
            std::fs::metadata(&path).map_err(|error| wrong(file, error.to_string()))?.len();
        if length > LARGEST {
            return Err(wrong(file, format!("it is larger than {} MiB", LARGEST >> 20)));
        }
        std::fs::read_to_string(&path).map_err(|error| wrong(file, error.to_string()))
    };
    let list: List = serde_json::from_str(&read(LIST)?).map_err(|error| {
        wrong(LIST, format!("line {}: it is not a list of pages", error.line()))
    })?;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut pages = Vec::new();
    for entry in list.pages {
        let mut documents = Vec::new();
        for (depth, document) in entry.documents.iter().enumerate() {
            if document.file.contains(['/', '\\']) {
                return Err(wrong(
                    LIST,
                    format!("`{}` is not a file of the folder", document.file),
                ));
            }
            let parsed = url::Url::parse(&document.url);
            if !parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
                return Err(wrong(LIST, format!("`{}` is no URL of a page", document.url)));
            }
            let mut url = document.url.clone();
            if depth == 0 {
                let count = seen.entry(url.clone()).or_insert(0);
                *count += 1;
                if *count > 1 {
                    url = format!("{url}?page={count}");
                }
            }
            documents.push(Snapshot { url, html: read(&document.file)? });
        }
        if documents.is_empty() {
            return Err(wrong(LIST, "a page without documents".to_owned()));
        }
        pages.push(SavedPage { row: entry.row, documents });
    }
    if pages.is_empty() {
        return Err(wrong(LIST, "it has no pages".to_owned()));
    }
    Ok(pages)
}
