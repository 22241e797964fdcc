//! An answer: what came back for a call, read whole and bounded.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// What came back. It may hold a secret, so it has no `Debug` and its buffer is wiped.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The media type, cleaned for messages; empty when none was given.
    pub(super) media: String,
    pub(super) body: Zeroizing<Vec<u8>>,
    /// What a status of 400 and above was explained with, cleaned for messages.
    pub(super) complaint: Complaint,
    /// `Retry-After`, where it is a number of seconds.
    pub(super) retry_after: Option<Duration>,
}

/// The words of an error.
#[derive(Default)]
pub(super) struct Complaint {
    /// The first of `errors` (RustyVault: `error`).
    pub(super) text: Option<String>,
    /// All of `errors` and `warnings`, to look for known words in.
    pub(super) all: String,
    /// Whether the body was JSON at all.
    pub(super) json: bool,
}

/// Both shapes of an error body: HashiCorp's and OpenBao's `errors`, RustyVault's `error`.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    errors: Option<Vec<String>>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    sealed: Option<bool>,
}

impl Complaint {
    /// Reads the body of an error; `clean` makes a text of the server fit for messages.
    pub(super) fn read(body: &[u8], clean: impl Fn(&str) -> String) -> Self {
        let Ok(read) = serde_json::from_slice::<ErrorBody>(body) else {
            let json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
            return Self { json, ..Self::default() };
        };
        let errors: Vec<String> =
            read.errors.into_iter().flatten().chain(read.error).map(|e| clean(&e)).collect();
        let mut all = errors.join("\n");
        for warning in read.warnings.into_iter().flatten() {
            all.push('\n');
            all.push_str(&clean(&warning));
        }
        if read.sealed == Some(true) {
            all.push_str("\nsealed");
        }
        let text = errors.into_iter().find(|text| !text.is_empty());
        let text = text.map(|text| text.strip_prefix(LIST_OF_ONE).unwrap_or(&text).to_owned());
        Self { text, all: all.to_lowercase(), json: true }
    }

    /// Whether the vault said `words` (in lower case) anywhere.
    pub(super) fn says(&self, words: &str) -> bool {
        self.all.contains(words)
    }
}

impl Answer {
    /// Whether the same call may well succeed a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self.status {
            429 | 502 => true,
            503 => !self.is_sealed(),
            _ => false,
        }
    }

    /// Whether it says that the vault is sealed.
    pub(super) fn is_sealed(&self) -> bool {
        self.status == 503 && self.complaint.says("sealed")
    }

    /// Whether an error is the vault's own, and not a page of a proxy. RustyVault sends some without
    /// a body.
    pub(super) fn is_the_vaults(&self) -> bool {
        self.complaint.json || self.body.is_empty()
    }

    /// What it said, for a message about a refusal.
    pub(super) fn words(&self) -> String {
        match &self.complaint.text {
            Some(text) => text.clone(),
            None if self.body.is_empty() => "no reason given".into(),
            None if self.complaint.json => "JSON that names no error".into(),
            None => format!("{}, not the JSON of a vault", self.shape()),
        }
    }

    /// The body as a `T`, or what it is instead. What serde says of a wrong value is left out: it
    /// quotes the value.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, String> {
        if self.body.is_empty() {
            return Err(format!("status {} and an empty body", self.status));
        }
        serde_json::from_slice(&self.body).map_err(|error| match error.classify() {
            serde_json::error::Category::Eof => {
                format!("JSON that ends in the middle, after {} bytes", self.body.len())
            }
            serde_json::error::Category::Data => {
                format!("JSON of another shape (line {}, column {})", error.line(), error.column())
            }
            _ => format!("{}, not the JSON of a vault", self.shape()),
        })
    }

    /// Its media type and length.
    fn shape(&self) -> String {
        let media = if self.media.is_empty() { "text of no stated type" } else { &self.media };
        format!("{} bytes of {media}", self.body.len())
    }
}

/// How the vault begins a list of errors that has one entry, on one line.
const LIST_OF_ONE: &str = "1 error occurred: * ";
