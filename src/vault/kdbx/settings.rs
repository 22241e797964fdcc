//! The settings of a KDBX vault, as the configuration has them.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::name::VaultName;
use crate::vault::Error;

/// Where the file is and what opens it, every path resolved.
#[derive(Debug)]
pub(super) struct Settings {
    /// `path`: the .kdbx file.
    pub(super) path: PathBuf,
    /// `key-file`: a file whose content is the key, or a part of it.
    pub(super) key_file: Option<PathBuf>,
    /// The password, where there is one.
    pub(super) password: Option<Password>,
}

/// Where the password comes from.
#[derive(Debug)]
pub(super) enum Password {
    /// `password-file`: the first line of a file.
    File(PathBuf),
    /// `password: prompt`, and what is done where nothing is said of a key: the terminal, without echo.
    Prompt,
}

const KEYS: [&str; 4] = ["path", "key-file", "password-file", "password"];

impl Settings {
    /// Reads the settings by hand: what is wrong is named with its key, and a value is never repeated,
    /// because it may be a password in the wrong place.
    pub(super) fn read(
        vault: &VaultName,
        settings: Map<String, Value>,
        base: &Path,
    ) -> Result<Self, Error> {
        let wrong = |key: &str, message: String| Error::Settings {
            vault: vault.clone(),
            key: key.to_owned(),
            message,
        };
        if let Some(key) = settings.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let nearest = KEYS
                .iter()
                .find(|known| strsim::damerau_levenshtein(known, key) <= 3)
                .map(|known| format!("; did you mean `{known}`?"));
            return Err(wrong(
                key,
                format!(
                    "is no setting of a kdbx vault{}",
                    nearest.unwrap_or_else(|| format!("; its settings are {}", KEYS.join(", ")))
                ),
            ));
        }
        let path = |key: &str| match settings.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(path)) if !path.trim().is_empty() => Ok(Some(base.join(path))),
            Some(_) => Err(wrong(key, "has to be the path of a file".into())),
        };
        let key_file = path("key-file")?;
        let password = match (path("password-file")?, settings.get("password")) {
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "password",
                    "and `password-file` cannot be used together".into(),
                ));
            }
            (Some(path), None) => Some(Password::File(path)),
            (None, Some(Value::String(word))) if word == "prompt" => Some(Password::Prompt),
            (None, Some(_)) => {
                return Err(wrong(
                    "password",
                    "can only be `prompt`: a configuration holds no secrets; `password-file` names a file that holds it"
                        .into(),
                ));
            }
            (None, None) => key_file.is_none().then_some(Password::Prompt),
        };
        let path = path("path")?
            .ok_or_else(|| wrong("path", "is missing: it names the .kdbx file".into()))?;
        Ok(Self { path, key_file, password })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Settings, Error> {
        let Ok(Value::Object(settings)) = serde_json::from_str(json) else {
            panic!("{json} is no map")
        };
        Settings::read(&"local".parse().unwrap(), settings, Path::new("/base"))
    }

    #[test]
    fn the_key_is_what_the_settings_say() {
        for (json, key_file, password) in [
            (r#"{"path":"v.kdbx"}"#, None, "prompt"),
            (r#"{"path":"v.kdbx","key-file":"v.key"}"#, Some("/base/v.key"), "none"),
            (
                r#"{"path":"v.kdbx","key-file":"/v.key","password":"prompt"}"#,
                Some("/v.key"),
                "prompt",
            ),
            (r#"{"path":"v.kdbx","password-file":"pw"}"#, None, "/base/pw"),
            (r#"{"path":"v.kdbx","key-file":null,"password-file":"pw"}"#, None, "/base/pw"),
        ] {
            let settings = read(json).expect(json);
            assert_eq!(settings.path, Path::new("/base/v.kdbx"));
            assert_eq!(settings.key_file.as_deref(), key_file.map(Path::new), "{json}");
            let found = match &settings.password {
                None => "none",
                Some(Password::Prompt) => "prompt",
                Some(Password::File(path)) => path.to_str().unwrap(),
            };
            assert_eq!(found, password, "{json}");
        }
    }

    #[test]
    fn wrong_settings_are_named_and_their_values_are_not() {
        for (json, key) in [
            ("{}", "path"),
            (r#"{"path":""}"#, "path"),
            (r#"{"path":["hunter2"]}"#, "path"),
            (r#"{"path":"v","key_file":"hunter2"}"#, "key_file"),
            (r#"{"path":"v","keyfile":"hunter2"}"#, "keyfile"),
            (r#"{"path":"v","key-file":7}"#, "key-file"),
            (r#"{"path":"v","password":"hunter2"}"#, "password"),
            (r#"{"path":"v","password":{"hunter2":1}}"#, "password"),
            (r#"{"path":"v","password":"prompt","password-file":"f"}"#, "password"),
            (r#"{"path":"v","mount":"secret"}"#, "mount"),
        ] {
            let error = read(json).expect_err(json);
            let text = format!("{error} {error:?} {}", error.help().unwrap_or_default());
            assert!(text.contains("`local`") && text.contains(&format!("`{key}`")), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
