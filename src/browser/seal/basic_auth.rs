//! HTTP authentication: what is answered where a site or proxy asks by Basic or Digest.

use serde_json::{Value, json};
use url::{Origin, Url};

use crate::secret::Secret;

/// A name and password, and where they may go. Chromium makes Basic and Digest of them, and keeps them for
/// what it asks of that place afterwards.
pub(in crate::browser) struct BasicAuth {
    pub(super) origins: Vec<Origin>,
    pub(super) username: Secret,
    pub(super) password: Secret,
    /// Where they went.
    pub(super) answered: Vec<(String, String)>,
    /// Who asked again: who asked, its realm and scheme.
    pub(super) refused: Option<(String, String)>,
    /// Who asked, and may not have them.
    pub(super) foreign: Option<String>,
}

impl BasicAuth {
    pub(super) fn new(origins: Vec<Origin>, username: Secret, password: Secret) -> Self {
        Self { origins, username, password, answered: Vec::new(), refused: None, foreign: None }
    }

    /// Whether somebody asked again, or may not have it.
    pub(in crate::browser) fn is_alarmed(&self) -> bool {
        self.refused.is_some() || self.foreign.is_some()
    }

    /// The answer to a challenge; `None` where there is none to give. Nobody is answered twice: whoever asks
    /// again has said no, and sites lock accounts.
    pub(in crate::browser) fn answer(&mut self, challenge: &Value) -> Option<Value> {
        let text = |name: &str| challenge[name].as_str().unwrap_or_default().to_owned();
        let (origin, realm) = (text("origin"), text("realm"));
        let scheme = text("scheme").to_ascii_lowercase();
        // What else there is (Negotiate, NTLM) proves who this machine is, and not the account.
        if !matches!(scheme.as_str(), "basic" | "digest") {
            return None;
        }
        let allowed = Url::parse(&origin).map(|url| url.origin());
        if !allowed.is_ok_and(|origin| origin.is_tuple() && self.origins.contains(&origin)) {
            self.foreign.get_or_insert(origin);
            return None;
        }
        let asked = (origin, realm);
        if self.answered.contains(&asked) {
            self.refused.get_or_insert(asked);
            return None;
        }
        self.answered.push(asked);
        Some(json!({
            "response": "ProvideCredentials",
            "username": self.username.expose(),
            "password": self.password.expose(),
        }))
    }
}
