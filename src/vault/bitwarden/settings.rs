//! The settings of a Bitwarden vault: what its entry in the configuration says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::name::VaultName;
use crate::vault::Error;
use crate::vault::http::Endpoint;
use crate::vault::table::Table;

/// The settings, resolved: paths start from the configuration's folder.
pub(super) struct Settings {
    /// Where `bw serve` listens.
    pub(super) endpoint: Endpoint,
    /// `password-file`: the master password, where doorward may unlock.
    pub(super) password_file: Option<PathBuf>,
    /// `max-age`.
    pub(super) max_age: Duration,
    /// `public-properties`, in lower case.
    pub(super) public: Vec<String>,
}

impl Settings {
    /// Reads the entry of `vault`; relative paths start from `base`.
    pub(super) fn read(
        vault: &VaultName,
        mut settings: Map<String, Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        if settings.get("address").is_none_or(Value::is_null) {
            settings.insert("address".into(), DEFAULT.into());
        }
        // Before the endpoint is read: what it would say of plain http elsewhere leads to the wrong way out.
        let address = settings.get("address").and_then(Value::as_str).unwrap_or_default();
        let elsewhere = url::Url::parse(address.trim())
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && !Endpoint::is_local(&url));
        let mut table = Table::new(vault, settings);
        if elsewhere {
            return Err(table.wrong("address", ELSEWHERE.into()));
        }
        for (key, message) in [
            (
                "password",
                "would be a secret in the configuration: put it into a file and name that, with `password-file`",
            ),
            (
                "session",
                "would be a secret in the configuration: give it to `bw serve`, as `BW_SESSION`",
            ),
            ("trusted-hosts", "means nothing here: `bw serve` sends nobody elsewhere"),
            ("allow-insecure", "means nothing here: `bw serve` is asked on this machine only"),
        ] {
            if table.holds(key) {
                return Err(table.wrong(key, message.into()));
            }
        }
        let endpoint = Endpoint::read(&mut table, base, DEFAULT)?;
        if !endpoint.is_loopback() {
            return Err(table.wrong("address", ELSEWHERE.into()));
        }
        let password_file = table.text("password-file")?.map(|path| base.join(path));
        let max_age = table.duration("max-age")?.unwrap_or(MAX_AGE);
        let public = table.texts("public-properties")?;
        let public = public.iter().map(|name| name.to_lowercase()).collect();
        table.finish()?;
        Ok(Self { endpoint, password_file, max_age, public })
    }
}

/// Where `bw serve` listens when it is not told otherwise.
const DEFAULT: &str = "http://127.0.0.1:8087";
const ELSEWHERE: &str = "has to be this machine, such as `http://127.0.0.1:8087`: `bw serve` gives every password to everybody who can reach it";
const MAX_AGE: Duration = Duration::from_secs(3600);
