//! A provider of OpenID Connect: real HTTP, real keys, and whatever a test wants to be wrong with it. It is at another
//! site than the portal: `localhost`, where the portal is at `127.0.0.1`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use ring::{digest, hmac};
use serde_json::{Value, json};

/// What the provider calls the portal.
pub(crate) const CLIENT: &str = "doorward";
/// A key for these tests alone; ring makes none of that kind.
const RSA: &[u8] = include_bytes!("../cases/oidc/rs256.pk8");

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// RS256, by the key that is published.
    Rs256,
    /// ES256, by the other key that is published.
    Es256,
    /// ES256, by a key that is not published, under the name of the one that is.
    Stranger,
    /// Not at all.
    Unsigned,
    /// HS256, with the secret of the client.
    Shared,
    /// HS256, with the public key for a secret.
    Confused,
}

/// What it does; each field but the last ones is a test's to change.
pub(crate) struct Play {
    /// The claims of the next tokens, beside those that every one has; `null` takes one away.
    pub(crate) claims: Value,
    /// The same of their header.
    pub(crate) header: Value,
    /// The same of its metadata.
    pub(crate) metadata: Value,
    pub(crate) sign: Sign,
    /// Answers in place of its own, by path.
    pub(crate) replies: BTreeMap<&'static str, (u16, String)>,
    /// The name of its RSA key.
    pub(crate) kid: String,
    /// The secret of the client.
    pub(crate) secret: String,
    /// What it was asked, by path.
    pub(crate) asked: Vec<String>,
    /// The ID tokens that it gave.
    pub(crate) issued: Vec<String>,
    codes: BTreeMap<String, BTreeMap<String, String>>,
    curve: EcdsaKeyPair,
    stranger: EcdsaKeyPair,
    url: String,
}

/// A provider; it answers as long as the test runs.
pub(crate) struct Provider {
    /// Its issuer.
    pub(crate) url: String,
    play: Arc<Mutex<Play>>,
}

impl Provider {
    /// Starts it. It knows one person: ann, of the group `staff`.
    pub(crate) fn start(secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let play = Play {
            claims: json!({}),
            header: json!({}),
            metadata: json!({}),
            sign: Sign::Rs256,
            replies: BTreeMap::new(),
            kid: "first".to_owned(),
            secret: secret.to_owned(),
            asked: Vec::new(),
            issued: Vec::new(),
            codes: BTreeMap::new(),
            curve: curve(),
            stranger: curve(),
            url: url.clone(),
        };
        let play = Arc::new(Mutex::new(play));
        let shared = Arc::clone(&play);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A browser opens connections that it may never use.
                std::thread::spawn(move || {
                    if let Some((head, body)) = heard(&mut stream) {
                        answer(stream, &head, &body, &mut shared.lock().unwrap());
                    }
                });
            }
        });
        Self { url, play }
    }

    /// What it does, to be changed.
    pub(crate) fn play(&self) -> MutexGuard<'_, Play> {
        self.play.lock().unwrap()
    }

    /// Says yes to what a browser was sent here with: where it is sent back to.
    pub(crate) fn approve(&self, asked: &str) -> String {
        self.play().approve(asked)
    }
}

fn curve() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pair.as_ref(), &random).unwrap()
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn encoded(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// `value` with what `changes` says.
fn changed(mut value: Value, changes: &Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        match change {
            Value::Null => value.as_object_mut().unwrap().remove(name),
            change => value.as_object_mut().unwrap().insert(name.clone(), change.clone()),
        };
    }
    value
}

impl Play {
    fn approve(&mut self, asked: &str) -> String {
        let asked = pairs(asked.split_once('?').unwrap().1);
        assert_eq!(
            (asked["response_type"].as_str(), asked["client_id"].as_str()),
            ("code", CLIENT)
        );
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("MARKED-code-{}", self.codes.len());
        let mut back = url::Url::parse(&asked["redirect_uri"]).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &asked["state"])
            .append_pair("iss", &self.url);
        self.codes.insert(code, asked);
        back.into()
    }

    fn metadata(&self) -> Value {
        let url = &self.url;
        let metadata = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"),
            "end_session_endpoint": format!("{url}/end"),
            "authorization_response_iss_parameter_supported": true,
        });
        changed(metadata, &self.metadata)
    }

    fn keys(&self) -> Value {
        let rsa = RsaKeyPair::from_pkcs8(RSA).unwrap();
        let parts = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(rsa.public());
        let point = self.curve.public_key().as_ref();
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        json!({"keys": [
            // Of a kind that nobody knows, and one that does not sign.
            {"kty": "new", "kid": 7},
            {"kty": "RSA", "kid": "enc", "use": "enc", "n": text(&parts.n), "e": text(&parts.e)},
            {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": text(&parts.n), "e": text(&parts.e)},
            {"kty": "EC", "crv": "P-256", "kid": "curve", "x": text(&point[1..33]), "y": text(&point[33..])},
        ]})
    }

    fn token(&mut self, authorization: &str, form: &BTreeMap<String, String>) -> (u16, Value) {
        // Id and secret are encoded as in a form, and then as Basic has it (RFC 6749, section 2.3.1).
        let encoded =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{CLIENT}:{}", encoded(&self.secret));
        if authorization != format!("Basic {}", BASE64.encode(pair.as_bytes())) {
            return (401, json!({"error": "invalid_client"}));
        }
        let refused = (400, json!({"error": "invalid_grant", "error_description": "MARKED words"}));
        // A code is good for one token.
        let Some(asked) = self.codes.remove(&form["code"]) else { return refused };
        let hash = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
        if form["redirect_uri"] != asked["redirect_uri"]
            || asked["code_challenge"] != BASE64URL_NOPAD.encode(hash.as_ref())
        {
            return refused;
        }
        let token = self.signed(&asked["nonce"]);
        self.issued.push(token.clone());
        (200, json!({"id_token": token, "access_token": "MARKED-access", "token_type": "Bearer"}))
    }

    fn signed(&self, nonce: &str) -> String {
        let (alg, kid) = match self.sign {
            Sign::Rs256 => ("RS256", self.kid.as_str()),
            Sign::Es256 | Sign::Stranger => ("ES256", "curve"),
            Sign::Unsigned => ("none", self.kid.as_str()),
            Sign::Shared | Sign::Confused => ("HS256", self.kid.as_str()),
        };
        let now = jiff::Timestamp::now().as_second();
        let claims = json!({
            "iss": self.url, "sub": "subject-of-ann", "aud": CLIENT, "exp": now + 300, "iat": now,
            "nonce": nonce, "preferred_username": "ann", "groups": ["staff"],
        });
        let header = changed(json!({"alg": alg, "kid": kid, "typ": "JWT"}), &self.header);
        let claims = changed(claims, &self.claims);
        let message = format!("{}.{}", encoded(&header), encoded(&claims));
        let random = SystemRandom::new();
        let rsa = RsaKeyPair::from_pkcs8(RSA).unwrap();
        let by = |key: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        };
        let signature = match self.sign {
            Sign::Rs256 => {
                let mut signature = vec![0; rsa.public().modulus_len()];
                rsa.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
            Sign::Es256 => self.curve.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Sign::Stranger => {
                self.stranger.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec()
            }
            Sign::Unsigned => Vec::new(),
            Sign::Shared => by(self.secret.as_bytes()),
            Sign::Confused => by(rsa.public().as_ref()),
        };
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

fn answer(mut stream: TcpStream, head: &str, body: &str, play: &mut Play) {
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap();
    play.asked.push(format!("{method} {path}"));
    let header = |name: &str| {
        let found = head.lines().filter_map(|line| line.split_once(": "));
        found
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    let mut kind = "application/json";
    let (status, body) = match (play.replies.get(path), path) {
        (Some((status, body)), _) => (*status, body.clone()),
        (None, "/.well-known/openid-configuration") => (200, play.metadata().to_string()),
        (None, "/keys") => (200, play.keys().to_string()),
        (None, "/token") => {
            let authorization = header("authorization").unwrap_or_default();
            let (status, body) = play.token(authorization, &pairs(body));
            (status, body.to_string())
        }
        (None, "/authorize") => {
            kind = "text/html";
            let back = play.approve(target).replace('&', "&amp;");
            (
                200,
                format!(
                    "<!doctype html><title>Provider</title><a id=yes href=\"{back}\">I am ann</a>"
                ),
            )
        }
        (None, "/end") => {
            kind = "text/html";
            (200, "<!doctype html><title>Provider</title><p id=out>You are out".to_owned())
        }
        _ => (404, "{}".to_owned()),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} Such\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// A request: its head and its body.
fn heard(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().filter_map(|line| line.split_once(": "));
            let length = length
                .into_iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse().unwrap());
            if body.len() >= length {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
