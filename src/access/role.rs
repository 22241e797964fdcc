//! A role: what somebody is to doorward.

/// What somebody may do beside using accounts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Keeps users, sees all activity, and does with any session what auditors and approvers do; ends it, too.
    Admin,
    /// Approves of sessions that somebody else asks for, and uses accounts.
    Approver,
    /// Sees all activity, watches sessions and their recordings, and may take them over; uses no account unless a policy says so.
    Auditor,
    /// Uses accounts.
    Operator,
}

impl Role {
    /// Every role, the usual one first.
    pub const ALL: [Self; 4] = [Self::Operator, Self::Approver, Self::Auditor, Self::Admin];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let found = Self::ALL.into_iter().find(|role| role.word() == text);
        found.ok_or("a role is `operator`, `approver`, `auditor` or `admin`")
    }
}
