//! Values: what the placeholders of a template stand for in one session.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::connector::{Object, Part, Placeholder, Template};
use crate::diagnostic::Code;
use crate::name::UserName;
use crate::secret::Secret;
use crate::session::Stop;
use crate::vault::{Account, Password};

/// All that templates can name.
pub(super) struct Values {
    pub(super) target: Account,
    pub(super) logon: Option<Account>,
    pub(super) reconcile: Option<Account>,
    pub(super) user: UserName,
    pub(super) params: BTreeMap<String, String>,
}

/// One value, and whether it may leave the fields of a page.
struct Value<'a> {
    text: Cow<'a, str>,
    protected: bool,
}

impl Values {
    /// The account that `object` means.
    pub(super) fn account(&self, object: Object) -> Option<&Account> {
        match object {
            Object::Target => Some(&self.target),
            Object::LogonAccount => self.logon.as_ref(),
            Object::ReconcileAccount => self.reconcile.as_ref(),
            Object::User | Object::Param => None,
        }
    }

    /// The account that `template` takes its value from, for a person.
    pub(super) fn holder(&self, template: &Template) -> String {
        let account = template.placeholders().find_map(|part| self.account(part.object));
        account.map_or_else(
            || "the row".to_owned(),
            |account| format!("account `{}`", account.reference),
        )
    }

    /// The text to type for `template`.
    pub(super) fn typed(&self, row: Option<usize>, template: &Template) -> Result<Secret, Stop> {
        let mut text = zeroize::Zeroizing::new(String::new());
        for part in &template.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Placeholder(placeholder) => {
                    text.push_str(&self.value(row, placeholder)?.text)
                }
            }
        }
        Ok(Secret::new(text.to_string()))
    }

    /// The text of `template` for a locator or an option: only what is public.
    pub(super) fn public(&self, row: Option<usize>, template: &Template) -> Result<String, Stop> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Placeholder(placeholder) => text.push_str(&self.shown(row, placeholder)?),
            }
        }
        Ok(text)
    }

    /// The URL that `template` makes. A template that begins with `<url>` of an account takes it as the URL
    /// that it is. Elsewhere a value before the path is part of the host and has to look like one; after it,
    /// it is percent-encoded, so that no value can lead to another place.
    pub(super) fn url(&self, row: Option<usize>, template: &Template) -> Result<url::Url, Stop> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Placeholder(placeholder) => {
                    let value = self.shown(row, placeholder)?;
                    if text.is_empty() && placeholder.is_url() {
                        text.push_str(&value);
                        continue;
                    }
                    let in_host = text
                        .split_once("://")
                        .is_none_or(|(_, rest)| !rest.contains(['/', '?', '#']));
                    if !in_host {
                        let encoded: String =
                            url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
                        text.push_str(&encoded.replace('+', "%20"));
                    } else if value.chars().all(|c| {
                        c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']')
                    }) {
                        text.push_str(&value);
                    } else {
                        return Err(Stop::new(
                            Code::WrongAddress,
                            row,
                            placeholder.span,
                            format!("`{value}` cannot be a host"),
                        )
                        .label("stands where the URL has its host")
                        .help("the property has to be a host name or an IP address, with `:port` where it needs one"));
                    }
                }
            }
        }
        let wrong = |why: String| {
            Stop::new(
                Code::WrongAddress,
                row,
                template.span,
                format!("`{text}` is no URL of a site: {why}"),
            )
            .help("it has to begin with https:// (or http:// for loopback) and to have a host")
        };
        let url = url::Url::parse(&text).map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(wrong(format!("its scheme is `{}`", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user name or password".to_owned()));
        }
        Ok(url)
    }

    /// Every value of the session that may be secret, to be taken out of what pages say.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [Some(&self.target), self.logon.as_ref(), self.reconcile.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(|account| {
                let protected =
                    account.properties.values().filter(|p| p.protected).map(|p| &p.value);
                account.password.secret().into_iter().chain(protected)
            })
    }

    fn shown(&self, row: Option<usize>, placeholder: &Placeholder) -> Result<String, Stop> {
        let value = self.value(row, placeholder)?;
        if value.protected {
            return Err(Stop::new(
                Code::PropertyProtected,
                row,
                placeholder.span,
                format!("property `{}` is protected and would be shown here", placeholder.property),
            )
            .label("a URL, a locator or an option is no place for it")
            .help(
                "type it into a field; or, if it is no secret, unprotect it in the vault (for HashiCorp Vault: \
                 name it in `public-properties`)",
            ));
        }
        Ok(value.text.into_owned())
    }

    fn value(&self, row: Option<usize>, placeholder: &Placeholder) -> Result<Value<'_>, Stop> {
        let property = placeholder.property.as_str();
        let open = |text: &str| Value { text: Cow::Owned(text.to_owned()), protected: false };
        let account = match placeholder.object {
            Object::User => return Ok(open(self.user.as_str())),
            Object::Param => {
                let value = self.params.get(property).map(String::as_str);
                return value.map(open).ok_or_else(|| {
                    Stop::new(
                        Code::PropertyMissing,
                        row,
                        placeholder.span,
                        format!("the parameter `{property}` has no value"),
                    )
                    .help(format!("give it with --param {property}=VALUE"))
                });
            }
            object => self.account(object),
        };
        let missing = || {
            let holder = account.map_or_else(
                || format!("no {} is there that has", placeholder.object.word()),
                |account| format!("account `{}` has no", account.reference),
            );
            let reference =
                account.map_or_else(|| "REF".to_owned(), |account| account.reference.to_string());
            let option = match property {
                "username" => "--username USER".to_owned(),
                "address" => "--address HOST".to_owned(),
                "url" => "--url URL".to_owned(),
                _ => format!("--property {property}=VALUE"),
            };
            let has = account.map(|account| account.properties.keys().cloned().collect::<Vec<_>>());
            let has = has.filter(|names| !names.is_empty()).map(|names| names.join(", "));
            Stop::new(
                Code::PropertyMissing,
                row,
                placeholder.span,
                format!("{holder} property `{property}`"),
            )
            .label("has no value")
            .note("has", has.unwrap_or_else(|| "no properties beside the standard ones".into()))
            .help(format!("set it in the vault; for a KDBX vault: `doorward account edit {reference} {option}`"))
        };
        let account = account.ok_or_else(missing)?;
        match property {
            "username" => account.username.as_deref().map(open).ok_or_else(missing),
            "address" => account.address.as_deref().map(open).ok_or_else(missing),
            "password" => match &account.password {
                Password::Value(secret) | Password::WithCodes(secret) if !secret.is_empty() => {
                    Ok(Value { text: Cow::Borrowed(secret.expose()), protected: true })
                }
                Password::Value(_) | Password::WithCodes(_) | Password::Absent => Err(Stop::new(
                    Code::SecretEmpty,
                    row,
                    placeholder.span,
                    format!("the password of account `{}` is empty", account.reference),
                )
                .label("there is nothing to type")
                .help(format!(
                    "set it in the vault; for a KDBX vault: `doorward account edit {} --secret`",
                    account.reference
                ))),
                Password::Computed => Err(Stop::new(
                    Code::SecretEmpty,
                    row,
                    placeholder.span,
                    format!(
                        "the vault of `{}` gives out one-time codes, and never a password",
                        account.reference
                    ),
                )
                .label("can be used in a (TOTP) row only")
                .help("write `(TOTP)` before it, or link an account that has a password")),
            },
            other => match account.properties.get(other) {
                Some(property) => Ok(Value {
                    text: Cow::Borrowed(property.value.expose()),
                    protected: property.protected,
                }),
                None => Err(missing()),
            },
        }
    }
}
