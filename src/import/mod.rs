//! An import: what a connector of CyberArk, JumpServer or Keeper means, written as a connector of doorward, with
//! a report of everything that was not carried over as it was.
//!
//! `read` gives the text of a source, `import` its connectors: `xml` or `tree` (the document), one file per
//! system (what it means, as a `draft`), `write` (the YAML, which must pass `connector::load`).

mod address;
mod cyberark;
mod draft;
mod error;
mod jumpserver;
mod keeper;
mod language;
mod names;
mod report;
mod rows;
mod suspect;
mod text;
mod tree;
mod watched;
mod write;
mod xml;

pub use error::{Error, Rather};
pub use report::{Fate, Item, Places};
pub use text::{LARGEST, read};
pub use watched::{Deed, Doing, Role, Spot, Watched, watched};

use std::sync::Arc;

use crate::diagnostic::Source;
use crate::name::ConnectorId;

/// A system that connectors come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// CyberArk: connection components of PVWA, as XML.
    CyberArk,
    /// JumpServer: a script, an asset or a platform, as JSON or YAML.
    JumpServer,
    /// Keeper: rules of remote browser isolation, as JSON or YAML.
    Keeper,
}

impl Kind {
    /// Every kind, in the order of the documents.
    pub const ALL: [Self; 3] = [Self::CyberArk, Self::JumpServer, Self::Keeper];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::CyberArk => "cyberark",
            Self::JumpServer => "jumpserver",
            Self::Keeper => "keeper",
        }
    }

    /// What is looked for in a source.
    fn thing(self) -> &'static str {
        match self {
            Self::CyberArk => "connection component of a web application",
            Self::JumpServer => "script, asset or platform of JumpServer",
            Self::Keeper => "rule of Keeper",
        }
    }

    /// What a source of it looks like.
    fn looks(self) -> &'static str {
        match self {
            Self::CyberArk => "a CyberArk connection component",
            Self::JumpServer => "a JumpServer script, asset or platform",
            Self::Keeper => "rules of Keeper",
        }
    }

    /// What a source of it is.
    fn wants(self) -> &'static str {
        match self {
            Self::CyberArk => {
                "a web connector is a `ConnectionComponent` with `WebFormSettings`; PVWA exports it as XML"
            }
            Self::JumpServer => {
                "a source is a list of steps with `command` and `target`, or an asset or platform with \
                 `autofill` and selectors, as JSON or YAML"
            }
            Self::Keeper => {
                "a source is a list of rules with `page`, `username-field`, `password-field` and `submit`, as \
                 JSON or YAML"
            }
        }
    }
}

/// One connector of a source, and what became of it.
#[derive(Debug)]
pub struct Import {
    /// Its name in the source: an id, or a name.
    pub name: String,
    /// What it is called, where the source says.
    pub title: Option<String>,
    /// Where it begins in the source, in bytes.
    pub at: usize,
    /// The id that it has now; unique in its source.
    pub id: ConnectorId,
    /// The connector as YAML, which `connector::load` takes; or why there is none.
    pub connector: Result<String, Refusal>,
    /// What was not carried over as it was, in the order of the source.
    pub items: Vec<Item>,
}

/// Why no connector could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// Why, in words.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// The connectors of `source`, in its order; at least one. Bounded in time and memory for any text.
///
/// # Errors
/// [`Error`] when the text is not well-formed, or holds none of that kind.
pub fn import(kind: Kind, source: &Arc<Source>) -> Result<Vec<Import>, Error> {
    if source.text.len() as u64 > 2 * LARGEST {
        return Err(Error::TooLarge { path: source.path.clone() });
    }
    let drafts = match kind {
        Kind::CyberArk => cyberark::drafts(source)?,
        Kind::JumpServer => jumpserver::drafts(source)?,
        Kind::Keeper => keeper::drafts(source)?,
    };
    Ok(write::imports(drafts, source))
}
