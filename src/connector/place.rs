//! Places: where each part of a scalar's decoded text stands in the file.

use std::ops::Range;

use crate::diagnostic::Span;

/// How a scalar is written in YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// A `|` block: every line is kept.
    Literal,
    /// A `>` block: lines are joined.
    Folded,
}

/// The style of the scalar at `span`.
pub(super) fn style(source: &str, span: Span) -> Style {
    let line = source[..span.start].rfind('\n').map_or(0, |at| at + 1);
    if source[line..span.start].bytes().all(|byte| byte == b' ') {
        // Alone on its line: the line above it may be the header of a block.
        let above = source[..line].lines().rev().find(|line| !line.trim().is_empty());
        let header = above.map(|line| line.split(" #").next().unwrap_or(line).trim_end());
        let last = header.and_then(|header| header.split_whitespace().next_back()).unwrap_or("");
        let indicators = last.trim_end_matches(|c: char| matches!(c, '+' | '-' | '0'..='9'));
        match indicators {
            "|" => return Style::Literal,
            ">" => return Style::Folded,
            _ => {}
        }
    }
    match source[span.start..].chars().next() {
        Some('\'') => Style::Single,
        Some('"') => Style::Double,
        _ => Style::Plain,
    }
}

/// The map from a scalar's decoded text back to the file, exact to the character where the style
/// allows; otherwise every part is the whole scalar.
#[derive(Debug)]
pub(super) struct Places {
    segments: Vec<Segment>,
    whole: Span,
}

/// A run of decoded bytes and the run of the file that it came from.
#[derive(Debug, Clone, Copy)]
struct Segment {
    decoded: usize,
    decoded_length: usize,
    source: usize,
    source_length: usize,
}

impl Segment {
    fn equal(decoded: usize, source: usize, length: usize) -> Self {
        Self { decoded, decoded_length: length, source, source_length: length }
    }
}

impl Places {
    /// The places of the scalar at `span`, whose text is `decoded`.
    pub(super) fn new(source: &str, span: Span, decoded: &str) -> Self {
        let raw = &source[span.range()];
        let segments = match style(source, span) {
            Style::Plain => {
                (raw == decoded).then(|| vec![Segment::equal(0, span.start, raw.len())])
            }
            Style::Single => single_quoted(raw, span.start, decoded),
            Style::Double => double_quoted(raw, span.start, decoded),
            Style::Literal => literal(source, span.start, decoded),
            Style::Folded => None,
        };
        Self { segments: segments.unwrap_or_default(), whole: trimmed(source, span) }
    }

    /// Where `range` of the decoded text stands in the file.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let at = self.segments.partition_point(|segment| segment.decoded <= range.start);
        let Some(first) = self.segments.get(at.saturating_sub(1)) else { return self.whole };
        let start = within(first, range.start);
        let at = self.segments.partition_point(|segment| segment.decoded < range.end);
        let end = match self.segments.get(at.saturating_sub(1)) {
            Some(last) => within(last, range.end),
            None => start,
        };
        Span::new(start, end.max(start))
    }
}

/// The place of the decoded byte `at` in `segment`; its ends outside of it.
fn within(segment: &Segment, at: usize) -> usize {
    let offset = at.saturating_sub(segment.decoded);
    if offset >= segment.decoded_length {
        segment.source + segment.source_length
    } else if segment.decoded_length == segment.source_length {
        segment.source + offset
    } else {
        segment.source
    }
}

/// `span` without blank ends.
fn trimmed(source: &str, span: Span) -> Span {
    let raw = &source[span.range()];
    let start = span.start + (raw.len() - raw.trim_start().len());
    Span::new(start, (start + raw.trim().len()).max(start))
}

/// Every decoded line of a `|` block is the end of one line of the file, so the map is exact without
/// knowing how deep the block is indented.
fn literal(source: &str, start: usize, decoded: &str) -> Option<Vec<Segment>> {
    let mut source_at = source[..start].rfind('\n').map_or(0, |at| at + 1);
    // The span begins at the first line with content; blank lines before it are in the text.
    let mut decoded_at = decoded.bytes().take_while(|byte| *byte == b'\n').count();
    let mut segments = Vec::new();
    for line in decoded[decoded_at..].split_inclusive('\n') {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let rest = &source[source_at..];
        let raw = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let body = raw.strip_suffix('\r').unwrap_or(raw);
        let indent = body.len().checked_sub(text.len())?;
        if !body.ends_with(text) || !body.as_bytes()[..indent].iter().all(|byte| *byte == b' ') {
            return None;
        }
        segments.push(Segment::equal(decoded_at, source_at + indent, text.len()));
        decoded_at += line.len();
        source_at += (raw.len() + 1).min(rest.len());
    }
    Some(segments)
}

fn single_quoted(raw: &str, start: usize, decoded: &str) -> Option<Vec<Segment>> {
    let inner = raw.strip_prefix('\'')?.strip_suffix('\'')?;
    if inner.contains('\n') {
        return None;
    }
    let (mut segments, mut text) = (Vec::new(), String::new());
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        let length = if character == '\'' {
            characters.next();
            2
        } else {
            character.len_utf8()
        };
        segments.push(Segment {
            decoded: text.len(),
            decoded_length: character.len_utf8(),
            source: start + 1 + at,
            source_length: length,
        });
        text.push(character);
    }
    (text == decoded).then_some(segments)
}

fn double_quoted(raw: &str, start: usize, decoded: &str) -> Option<Vec<Segment>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\n') {
        return None;
    }
    let (mut segments, mut at) = (Vec::new(), 0);
    // What an escape stands for is the parser's business: only how long it is matters here.
    for (decoded_at, character) in decoded.char_indices() {
        let rest = inner.get(at..)?;
        let length = match rest.strip_prefix('\\') {
            None if rest.starts_with(character) => character.len_utf8(),
            None => return None,
            Some(escape) => match escape.chars().next()? {
                'x' => 4,
                'u' => 6,
                'U' => 10,
                other => 1 + other.len_utf8(),
            },
        };
        segments.push(Segment {
            decoded: decoded_at,
            decoded_length: character.len_utf8(),
            source: start + 1 + at,
            source_length: length,
        });
        at += length;
    }
    (at == inner.len()).then_some(segments)
}
