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

/// Whether `text` is what `pattern` says, where `*` stands for any text. A `*` in `text` is a letter, so that a
/// pattern which fits another one as a text fits all that the other fits.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_stands_for_anything() {
        let cases = [
            ("https://a.example/*", "https://a.example/", true),
            ("https://a.example/*", "https://a.example/x?y#z", true),
            ("https://a.example/*", "https://a.example.evil/", false),
            ("https://a.example/*", "http://a.example/", false),
            ("https://*.example/app/*", "https://b.example/app/1", true),
            ("https://*.example/app/*", "https://b.example/", false),
            ("https://a.example/", "https://a.example/", true),
            ("https://a.example/", "https://a.example/x", false),
            ("*/end", "https://a.example/end", true),
            ("*/end", "https://a.example/end/not", false),
            ("a*b*c", "abbc", true),
            ("a*b*bc", "abc", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
        ];
        for (pattern, text, matches) in cases {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}
