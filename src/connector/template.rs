//! A template: text with placeholders. It is parsed once, before anything is substituted, and never again.

use std::fmt;
use std::ops::Range;

use super::nearest::{nearest, slip};
use super::token::{Shape, Token, tokens};
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

    /// What it is called, in the words of PAM engineers.
    pub fn role(self) -> &'static str {
        match self {
            Self::Target => "target account",
            Self::LogonAccount => "logon account",
            Self::ReconcileAccount => "reconcile account",
            Self::User => "person who asks",
            Self::Param => "user parameter",
        }
    }

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

/// The properties that every account has or may have and that may be shown.
const PUBLIC: [&str; 7] = ["username", "address", "port", "url", "domain", "database", "host"];

/// The properties of an account that the language knows; others are the account's own.
const KNOWN: [&str; 8] =
    ["username", "password", "address", "port", "url", "domain", "database", "host"];

impl Placeholder {
    /// Whether its value may be shown. What is not known to be public is a secret: only the vault
    /// knows whether a custom property is protected.
    pub fn is_public(&self) -> bool {
        match self.object {
            Object::Target | Object::LogonAccount | Object::ReconcileAccount => {
                PUBLIC.contains(&self.property.as_str())
            }
            Object::User | Object::Param => true,
        }
    }

    /// Whether it may be a whole URL: `<url>` of an account. A parameter may not, because whoever asks
    /// would then choose where the password goes.
    pub fn is_url(&self) -> bool {
        self.property == "url" && !matches!(self.object, Object::User | Object::Param)
    }
}

/// As it is written in a connector: `<password>`, `<logonaccount\password>`.
impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.object {
            Object::Target => write!(f, "<{}>", self.property),
            object => write!(f, "<{}\\{}>", object.word(), self.property),
        }
    }
}

/// As it is written in a connector, everything that could mean something escaped.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Literal(text) => {
                    for character in text.chars() {
                        if matches!(
                            character,
                            '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '#' | '&' | '\\'
                        ) {
                            f.write_str("^")?;
                        }
                        write!(f, "{character}")?;
                    }
                }
                Part::Placeholder(placeholder) => write!(f, "{placeholder}")?,
            }
        }
        Ok(())
    }
}

/// What is wrong with a placeholder, and where in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceholderProblem {
    /// What is wrong.
    pub kind: PlaceholderProblemKind,
    /// Where, in the bytes of the text that was parsed.
    pub span: Span,
}

/// What is wrong with a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceholderProblemKind {
    /// `<objekt\property>`: no such object.
    UnknownObject {
        /// The object as written.
        name: String,
        /// The object that was probably meant.
        nearest: Option<Object>,
    },
    /// `<user\nam>`, or a slip in one of the known properties of an account.
    UnknownProperty {
        /// The property as written.
        name: String,
        /// Whose property.
        object: Object,
        /// The property that was probably meant.
        nearest: Option<&'static str>,
    },
    /// `<logonaccount.password>`: another character where the `\` belongs.
    WrongSeparator {
        /// What was probably meant, as `object\property`.
        meant: String,
    },
    /// `<param\x>` without an `x` in `UserParameters`.
    UnknownParameter {
        /// The parameter as written.
        name: String,
        /// The parameter that was probably meant.
        nearest: Option<String>,
    },
}

impl Template {
    /// A template without placeholders.
    pub fn literal(text: &str, span: Span) -> Self {
        Self { parts: vec![Part::Literal(text.to_owned())], span }
    }

    /// Parses `text`, whose `<param\x>` may name the `parameters`. Spans are bytes of `text`.
    /// Total: what looks like no placeholder is literal text; a placeholder with a problem is left out.
    pub fn parse(text: &str, parameters: &[&str]) -> (Self, Vec<PlaceholderProblem>) {
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        let mut literal = String::new();
        for Token { shape, range } in tokens(text) {
            match shape {
                Shape::Plain(character) | Shape::Escaped(character) => literal.push(character),
                Shape::Placeholder => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    match placeholder(text, range, parameters) {
                        Ok(placeholder) => parts.push(Part::Placeholder(placeholder)),
                        Err(problem) => problems.push(problem),
                    }
                }
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        (Self { parts, span: Span::new(0, text.len()) }, problems)
    }

    /// The placeholders in it.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Placeholder(placeholder) => Some(placeholder),
        })
    }

    /// The same with every span moved by `place`.
    pub(super) fn placed(mut self, place: impl Fn(Range<usize>) -> Span) -> Self {
        self.span = place(self.span.range());
        for part in &mut self.parts {
            if let Part::Placeholder(placeholder) = part {
                placeholder.span = place(placeholder.span.range());
            }
        }
        self
    }
}

/// The placeholder at `range` of `text`.
fn placeholder(
    text: &str,
    range: Range<usize>,
    parameters: &[&str],
) -> Result<Placeholder, PlaceholderProblem> {
    let span = Span::new(range.start, range.end);
    let inner = &text[range.start + 1..range.end - 1];
    let problem = |kind| PlaceholderProblem { kind, span };
    let declared = |name: &str| {
        parameters.iter().find(|declared| declared.to_lowercase() == name.to_lowercase())
    };
    let Some((word, name)) = inner.split_once('\\') else {
        // CyberArk writes its user parameters and the person who asks without an object.
        let property = inner.to_lowercase();
        return match declared(inner) {
            _ if property == "clientusername" => {
                Ok(Placeholder { object: Object::User, property: "name".to_owned(), span })
            }
            Some(parameter) if !KNOWN.contains(&property.as_str()) => {
                Ok(Placeholder { object: Object::Param, property: (*parameter).to_owned(), span })
            }
            _ => match separated(&property) {
                Some(meant) => Err(problem(PlaceholderProblemKind::WrongSeparator { meant })),
                None => account_property(Object::Target, property, span),
            },
        };
    };
    let Some(object) =
        Object::ALL.into_iter().find(|object| object.word().eq_ignore_ascii_case(word))
    else {
        let near = nearest(word, Object::ALL.map(Object::word));
        return Err(problem(PlaceholderProblemKind::UnknownObject {
            name: word.to_owned(),
            nearest: Object::ALL.into_iter().find(|object| Some(object.word()) == near),
        }));
    };
    match object {
        Object::Target | Object::LogonAccount | Object::ReconcileAccount => {
            account_property(object, name.to_lowercase(), span)
        }
        Object::User if name.eq_ignore_ascii_case("name") => {
            Ok(Placeholder { object, property: "name".to_owned(), span })
        }
        Object::User => Err(problem(PlaceholderProblemKind::UnknownProperty {
            name: name.to_owned(),
            object,
            nearest: Some("name"),
        })),
        Object::Param => match declared(name) {
            Some(parameter) => Ok(Placeholder { object, property: (*parameter).to_owned(), span }),
            None => Err(problem(PlaceholderProblemKind::UnknownParameter {
                name: name.to_owned(),
                nearest: nearest(name, parameters.iter().copied()).map(str::to_owned),
            })),
        },
    }
}

/// `object\property` where a name without a `\` begins with an object and another separator, as
/// CyberArk's Preconnect parameters do (`logonaccount_password`).
fn separated(name: &str) -> Option<String> {
    Object::ALL.into_iter().find_map(|object| {
        let rest = name.strip_prefix(object.word())?;
        // `user_name` and `target-host` may well be properties of an account.
        let separators: &[char] = match object {
            Object::LogonAccount | Object::ReconcileAccount => &['.', '_', '-', ' '],
            Object::Target | Object::User | Object::Param => &['.'],
        };
        let property = rest.strip_prefix(separators)?;
        Some(format!("{}\\{property}", object.word()))
    })
}

/// The property of an account, unless it is a slip in a known one.
fn account_property(
    object: Object,
    property: String,
    span: Span,
) -> Result<Placeholder, PlaceholderProblem> {
    match slip(&property, &KNOWN) {
        Some(near) => Err(PlaceholderProblem {
            kind: PlaceholderProblemKind::UnknownProperty {
                name: property,
                object,
                nearest: Some(near),
            },
            span,
        }),
        None => Ok(Placeholder { object, property, span }),
    }
}
