//! A template: text with placeholders. It is parsed once, before anything is substituted, and never again.

use crate::diagnostic::Span;

/// Text with placeholders, as `https://<address>/login` or `<logonaccount\password>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The parts in their order; escapes are resolved.
    pub parts: Vec<Part>,
    /// The whole of it in the file.
    pub span: Span,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself.
    Literal(String),
    /// A place for a value.
    Placeholder(Placeholder),
}

/// `<property>` or `<object\property>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// Whose property.
    pub object: Object,
    /// The property: lower case for `target`, `logonaccount`, `reconcileaccount` and `user`, as
    /// declared for `param`.
    pub property: String,
    /// Where it stands in the file.
    pub span: Span,
}

/// Whose property a placeholder means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Object {
    /// The account that is signed in with.
    Target,
    /// The account linked to it as logon account.
    LogonAccount,
    /// The account linked to it as reconcile account.
    ReconcileAccount,
    /// The person who asks.
    User,
    /// What is asked at connect.
    Param,
}

impl Object {
    /// Every object, in the order of the documents.
    pub const ALL: [Self; 5] =
        [Self::Target, Self::LogonAccount, Self::ReconcileAccount, Self::User, Self::Param];

    /// The word in a placeholder.
    pub fn word(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::LogonAccount => "logonaccount",
            Self::ReconcileAccount => "reconcileaccount",
            Self::User => "user",
            Self::Param => "param",
        }
    }
}
