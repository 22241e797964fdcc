//! A scope: what an API token may do of that which its person may.

use axum::http::Method;

/// A part of the API.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
pub enum Scope {
    /// Start sessions.
    #[serde(rename = "sessions:start")]
    SessionsStart,
    /// List sessions, and see how each of them goes.
    #[serde(rename = "sessions:read")]
    SessionsRead,
    /// End sessions.
    #[serde(rename = "sessions:end")]
    SessionsEnd,
    /// Read the record, and have it checked.
    #[serde(rename = "activity:read")]
    ActivityRead,
    /// List accounts.
    #[serde(rename = "accounts:read")]
    AccountsRead,
    /// Read recordings.
    #[serde(rename = "recordings:read")]
    RecordingsRead,
    /// Have access policies checked and explained.
    #[serde(rename = "policy:check")]
    PolicyCheck,
    /// Enrol and verify second factors of an application's own people.
    #[serde(rename = "factors")]
    Factors,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 8] = [
        Self::SessionsStart,
        Self::SessionsRead,
        Self::SessionsEnd,
        Self::ActivityRead,
        Self::AccountsRead,
        Self::RecordingsRead,
        Self::PolicyCheck,
        Self::Factors,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::SessionsStart => "sessions:start",
            Self::SessionsRead => "sessions:read",
            Self::SessionsEnd => "sessions:end",
            Self::ActivityRead => "activity:read",
            Self::AccountsRead => "accounts:read",
            Self::RecordingsRead => "recordings:read",
            Self::PolicyCheck => "policy:check",
            Self::Factors => "factors",
        }
    }

    /// What it is good for, for people who choose.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::SessionsStart => "start sessions",
            Self::SessionsRead => "list sessions and see how they go",
            Self::SessionsEnd => "end sessions",
            Self::ActivityRead => "read the record and have it checked",
            Self::AccountsRead => "list accounts",
            Self::RecordingsRead => "read recordings",
            Self::PolicyCheck => "have access policies checked and explained",
            Self::Factors => "enrol and verify second factors of an application's own people",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scope| scope.word() == text);
        found.ok_or_else(|| format!("a scope is one of {}", Self::ALL.map(Self::word).join(", ")))
    }
}

/// What a route asks of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Any token will do.
    Any,
    /// One with this scope.
    Scope(Scope),
    /// None will do: a person has to be there.
    Person,
}

/// The routes that tokens may use. One that does not stand here is closed to them.
const ROUTES: &[(&str, &str, Need)] = &[
    ("GET", "/api/v1/me", Need::Any),
    ("GET", "/api/v1/openapi.json", Need::Any),
    ("GET", "/api/v1/accounts", Need::Scope(Scope::AccountsRead)),
    ("GET", "/api/v1/sessions", Need::Scope(Scope::SessionsRead)),
    ("POST", "/api/v1/sessions", Need::Scope(Scope::SessionsStart)),
    ("GET", "/api/v1/sessions/{session}", Need::Scope(Scope::SessionsRead)),
    ("DELETE", "/api/v1/sessions/{session}", Need::Scope(Scope::SessionsEnd)),
    ("GET", "/api/v1/activity", Need::Scope(Scope::ActivityRead)),
    ("GET", "/api/v1/activity/export", Need::Scope(Scope::ActivityRead)),
    ("GET", "/api/v1/activity/verdict", Need::Scope(Scope::ActivityRead)),
    ("GET", "/api/v1/recordings", Need::Scope(Scope::RecordingsRead)),
    ("GET", "/api/v1/recordings/{session}", Need::Scope(Scope::RecordingsRead)),
    ("POST", "/api/v1/recordings/{session}/verify", Need::Scope(Scope::RecordingsRead)),
    ("GET", "/api/v1/recordings/{session}/play", Need::Scope(Scope::RecordingsRead)),
    ("GET", "/api/v1/recordings/{session}/moments", Need::Scope(Scope::RecordingsRead)),
    ("POST", "/api/v1/factors", Need::Scope(Scope::Factors)),
    ("GET", "/api/v1/factors/{subject}", Need::Scope(Scope::Factors)),
    ("DELETE", "/api/v1/factors/{subject}", Need::Scope(Scope::Factors)),
    ("POST", "/api/v1/factors/{subject}/verify", Need::Scope(Scope::Factors)),
    ("POST", "/api/v1/policies/check", Need::Scope(Scope::PolicyCheck)),
    ("POST", "/api/v1/policies/explain", Need::Scope(Scope::PolicyCheck)),
];

/// What the route at the template `path` asks of a token.
pub(super) fn need(method: &Method, path: &str) -> Need {
    // A HEAD is a GET whose body nobody wants.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let found = ROUTES.iter().find(|(known, at, _)| *known == method && *at == path);
    found.map_or(Need::Person, |(.., need)| *need)
}
