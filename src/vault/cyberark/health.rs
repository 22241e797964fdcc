//! The health of a CyberArk vault: one line for `doctor`.

use serde::Deserialize;

use super::Cyberark;
use crate::vault::Error;
use crate::vault::http::Call;

#[derive(Deserialize)]
struct Server {
    #[serde(default, rename = "ExternalVersion")]
    version: Option<String>,
}

impl Cyberark {
    /// Whether the logon works, what version the server is of, and whether the logon ends.
    pub(super) async fn condition(&self) -> Result<String, Error> {
        let mut visit = self.vault.client.visit();
        let call = Call::get("WebServices/PIMServices.svc/Server".into());
        let answer = self.vault.send(&call, &mut visit).await;
        let version = match answer {
            Ok(answer) if answer.status == 200 => {
                answer.json::<Server>().map_err(|found| self.vault.client.garbled(&call, found))
            }
            // Privilege Cloud has no such page, or not for everybody.
            Ok(answer) if matches!(answer.status, 403..=405) => Ok(Server { version: None }),
            Ok(answer) => Err(self.unexpected(&call, answer)),
            Err(error) => Err(error),
        };
        let ends = self.vault.has_logon();
        let logged_off = self.vault.log_off().await;
        let fits = |c: &char| c.is_ascii_alphanumeric() || "+-._".contains(*c);
        let version: String =
            version?.version.unwrap_or_default().chars().filter(fits).take(32).collect();
        logged_off?;
        let server = match version.as_str() {
            "" => "reachable".to_owned(),
            version => format!("version {version}"),
        };
        Ok(match ends {
            true => format!("{server}, {} works and ends", self.vault.credential_name()),
            false => format!("{server}, {} is accepted", self.vault.credential_name()),
        })
    }
}
