//! An XPath: XPath 1.0 as browsers evaluate it, checked before one has to. A flaw has its place and a way out.

use std::ops::Range;

use super::nearest::nearest;

mod lexer;

use lexer::{Lexeme, Token, lex};

/// What is wrong with a locator, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Where, in bytes of the text.
    pub(super) at: Range<usize>,
    /// One sentence, without a period.
    pub(super) message: String,
    /// What to do.
    pub(super) help: String,
    /// Whether a browser will refuse it for certain.
    pub(super) certain: bool,
}

impl Flaw {
    /// A flaw that every browser refuses.
    pub(super) fn new(
        at: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { at, message: message.into(), help: help.into(), certain: true }
    }
}

/// How deep an expression may be nested: the parser calls itself, and a row has room for thousands.
const DEPTH: usize = 40;

/// The thirteen axes of XPath 1.0.
const AXES: [&str; 13] = [
    "ancestor",
    "ancestor-or-self",
    "attribute",
    "child",
    "descendant",
    "descendant-or-self",
    "following",
    "following-sibling",
    "namespace",
    "parent",
    "preceding",
    "preceding-sibling",
    "self",
];

/// What stands before `(` and is no function.
const NODE_TYPES: [&str; 4] = ["comment", "text", "processing-instruction", "node"];

/// The functions of XPath 1.0, section 4, with the least and most arguments of each.
const FUNCTIONS: [(&str, usize, usize); 27] = [
    ("last", 0, 0),
    ("position", 0, 0),
    ("count", 1, 1),
    ("id", 1, 1),
    ("local-name", 0, 1),
    ("namespace-uri", 0, 1),
    ("name", 0, 1),
    ("string", 0, 1),
    ("concat", 2, usize::MAX),
    ("starts-with", 2, 2),
    ("contains", 2, 2),
    ("substring-before", 2, 2),
    ("substring-after", 2, 2),
    ("substring", 2, 3),
    ("string-length", 0, 1),
    ("normalize-space", 0, 1),
    ("translate", 3, 3),
    ("boolean", 1, 1),
    ("not", 1, 1),
    ("true", 0, 0),
    ("false", 0, 0),
    ("lang", 1, 1),
    ("number", 0, 1),
    ("sum", 1, 1),
    ("floor", 1, 1),
    ("ceiling", 1, 1),
    ("round", 1, 1),
];

/// Functions of XPath 2 and later, which browsers do not have, and what to write instead.
const LATER: [(&str, &str); 6] = [
    ("ends-with", "use `(SearchBy=css)`: `[id$='-user']`"),
    ("lower-case", "write `translate(@id, 'ABC…', 'abc…')`, or CSS: `[id='user' i]`"),
    ("upper-case", "write `translate(@id, 'abc…', 'ABC…')`, or CSS: `[id='USER' i]`"),
    ("matches", "use `contains(…)` or `starts-with(…)`"),
    ("exists", "write the path alone: `[.//span]` is true where there is one"),
    ("empty", "write `not(…)`"),
];

/// What the value of an expression is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Nodes,
    Other(&'static str),
}

/// The first flaw of `text` as an XPath that finds elements.
pub(super) fn flaw(text: &str) -> Option<Flaw> {
    for (prefix, word) in [("xpath=", "xpath"), ("xpath:", "xpath"), ("css=", "css")] {
        if text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            let message = format!("the locator begins with `{prefix}`");
            let help = format!("remove it: `(SearchBy={word})` says what the locator is");
            return Some(Flaw::new(0..prefix.len(), message, help));
        }
    }
    let tokens = match lex(text) {
        Ok(tokens) => tokens,
        Err(flaw) => return Some(flaw),
    };
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0 };
    let value = match parser.expression() {
        Ok(value) => value,
        Err(flaw) => return Some(flaw),
    };
    if let Some(token) = parser.peek() {
        let shown = &text[token.range.clone()];
        let help = match shown {
            "]" | ")" => "remove it, or open it before",
            _ => "is a `/`, an `and` or a quote missing before it?",
        };
        let message = format!("the XPath ends before `{shown}`");
        return Some(Flaw::new(token.range.clone(), message, help));
    }
    match value {
        Value::Nodes => None,
        Value::Other(what) => {
            let message = format!("this XPath gives {what}, and a row needs an element");
            Some(Flaw::new(0..text.len(), message, "put the condition in brackets: `//input[…]`"))
        }
    }
}

/// Whether `text` compares what a person reads on the page with a text of some language.
pub(super) fn compares_text(text: &str) -> bool {
    let Ok(tokens) = lex(text) else { return false };
    let shown = |token: &Token| &text[token.range.clone()];
    tokens.iter().enumerate().any(|(at, token)| {
        if token.lexeme != Lexeme::Literal || !shown(token).contains(char::is_alphabetic) {
            return false;
        }
        let before: Vec<&str> = tokens[at.saturating_sub(5)..at].iter().map(shown).collect();
        let Some((&("=" | ","), before)) = before.split_last() else { return false };
        matches!(before, [.., "."] | [.., "text" | "normalize-space" | "string", "(", ")"])
            || matches!(before, [.., "normalize-space" | "string", "(", ".", ")"])
    })
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, Flaw>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn word(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).map_or("", |token| &self.text[token.range.clone()])
    }

    fn is(&self, ahead: usize, lexeme: Lexeme) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.lexeme == lexeme)
    }

    /// Takes the token `wanted` where it comes next.
    fn take(&mut self, wanted: &str) -> bool {
        let found = !self.is(0, Lexeme::Literal) && self.word(0) == wanted;
        self.at += usize::from(found);
        found
    }

    /// The place of the next token; at the end the last character.
    fn here(&self) -> Range<usize> {
        let end = self.text.len();
        let last = self.text.char_indices().next_back().map_or(0, |(at, _)| at);
        self.peek().map_or(last..end, |token| token.range.clone())
    }

    fn expect(&mut self, wanted: &str, open: Range<usize>) -> Parsed<()> {
        if self.take(wanted) {
            return Ok(());
        }
        let opened = &self.text[open.clone()];
        Err(match self.peek() {
            None => Flaw::new(
                open,
                format!("this `{opened}` of the XPath is never closed"),
                format!("add `{wanted}`"),
            ),
            Some(token) => {
                let shown = &self.text[token.range.clone()];
                let message = format!("the XPath has `{shown}` where `{wanted}` is expected");
                let help = match shown {
                    "]" | ")" => format!("close the `{opened}` before it: add `{wanted}`"),
                    _ => "is a `/`, an `and` or a quote missing before it?".to_owned(),
                };
                Flaw::new(token.range.clone(), message, help)
            }
        })
    }

    /// Operators from `or` down to unary minus; their order does not matter for what is a flaw.
    fn expression(&mut self) -> Parsed<Value> {
        self.depth += 1;
        if self.depth > DEPTH {
            let help = "find a shorter locator: an id, a label, a short CSS selector";
            return Err(Flaw::new(self.here(), "the XPath is nested too deep", help));
        }
        let mut value = self.operand()?;
        while self.is(0, Lexeme::Operator) {
            let at = self.here();
            let operator = self.word(0);
            self.at += 1;
            let right = self.operand()?;
            value = match operator {
                "|" if value == Value::Nodes && right == Value::Nodes => Value::Nodes,
                "|" => {
                    let message = "`|` joins elements, and one side gives none";
                    return Err(Flaw::new(
                        at,
                        message,
                        "write a path on both sides: `//a | //button`",
                    ));
                }
                "+" | "-" | "*" | "div" | "mod" => Value::Other("a number"),
                _ => Value::Other("true or false"),
            };
        }
        self.depth -= 1;
        Ok(value)
    }

    fn operand(&mut self) -> Parsed<Value> {
        let mut negative = false;
        while self.take("-") {
            negative = true;
        }
        let value = self.path()?;
        Ok(if negative { Value::Other("a number") } else { value })
    }

    /// A location path, or a primary expression with what follows it.
    fn path(&mut self) -> Parsed<Value> {
        if self.take("//") {
            self.steps()?;
            return Ok(Value::Nodes);
        }
        if self.take("/") {
            if self.begins_step() {
                self.steps()?;
            }
            return Ok(Value::Nodes);
        }
        let Some(value) = self.primary()? else {
            self.steps()?;
            return Ok(Value::Nodes);
        };
        let filtered = self.take_predicates()?;
        let at = self.here();
        let goes_on = self.take("//") || self.take("/");
        if (filtered || goes_on) && value != Value::Nodes {
            let message = "what stands before this is no element, so nothing can be found in it";
            return Err(Flaw::new(at, message, "begin with a path: `//form//input`"));
        }
        if goes_on {
            self.steps()?;
        }
        Ok(value)
    }

    /// A variable, group, literal, number or function call.
    fn primary(&mut self) -> Parsed<Option<Value>> {
        let at = self.here();
        let Some(token) = self.peek() else { return Ok(None) };
        let value = match token.lexeme {
            Lexeme::Literal => Value::Other("a text"),
            Lexeme::Number => Value::Other("a number"),
            Lexeme::Variable => {
                let message = "an XPath in a browser has no variables";
                return Err(Flaw::new(
                    at,
                    message,
                    "write the value, or a placeholder such as `<username>`",
                ));
            }
            Lexeme::Name if self.word(1) == "(" && !NODE_TYPES.contains(&self.word(0)) => {
                return self.call().map(Some);
            }
            _ if self.take("(") => {
                let value = self.expression()?;
                self.expect(")", at)?;
                return Ok(Some(value));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(value))
    }

    fn call(&mut self) -> Parsed<Value> {
        let (name, at) = (self.word(0), self.here());
        self.at += 1;
        let open = self.here();
        self.at += 1;
        let mut count = 0;
        if !self.take(")") {
            loop {
                self.expression()?;
                count += 1;
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")", open)?;
        }
        let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            if let Some((_, help)) = LATER.iter().find(|(later, _)| *later == name) {
                let message = format!("browsers have XPath 1.0, which has no `{name}()`");
                return Err(Flaw::new(at, message, *help));
            }
            let help = match nearest(name, FUNCTIONS.map(|(known, ..)| known)) {
                Some(near) => format!("did you mean `{near}()`?"),
                None => "`contains()`, `starts-with()` and `normalize-space()` are those most used"
                    .to_owned(),
            };
            return Err(Flaw::new(at, format!("XPath has no function `{name}()`"), help));
        };
        if count < *least || count > *most {
            let takes = match (*least, *most) {
                (least, most) if least == most => format!("{least}"),
                (least, usize::MAX) => format!("{least} or more"),
                (least, most) => format!("{least} to {most}"),
            };
            let message = format!("`{name}()` takes {takes} arguments, and this one has {count}");
            return Err(Flaw::new(at, message, "count the commas; a text stands in quotes"));
        }
        Ok(match name {
            "id" => Value::Nodes,
            "count" | "last" | "position" | "string-length" | "number" | "sum" | "floor"
            | "ceiling" | "round" => Value::Other("a number"),
            "boolean" | "not" | "true" | "false" | "lang" | "starts-with" | "contains" => {
                Value::Other("true or false")
            }
            _ => Value::Other("a text"),
        })
    }

    fn begins_step(&self) -> bool {
        matches!(self.word(0), "." | ".." | "@" | "*") || self.is(0, Lexeme::Name)
    }

    fn steps(&mut self) -> Parsed<()> {
        loop {
            self.step()?;
            if !self.take("//") && !self.take("/") {
                return Ok(());
            }
        }
    }

    fn step(&mut self) -> Parsed<()> {
        if self.take(".") || self.take("..") {
            // XPath 1.0 has no predicate here; browsers refuse it, too.
            if self.word(0) == "[" {
                let message = "`.` and `..` take no condition in brackets";
                return Err(Flaw::new(
                    self.here(),
                    message,
                    "write `self::*[…]` or `parent::*[…]`",
                ));
            }
            return Ok(());
        }
        if !self.take("@") && self.word(1) == "::" {
            let (axis, at) = (self.word(0), self.here());
            if !AXES.contains(&axis) {
                let help = match nearest(axis, AXES) {
                    Some(near) => format!("did you mean `{near}::`?"),
                    None => format!("the axes are {}", AXES.join(", ")),
                };
                return Err(Flaw::new(at, format!("XPath has no axis `{axis}`"), help));
            }
            self.at += 2;
        }
        self.node_test()?;
        self.take_predicates()?;
        Ok(())
    }

    fn node_test(&mut self) -> Parsed<()> {
        let at = self.here();
        let Some(token) = self.peek() else {
            let message = "the XPath ends where the name of an element is expected";
            return Err(Flaw::new(at, message, "write a name, or `*` for any"));
        };
        let shown = &self.text[token.range.clone()];
        if self.take("*") {
            return Ok(());
        }
        if token.lexeme != Lexeme::Name {
            let message =
                format!("the XPath has `{shown}` where the name of an element is expected");
            return Err(Flaw::new(at, message, "write a name, or `*` for any"));
        }
        self.at += 1;
        if NODE_TYPES.contains(&shown) && self.word(0) == "(" {
            let open = self.here();
            self.at += 1;
            if shown == "processing-instruction" && self.is(0, Lexeme::Literal) {
                self.at += 1;
            }
            return self.expect(")", open);
        }
        if self.word(0) == "(" {
            let message = format!("a function cannot stand here: `{shown}()`");
            return Err(Flaw::new(at, message, "put the condition in brackets: `//input[…]`"));
        }
        if shown.contains(':') {
            let message = format!("`{shown}` has a namespace prefix, which no page tells");
            return Err(Flaw::new(
                at,
                message,
                "write `*[local-name()='…']`, or use `(SearchBy=css)`",
            ));
        }
        Ok(())
    }

    fn take_predicates(&mut self) -> Parsed<bool> {
        let mut any = false;
        loop {
            let open = self.here();
            if !self.take("[") {
                return Ok(any);
            }
            any = true;
            if self.word(0) == "]" {
                let at = open.start..self.here().end;
                return Err(Flaw::new(
                    at,
                    "these brackets are empty",
                    "write a condition, such as `[@id='x']`",
                ));
            }
            self.expression()?;
            self.expect("]", open)?;
        }
    }
}

#[cfg(test)]
mod tests;
