//! The keys of a provider (RFC 7517), and whether a token was signed by one of them (RFC 7515, 7518, 8037).

use data_encoding::BASE64URL_NOPAD;
use ring::signature;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::Error;
use super::fetch::Fetch;

/// The keys that sign, as they were published.
#[derive(Clone)]
pub(super) struct Keys(Vec<Key>);

/// A public key, as it is published. What ours does not know of a key is passed over.
#[derive(Clone, Deserialize)]
struct Key {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

/// A signed token, taken apart and not yet believed.
pub(super) struct Jws<'a> {
    header: Header,
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a token in its compact form apart.
    pub(super) fn read(token: &'a str) -> Result<Self, Error> {
        let garbled = || Error::Garbled { what: "the ID token", found: "no signed token" };
        let (signed, signature) = token.rsplit_once('.').ok_or_else(garbled)?;
        let (header, payload) = signed.split_once('.').ok_or_else(garbled)?;
        let decoded = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| garbled());
        let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| garbled())?;
        // An extension that has to be understood, and none is (RFC 7515, section 4.1.11).
        if header.crit.is_some() {
            return Err(garbled());
        }
        Ok(Self { header, signed, payload, signature: decoded(signature)? })
    }
}

impl Keys {
    /// Asks for them.
    pub(super) async fn read(fetch: &Fetch, uri: &Url) -> Result<Self, Error> {
        let set: Set = fetch.json("its keys", uri).await?;
        // One key that is of a kind of its own does not spoil the others.
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<Key> = keys
            .filter(|key: &Key| key.usage.as_deref().is_none_or(|usage| usage == "sig"))
            .collect();
        if keys.is_empty() {
            return Err(Error::Garbled { what: "its keys", found: "no key that signs" });
        }
        Ok(Self(keys))
    }

    /// What `jws` says, if one of these keys signed it.
    ///
    /// # Errors
    /// [`Error::Algorithm`], [`Error::UnknownKey`], [`Error::Signature`].
    pub(super) fn verified(&self, jws: &Jws<'_>) -> Result<Vec<u8>, Error> {
        let alg = jws.header.alg.as_str();
        // `none` and what is signed with a shared secret are none of these.
        if !ALGORITHMS.contains(&alg) {
            return Err(Error::Algorithm);
        }
        let fits = |key: &&Key| {
            key.alg.as_deref().is_none_or(|own| own == alg)
                && match &jws.header.kid {
                    Some(kid) => key.kid.as_ref() == Some(kid),
                    None => true,
                }
        };
        let mut fitting = self.0.iter().filter(fits).filter(|key| key.signs(alg)).peekable();
        if fitting.peek().is_none() {
            return Err(Error::UnknownKey);
        }
        if fitting.any(|key| key.verifies(alg, jws.signed.as_bytes(), &jws.signature)) {
            let garbled = |_| Error::Garbled { what: "the ID token", found: "no claims" };
            return BASE64URL_NOPAD.decode(jws.payload.as_bytes()).map_err(garbled);
        }
        Err(Error::Signature)
    }
}

/// The algorithms that are taken: each by a key pair.
const ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

impl Key {
    /// Whether it is of the kind that `alg` needs.
    fn signs(&self, alg: &str) -> bool {
        let wanted = match alg {
            "ES256" => ("EC", Some("P-256")),
            "ES384" => ("EC", Some("P-384")),
            "EdDSA" => ("OKP", Some("Ed25519")),
            _ => ("RSA", None),
        };
        self.kty == wanted.0 && (wanted.1.is_none() || self.crv.as_deref() == wanted.1)
    }

    /// Whether it made `signature` of `message` by `alg`. RSA keys have 2048 bits or more.
    fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        let part = |text: &Option<String>| {
            BASE64URL_NOPAD
                .decode(text.as_deref().unwrap_or_default().as_bytes())
                .unwrap_or_default()
        };
        let by = |algorithm: &'static dyn signature::VerificationAlgorithm, key: Vec<u8>| {
            signature::UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
        };
        let point = || [vec![4], part(&self.x), part(&self.y)].concat();
        let rsa = |parameters: &'static signature::RsaParameters| {
            // Some write a zero before the number, which `ring` takes for a fault.
            let number = |text| {
                let bytes = part(text);
                bytes
                    .iter()
                    .position(|byte| *byte != 0)
                    .map_or_else(Vec::new, |at| bytes[at..].to_vec())
            };
            let key = signature::RsaPublicKeyComponents { n: number(&self.n), e: number(&self.e) };
            key.verify(parameters, message, signature).is_ok()
        };
        match alg {
            "RS256" => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            "RS384" => rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            "RS512" => rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            "PS256" => rsa(&signature::RSA_PSS_2048_8192_SHA256),
            "PS384" => rsa(&signature::RSA_PSS_2048_8192_SHA384),
            "PS512" => rsa(&signature::RSA_PSS_2048_8192_SHA512),
            "ES256" => by(&signature::ECDSA_P256_SHA256_FIXED, point()),
            "ES384" => by(&signature::ECDSA_P384_SHA384_FIXED, point()),
            "EdDSA" => by(&signature::ED25519, part(&self.x)),
            _ => false,
        }
    }
}
