//! A locator: how an element is found on a page.

/// The strategy of a locator, CyberArk's `SearchBy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// No `SearchBy`: id, then name, then class, the order that CyberArk's own samples need.
    Auto,
    /// The `id` attribute.
    Id,
    /// The `name` attribute.
    Name,
    /// One class of the element.
    Class,
    /// A CSS selector.
    Css,
    /// An XPath expression (not inside shadow roots: browsers do not offer it there).
    XPath,
    /// The text that is seen.
    Text,
    /// The label of a form field.
    Label,
    /// The placeholder of a form field.
    Placeholder,
    /// The text of a link.
    LinkText,
    /// The page's own URL, with `*` for anything; for `(Validation)` and `(Failure=…)`.
    Url,
}

impl By {
    /// All strategies that can be written, in the order in which the documents name them.
    pub const ALL: [Self; 10] = [
        Self::Id,
        Self::Name,
        Self::Class,
        Self::Css,
        Self::XPath,
        Self::Text,
        Self::Label,
        Self::Placeholder,
        Self::LinkText,
        Self::Url,
    ];

    /// The word in a connector; `auto` for the absent one.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Id => "id",
            Self::Name => "name",
            Self::Class => "class",
            Self::Css => "css",
            Self::XPath => "xpath",
            Self::Text => "text",
            Self::Label => "label",
            Self::Placeholder => "placeholder",
            Self::LinkText => "linktext",
            Self::Url => "url",
        }
    }
}

/// A locator whose text is final: its placeholders have their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locator {
    /// The strategy.
    pub by: By,
    /// What the strategy looks for.
    pub text: String,
    /// Which of several matches, counted from 1; without it there must be exactly one.
    pub nth: Option<usize>,
}
