//! A relying party: doorward as authenticators know it (WebAuthn), by the name in its address. What it asks is answered
//! once, from a page of that address, by somebody whom the authenticator has verified.

use serde_json::Value;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, CredentialID, Passkey, PasskeyAuthentication, PasskeyRegistration,
    Webauthn, WebauthnBuilder, WebauthnError,
};

use super::Error;

/// Doorward at its address.
pub struct Relying {
    webauthn: Webauthn,
    origin: String,
}

impl Relying {
    /// At `url`, the address that browsers have. `None` where it is an address of numbers: passkeys are of names. A
    /// loopback address has the name `localhost`.
    pub fn at(url: &str) -> Option<Self> {
        let mut url = Url::parse(url).ok()?;
        let is_loopback = match url.host()? {
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
            url::Host::Domain(_) => false,
        };
        if is_loopback {
            url.set_host(Some("localhost")).ok()?;
        }
        let name = url.domain()?.to_owned();
        let builder = WebauthnBuilder::new(&name, &url).ok()?.rp_name("Doorward");
        let origin = url.origin().ascii_serialization();
        Some(Self { webauthn: builder.build().ok()?, origin })
    }

    /// The address whose pages may ask for passkeys.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Asks for a new passkey of the person `account`, whom authenticators know by `handle`; none of `known`.
    pub(super) fn register(
        &self,
        handle: [u8; 16],
        account: &str,
        known: Vec<CredentialID>,
    ) -> Result<(Value, PasskeyRegistration), Error> {
        let handle = Uuid::from_bytes(handle);
        let begun = self.webauthn.start_passkey_registration(handle, account, account, Some(known));
        let (asked, state) = begun.map_err(|error| unfit(&error))?;
        Ok((json(&asked)?, state))
    }

    /// The passkey in what an authenticator answered.
    pub(super) fn registered(
        &self,
        answer: Value,
        state: &PasskeyRegistration,
    ) -> Result<Passkey, Error> {
        let answer = serde_json::from_value(answer).map_err(|_| Error::Unfit("it is malformed"))?;
        let made = self.webauthn.finish_passkey_registration(&answer, state);
        made.map_err(|error| unfit(&error))
    }

    /// Asks for one of `passkeys`.
    pub(super) fn challenge(
        &self,
        passkeys: &[Passkey],
    ) -> Result<(Value, PasskeyAuthentication), Error> {
        let begun = self.webauthn.start_passkey_authentication(passkeys);
        let (asked, state) = begun.map_err(|error| unfit(&error))?;
        Ok((json(&asked)?, state))
    }

    /// Whether `answer` is one to what was asked; else a word for what is wrong with it.
    pub(super) fn answered(
        &self,
        answer: Value,
        state: &PasskeyAuthentication,
    ) -> Result<AuthenticationResult, &'static str> {
        let answer = serde_json::from_value(answer).map_err(|_| "malformed")?;
        self.webauthn.finish_passkey_authentication(&answer, state).map_err(|error| word(&error))
    }
}

fn json(asked: &impl serde::Serialize) -> Result<Value, Error> {
    serde_json::to_value(asked).map_err(|_| Error::Unfit("it cannot be asked for"))
}

/// The word in the record.
fn word(error: &WebauthnError) -> &'static str {
    use WebauthnError as E;
    match error {
        E::MismatchedChallenge => "challenge",
        E::InvalidRPOrigin => "origin",
        E::CredentialCrossOrigin => "frame",
        E::InvalidRPIDHash => "site",
        E::UserNotPresent | E::UserNotVerified => "not-verified",
        E::CredentialNotFound => "unknown",
        E::CredentialPossibleCompromise => "counter",
        E::AuthenticationFailure | E::SignatureInvalid => "signature",
        _ => "malformed",
    }
}

fn unfit(error: &WebauthnError) -> Error {
    Error::Unfit(match word(error) {
        "challenge" => "it answers something that was asked before",
        "origin" | "frame" | "site" => "it was made for another address than that of this portal",
        "not-verified" => "it did not ask for a PIN, a finger or a face",
        _ => "it does not fit what was asked",
    })
}
