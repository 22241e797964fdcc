//! An ask: who wants to do what, when, and from where.

use std::net::IpAddr;

use super::Role;
use crate::clock::Moment;
use crate::name::{AccountRef, ConnectorId, GroupName, Pattern, Purpose, UserName, VaultName};

/// One who asks.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their name.
    pub name: UserName,
    /// What they are; `None` for a person at the command line whom the portal does not know.
    pub role: Option<Role>,
    /// The groups that they are in.
    pub groups: Vec<GroupName>,
    /// The patterns that an administrator has given them.
    pub accounts: Vec<Pattern>,
}

/// What is to be done. Each is an action of the schema.
#[derive(Debug, Clone, Copy)]
pub enum Deed<'a> {
    /// Open a session.
    Connect {
        /// With which account.
        account: &'a AccountRef,
        /// Through which connector.
        connector: &'a ConnectorId,
        /// Why.
        purpose: &'a Purpose,
    },
    /// Read a one-time code of an account.
    ReadCode {
        /// Of which account.
        account: &'a AccountRef,
        /// Why.
        purpose: &'a Purpose,
    },
    /// Add, remove and restore the seed of one-time codes of an account.
    ChangeSeed {
        /// Of which account.
        account: &'a AccountRef,
        /// Why.
        purpose: &'a Purpose,
    },
    /// End a session of somebody else.
    EndSession {
        /// Whose.
        of: &'a UserName,
        /// With which account.
        account: &'a AccountRef,
    },
    /// Watch the recording of a session, one's own too.
    Replay {
        /// Whose session it is of.
        of: &'a UserName,
        /// With which account.
        account: &'a AccountRef,
    },
    /// Approve of a session that somebody else asks for, or not.
    Approve {
        /// Who asks.
        of: &'a UserName,
        /// With which account.
        account: &'a AccountRef,
    },
    /// See a live session of somebody else.
    WatchSession {
        /// Whose.
        of: &'a UserName,
        /// With which account.
        account: &'a AccountRef,
    },
    /// Stop a live session of somebody else for a while, use it in their place, and talk to them in it.
    ControlSession {
        /// Whose.
        of: &'a UserName,
        /// With which account.
        account: &'a AccountRef,
    },
    /// See sessions and activity of others.
    ReadActivity,
    /// Add, change and remove users.
    ManageUsers,
    /// See, check, explain and change the access policies.
    ManagePolicies,
    /// See connectors, and try one in a browser of the broker's.
    TryConnector,
}

impl Deed<'_> {
    /// The words of all of them, as the schema has them.
    pub const WORDS: [&'static str; 12] = [
        "connect",
        "read-code",
        "totp-change",
        "approve",
        "watch-session",
        "control-session",
        "end-session",
        "replay",
        "read-activity",
        "manage-users",
        "manage-policies",
        "try-connector",
    ];

    /// The account that it is about, and whose session with it, where it is somebody else's.
    pub fn account(&self) -> Option<(&AccountRef, Option<&UserName>)> {
        match self {
            Self::Connect { account, .. }
            | Self::ReadCode { account, .. }
            | Self::ChangeSeed { account, .. } => Some((account, None)),
            Self::EndSession { of, account }
            | Self::Replay { of, account }
            | Self::Approve { of, account }
            | Self::WatchSession { of, account }
            | Self::ControlSession { of, account } => Some((account, Some(of))),
            Self::ReadActivity | Self::ManageUsers | Self::ManagePolicies | Self::TryConnector => {
                None
            }
        }
    }

    /// What is not done where it is refused, behind "may not" and before the account.
    pub(super) fn refused(&self) -> &'static str {
        match self {
            Self::ReadCode { .. } => "read codes of",
            Self::ChangeSeed { .. } => "change the one-time codes of",
            _ => "use",
        }
    }

    /// Why it is to be done, where that is asked.
    pub fn purpose(&self) -> Option<&Purpose> {
        match self {
            Self::Connect { purpose, .. }
            | Self::ReadCode { purpose, .. }
            | Self::ChangeSeed { purpose, .. } => Some(purpose),
            _ => None,
        }
    }

    /// The word of its action in the schema.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "connect",
            Self::ReadCode { .. } => "read-code",
            Self::ChangeSeed { .. } => "totp-change",
            Self::Approve { .. } => "approve",
            Self::WatchSession { .. } => "watch-session",
            Self::ControlSession { .. } => "control-session",
            Self::EndSession { .. } => "end-session",
            Self::Replay { .. } => "replay",
            Self::ReadActivity => "read-activity",
            Self::ManageUsers => "manage-users",
            Self::ManagePolicies => "manage-policies",
            Self::TryConnector => "try-connector",
        }
    }
}

/// Who wants to do what, when, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Who.
    pub person: &'a Person,
    /// What.
    pub deed: Deed<'a>,
    /// When.
    pub at: Moment,
    /// From where: the loopback address on the command line.
    pub address: IpAddr,
    /// The vault of accounts and patterns that name none.
    pub default: &'a VaultName,
}
