//! What a launch needs of the world: its vaults, and the browser that the configuration describes.

use std::sync::Arc;

use super::Failure;
use super::world::World;
use crate::browser::{Kind, Settings};
use crate::config::BrowserKind;
use crate::name::{AccountRef, SessionId};
use crate::session::Vaults;
use crate::vault::{self, Vault};

impl Vaults for World {
    fn find(&self, account: &AccountRef) -> Result<Option<Arc<dyn Vault>>, vault::Error> {
        self.open(account.vault().unwrap_or(&self.config.default_vault))
    }
}

impl World {
    /// The browser of a session.
    ///
    /// # Errors
    /// Exit 2 when the endpoint of the configuration is no URL.
    pub(super) fn browser_settings(
        &self,
        session: SessionId,
        headless: bool,
    ) -> Result<Settings, Failure> {
        let configured = &self.config.browser;
        let webdriver = match &configured.webdriver {
            None => None,
            Some(text) => Some(text.parse().map_err(|error| {
                Failure::usage(
                    format!("`browser: {{ webdriver: {text} }}` is no URL: {error}"),
                    "name the endpoint as http://grid.example:4444/",
                )
            })?),
        };
        Ok(Settings {
            kind: match configured.kind {
                BrowserKind::Chromium => Kind::Chromium,
                BrowserKind::Firefox => Kind::Firefox,
            },
            binary: configured.binary.clone(),
            driver: configured.driver.clone(),
            sandbox: configured.sandbox,
            webdriver,
            ca_file: configured.ca_file.clone(),
            headless,
            insecure_certificates: false,
            state: self.config.state.clone(),
            mark: session.to_string(),
        })
    }
}
