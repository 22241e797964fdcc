//! A connector: what its author wrote, read and resolved; every part keeps its place in the file.
//!
//! `load` reads a text in three passes: `syntax` (YAML as written), `row` and `template` (the
//! `WebFormFields` language), `resolve` (names, options, capabilities).

mod step;
mod template;

pub use step::{Act, LocatorTemplate, Options, Step, Verb};
pub use template::{Object, Part, Placeholder, Template};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::diagnostic::{Source, Span};
use crate::name::ConnectorId;

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
}

/// One of `UserParameters`.
#[derive(Debug, Clone, Default)]
pub struct Parameter {
    /// `DisplayName`: what the prompt says.
    pub display_name: Option<String>,
    /// `Default`: the value when none is given.
    pub default: Option<String>,
}
