//! The keyring on the session's bus: connected to, searched, unlocked; and what it fails of.

use std::collections::HashMap;

use secret_service::{EncryptionType, Error as Fault, Item, SecretService as Bus};

use super::SecretService;
use crate::vault::Error;
use crate::vault::http::clean;

impl SecretService {
    /// Asks within the time that the configuration gives.
    pub(super) async fn in_time<T>(
        &self,
        asked: &'static str,
        question: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let timeout = self.settings.timeout;
        tokio::time::timeout(timeout, question).await.unwrap_or_else(|_| {
            Err(Error::Slow { vault: self.name.clone(), asked: asked.into(), deadline: timeout })
        })
    }

    /// Connects; what is sent back is encrypted on its way.
    pub(super) async fn connect(&self) -> Result<Bus<'static>, Error> {
        Bus::connect(EncryptionType::Dh).await.map_err(|fault| self.failed("connect", &fault))
    }

    /// The items that have the attributes of the configuration and `more`. Locked ones are unlocked, which
    /// may ask the person at the desktop.
    pub(super) async fn search<'a>(
        &self,
        bus: &'a Bus<'static>,
        more: Option<(&str, &str)>,
        unlock: bool,
    ) -> Result<Vec<Item<'a>>, Error> {
        let mut attributes: HashMap<&str, &str> =
            self.settings.attributes.iter().map(|(name, text)| (&**name, &**text)).collect();
        attributes.extend(more);
        let found = bus.search_items(attributes).await;
        let mut found = found.map_err(|fault| self.failed("search", &fault))?;
        if unlock && !found.locked.is_empty() {
            let locked: Vec<&Item<'_>> = found.locked.iter().collect();
            bus.unlock_all(&locked).await.map_err(|fault| self.failed("unlock", &fault))?;
        }
        found.unlocked.append(&mut found.locked);
        Ok(found.unlocked)
    }

    /// What a call failed of.
    pub(super) fn failed(&self, asked: &'static str, fault: &Fault) -> Error {
        let mut detail = fault.to_string();
        let mut help = "is a keyring running in this session? its own program shows what it holds";
        match fault {
            Fault::Unavailable | Fault::Zbus(_) | Fault::ZbusFdo(_)
                if asked == "connect" && std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_none() =>
            {
                detail = "there is no session bus (`DBUS_SESSION_BUS_ADDRESS` is not set)".into();
                help = "run doorward inside of a desktop session, or under `dbus-run-session` with a keyring of its own";
            }
            Fault::Prompt | Fault::PromptDisconnected => {
                detail = "the question for the keyring's password was closed".into();
                help = "try again, and answer it";
            }
            Fault::Locked => {
                detail = "the keyring is locked".into();
                help = "unlock it in its own program, or sign in to the desktop anew";
            }
            _ => {}
        }
        Error::Program {
            vault: self.name.clone(),
            asked: asked.into(),
            detail: clean(&detail, [None, None]),
            help,
        }
    }
}
