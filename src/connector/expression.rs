//! An expression: a locator that is CSS or XPath, checked with stand-ins for its placeholders.

use std::ops::Range;

use super::report::Report;
use super::scalar::Piece;
use super::token::{Shape, tokens};
use super::{css, xpath};
use crate::diagnostic::{Code, Diagnostic};
use crate::locator::By;

/// Reports the first flaw of the locator `piece`, where it is searched as CSS or XPath.
pub(super) fn check(by: By, piece: Piece<'_>, report: &mut Report) {
    let find = match by {
        By::Css => css::flaw,
        By::XPath => xpath::flaw,
        _ => return,
    };
    let (mut text, mut origins) = (String::new(), Vec::new());
    for token in tokens(piece.text) {
        origins.push((text.len(), token.range.clone()));
        match token.shape {
            Shape::Plain(character) | Shape::Escaped(character) => text.push(character),
            Shape::Placeholder => text.push('x'),
        }
    }
    let Some(flaw) = find(&text) else { return };
    let span = piece.place(origin(&origins, &flaw.at));
    let found = match flaw.certain {
        true => Diagnostic::error(Code::InvalidLocator, &report.source, span, flaw.message),
        false => Diagnostic::warning(Code::InvalidLocator, &report.source, span, flaw.message),
    };
    report.push(found.help(flaw.help));
}

/// Where `range` of the text with stand-ins came from.
fn origin(origins: &[(usize, Range<usize>)], range: &Range<usize>) -> Range<usize> {
    let token = |at: usize| {
        let index = origins.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        origins.get(index).map_or(0..0, |(_, range)| range.clone())
    };
    let start = token(range.start).start;
    let end = token(range.end.max(range.start + 1) - 1).end;
    start..end.max(start)
}
