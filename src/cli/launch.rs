//! What a launch needs of the world: its vaults, and the browser that the configuration describes.

use std::path::Path;
use std::sync::Arc;

use super::Failure;
use super::world::World;
use crate::activity::Store;
use crate::browser::{self, Binaries, Browser, Kind, Settings};
use crate::clock::Clock;
use crate::config::BrowserKind;
use crate::name::{AccountRef, SessionId};
use crate::plan::Plan;
use crate::session::Vaults;
use crate::vault::{self, Vault};

/// What a launch needs beside its plan.
pub(super) struct Ready {
    /// The browser, as the plan's connector wants it.
    pub(super) settings: Settings,
    /// Its binaries.
    pub(super) binaries: Option<Binaries>,
    /// The record.
    pub(super) store: Store,
}

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
            proxy: configured.proxy.clone(),
            headless,
            rules: None,
            insecure_certificates: false,
            state: self.config.state.clone(),
            mark: session.to_string(),
        }
    }
    /// Looks for the browser, ends what a dead process left behind, and opens the record in `state`.
    ///
    /// # Errors
    /// Exit 6 when there is no such browser, 7 when the record cannot be opened.
    pub(super) async fn ready(
        &self,
        plan: &Plan,
        settings: Settings,
        state: &Path,
    ) -> Result<Ready, Failure> {
        let settings = Settings {
            insecure_certificates: !plan.connector.settings.enforce_certificate_validation,
            ..settings
        };
        let binaries = Browser::check(&settings).await?;
        browser::reap(&self.config.state);
        let store = Store::open(state).await?;
        store.close_interrupted(Clock::System.now()).await?;
        Ok(Ready { settings, binaries, store })
    }
}

/// A page on the command line.
pub(super) fn page(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).ok().filter(|url| url.has_host());
    match url.filter(|url| matches!(url.scheme(), "http" | "https")) {
        None => Err("it has to be the https:// or http:// URL of a page, such as https://shop.example/login".to_owned()),
        Some(url) if !url.username().is_empty() || url.password().is_some() => {
            Err("it holds a user name or password, which belong into an account".to_owned())
        }
        Some(url) => Ok(url),
    }
}
