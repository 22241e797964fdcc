//! An entry of `pass`: its first line is the password, the others say more.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::settings::Settings;
use crate::name::AccountRef;
use crate::secret::Secret;
use crate::vault::address::host_of;
use crate::vault::{Account, Error, Password, Property, link};

/// A decrypted entry. No `Debug`: it is one secret.
pub(super) struct Entry(Zeroizing<String>);

impl Entry {
    /// Reads what was decrypted; `None` where that is no text.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        Some(Self(Zeroizing::new(text.to_owned())))
    }

    /// The line with the seed, as `pass otp` would take it: the last that begins like a URI of codes.
    pub(super) fn seed(&self) -> Option<Secret> {
        let line = self.0.lines().rfind(|line| is_seed(line))?;
        Some(Secret::new(line.trim().to_owned()))
    }

    /// The account that it makes; `account` has its vault named.
    pub(super) fn into_account(
        self,
        account: AccountRef,
        settings: &Settings,
    ) -> Result<Account, Error> {
        let mut lines = self.0.lines();
        let first = lines.next().unwrap_or_default();
        let password =
            (!first.is_empty() && !is_seed(first)).then(|| Secret::new(first.to_owned()));
        let has_codes = self.0.lines().any(is_seed);
        let (mut username, mut address, mut url) = (None, None, None);
        let (mut logon_account, mut reconcile_account) = (None, None);
        let mut properties = BTreeMap::new();
        for (key, value) in lines.filter(|line| !is_seed(line)).filter_map(pair) {
            let lower = key.to_lowercase();
            match lower.replace(['_', '-', ' '], "").as_str() {
                "username" | "user" | "login" => {
                    username.get_or_insert_with(|| value.to_owned());
                }
                "address" => {
                    address.get_or_insert_with(|| value.to_owned());
                }
                "url" => {
                    url.get_or_insert_with(|| value.to_owned());
                }
                "logonaccount" => logon_account = logon_account.or(Some((key, value))),
                "reconcileaccount" => reconcile_account = reconcile_account.or(Some((key, value))),
                _ => {
                    let protected = !settings.is_public(&lower);
                    let value = Secret::new(value.to_owned());
                    properties.entry(lower).or_insert(Property { value, protected });
                }
            }
        }
        let linked = |pair: Option<(&str, &str)>| {
            pair.map(|(key, text)| link(&account, key, text)).transpose()
        };
        let (logon_account, reconcile_account) =
            (linked(logon_account)?, linked(reconcile_account)?);
        let address = address.or_else(|| url.as_deref().and_then(host_of));
        if let Some(url) = url {
            let value = Secret::new(url);
            properties.insert("url".into(), Property { value, protected: false });
        }
        Ok(Account {
            username,
            address,
            password: Password::of(password, has_codes),
            properties,
            logon_account,
            reconcile_account,
            reference: account,
        })
    }
}

/// Whether a line is a seed.
fn is_seed(line: &str) -> bool {
    line.trim_start().get(..SEED.len()).is_some_and(|start| start.eq_ignore_ascii_case(SEED))
}

/// `key: value`; a line without is a note for people.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let (key, value) = (key.trim(), value.trim());
    let is_key = !key.is_empty()
        && key.chars().count() <= LONGEST_KEY
        && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.'));
    // `https://…` on a line of its own is no pair.
    (is_key && !value.is_empty() && !value.starts_with("//")).then_some((key, value))
}

const SEED: &str = "otpauth://";
/// The longest key, in characters; what is longer is a sentence.
const LONGEST_KEY: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> Result<Account, Error> {
        let name = "own".parse().unwrap();
        let settings = Settings::read(&name, serde_json::Map::new(), std::path::Path::new("/"));
        let entry = Entry::read(text.as_bytes()).unwrap();
        entry.into_account("own:web/shop".parse().unwrap(), &settings.unwrap())
    }

    #[test]
    fn the_lines_of_an_entry_are_its_parts() {
        let account = account(
            "p: a>ss \nLogin: anna\nurl: https://shop.example:8443/login\nport: 8443\npin:0007\n\
             just a note\nhttps://wiki.example/x\notpauth://totp/x?secret=MARKED\n\
             Logon-Account: codes:acme\nuser: second\n",
        )
        .unwrap();
        assert_eq!(account.username.as_deref(), Some("anna"));
        assert_eq!(account.address.as_deref(), Some("shop.example:8443"));
        assert_eq!(account.logon_account.unwrap().to_string(), "codes:acme");
        let Password::WithCodes(password) = &account.password else { panic!("no codes") };
        assert_eq!(password.expose(), "p: a>ss ");
        let properties: Vec<_> = account
            .properties
            .iter()
            .map(|(name, p)| (name.as_str(), p.value.expose(), p.protected))
            .collect();
        let expected = [
            ("pin", "0007", true),
            ("port", "8443", false),
            ("url", "https://shop.example:8443/login", false),
        ];
        assert_eq!(properties, expected);
    }

    #[test]
    fn what_stands_for_the_password_is_told_apart() {
        for (text, expected) in [
            ("", "Absent"),
            ("\nuser: anna\n", "Absent"),
            ("pw", "Value(Secret(…))"),
            ("pw\r\nuser: anna", "Value(Secret(…))"),
            ("otpauth://totp/x?secret=A", "Computed"),
            ("OTPAUTH://totp/x?secret=A\nuser: anna", "Computed"),
            ("pw\notpauth://totp/x?secret=A", "WithCodes(Secret(…))"),
        ] {
            assert_eq!(format!("{:?}", account(text).unwrap().password), expected, "{text}");
        }
    }

    #[test]
    fn a_link_that_is_none_is_told_without_its_text() {
        let Err(error) = account("pw\nlogon_account: MARKED: /\n") else { panic!("taken") };
        assert!(!format!("{error} {error:?}").contains("MARKED"));
        assert!(error.to_string().contains("`logon_account` of `own:web/shop` has to be"));
    }
}
