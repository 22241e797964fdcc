//! What a launch needs of the world: its vaults, and the browser that the configuration describes.

use std::sync::Arc;

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
    pub(super) fn browser_settings(&self, session: SessionId, headless: bool) -> Settings {
        let configured = &self.config.browser;
        Settings {
            kind: match configured.kind {
                BrowserKind::Chromium => Kind::Chromium,
                BrowserKind::Firefox => Kind::Firefox,
            },
            binary: configured.binary.clone(),
            driver: configured.driver.clone(),
            sandbox: configured.sandbox,
            webdriver: configured.webdriver.clone(),
            ca_file: configured.ca_file.clone(),
            headless,
            insecure_certificates: false,
            state: self.config.state.clone(),
            mark: session.to_string(),
        }
    }
}
