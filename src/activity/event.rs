//! An event: one thing that happened, before it has its place in the chain.

use crate::clock::Timestamp;
use crate::name::{AccountRef, SessionId, UserName};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A session was asked for; durable before a secret is fetched.
    Connect,
    /// The launch was refused by the connector or by access, before the vault was asked.
    ConnectRefused,
    /// The launch failed: the vault, the browser, or the site.
    ConnectFailed,
    /// The session ended.
    Disconnect,
    /// A code was typed that was computed from the account's secret.
    UseOneTimeCode,
    /// The account's password was typed.
    UsePassword,
    /// Somebody signed in to the portal.
    SignIn,
    /// Somebody tried to sign in to the portal and was not let in.
    SignInFailed,
    /// Somebody signed out of the portal.
    SignOut,
    /// A user of the portal was added.
    UserAdded,
    /// A user of the portal was changed: password, role, groups or accounts.
    UserChanged,
    /// A user of the portal was removed.
    UserRemoved,
    /// An API token was made.
    TokenAdded,
    /// An API token was removed.
    TokenRemoved,
    /// A file of access policies was made at the portal: which, and the hash of its text.
    PolicyAdded,
    /// A file of access policies was changed at the portal: which, and the hash of its text before and after.
    PolicyChanged,
    /// A file of access policies was removed at the portal: which, and the hash of its text.
    PolicyRemoved,
    /// The access policies of the configuration are other ones than before, or the first ones since the portal began:
    /// how many, and the hash of all of them.
    PoliciesRead,
    /// Something was asked of the portal that is not allowed.
    Denied,
    /// A page was about to send a sealed secret to an origin that it may not go to: the row, and where to. The
    /// request was failed, and the session ended.
    ExfiltrationDenied,
    /// A page of a live session was kept from going where `AllowedURLs` does not let it.
    NavigationDenied,
    /// A page opened a window that leads elsewhere, or one too many; it was closed.
    PopupDenied,
    /// A download was cancelled.
    DownloadDenied,
    /// A page was not given the file that it asked for.
    UploadDenied,
    /// A page was not printed.
    PrintDenied,
    /// A page was refused a permission: camera, place, notifications, ….
    PermissionDenied,
    /// A service worker was stopped before its first line ran.
    ServiceWorkerDenied,
    /// A page was kept from WebRTC.
    WebRtcDenied,
    /// A page of the browser's own, or its developer tools, was kept closed.
    DeveloperToolsDenied,
    /// A file was downloaded.
    Downloaded,
    /// A file was given to a page.
    Uploaded,
    /// A page was printed.
    Printed,
    /// The recording of a session began: before its first picture, with the hash of its first piece and its recipients.
    RecordingBegun,
    /// A recording was sealed: how many pieces it has, and the hash of the last one. With an outcome it is its end.
    RecordingSealed,
    /// A recording was removed, because of its age or of the room that all of them take.
    RecordingRemoved,
    /// A session waits for somebody else to approve of it.
    ApprovalRequested,
    /// Somebody approved of a session that somebody else had asked for.
    ApprovalGiven,
    /// Somebody did not approve of it.
    ApprovalDenied,
    /// Somebody began to watch a live session of somebody else.
    WatchSession,
    /// They watch it no more.
    WatchEnded,
    /// Somebody said something to the person whose session it is.
    MessageSession,
    /// Somebody stopped a live session for a while.
    PauseSession,
    /// Somebody who watches a live session uses it in the place of the person.
    TakeOverSession,
    /// A session that was stopped or taken over went on.
    ReleaseSession,
    /// Somebody opened a recording in the portal, to watch it.
    ReplayRecording,
    /// Somebody had the chain of a recording checked in the portal.
    VerifyRecording,
    /// Somebody gave the portal, for their sign-in, a key that opens recordings; or one that does not.
    UnlockRecordings,
    /// A seed of one-time codes was added to an account: its parameters, never the seed. With the outcome `failed` it was not.
    AddSeed,
    /// The seed of an account was taken out of use: until when it can be brought back.
    RemoveSeed,
    /// The seed of an account was brought back.
    RestoreSeed,
    /// A one-time code of an account is shown to somebody.
    ReadCode,
    /// Recovery codes of the application were added to an account: how many. With the outcome `failed` they were not.
    AddRecoveryCodes,
    /// A recovery code of an account is shown to somebody; with the outcome `shown` which one, and how many are left.
    ReadRecoveryCode,
    /// The recovery codes of an account were removed: how many of them nobody was shown.
    RemoveRecoveryCodes,
    /// Somebody enrolled a second factor: an authenticator, a passkey, new recovery codes; or an application did for somebody.
    FactorAdded,
    /// A second factor was removed, by a code of it or by an application.
    FactorRemoved,
    /// A second factor was proved to an application that asked.
    FactorVerified,
    /// What somebody showed as their second factor was not accepted, by an application or where it is changed.
    FactorRefused,
    /// An administrator asked for somebody's second factor to be reset; another has to confirm it. Or one took that back.
    FactorResetAsked,
    /// Somebody's second factor was reset, by two administrators or where doorward runs.
    FactorReset,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 60] = [
        Self::Connect,
        Self::ConnectRefused,
        Self::ConnectFailed,
        Self::Disconnect,
        Self::UseOneTimeCode,
        Self::UsePassword,
        Self::SignIn,
        Self::SignInFailed,
        Self::SignOut,
        Self::UserAdded,
        Self::UserChanged,
        Self::UserRemoved,
        Self::TokenAdded,
        Self::TokenRemoved,
        Self::PolicyAdded,
        Self::PolicyChanged,
        Self::PolicyRemoved,
        Self::PoliciesRead,
        Self::Denied,
        Self::ExfiltrationDenied,
        Self::NavigationDenied,
        Self::PopupDenied,
        Self::DownloadDenied,
        Self::UploadDenied,
        Self::PrintDenied,
        Self::PermissionDenied,
        Self::ServiceWorkerDenied,
        Self::WebRtcDenied,
        Self::DeveloperToolsDenied,
        Self::Downloaded,
        Self::Uploaded,
        Self::Printed,
        Self::RecordingBegun,
        Self::RecordingSealed,
        Self::RecordingRemoved,
        Self::ApprovalRequested,
        Self::ApprovalGiven,
        Self::ApprovalDenied,
        Self::WatchSession,
        Self::WatchEnded,
        Self::MessageSession,
        Self::PauseSession,
        Self::TakeOverSession,
        Self::ReleaseSession,
        Self::ReplayRecording,
        Self::VerifyRecording,
        Self::UnlockRecordings,
        Self::AddSeed,
        Self::RemoveSeed,
        Self::RestoreSeed,
        Self::ReadCode,
        Self::AddRecoveryCodes,
        Self::ReadRecoveryCode,
        Self::RemoveRecoveryCodes,
        Self::FactorAdded,
        Self::FactorRemoved,
        Self::FactorVerified,
        Self::FactorRefused,
        Self::FactorResetAsked,
        Self::FactorReset,
    ];

    /// The word in the record.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connect => "Connect",
            Self::ConnectRefused => "ConnectRefused",
            Self::ConnectFailed => "ConnectFailed",
            Self::Disconnect => "Disconnect",
            Self::UseOneTimeCode => "UseOneTimeCode",
            Self::UsePassword => "UsePassword",
            Self::SignIn => "SignIn",
            Self::SignInFailed => "SignInFailed",
            Self::SignOut => "SignOut",
            Self::UserAdded => "UserAdded",
            Self::UserChanged => "UserChanged",
            Self::UserRemoved => "UserRemoved",
            Self::TokenAdded => "TokenAdded",
            Self::TokenRemoved => "TokenRemoved",
            Self::PolicyAdded => "PolicyAdded",
            Self::PolicyChanged => "PolicyChanged",
            Self::PolicyRemoved => "PolicyRemoved",
            Self::PoliciesRead => "PoliciesRead",
            Self::Denied => "Denied",
            Self::ExfiltrationDenied => "ExfiltrationDenied",
            Self::NavigationDenied => "NavigationDenied",
            Self::PopupDenied => "PopupDenied",
            Self::DownloadDenied => "DownloadDenied",
            Self::UploadDenied => "UploadDenied",
            Self::PrintDenied => "PrintDenied",
            Self::PermissionDenied => "PermissionDenied",
            Self::ServiceWorkerDenied => "ServiceWorkerDenied",
            Self::WebRtcDenied => "WebRtcDenied",
            Self::DeveloperToolsDenied => "DeveloperToolsDenied",
            Self::Downloaded => "Downloaded",
            Self::Uploaded => "Uploaded",
            Self::Printed => "Printed",
            Self::RecordingBegun => "RecordingBegun",
            Self::RecordingSealed => "RecordingSealed",
            Self::RecordingRemoved => "RecordingRemoved",
            Self::ApprovalRequested => "ApprovalRequested",
            Self::ApprovalGiven => "ApprovalGiven",
            Self::ApprovalDenied => "ApprovalDenied",
            Self::WatchSession => "WatchSession",
            Self::WatchEnded => "WatchEnded",
            Self::MessageSession => "MessageSession",
            Self::PauseSession => "PauseSession",
            Self::TakeOverSession => "TakeOverSession",
            Self::ReleaseSession => "ReleaseSession",
            Self::ReplayRecording => "ReplayRecording",
            Self::VerifyRecording => "VerifyRecording",
            Self::UnlockRecordings => "UnlockRecordings",
            Self::AddSeed => "AddSeed",
            Self::RemoveSeed => "RemoveSeed",
            Self::RestoreSeed => "RestoreSeed",
            Self::ReadCode => "ReadCode",
            Self::AddRecoveryCodes => "AddRecoveryCodes",
            Self::ReadRecoveryCode => "ReadRecoveryCode",
            Self::RemoveRecoveryCodes => "RemoveRecoveryCodes",
            Self::FactorAdded => "FactorAdded",
            Self::FactorRemoved => "FactorRemoved",
            Self::FactorVerified => "FactorVerified",
            Self::FactorRefused => "FactorRefused",
            Self::FactorResetAsked => "FactorResetAsked",
            Self::FactorReset => "FactorReset",
        }
    }

    /// The action of a word in the record.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }
}

/// One thing that happened. All of it is public: no secret ever has a place here.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// In which session; `None` for what is of no session, such as a sign-in to the portal.
    pub session: Option<SessionId>,
    /// Who.
    pub user: UserName,
    /// What.
    pub action: Action,
    /// With which account, its vault named; safe and account of the record come from it. `None` for what is
    /// of no account.
    pub account: Option<AccountRef>,
    /// Through which connector: its id, or the path that was asked for when it could not be read.
    pub connector: String,
    /// The `address` of the account, or the origin of the page.
    pub address: String,
    /// Why, in the person's words.
    pub reason: String,
    /// From where: `local` for the command line.
    pub client_address: String,
    /// How it ended, where it did: `signed-in`, `refused`, `stuck`, `interrupted`, ….
    pub outcome: String,
    /// Further facts in their order, as `name=value`; kept as one JSON object.
    pub details: Vec<(String, String)>,
}
