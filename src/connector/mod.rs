//! A connector: what its author wrote, read and resolved; every part keeps its place in the file.
//!
//! `load` reads a text in three passes: `syntax` (YAML as written), `row` and `template` (the
//! `WebFormFields` language), `resolve` (names, options, capabilities).

mod address;
mod capability;
mod css;
mod document;
mod expression;
mod injection;
mod keys;
mod lint;
mod literal;
mod nearest;
mod options;
mod pattern;
mod permissions;
mod place;
mod reach;
mod report;
mod resolve;
pub mod row;
mod rows;
mod scalar;
mod schema;
mod step;
mod syntax;
mod template;
mod text;
mod token;
mod words;
mod xpath;

pub use injection::BasicAuth;
pub use report::MOST as MOST_TOLD;
pub use schema::schema;
pub use step::{Act, LocatorTemplate, Options, Step, Verb};
pub use template::{
    Object, Part, Placeholder, PlaceholderProblem, PlaceholderProblemKind, Template,
};
pub use text::{LARGEST, ReadError, read, read_from};
pub use words::{Keyword, OptionName};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::diagnostic::{Code, Diagnostic, Source, Span};
use crate::name::ConnectorId;

/// Reads the text of a connector: the connector if nothing in it is an error, and everything that is
/// wrong or doubtful in it, in the order of the file. Total, in bounded time, for any text.
pub fn load(source: Arc<Source>) -> (Option<Connector>, Vec<Diagnostic>) {
    let loaded = examine(source);
    (loaded.connector, loaded.found)
}

/// What a text turned out to be.
#[derive(Debug)]
pub struct Loaded {
    /// The text.
    pub source: Arc<Source>,
    /// The connector, if nothing in it is an error.
    pub connector: Option<Connector>,
    /// Its id with its place, also where something else is an error.
    pub id: Option<(ConnectorId, Span)>,
    /// Everything that is wrong or doubtful, in the order of the file.
    pub found: Vec<Diagnostic>,
}

/// The same as [`load`], with the id of a connector that is refused.
pub fn examine(source: Arc<Source>) -> Loaded {
    let text = &source.text;
    let none = |found: Diagnostic| Loaded {
        source: Arc::clone(&source),
        connector: None,
        id: None,
        found: vec![found],
    };
    let refused = |at: usize, message: &str, help: &str| {
        let span = Span::new(at, at + usize::from(at < text.len()));
        none(Diagnostic::error(Code::InvalidYaml, &source, span, message).help(help))
    };
    if text.len() as u64 > LARGEST {
        let empty = Arc::new(Source { path: source.path.clone(), text: String::new() });
        let message = "the file is larger than a connector may be (1 MiB)";
        let found = Diagnostic::error(Code::InvalidYaml, &empty, Span::new(0, 0), message);
        return none(found.help("a connector is a page of YAML; is this the right file?"));
    }
    if let Some(at) = text.find('\0') {
        return refused(
            at,
            "the file holds a NUL byte, so it is no text",
            "is this the right file?",
        );
    }
    let node = match syntax::parse(text) {
        Ok(node) => node,
        Err(flaw) => return none(rows::flaw(&source, &flaw)),
    };
    let mut report = report::Report::new(&source);
    let mut id = None;
    let connector = document::connector(&node, &mut id, &mut report);
    Loaded { source, connector, id, found: report.into_found() }
}

/// A connector that can be planned: nothing in it is an error.
#[derive(Debug)]
pub struct Connector {
    /// `ConnectorId`.
    pub id: ConnectorId,
    /// `DisplayName`, or the id.
    pub display_name: String,
    /// The file.
    pub source: Arc<Source>,
    /// `SupportedCapabilities`, each with its place.
    pub capabilities: Vec<(Capability, Span)>,
    /// `TargetSettings`.
    pub settings: Settings,
    /// `UserParameters`: what is asked at connect, by name as written.
    pub parameters: BTreeMap<String, Parameter>,
    /// `WebFormFields`: the rows in their order.
    pub steps: Vec<Step>,
}

/// What a connector has to declare before it may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Rows may name `logonaccount`.
    LogonAccount,
    /// Rows may name `reconcileaccount`.
    ReconcileAccount,
}

/// `TargetSettings`, with CyberArk's names where one exists.
#[derive(Debug)]
pub struct Settings {
    /// `LogonURL`: the page that the session begins at.
    pub logon_url: Template,
    /// `AllowedOrigins`: where secrets may be typed; empty means the origin of `logon_url`.
    pub allowed_origins: Vec<Template>,
    /// `AllowedURLs`: where the session may go afterwards; empty means everywhere.
    pub allowed_urls: Vec<Template>,
    /// `AllowInsecure`: plain `http` to a host that is not loopback.
    pub allow_insecure: bool,
    /// `ActionTimeout`: how long a row waits for its element. Default 10 s.
    pub action_timeout: Duration,
    /// `PageLoadTimeout`: how long a page may load. Default 30 s.
    pub page_load_timeout: Duration,
    /// `RunValidations`. Default yes.
    pub run_validations: bool,
    /// `EnforceCertificateValidation`. Default yes.
    pub enforce_certificate_validation: bool,
    /// `SealedHeaders`: the request headers that a secret may be put into, in lower case.
    pub sealed_headers: Vec<String>,
    /// `BasicAuth`: what is answered to HTTP Basic and Digest.
    pub basic_auth: Option<BasicAuth>,
    /// What people may do in a live session.
    pub permissions: Permissions,
}

/// What people may do in a live session (`doorward serve`), and how long it lasts. A window that `connect`
/// hands over is the person's own, and none of it holds there. Everything is no by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// `AllowDownloads`: files of the page may be saved by the person.
    pub downloads: bool,
    /// `AllowUploads`: files of the person may be given to the page.
    pub uploads: bool,
    /// `AllowPrint`: the page may be printed, as a PDF that the person saves.
    pub print: bool,
    /// `AllowServiceWorkers`: the page may have service workers.
    pub service_workers: bool,
    /// `AllowWebRTC`: the page may talk to other hosts by WebRTC.
    pub webrtc: bool,
    /// `AllowClipboard`: which way texts may be carried over.
    pub clipboard: Clipboard,
    /// `MaxIdleTime`: a session that nobody touches ends after this time, 1 s to 24 h; `None` leaves it to
    /// the broker.
    pub max_idle_time: Option<Duration>,
    /// `MaxSessionDuration`: a session ends after this time, 1 s to 24 h; `None` leaves it to the broker.
    pub max_session_duration: Option<Duration>,
    /// `RequireApprover`: somebody else has to approve of a session before it begins.
    pub requires_approver: bool,
    /// `RequireWatcher`: a session shows and takes deeds only while somebody else watches.
    pub requires_watcher: bool,
}

/// Which way texts may be carried over between the viewer's clipboard and the page's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clipboard {
    /// `No`: neither.
    #[default]
    No,
    /// `In`: from the viewer into the page.
    In,
    /// `Out`: from the page to the viewer.
    Out,
    /// `Yes`: both.
    Both,
}

impl Clipboard {
    /// Whether texts may come from the viewer into the page.
    pub fn is_in(self) -> bool {
        matches!(self, Self::In | Self::Both)
    }

    /// Whether texts may go from the page to the viewer.
    pub fn is_out(self) -> bool {
        matches!(self, Self::Out | Self::Both)
    }
}

/// One of `UserParameters`.
#[derive(Debug, Clone, Default)]
pub struct Parameter {
    /// `DisplayName`: what the prompt says.
    pub display_name: Option<String>,
    /// `Default`: the value when none is given.
    pub default: Option<String>,
}
