//! An answer: what came back for a call, read whole and bounded.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// What came back. It may hold a secret, so it has no `Debug` and its buffer is wiped.
pub(in crate::vault) struct Answer {
    pub(in crate::vault) status: u16,
    /// The media type, cleaned for messages; empty when none was given.
    pub(in crate::vault) media: String,
    pub(in crate::vault) body: Zeroizing<Vec<u8>>,
    /// What a status of 400 and above was explained with, cleaned for messages.
    pub(in crate::vault) complaint: Complaint,
    /// `Retry-After`.
    pub(in crate::vault) retry_after: Option<Duration>,
}

/// The words of an error.
#[derive(Default)]
pub(in crate::vault) struct Complaint {
    /// The first thing that is said, behind the product's code for it where there is one.
    pub(in crate::vault) text: Option<String>,
    /// The product's own code: CyberArk's `PASWS088E`, Conjur's `not_found`.
    pub(in crate::vault) code: Option<String>,
    /// All that is said, in lower case, to look for known words in.
    pub(in crate::vault) all: String,
    /// Whether the body was JSON at all.
    pub(in crate::vault) json: bool,
}

/// The shapes of an error body: HashiCorp's and OpenBao's `errors`, RustyVault's `error`, Conjur's
/// `error.{code, message}`, CyberArk's `ErrorCode` with `ErrorMessage` (PVWA) or `ErrorMsg` (CCP), the
/// `error_description` of OAuth, the `message` of Bitwarden.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    errors: Option<Vec<String>>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    error: Option<ErrorField>,
    #[serde(default, alias = "ErrorCode", alias = "code")]
    error_code: Option<ErrorField>,
    #[serde(default, rename = "ErrorMessage", alias = "ErrorMsg", alias = "message")]
    message: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
    #[serde(default)]
    sealed: Option<bool>,
}

/// What stands under `error` or `code`: a text, a number, or a code and a message.
#[derive(Deserialize)]
#[serde(untagged)]
enum ErrorField {
    Text(String),
    Number(i64),
    Table {
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        message: Option<String>,
    },
    Other(serde::de::IgnoredAny),
}

impl ErrorField {
    /// Its code and its text.
    fn parts(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Text(text) => (None, Some(text)),
            Self::Number(number) => (Some(number.to_string()), None),
            Self::Table { code, message } => (code, message),
            Self::Other(_) => (None, None),
        }
    }
}

impl Complaint {
    /// Reads the body of an error; `clean` makes a text of the server fit for messages.
    pub(in crate::vault) fn read(body: &[u8], clean: impl Fn(&str) -> String) -> Self {
        let Ok(read) = serde_json::from_slice::<ErrorBody>(body) else {
            let json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
            return Self { json, ..Self::default() };
        };
        let (inner_code, error) = read.error.map(ErrorField::parts).unwrap_or_default();
        let outer = read.error_code.map(ErrorField::parts).unwrap_or_default();
        let code = outer.1.or(outer.0).or(inner_code).filter(|code| is_code(code));
        let code = code.map(|code| clean(&code));
        // A text that says more comes before the bare word of OAuth.
        let said = read.errors.into_iter().flatten();
        let said = said.chain(read.message).chain(read.error_description).chain(error);
        let said: Vec<String> = said.map(|text| clean(&text)).collect();
        let mut all = said.join("\n");
        for warning in read.warnings.into_iter().flatten() {
            all.push('\n');
            all.push_str(&clean(&warning));
        }
        if read.sealed == Some(true) {
            all.push_str("\nsealed");
        }
        let text = said.into_iter().find(|text| !text.is_empty());
        let text = text.map(|text| text.strip_prefix(LIST_OF_ONE).unwrap_or(&text).to_owned());
        let text = match (&code, text) {
            (Some(code), Some(text)) if !text.contains(code.as_str()) => {
                Some(format!("{code} {text}"))
            }
            (Some(code), None) => Some(code.clone()),
            (_, text) => text,
        };
        Self { text, code, all: all.to_lowercase(), json: true }
    }

    /// Whether the product's code is `code`.
    pub(in crate::vault) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code) || self.all.contains(&code.to_lowercase())
    }

    /// Whether the vault said `words` (in lower case) anywhere.
    pub(in crate::vault) fn says(&self, words: &str) -> bool {
        self.all.contains(words)
    }
}

impl Answer {
    /// Whether the same call may well succeed a moment later.
    pub(in crate::vault) fn is_passing(&self) -> bool {
        match self.status {
            429 | 502 | 504 => true,
            503 => !self.is_sealed(),
            _ => false,
        }
    }

    /// Whether it says that the vault is sealed.
    pub(in crate::vault) fn is_sealed(&self) -> bool {
        self.status == 503 && self.complaint.says("sealed")
    }

    /// Whether an error is the vault's own, and not a page of a proxy. RustyVault sends some without
    /// a body.
    pub(in crate::vault) fn is_the_vaults(&self) -> bool {
        self.complaint.json || self.body.is_empty()
    }

    /// What it said, for a message about a refusal.
    pub(in crate::vault) fn words(&self) -> String {
        match &self.complaint.text {
            Some(text) => text.clone(),
            None if self.body.is_empty() => "no reason given".into(),
            None if self.complaint.json => "JSON that names no error".into(),
            None => format!("{}, not the JSON of a vault", self.shape()),
        }
    }

    /// The body as a `T`, or what it is instead. What serde says of a wrong value is left out: it
    /// quotes the value.
    pub(in crate::vault) fn json<T: DeserializeOwned>(&self) -> Result<T, String> {
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
    pub(in crate::vault) fn shape(&self) -> String {
        let media = if self.media.is_empty() { "text of no stated type" } else { &self.media };
        format!("{} bytes of {media}", self.body.len())
    }
}

/// Whether a text is the code of an error and no sentence, let alone a secret.
fn is_code(text: &str) -> bool {
    text.len() <= LONGEST_CODE && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The longest code of an error: those of CyberArk have nine characters, Conjur's are words.
const LONGEST_CODE: usize = 24;
/// How the vault begins a list of errors that has one entry, on one line.
const LIST_OF_ONE: &str = "1 error occurred: * ";
