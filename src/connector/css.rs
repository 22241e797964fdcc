//! A CSS selector: read by the parser that Firefox has, so that no page is needed to find its flaw.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use cssparser::{Parser as Input, ToCss};
use precomputed_hash::PrecomputedHash;
use selectors::parser::{self, ParseRelative, SelectorList, SelectorParseErrorKind as Kind};

use super::nearest::nearest;
use super::xpath::Flaw;

/// How deep parentheses may be nested: the parser calls itself.
const DEPTH: usize = 16;

/// Pseudo-classes that are no part of the tree's structure and that browsers find elements by.
const PSEUDO_CLASSES: [&str; 43] = [
    "active",
    "any-link",
    "autofill",
    "blank",
    "buffering",
    "checked",
    "current",
    "default",
    "defined",
    "dir",
    "disabled",
    "enabled",
    "focus",
    "focus-visible",
    "focus-within",
    "fullscreen",
    "future",
    "hover",
    "in-range",
    "indeterminate",
    "invalid",
    "lang",
    "link",
    "local-link",
    "modal",
    "muted",
    "open",
    "optional",
    "out-of-range",
    "past",
    "paused",
    "picture-in-picture",
    "placeholder-shown",
    "playing",
    "popover-open",
    "read-only",
    "read-write",
    "required",
    "state",
    "target",
    "user-invalid",
    "user-valid",
    "valid",
];

/// Pseudo-classes of jQuery, Playwright and other tools, which no browser has, and what to write instead.
const FOREIGN: [(&str, &str); 12] = [
    ("contains", "write the text alone with `(SearchBy=text)`"),
    ("has-text", "write the text alone with `(SearchBy=text)`"),
    ("text", "write the text alone with `(SearchBy=text)`"),
    ("text-is", "write the text alone with `(SearchBy=text)`"),
    ("visible", "remove it: only elements that can be seen are found"),
    ("hidden", "remove it: only elements that can be seen are found"),
    ("eq", "write `(Nth=1)` for the first, `(Nth=2)` for the second"),
    ("nth-match", "write `(Nth=1)` for the first, `(Nth=2)` for the second"),
    ("first", "write `(Nth=1)`"),
    ("button", "write `button, input[type=submit]`"),
    ("submit", "write `[type=submit]`"),
    ("input", "write `input, select, textarea, button`"),
];

/// The first flaw of `text` as a selector that finds elements.
pub(super) fn flaw(text: &str) -> Option<Flaw> {
    for prefix in ["css=", "xpath="] {
        if text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            let message = format!("the locator begins with `{prefix}`");
            let word = prefix.trim_end_matches('=');
            let help = format!("remove it: `(SearchBy={word})` says what the locator is");
            return Some(Flaw::new(0..prefix.len(), message, help));
        }
    }
    if text.starts_with("//") || text.starts_with("(//") {
        let help = "write `(SearchBy=xpath)`";
        return Some(Flaw::new(0..text.len(), "this is XPath and no CSS selector", help));
    }
    if let Some(at) = text.find(">>").filter(|at| !text[..*at].contains(['\'', '"'])) {
        let message = "`>>` is of other tools, and no CSS";
        let help = "write one selector; shadow roots are searched as they are";
        return Some(Flaw::new(at..at + 2, message, help));
    }
    if let Some(flaw) = unclosed(text) {
        return Some(flaw);
    }
    let reader = Reader::default();
    let mut input = Input::new(text);
    let read = input.parse_entirely(|input| SelectorList::parse(&reader, input, ParseRelative::No));
    if let Some(name) = reader.foreign.take() {
        return Some(foreign(text, &name));
    }
    let error = match read {
        Ok(list) => {
            let pseudo = list.slice().iter().any(|selector| selector.has_pseudo_element());
            return pseudo.then(|| pseudo_element(text));
        }
        Err(error) => error,
    };
    if let Some(at) = digit(text) {
        let message = "an id or class that begins with a digit is not written like this";
        let help = "write `[id='2fa']` or `[class~='2fa']`";
        return Some(Flaw::new(at..at + 2, message, help));
    }
    if let Some(at) = bare_value(text) {
        let message = "this value needs quotes";
        let help = "write `[name='…']`; without quotes a value has letters, digits, `-` and `_`, and begins \
                    with a letter";
        return Some(Flaw::new(at, message, help));
    }
    let at = text.floor_char_boundary(input.position().byte_index().min(text.len()));
    // The reader stands behind what it could not take.
    let start = text[..at].char_indices().next_back().map_or(0, |(before, _)| before);
    let (message, help) = said(&error.kind);
    Some(Flaw::new(start..at.max(start), message, help))
}

/// The first value of an attribute that stands without quotes and cannot.
fn bare_value(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    while let Some(open) = text[at..].find('[').map(|open| at + open) {
        let close = text[open..].find(']').map_or(text.len(), |close| open + close);
        let inner = &text[open + 1..close];
        if let Some(equals) = inner.find('=') {
            let value = inner[equals + 1..].trim();
            let ends = value.strip_suffix([' ', 'i', 's']).map_or(value, str::trim_end);
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '\\');
            let begins = value.starts_with(|c: char| c.is_ascii_digit());
            if !value.is_empty()
                && !value.contains(['"', '\''])
                && !value.starts_with('=')
                && (begins || !ends.chars().all(plain))
            {
                let start = open + 1 + equals + 1;
                let start =
                    start + inner[equals + 1..].len() - inner[equals + 1..].trim_start().len();
                return Some(start..start + value.len());
            }
        }
        at = close.max(open + 1);
    }
    None
}

/// Where an id or class begins with a digit, outside of brackets and quotes.
fn digit(text: &str) -> Option<usize> {
    let begins = |at: usize| {
        text[at..].starts_with(['#', '.'])
            && text[at + 1..].starts_with(|c: char| c.is_ascii_digit())
    };
    let outside = |at: usize| !text[..at].contains(['[', '(', '\'', '"']);
    text.char_indices().map(|(at, _)| at).find(|at| begins(*at)).filter(|at| outside(*at))
}

/// A bracket or quote that is not closed. CSS closes it at the end of the text, so that browsers find
/// what nobody meant.
fn unclosed(text: &str) -> Option<Flaw> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    let mut escaped = false;
    let mut deepest = 0;
    for (at, character) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match (quote, character) {
            (_, '\\') => escaped = true,
            (Some((_, closing)), _) if character == closing => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some((at, character)),
            (None, '(') => open.push((at, ')')),
            (None, '[') => open.push((at, ']')),
            (None, ')' | ']') => match open.pop() {
                Some((_, closing)) if closing == character => {}
                _ => {
                    let message = format!("this `{character}` of the selector closes nothing");
                    return Some(Flaw::new(at..at + 1, message, "remove it, or open it before"));
                }
            },
            _ => {}
        }
        deepest = deepest.max(open.len());
    }
    if let Some((at, closing)) = quote.or(open.first().copied()) {
        let message = format!("this `{}` of the selector is never closed", &text[at..=at]);
        let flaw = Flaw::new(at..at + 1, message, format!("add `{closing}`"));
        // It works, and may be what was meant.
        return Some(Flaw { certain: false, ..flaw });
    }
    (deepest > DEPTH).then(|| {
        let help = "find a shorter locator: an id, a label, a short CSS selector";
        Flaw::new(0..text.len(), "the selector is nested too deep", help)
    })
}

/// A pseudo-class that browsers do not have.
fn foreign(text: &str, name: &str) -> Flaw {
    let lower = text.to_ascii_lowercase();
    let at = lower.find(&format!(":{}", name.to_ascii_lowercase())).unwrap_or(0);
    let range = at..text.floor_char_boundary((at + 1 + name.len()).min(text.len()));
    if let Some((_, help)) = FOREIGN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Flaw::new(range, format!("CSS has no `:{name}`"), *help);
    }
    let help = match nearest(name, PSEUDO_CLASSES) {
        Some(near) => format!("did you mean `:{near}`?"),
        None => "a browser that does not know it refuses the whole selector".to_owned(),
    };
    Flaw {
        certain: false,
        ..Flaw::new(range, format!("`:{name}` is no pseudo-class that is known"), help)
    }
}

fn pseudo_element(text: &str) -> Flaw {
    let at = text.find("::").or_else(|| text.rfind(':')).unwrap_or(0);
    let help = "name the element that it belongs to";
    Flaw::new(
        at..text.len(),
        "a pseudo-element is drawn, and is no element that can be found",
        help,
    )
}

/// What the parser's complaint means to an author.
fn said(kind: &cssparser::ParseErrorKind<Kind>) -> (&'static str, &'static str) {
    use cssparser::ParseErrorKind::{Basic, Custom};
    match kind {
        Custom(Kind::EmptySelector) => ("a selector is missing here", "is there a comma too many?"),
        Custom(Kind::DanglingCombinator) => {
            ("a combinator needs a selector on both sides", "write it as `form > input`")
        }
        Custom(Kind::ClassNeedsIdent) => (
            "a class name cannot begin like this",
            "a class that begins with a digit is written `[class~='2fa']`",
        ),
        Custom(Kind::BadValueInAttr) => (
            "this value needs quotes",
            "write `[name='…']`; without quotes a value has letters, digits, `-` and `_`, and begins with a letter",
        ),
        Custom(
            Kind::NoQualifiedNameInAttributeSelector
            | Kind::UnexpectedTokenInAttributeSelector
            | Kind::ExpectedBarInAttr
            | Kind::InvalidQualNameInAttr,
        ) => (
            "this is no attribute and value",
            "write `[name='value']`; no `@` as in XPath, no `==`",
        ),
        Custom(Kind::ExpectedNamespace | Kind::ExplicitNamespaceUnexpectedToken) => {
            ("a namespace prefix is not known on any page", "write the name without it")
        }
        Custom(
            Kind::NoIdentForPseudo
            | Kind::PseudoElementExpectedIdent
            | Kind::PseudoElementExpectedColon,
        ) => ("a name is missing after the colon", "a colon in an id or class is written `\\:`"),
        Custom(Kind::UnsupportedPseudoClassOrElement) => (
            "a pseudo-element is drawn, and is no element that can be found",
            "name the element that it belongs to",
        ),
        Basic(cssparser::BasicParseErrorKind::EndOfInput) => (
            "something is missing here",
            "write the name, the value in quotes or the selector that belongs here",
        ),
        _ => (
            "this is no CSS selector",
            "an id that begins with a digit is written `[id='2fa']`; a text is found with `(SearchBy=text)`",
        ),
    }
}

/// Reads selectors and keeps nothing but the first pseudo-class that no browser has.
#[derive(Default)]
struct Reader {
    foreign: RefCell<Option<String>>,
}

impl Reader {
    fn pseudo_class(&self, name: &str) -> Pseudo {
        let known = PSEUDO_CLASSES.iter().any(|known| known.eq_ignore_ascii_case(name));
        if !known && !name.starts_with('-') {
            self.foreign.borrow_mut().get_or_insert_with(|| name.to_owned());
        }
        Pseudo
    }
}

impl<'i> parser::Parser<'i> for Reader {
    type Impl = Selectors;
    type Error = Kind;

    fn parse_slotted(&self) -> bool {
        true
    }

    fn parse_part(&self) -> bool {
        true
    }

    fn parse_nth_child_of(&self) -> bool {
        true
    }

    fn parse_is_and_where(&self) -> bool {
        true
    }

    fn parse_has(&self) -> bool {
        true
    }

    fn parse_host(&self) -> bool {
        true
    }

    fn parse_non_ts_pseudo_class(&self, name: &str) -> Result<Pseudo, cssparser::ParseError<Kind>> {
        Ok(self.pseudo_class(name))
    }

    fn parse_non_ts_functional_pseudo_class(
        &self,
        name: &str,
        input: &mut Input<'i>,
        _after_part: bool,
    ) -> Result<Pseudo, cssparser::ParseError<Kind>> {
        while input.next().is_ok() {}
        Ok(self.pseudo_class(name))
    }
}

/// What selectors are made of here: names.
#[derive(Debug, Clone)]
struct Selectors;

impl parser::SelectorImpl for Selectors {
    type ExtraMatchingData<'a> = ();
    type AttrValue = Name;
    type Identifier = Name;
    type LocalName = Name;
    type NamespaceUrl = Name;
    type NamespacePrefix = Name;
    type BorrowedNamespaceUrl = Name;
    type BorrowedLocalName = Name;
    type NonTSPseudoClass = Pseudo;
    type PseudoElement = Pseudo;
}

/// A name of which nothing matters but that it is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Name;

impl From<&str> for Name {
    fn from(_: &str) -> Self {
        Self
    }
}

impl ToCss for Name {
    fn to_css<W: fmt::Write>(&self, _: &mut W) -> fmt::Result {
        Ok(())
    }
}

impl PrecomputedHash for Name {
    fn precomputed_hash(&self) -> u32 {
        0
    }
}

/// A pseudo-class or pseudo-element.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pseudo;

impl ToCss for Pseudo {
    fn to_css<W: fmt::Write>(&self, _: &mut W) -> fmt::Result {
        Ok(())
    }
}

impl parser::NonTSPseudoClass for Pseudo {
    fn is_active_or_hover(&self) -> bool {
        false
    }

    fn is_user_action_state(&self) -> bool {
        false
    }
}

impl parser::PseudoElement for Pseudo {}

#[cfg(test)]
mod tests {
    use super::flaw;

    #[test]
    fn what_browsers_read_has_no_flaw() {
        for text in [
            "#login",
            ".alert-danger",
            "form > input[name=user]",
            "a[href^='/x'], button.primary:not(.off):nth-child(2n+1 of .x)",
            "input[type=submit]:enabled",
            "*",
            "x-button:is(.a, .b) ~ i + b",
            "form:has(> input[type=password]) button",
            "[data-x=\"a ] b\" i]",
            "[title='a >> b']",
            "#\\31 23",
            ".a\\:b",
            "li:last-child a:first-of-type:lang(de):dir(ltr)",
            "input:-webkit-autofill",
            "svg|a, *|a".split(',').next_back().unwrap(),
            "#bücher > .größe",
        ] {
            assert_eq!(flaw(text).map(|flaw| flaw.message), None, "{text}");
        }
    }

    #[test]
    fn what_browsers_refuse_has_its_place() {
        for (text, at, said) in [
            ("form >", None, "both sides"),
            ("> form", None, "missing"),
            ("a,, b", None, "missing"),
            ("a,", None, "missing"),
            ("[name='x'", Some("["), "never closed"),
            ("[name='x]", Some("'"), "never closed"),
            ("a:not(.b", Some("("), "never closed"),
            ("a]", Some("]"), "closes nothing"),
            ("[@name='x']", None, "no attribute"),
            ("[name=]", None, "missing"),
            ("[name=1a]", Some("1a"), "needs quotes"),
            ("#login a[href=x/y]", Some("x/y"), "needs quotes"),
            ("a[b=c d]", Some("c d"), "needs quotes"),
            ("a[b==c]", None, ""),
            (".2fa", Some(".2"), "begins with a digit"),
            ("form #2fa", Some("#2"), "begins with a digit"),
            ("a b! c", None, "no CSS selector"),
            ("a:contains('x')", Some(":contains"), "no `:contains`"),
            ("button:Visible", Some(":Visible"), "no `:Visible`"),
            ("a:focuss", Some(":focuss"), "no pseudo-class"),
            ("input::placeholder", None, "pseudo-element"),
            ("a::before", None, "pseudo-element"),
            ("a >> b", Some(">>"), ">>"),
            ("css=a", Some("css="), "begins with"),
            ("//a", Some("//a"), "XPath"),
            ("a {", None, ""),
            ("svg|a", None, ""),
            ("", None, ""),
        ] {
            let found = flaw(text).unwrap_or_else(|| panic!("{text} has no flaw"));
            assert!(text.get(found.at.clone()).is_some(), "{text}");
            if let Some(at) = at {
                assert_eq!(&text[found.at.clone()], at, "{text}");
            }
            assert!(found.message.contains(said), "{text}: {}", found.message);
        }
        assert!(!flaw("a:focuss").unwrap().certain && flaw("a:eq(1)").unwrap().certain);
    }

    #[test]
    fn nothing_is_nested_too_deep_for_the_parser() {
        for piece in ["(", "[", ":not(", ":is(a,", "\\", "'", ":", ",", ">", "*|", "a:not("] {
            let _ = flaw(&piece.repeat(4096 / piece.len()));
        }
        assert!(flaw(&format!("a{}", ":not(.b)".repeat(400))).is_none());
        assert!(flaw(&format!("{}a{}", ":not(".repeat(500), ")".repeat(500))).is_some());
    }
}
