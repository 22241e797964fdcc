//! A password of a local user: hashed with argon2id, never kept.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::Error;

/// What somebody typed. Neither `Debug`, `Clone` nor `Serialize`; wiped when dropped.
#[derive(serde::Deserialize)]
#[serde(from = "String")]
pub struct Typed(Zeroizing<String>);

impl From<String> for Typed {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Typed {
    /// It.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// It, to be handed on.
    pub(super) fn into_text(self) -> Zeroizing<String> {
        self.0
    }

    /// Whether both are the same text.
    pub(super) fn equals(&self, other: &Self) -> bool {
        super::token::same(&self.0, &other.0)
    }

    /// Whether it will do for the user `name`: 12 characters or more (OWASP ASVS 5.0, 6.2.1 asks for 8 and recommends
    /// 15), not the name itself, not a few characters again and again.
    ///
    /// # Errors
    /// [`Error::Weak`].
    pub(super) fn strong(&self, name: &str) -> Result<(), Error> {
        let mut seen: Vec<char> = self.0.chars().collect();
        let length = seen.len();
        seen.sort_unstable();
        seen.dedup();
        match length {
            0..12 => Err(Error::Weak("it has fewer than 12 characters")),
            257.. => Err(Error::Weak("it has more than 256 characters")),
            _ if seen.len() < 5 => Err(Error::Weak("it repeats a few characters")),
            _ if self.0.to_lowercase().replace(&name.to_lowercase(), "").chars().count() < 8 => {
                Err(Error::Weak("it is little more than the user's name"))
            }
            _ => Ok(()),
        }
    }
}

/// How many passwords are hashed at the same time: each takes 19 MiB.
static PLACES: Semaphore = Semaphore::const_new(2);

/// argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet).
fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|_| Error::Unhashed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of `password`, with a salt of its own, as a PHC string.
pub(super) async fn hash(password: Typed) -> Result<String, Error> {
    let _place = PLACES.acquire().await.map_err(|_| Error::Unhashed)?;
    tokio::task::spawn_blocking(move || {
        let hash = hasher()?.hash_password(password.0.as_bytes()).map_err(|_| Error::Unhashed)?;
        Ok(hash.to_string())
    })
    .await
    .map_err(|_| Error::Unhashed)?
}

/// Whether `password` is the one of `hash`. Without a hash it takes as long and is not.
pub(super) async fn verify(password: Typed, hash: Option<String>) -> Result<bool, Error> {
    // Of a password that nobody knows; with the same parameters, so that it takes the same time.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keSE$\
                          U2lnbiBpbiBhcyBub2JvZHkgaXMgcmVmdXNlZCBoZXI";
    let _place = PLACES.acquire().await.map_err(|_| Error::Unhashed)?;
    tokio::task::spawn_blocking(move || {
        let text = hash.as_deref().unwrap_or(NOBODY);
        let parsed = PasswordHash::new(text).map_err(|_| Error::Unhashed)?;
        let same = hasher()?.verify_password(password.0.as_bytes(), &parsed).is_ok();
        Ok(same && hash.is_some())
    })
    .await
    .map_err(|_| Error::Unhashed)?
}

#[cfg(test)]
mod tests {
    use super::{Typed, hash, verify};

    fn typed(text: &str) -> Typed {
        text.to_owned().into()
    }

    #[test]
    fn what_is_easy_to_guess_is_refused() {
        for text in [
            "",
            "short",
            "elevenchars",
            "aaaaaaaaaaaaaaaa",
            "abababababababab",
            "Ann-Smith-Ann-Smith",
            &"xyz12".repeat(60),
        ] {
            assert!(typed(text).strong("ann-smith").is_err(), "{text}");
        }
        for text in ["correct horse battery", "zwölf Zeichen lang", "  blanks count too  "] {
            assert!(typed(text).strong("ann-smith").is_ok(), "{text}");
        }
    }

    #[tokio::test]
    async fn only_the_password_fits_its_hash() {
        let made = hash(typed("correct horse battery")).await.unwrap();
        assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
        assert!(verify(typed("correct horse battery"), Some(made.clone())).await.unwrap());
        assert!(!verify(typed("correct horse batterz"), Some(made)).await.unwrap());
        assert!(!verify(typed("correct horse battery"), None).await.unwrap());
    }
}
