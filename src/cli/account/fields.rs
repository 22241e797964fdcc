//! The fields of an account on the command line, shared by `add` and `edit`.

use crate::cli::Failure;
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::Property;
use crate::vault::kdbx::{Change, Link};

/// What can be said of an account beside its name and its password.
#[derive(Debug, clap::Args)]
pub(super) struct Fields {
    /// Host, or host and port, of the application
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) address: Option<String>,
    /// Its web address; without --address, its host is the address
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// A further property, not secret; an empty value takes it away
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) property: Vec<String>,
    /// A further property that is secret; its value is asked for, or with --secret-stdin the next line
    #[arg(long, value_name = "NAME")]
    pub(super) protected: Vec<String>,
    /// The account that holds what is signed in with beside the password, often one-time codes; a REF
    /// without a vault means the same vault
    #[arg(long, value_name = "REF")]
    pub(super) logon_account: Option<AccountRef>,
}

impl Fields {
    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        self.address.is_none()
            && self.url.is_none()
            && self.property.is_empty()
            && self.protected.is_empty()
            && self.logon_account.is_none()
    }

    /// Looks at all of it before any secret is asked for.
    pub(super) fn check(&self, username: Option<&str>) -> Result<(), Failure> {
        for (option, value) in [
            ("--username", username),
            ("--address", self.address.as_deref()),
            ("--url", self.url.as_deref()),
        ] {
            if let Some(value) = value {
                plain(option, value)?;
            }
        }
        let mut seen = Vec::new();
        for property in &self.property {
            let (name, value) = split(property)?;
            named(name)?;
            if is_seed(name) {
                return Err(Failure::usage(
                    format!("`--property {name}=…` would put a secret on the command line"),
                    &format!("`--protected {name}` asks for it without echo"),
                ));
            }
            plain("--property", value)?;
            seen.push(name.to_lowercase());
        }
        for name in &self.protected {
            named(name)?;
            seen.push(name.to_lowercase());
        }
        seen.sort();
        match seen.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Failure::usage(
                format!("the property `{}` is given twice", pair[0]),
                "names of properties ignore case",
            )),
            None => Ok(()),
        }
    }

    /// The change that the fields ask for; `values` are those of `--protected`, in its order.
    pub(super) fn change(
        self,
        vault: &VaultName,
        username: Option<String>,
        password: Option<Secret>,
        values: Vec<Secret>,
    ) -> Result<Change, Failure> {
        let mut properties = Vec::new();
        for property in &self.property {
            let (name, value) = split(property)?;
            let value = Secret::new(value.to_owned());
            properties.push((name.to_owned(), Property { value, protected: false }));
        }
        for (name, value) in self.protected.into_iter().zip(values) {
            properties.push((name, Property { value, protected: true }));
        }
        Ok(Change {
            username,
            address: self.address,
            url: self.url,
            password,
            properties,
            logon_account: match self.logon_account {
                Some(account) => Link::Set(account.within(vault)),
                None => Link::Keep,
            },
            reconcile_account: Link::Keep,
        })
    }
}

/// The message does not repeat what was given: it may be a secret in the wrong place.
fn split(property: &str) -> Result<(&str, &str), Failure> {
    property.split_once('=').ok_or_else(|| {
        Failure::usage(
            "`--property` takes a name, `=` and a value",
            "for example `--property zone=north`",
        )
    })
}

/// Names that mean a field of their own.
const RESERVED: [(&str, &str); 9] = [
    ("username", "`--username` sets it"),
    ("address", "`--address` sets it"),
    ("url", "`--url` sets it"),
    ("password", "it is asked for, or piped in with `--secret-stdin`"),
    ("logonaccount", "`--logon-account` sets it"),
    ("reconcileaccount", "`doorward account link REF --reconcile-account REF` sets it"),
    ("title", "it is the account's own name"),
    ("name", "it is the account's own name"),
    ("notes", "notes are for people; KeePassXC writes them"),
];

fn named(name: &str) -> Result<(), Failure> {
    if let Some((_, help)) = RESERVED.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
        return Err(Failure::usage(
            format!("`{}` cannot be the name of a further property", name.to_lowercase()),
            help,
        ));
    }
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    if name.is_empty() || name.trim() != name || name.len() > 64 || !name.chars().all(fits) {
        return Err(Failure::usage(
            "a property's name is 1 to 64 letters, digits, `-`, `_`, `.` and inner blanks",
            "a connector writes it as <name>",
        ));
    }
    Ok(())
}

fn is_seed(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "otp" || name.starts_with("totp seed") || name.contains("otp-secret")
}

/// Text that is not secret stands in the file's XML, where control characters and lone blanks are lost.
fn plain(option: &str, value: &str) -> Result<(), Failure> {
    if value.chars().any(char::is_control) {
        return Err(Failure::usage(
            format!("the value of `{option}` holds a control character"),
            "`--protected NAME` takes any text",
        ));
    }
    if value.trim() != value {
        return Err(Failure::usage(
            format!("the value of `{option}` begins or ends with a blank"),
            "leave the blank out; `--protected NAME` takes any text",
        ));
    }
    Ok(())
}
