//! The catalogue: the connectors of the folders, and which of them are offered for an account.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::examined::Examined;
use crate::config::Offer;
use crate::connector::{self, Connector};
use crate::demo;
use crate::diagnostic::{Diagnostic, Source};
use crate::name::{AccountRef, ConnectorId, VaultName};

/// The connectors, read again when their files change.
pub(super) struct Catalogue {
    folders: Vec<PathBuf>,
    offers: Vec<Offer>,
    default: VaultName,
    demo: Option<Arc<Connector>>,
    read: Mutex<Read>,
}

/// A file as it was when it was read.
type Seen = (PathBuf, Option<SystemTime>, u64);
type ById = BTreeMap<ConnectorId, Arc<Connector>>;

#[derive(Default)]
struct Read {
    files: Vec<Seen>,
    connectors: Arc<ById>,
}

impl Catalogue {
    /// The connectors of `folders`, of which the first that has an id counts.
    pub(super) fn new(folders: Vec<PathBuf>, offers: Vec<Offer>, default: VaultName) -> Self {
        let text = demo::CONNECTOR.to_owned();
        let source = Arc::new(Source { path: "demo.yaml".into(), text });
        let demo = connector::load(source).0.map(Arc::new);
        Self { folders, offers, default, demo, read: Mutex::default() }
    }

    /// What it holds now: the folders are looked at once, however many accounts are asked for.
    pub(super) fn now(&self) -> Now<'_> {
        Now { catalogue: self, all: self.all() }
    }

    /// The connectors for one account; see [`Now::offered`].
    pub(super) fn offered(&self, account: &AccountRef, is_demo: bool) -> Vec<Arc<Connector>> {
        self.now().offered(account, is_demo)
    }

    /// Every file of the folders, with what is wrong with it; read anew.
    pub(super) fn examined(&self) -> Vec<Examined> {
        self.files().iter().map(|(path, ..)| Examined::of(path)).collect()
    }

    fn all(&self) -> Arc<ById> {
        let files = self.files();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.files != files {
            let mut connectors = BTreeMap::new();
            for (path, ..) in &files {
                if let Some(connector) = load(path) {
                    connectors.entry(connector.id.clone()).or_insert_with(|| Arc::new(connector));
                }
            }
            *read = Read { files, connectors: Arc::new(connectors) };
        }
        Arc::clone(&read.connectors)
    }

    fn files(&self) -> Vec<Seen> {
        let mut files = Vec::new();
        for folder in &self.folders {
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            let mut of_folder: Vec<Seen> = entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "yml"))
                .filter_map(|path| {
                    let about = std::fs::metadata(&path).ok()?;
                    Some((path, about.modified().ok(), about.len()))
                })
                .collect();
            of_folder.sort();
            files.append(&mut of_folder);
        }
        files
    }
}

/// The catalogue as it is at one moment.
pub(super) struct Now<'a> {
    catalogue: &'a Catalogue,
    all: Arc<ById>,
}

impl Now<'_> {
    /// The connectors for `account`, whose vault is named: those of the first offer that fits, or all where none
    /// does. For an account of the demo it is the demo's.
    pub(super) fn offered(&self, account: &AccountRef, is_demo: bool) -> Vec<Arc<Connector>> {
        let Catalogue { offers, default, demo, .. } = self.catalogue;
        if is_demo {
            return demo.iter().cloned().collect();
        }
        let all = &self.all;
        match offers.iter().find(|offer| offer.accounts.matches(account, default)) {
            Some(offer) => offer.connectors.iter().filter_map(|id| all.get(id).cloned()).collect(),
            None => all.values().cloned().collect(),
        }
    }
}

/// The connector in a file, if nothing in it is an error; what is wrong `doorward check` tells better than a log.
fn load(path: &std::path::Path) -> Option<Connector> {
    let left_out = || {
        tracing::warn!(
            "{} is not offered: `doorward check` says what is wrong with it",
            path.display()
        );
    };
    let Ok(source) = connector::read(path) else {
        left_out();
        return None;
    };
    let (connector, found) = connector::load(source);
    let connector = connector.filter(|_| !found.iter().any(Diagnostic::is_error));
    if connector.is_none() {
        left_out();
    }
    connector
}
