//! A row: one line of `WebFormFields`, `locator > action (Option) (Option=value)`, taken apart before
//! anything is substituted.

use std::ops::Range;

use super::token::{Token, tokens};
use super::words::{Keyword, OptionName};

/// A row in its parts; every range is bytes of the row's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What stands before the operator; `None` for rows such as `(Wait=2s)`.
    pub locator: Option<Range<usize>>,
    /// The groups in parentheses: keyword and options, in their order.
    pub groups: Vec<Group>,
    /// The text of the action: what is typed or chosen.
    pub value: Option<Range<usize>>,
    /// Whether the locator has a `>` of its own, as CSS and XPath do.
    pub locator_has_operator: bool,
}

/// `(name)` or `(name=value)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The whole of it, with its parentheses.
    pub range: Range<usize>,
    /// The name.
    pub name: Range<usize>,
    /// What stands after `=`; may be empty.
    pub value: Option<Range<usize>>,
}

/// Why a text is no row, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// Where, in bytes of the row's text.
    pub range: Range<usize>,
}

/// Why a text is no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// There is no `>`.
    MissingOperator,
    /// Nothing stands before the operator.
    MissingLocator,
    /// Nothing stands after the operator.
    MissingAction,
    /// Parentheses of the action do not pair.
    Unbalanced,
    /// An option stands before the operator or amid the value.
    Misplaced,
    /// A `#` after the action: a comment stands on a line of its own.
    TrailingComment,
}

/// Takes `text` apart. `None` for a blank line and for a comment: `#` and a blank, or `#` in a line
/// without an operator. (`#login > (Button) (SearchBy=css)` is a row.)
///
/// # Errors
/// [`Problem`] for everything that is no row.
pub fn parse(text: &str) -> Result<Option<Row>, Problem> {
    let all = tokens(text);
    let from = all.iter().position(|token| !token.is_blank()).unwrap_or(all.len());
    let to = all.iter().rposition(|token| !token.is_blank()).map_or(from, |at| at + 1);
    let row = Line { text, tokens: &all[from..to] };
    if row.tokens.is_empty() || row.is_comment() {
        return Ok(None);
    }
    row.parse().map(Some)
}

/// The tokens of a row without blank ends.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl<'a> Line<'a> {
    fn is_comment(self) -> bool {
        let after = self.tokens.get(1);
        self.tokens[0].is('#')
            && (after.is_none_or(|token| token.is_blank() || token.is('#'))
                || !self.tokens.iter().any(|token| token.is('>')))
    }

    fn parse(self) -> Result<Row, Problem> {
        let chain = self.trailing_groups(true);
        let first = chain.first().map_or(self.tokens.len(), |(at, _)| *at);
        let groups = |chain: Vec<(usize, Group)>| chain.into_iter().map(|(_, group)| group);
        let operator = self.tokens[..first].iter().rposition(|token| token.is('>'));
        let Some(operator) = operator else {
            if first == 0 {
                let groups = groups(chain).collect();
                return Ok(Row { locator: None, groups, value: None, locator_has_operator: false });
            }
            if let Some(group) = self.only_group() {
                let groups = vec![group];
                return Ok(Row { locator: None, groups, value: None, locator_has_operator: false });
            }
            return Err(self.problem(ProblemKind::MissingOperator, self.tokens));
        };
        let locator = self.part(&self.tokens[..operator]);
        let action = self.part(&self.tokens[operator + 1..]);
        if locator.tokens.is_empty() {
            return Err(
                self.problem(ProblemKind::MissingLocator, &self.tokens[operator..=operator])
            );
        }
        if action.tokens.is_empty() {
            return Err(self.problem(ProblemKind::MissingAction, &self.tokens[operator..=operator]));
        }
        if let Some((_, group)) = locator.trailing_groups(true).into_iter().next() {
            return Err(Problem { kind: ProblemKind::Misplaced, range: group.range });
        }
        let (groups, value) = action.action()?;
        Ok(Row {
            locator: Some(locator.range()),
            groups,
            value,
            locator_has_operator: locator.tokens.iter().any(|token| token.is('>')),
        })
    }

    /// The groups of an action, and its value between them.
    fn action(self) -> Result<(Vec<Group>, Option<Range<usize>>), Problem> {
        self.balanced()?;
        let (mut groups, mut rest) = (Vec::new(), self);
        while rest.tokens.first().is_some_and(|token| token.is('(')) {
            let Some(close) = rest.closing(0) else { break };
            groups.push(rest.group(0, close));
            rest = rest.part(&rest.tokens[close + 1..]);
        }
        let trailing = rest.trailing_groups(false);
        let end = trailing.first().map_or(rest.tokens.len(), |(at, _)| *at);
        let value = rest.part(&rest.tokens[..end]);
        value.check_value()?;
        groups.extend(trailing.into_iter().map(|(_, group)| group));
        Ok((groups, (!value.tokens.is_empty()).then(|| value.range())))
    }

    /// A value holds no option, and no comment follows it.
    fn check_value(self) -> Result<(), Problem> {
        let mut open = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            if token.is('(') {
                open.push(at);
            } else if token.is(')')
                && let Some(open) = open.pop()
                && let group = self.group(open, at)
                && self.is_known(&group)
            {
                return Err(Problem { kind: ProblemKind::Misplaced, range: group.range });
            } else if token.is('#') && (at == 0 || self.tokens[at - 1].is_blank()) {
                let range = token.range.start..self.range().end;
                return Err(Problem { kind: ProblemKind::TrailingComment, range });
            }
        }
        Ok(())
    }

    /// Every parenthesis of an action has its other half.
    fn balanced(self) -> Result<(), Problem> {
        let mut open = Vec::new();
        for token in self.tokens {
            if token.is('(') {
                open.push(token);
            } else if token.is(')') && open.pop().is_none() {
                return Err(Problem { kind: ProblemKind::Unbalanced, range: token.range.clone() });
            }
        }
        match open.first() {
            Some(token) => {
                Err(Problem { kind: ProblemKind::Unbalanced, range: token.range.clone() })
            }
            None => Ok(()),
        }
    }

    /// The groups at the end, each with the index of its first token; only the ones whose name is
    /// known if `known`, so that the parentheses of a locator are not taken for options.
    fn trailing_groups(self, known: bool) -> Vec<(usize, Group)> {
        let mut found = Vec::new();
        let mut end = self.tokens.len();
        while let Some(close) = self.tokens[..end].iter().rposition(|token| !token.is_blank())
            && self.tokens[close].is(')')
            && let Some(open) = self.opening(close)
        {
            let group = self.group(open, close);
            if known && !self.is_known(&group) {
                break;
            }
            found.push((open, group));
            end = open;
        }
        found.reverse();
        found
    }

    /// `(Word)` or `(Word=…)` from the first token to the last, whether the word is known or not.
    fn only_group(self) -> Option<Group> {
        let close = self.closing(0).filter(|close| close + 1 == self.tokens.len())?;
        let group = self.group(0, close);
        let name = &self.text[group.name.clone()];
        (!name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic())).then_some(group)
    }

    fn is_known(self, group: &Group) -> bool {
        let name = &self.text[group.name.clone()];
        Keyword::named(name).is_some() || OptionName::named(name).is_some()
    }

    /// The index of the `)` that closes the `(` at `open`.
    fn closing(self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        if !self.tokens.get(open)?.is('(') {
            return None;
        }
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            if token.is('(') {
                depth += 1;
            } else if token.is(')') {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        None
    }

    /// The index of the `(` that the `)` at `close` closes.
    fn opening(self, close: usize) -> Option<usize> {
        let mut depth = 0usize;
        for at in (0..=close).rev() {
            if self.tokens[at].is(')') {
                depth += 1;
            } else if self.tokens[at].is('(') {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        None
    }

    /// The group from the `(` at `open` to the `)` at `close`.
    fn group(self, open: usize, close: usize) -> Group {
        let inner = &self.tokens[open + 1..close];
        let at = self.tokens[open].range.end;
        let range = self.tokens[open].range.start..self.tokens[close].range.end;
        // No name is that long; without a limit, parentheses in parentheses would cost their length squared.
        match inner.iter().take(64).position(|token| token.is('=')) {
            Some(equals) => Group {
                range,
                name: self.part(&inner[..equals]).range_or(at),
                value: Some(self.part(&inner[equals + 1..]).range_or(inner[equals].range.end)),
            },
            None => Group { range, name: self.part(inner).range_or(at), value: None },
        }
    }

    /// The tokens without blank ends.
    fn part(self, tokens: &'a [Token]) -> Self {
        let from = tokens.iter().position(|token| !token.is_blank()).unwrap_or(tokens.len());
        let to = tokens.iter().rposition(|token| !token.is_blank()).map_or(from, |at| at + 1);
        Self { text: self.text, tokens: &tokens[from..to] }
    }

    fn range_or(self, at: usize) -> Range<usize> {
        match self.tokens {
            [] => at..at,
            [first, ..] => first.range.start..self.tokens.last().unwrap_or(first).range.end,
        }
    }

    fn range(self) -> Range<usize> {
        self.range_or(0)
    }

    fn problem(self, kind: ProblemKind, tokens: &'a [Token]) -> Problem {
        Problem { kind, range: Self { text: self.text, tokens }.range() }
    }
}
