//! The client of a HashiCorp vault: its headers, and the answers that mean the same for every call.

use std::ops::Deref;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::settings::Settings;
use crate::name::VaultName;
use crate::secret::Secret;
use crate::vault::http::{self as over, Answer, Call, Carrier, Visit};
use crate::vault::{Error, Unready};

/// A client of one vault.
pub(super) struct Client(over::Client);

impl Client {
    /// A client by `settings`.
    pub(super) fn new(vault: &VaultName, settings: &Settings) -> Result<Self, Error> {
        let mut standing = HeaderMap::new();
        standing.insert(REQUEST, HeaderValue::from_static("true"));
        if let Some(Ok(namespace)) = settings.namespace.as_deref().map(HeaderValue::from_str) {
            standing.insert(NAMESPACE, namespace);
        }
        let carrier = Carrier { header: TOKEN, before: "", after: "" };
        over::Client::new(vault, &settings.endpoint, carrier, standing).map(Self)
    }

    /// Asks a node how it is: 200 for every node that serves, active or not. Namespaces have no such page.
    pub(super) async fn health(&self, visit: &Visit) -> Result<(Call<'static>, Answer), Error> {
        let call = Call::get("sys/health".into()).without(NAMESPACE);
        let call = call.with("standbyok", "true").with("perfstandbyok", "true");
        let answer = self.0.send(&call, None::<&Secret>, visit).await?;
        Ok((call, answer))
    }

    /// Turns answers that mean the same for every call into their errors: the vault is not ready, is
    /// busy, or broke.
    pub(super) fn screen(&self, call: &Call<'_>, answer: Answer) -> Result<Answer, Error> {
        match answer.status {
            _ if answer.is_sealed() => Err(self.unready(Unready::Sealed)),
            472 | 473 => Err(self.unready(Unready::Standby)),
            501 if answer.complaint.json || answer.body.is_empty() => {
                Err(self.unready(Unready::Uninitialised))
            }
            404 if answer.complaint.says("no handler for route") => Err(Error::Settings {
                vault: self.vault.clone(),
                key: "mount".into(),
                message: format!("names a mount that the vault does not have (`{call}`)"),
            }),
            // Its own answer: RustyVault has 405 for a method that it does not know.
            405 => Ok(answer),
            _ => self.0.screen(call, answer),
        }
    }
}

impl Deref for Client {
    type Target = over::Client;

    fn deref(&self) -> &over::Client {
        &self.0
    }
}

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const REQUEST: HeaderName = HeaderName::from_static("x-vault-request");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
