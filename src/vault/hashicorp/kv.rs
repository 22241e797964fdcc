//! The key/value engine: which version a mount is, and a secret read from it.

use serde::Deserialize;

use super::Hashicorp;
use super::auth::Forbidden;
use super::fields::Fields;
use crate::name::AccountRef;
use crate::vault::Error;
use crate::vault::http::{Answer, Call, Visit};

/// What is known of the mount; kept as long as the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// One value per path.
    One,
    /// Versions and metadata, under `data/` and `metadata/`.
    Two,
    /// The vault does not say which; reading finds out.
    Hidden,
}

/// What a read found.
enum Found {
    /// The secret.
    Here(Fields),
    /// Its last version, deleted: when, in words.
    Gone(String),
    /// Nothing under this path.
    Missing,
    /// The mount is of the other version.
    OtherVersion,
    /// The answer was a 403.
    Forbidden(Answer),
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
}

#[derive(Deserialize)]
struct Mount {
    #[serde(default)]
    options: Option<MountOptions>,
    #[serde(default)]
    path: Option<String>,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct MountOptions {
    #[serde(default)]
    version: Option<String>,
}

/// The data of a version 2 answer. RustyVault sends it without metadata.
#[derive(Deserialize)]
struct Versioned {
    #[serde(default)]
    data: Option<Fields>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    deletion_time: String,
    #[serde(default)]
    destroyed: bool,
    #[serde(default)]
    version: u64,
}

impl Hashicorp {
    /// The fields of `account`.
    pub(super) async fn read(
        &self,
        account: &AccountRef,
        visit: &mut Visit,
    ) -> Result<Fields, Error> {
        let path = account.path();
        let found = match self.version(visit).await? {
            Version::One => self.read_one(&path, visit).await?,
            Version::Two => self.read_two(&path, visit).await?,
            Version::Hidden => self.read_either(&path, visit).await?,
        };
        match found {
            Found::Here(fields) => Ok(fields),
            Found::Gone(detail) => Err(Error::Gone { account: account.within(&self.name), detail }),
            Found::Missing | Found::OtherVersion => Err(self.missing(account, visit).await),
            Found::Forbidden(answer) => Err(self.denied(account, &answer, visit).await),
        }
    }

    /// The version of the mount, asked once.
    pub(super) async fn version(&self, visit: &mut Visit) -> Result<Version, Error> {
        if let Some(version) = *self.version.lock().await {
            return Ok(version);
        }
        self.vault.ready(visit).await?;
        let call = Call::get(format!("sys/internal/ui/mounts/{}", self.settings.mount));
        let answer = self.vault.send(&call, visit).await;
        let version = match answer {
            Ok(answer) if answer.status == 200 => match answer.json::<Envelope<Mount>>() {
                Ok(Envelope { data: Some(mount) }) => self.version_of(&mount)?,
                _ => Version::Hidden,
            },
            // The vault keeps it to itself (403, or a server that is not quite Vault).
            Ok(_) | Err(Error::Refused { .. } | Error::Garbled { .. } | Error::Settings { .. }) => {
                Version::Hidden
            }
            Err(error) => return Err(error),
        };
        self.learn(version).await;
        Ok(version)
    }

    fn version_of(&self, mount: &Mount) -> Result<Version, Error> {
        let wrong =
            |message| Error::Settings { vault: self.name.clone(), key: "mount".into(), message };
        let ours = &self.settings.mount;
        match mount.path.as_deref().map(|path| path.trim_matches('/')) {
            // Only a path that the configuration has itself is repeated in a message.
            Some(path) if path != ours && ours.starts_with(path) => Err(wrong(format!(
                "reaches below the mount `{path}`: name that, and `{}` in the accounts' safe",
                ours.strip_prefix(path).unwrap_or(ours).trim_matches('/')
            ))),
            _ => match mount.kind.as_str() {
                "kv" | "generic" | "cubbyhole" => {
                    let version = mount.options.as_ref().and_then(|o| o.version.as_deref());
                    Ok(if version == Some("2") { Version::Two } else { Version::One })
                }
                "totp" => Err(wrong(format!("names `{ours}`, a TOTP engine: add `engine: totp`"))),
                _ => Err(wrong(format!("names `{ours}`, which is neither a KV nor a TOTP engine"))),
            },
        }
    }

    async fn learn(&self, version: Version) {
        *self.version.lock().await = Some(version);
    }

    async fn read_two(&self, path: &str, visit: &mut Visit) -> Result<Found, Error> {
        let call = Call::get(format!("{}/data/{path}", self.settings.mount));
        let answer = self.vault.send(&call, visit).await?;
        match answer.status {
            200 => {}
            404 => return Ok(absence(&answer)),
            403 => return Ok(Found::Forbidden(answer)),
            _ => return Err(self.unexpected(&call, &answer)),
        }
        let garbled = |found: String| self.vault.client.garbled(&call, found);
        match answer.json::<Envelope<Versioned>>().map_err(garbled)? {
            Envelope { data: Some(Versioned { data: Some(fields), .. }) } => {
                Ok(Found::Here(fields))
            }
            Envelope { data: Some(Versioned { data: None, metadata: Some(metadata) }) } => {
                Ok(metadata.gone().map_or(Found::Missing, Found::Gone))
            }
            // A version 1 secret that happens to lie under `data/`.
            Envelope { data: Some(_) } => Ok(Found::OtherVersion),
            Envelope { data: None } => Err(garbled("`data: null`".into())),
        }
    }

    async fn read_one(&self, path: &str, visit: &mut Visit) -> Result<Found, Error> {
        let call = Call::get(format!("{}/{path}", self.settings.mount));
        let answer = self.vault.send(&call, visit).await?;
        match answer.status {
            200 => {}
            404 => return Ok(absence(&answer)),
            403 => return Ok(Found::Forbidden(answer)),
            _ => return Err(self.unexpected(&call, &answer)),
        }
        let garbled = |found: String| self.vault.client.garbled(&call, found);
        match answer.json::<Envelope<Fields>>().map_err(garbled)? {
            Envelope { data: Some(fields) } => Ok(Found::Here(fields)),
            Envelope { data: None } => Err(garbled("`data: null`".into())),
        }
    }

    /// Reads from a mount of unknown version: as version 2, then as version 1. What answers decides
    /// for the next time.
    async fn read_either(&self, path: &str, visit: &mut Visit) -> Result<Found, Error> {
        let two = self.read_two(path, visit).await?;
        if matches!(two, Found::Here(_) | Found::Gone(_)) {
            self.learn(Version::Two).await;
            return Ok(two);
        }
        let one = self.read_one(path, visit).await?;
        match (&two, &one) {
            (_, Found::Here(_)) => {
                self.learn(Version::One).await;
                Ok(one)
            }
            (_, Found::OtherVersion) => {
                self.learn(Version::Two).await;
                Ok(two)
            }
            // Where one of the two says "nothing there", its word stands: the other path is
            // forbidden because no policy names it.
            (Found::Forbidden(_), Found::Missing) => Ok(one),
            _ => Ok(two),
        }
    }

    /// The vault has nothing for `account`: an error with the nearest names beside it.
    pub(super) async fn missing(&self, account: &AccountRef, visit: &mut Visit) -> Error {
        let names = self.names(account.safe(), visit).await.unwrap_or_default();
        let mut near: Vec<(usize, String)> = names
            .into_iter()
            .map(|name| (strsim::damerau_levenshtein(&name, account.name()), name))
            .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 4)
            .collect();
        near.sort();
        let place = |name: String| {
            AccountRef::new(account.vault().cloned(), account.safe(), &name)
                .map(|reference| format!("`{reference}`"))
        };
        let nearest = near.into_iter().take(3).filter_map(|(_, name)| place(name).ok()).collect();
        Error::NotFound { vault: self.name.clone(), account: account.clone(), nearest }
    }

    /// Why a call for `account` was forbidden.
    pub(super) async fn denied(
        &self,
        account: &AccountRef,
        answer: &Answer,
        visit: &mut Visit,
    ) -> Error {
        match self.vault.forbidden(answer, visit).await {
            Ok(Forbidden::ByPolicy(detail)) => {
                Error::Denied { vault: self.name.clone(), account: account.clone(), detail }
            }
            Ok(Forbidden::ByToken(error)) | Err(error) => error,
        }
    }

    /// An answer of a status that a read does not have.
    pub(super) fn unexpected(&self, call: &Call<'_>, answer: &Answer) -> Error {
        match answer.status {
            ..400 => self
                .vault
                .client
                .garbled(call, format!("status {} where a secret was due", answer.status)),
            _ => self.vault.client.refused(call, answer),
        }
    }
}

impl Metadata {
    /// What became of this version, if it is no more.
    fn gone(&self) -> Option<String> {
        let version = self.version;
        if self.destroyed {
            return Some(format!("version {version} was destroyed"));
        }
        let time: jiff::Timestamp = self.deletion_time.parse().ok()?;
        Some(format!("version {version} was deleted at {time:.0}"))
    }
}

/// What a 404 of the vault itself means: nothing there, deleted, or the wrong version of paths.
fn absence(answer: &Answer) -> Found {
    if answer.complaint.says("versioned k/v") {
        return Found::OtherVersion;
    }
    let metadata = answer
        .json::<Envelope<Versioned>>()
        .ok()
        .and_then(|envelope| envelope.data)
        .and_then(|versioned| versioned.metadata);
    metadata.and_then(|metadata| metadata.gone()).map_or(Found::Missing, Found::Gone)
}
