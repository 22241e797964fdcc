//! The health of a HashiCorp vault: one line for `doctor`.

use serde::Deserialize;

use super::Hashicorp;
use super::auth::Lookup;
use super::kv::Version;
use super::settings::Engine;
use crate::vault::http::{Answer, Call};
use crate::vault::{Error, Unready, spelt};

#[derive(Deserialize)]
struct Health {
    initialized: bool,
    sealed: bool,
    standby: bool,
    #[serde(default)]
    version: Option<String>,
}

impl Hashicorp {
    /// How the server is, whether it takes our token and for how long, and what is mounted.
    pub(super) async fn condition(&self) -> Result<String, Error> {
        let client = &self.vault.client;
        let mut visit = client.visit();
        let (call, answer) = client.health(&visit).await?;
        let mut line = match answer.status {
            200 => self.server(&call, &answer)?,
            // Asked with `standbyok`, only a node that cannot serve at all answers so.
            429 | 472 | 473 => return Err(client.unready(Unready::Standby)),
            501 => return Err(client.unready(Unready::Uninitialised)),
            503 if answer.complaint.json => return Err(client.unready(Unready::Sealed)),
            // RustyVault has no such page.
            404 if answer.is_the_vaults() => "reachable, tells nothing of its health".to_owned(),
            _ => return Err(self.unexpected(&call, &client.screen(&call, answer)?)),
        };
        line.push_str(", ");
        line.push_str(&match self.vault.standing(&mut visit).await? {
            Some(lookup) => standing(&lookup),
            None => "token accepted, for how long is not said".to_owned(),
        });
        if self.settings.engine == Engine::Kv {
            let mount = &self.settings.mount;
            match self.version(&mut visit).await? {
                Version::One => line.push_str(&format!(", KV version 1 at `{mount}`")),
                Version::Two => line.push_str(&format!(", KV version 2 at `{mount}`")),
                Version::Hidden => {}
            }
        }
        Ok(line)
    }

    fn server(&self, call: &Call<'_>, answer: &Answer) -> Result<String, Error> {
        let client = &self.vault.client;
        let health: Health = answer.json().map_err(|found| client.garbled(call, found))?;
        if !health.initialized {
            return Err(client.unready(Unready::Uninitialised));
        }
        if health.sealed {
            return Err(client.unready(Unready::Sealed));
        }
        let role = if health.standby { "standby" } else { "active" };
        let fits = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        let version: String =
            health.version.unwrap_or_default().chars().filter(|c| fits(*c)).take(32).collect();
        Ok(match version.as_str() {
            "" => format!("unsealed, {role}"),
            version => format!("unsealed, {role}, version {version}"),
        })
    }
}

fn standing(lookup: &Lookup) -> String {
    let renewable = if lookup.renewable { "renewable" } else { "not renewable" };
    match lookup.ttl {
        0 => "token that does not expire".to_owned(),
        seconds => {
            // Whole minutes are enough of an hour.
            let seconds = if seconds >= 600 { seconds - seconds % 60 } else { seconds };
            let left = spelt(std::time::Duration::from_secs(seconds));
            format!("token valid for {left} ({renewable})")
        }
    }
}
