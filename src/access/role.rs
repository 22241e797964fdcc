//! A role: what somebody is to doorward.

/// What somebody may do beside using accounts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Keeps users, sees all activity, ends any session.
    Admin,
    /// Sees all activity; uses no account unless a policy says so.
    Auditor,
    /// Uses accounts.
    Operator,
}

impl Role {
    /// Every role, the usual one first.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Auditor, Self::Admin];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let found = Self::ALL.into_iter().find(|role| role.word() == text);
        found.ok_or("a role is `operator`, `auditor` or `admin`")
    }
}
