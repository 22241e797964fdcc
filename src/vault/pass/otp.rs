//! The codes of an entry: by `pass otp`, or computed here where that extension is not installed.

use super::Pass;
use super::entry::Entry;
use crate::clock::Clock;
use crate::name::AccountRef;
use crate::otp::Parameters;
use crate::secret::Secret;
use crate::vault::totp::{Seed, SeedError};
use crate::vault::{Code, Error};

impl Pass {
    /// A code of `account`, made now.
    pub(super) async fn made(&self, account: &AccountRef) -> Result<Code, Error> {
        // The entry says how long a code lives, and what kind it is.
        let entry = self.decrypted(account).await?;
        let seed = self.seed(account, &entry)?;
        drop(entry);
        let path = account.path();
        let arguments = ["otp", "code", "--", &path];
        for _ in 0..2 {
            let before = seed.code_at(Clock::System.unix_millis());
            let printed = self.run(&arguments).await?;
            let after = seed.code_at(Clock::System.unix_millis());
            if !printed.is_good {
                if printed.complaint.contains("otp is not in the password store") {
                    return Ok(after);
                }
                if printed.complaint.contains("OTP secret not found") {
                    return Err(self.without_codes(account));
                }
                return Err(self.failed(&arguments, &printed));
            }
            let text = std::str::from_utf8(&printed.output).unwrap_or_default().trim();
            if !(6..=8).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Error::Garbled {
                    vault: self.name.clone(),
                    asked: self.spelt(&arguments),
                    found: "a code that is not made of digits".into(),
                });
            }
            // A period that ended meanwhile leaves open which of the two it is of.
            if before.counter == after.counter {
                return Ok(Code { digits: Secret::new(text.to_owned()), ..after });
            }
        }
        Ok(seed.code_at(Clock::System.unix_millis()))
    }

    /// Whether the extension is there.
    pub(super) async fn has_otp(&self) -> Result<bool, Error> {
        let printed = self.run(&["otp", "help"]).await?;
        let text = String::from_utf8_lossy(&printed.output);
        Ok(printed.is_good && text.contains("otp"))
    }

    fn seed(&self, account: &AccountRef, entry: &Entry) -> Result<Seed, Error> {
        let line = entry.seed().ok_or_else(|| self.without_codes(account))?;
        Seed::read(&line, Parameters::default()).map_err(|error| Error::Unsupported {
            vault: self.name.clone(),
            what: format!("makes no codes of `{account}`: {error}"),
            instead: SeedError::help(&error),
        })
    }

    fn without_codes(&self, account: &AccountRef) -> Error {
        Error::Unsupported {
            vault: self.name.clone(),
            what: format!("has no seed for `{account}`, and so no one-time codes"),
            instead: "`pass otp append NAME` adds the `otpauth://` line of its QR code to the entry",
        }
    }
}
