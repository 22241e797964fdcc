//! A stage: what a trial or a test plays on. A real account of the configured vaults, on record; or a made-up one,
//! with a record that goes with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::world::World;
use super::{Exit, Failure, permission};
use crate::access::{self, Grant};
use crate::connector::{Connector, Template};
use crate::name::{AccountRef, SessionId};
use crate::plan::Request;
use crate::session::Vaults;
use crate::vault::{self, Specimen, Vault};

/// What a launch plays on.
pub(super) struct Stage {
    /// The account, with its vault named.
    pub(super) account: AccountRef,
    /// Where the record is.
    pub(super) state: PathBuf,
    made_up: Option<MadeUp>,
}

/// A vault in memory, and the folder of its record.
struct MadeUp {
    specimen: Arc<Specimen>,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// A real account.
    ///
    /// # Errors
    /// Exit 2 when there is no such vault or its settings are wrong.
    pub(super) fn real(world: &World, account: &AccountRef) -> Result<Self, Failure> {
        let account = world.vault_of(account)?.1;
        Ok(Self { account, state: world.config.state.clone(), made_up: None })
    }

    /// A made-up account at `address`, with every property that `connector` names.
    ///
    /// # Errors
    /// Exit 7 when there is no place for its record.
    pub(super) fn made_up(connector: &Connector, address: Option<String>) -> Result<Self, Failure> {
        let wrong = |error: crate::name::Invalid| Failure::new(Exit::Bug, &error, None);
        let (vault, account): (_, AccountRef) =
            ("specimen".parse().map_err(wrong)?, "specimen:specimen".parse().map_err(wrong)?);
        let properties = connector
            .steps
            .iter()
            .flat_map(|step| step.templates())
            .chain(connector.settings.templates())
            .flat_map(Template::placeholders)
            .map(|placeholder| placeholder.property.clone())
            .collect();
        let specimen = Specimen::new(vault, account.clone(), address, properties);
        let folder = tempfile::Builder::new()
            .prefix("doorward-stage-")
            .tempdir()
            .map_err(|error| Failure::new(Exit::Store, &error, None))?;
        let state = folder.path().join("state");
        let made_up = Some(MadeUp { specimen: Arc::new(specimen), _folder: folder });
        Ok(Self { account, state, made_up })
    }

    /// Whether the account is made up.
    pub(super) fn is_made_up(&self) -> bool {
        self.made_up.is_some()
    }

    /// The grant for a session with it. Of a made-up account nobody is asked.
    ///
    /// # Errors
    /// Exit 4 when it is refused, which is on record then.
    pub(super) async fn granted(
        &self,
        world: &World,
        session: SessionId,
        request: &Request,
        connector: &Connector,
    ) -> Result<Grant, Failure> {
        if !self.is_made_up() {
            return permission::granted(world, session, request, connector).await;
        }
        Ok(access::decide(Some(&request.user), &request.account, &request.purpose)?)
    }

    /// The vaults that are asked.
    pub(super) fn vaults<'a>(&'a self, world: &'a World) -> &'a dyn Vaults {
        match &self.made_up {
            Some(made_up) => made_up,
            None => world,
        }
    }

    /// Where the made-up secret came out, of `texts` and of the files of the record, each by its name.
    pub(super) fn leaked(&self, texts: &[(&str, &str)]) -> Option<String> {
        let specimen = &self.made_up.as_ref()?.specimen;
        let mut texts = texts.iter();
        if let Some((name, _)) = texts.find(|(_, text)| specimen.is_in(text)) {
            return Some((*name).to_owned());
        }
        files(&self.state).into_iter().find_map(|path| {
            let bytes = std::fs::read(&path).ok()?;
            specimen.is_in(&String::from_utf8_lossy(&bytes)).then(|| path.display().to_string())
        })
    }
}

impl Vaults for MadeUp {
    fn find(&self, _: &AccountRef) -> Result<Option<Arc<dyn Vault>>, vault::Error> {
        Ok(Some(Arc::clone(&self.specimen) as Arc<dyn Vault>))
    }
}

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}
