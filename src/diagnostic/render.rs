//! Renders a diagnostic as the Rust compiler renders its own: code, place, snippet, caret, notes, help.

use std::borrow::Cow;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity, Span};

/// The text of `diagnostic`, with a line feed at its end; with terminal colours if `colour`. It holds
/// no control characters of the file, so a connector cannot speak to the terminal.
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let source = diagnostic.source.text.as_str();
    let path = shown(&diagnostic.source.path);
    let message = shown(&diagnostic.message);
    let labels: Vec<(AnnotationKind, Span, Cow<'_, str>)> =
        std::iter::once((AnnotationKind::Primary, &diagnostic.primary))
            .chain(diagnostic.related.iter().map(|label| (AnnotationKind::Context, label)))
            .map(|(kind, label)| (kind, label.span, shown(&label.text)))
            .collect();
    let notes: Vec<String> = diagnostic
        .notes
        .iter()
        .map(|(name, text)| format!("{}: {}", shown(name), shown(text)))
        .collect();
    let help = diagnostic.help.as_deref().map(|help| shown(help).into_owned());

    let title = level.primary_title(message.as_ref()).id(diagnostic.code.name());
    let spans: Vec<Span> = labels.iter().map(|(_, span, _)| *span).collect();
    let mut group = match window(source, &spans) {
        Some((lines, first)) => {
            let (from, text) = (lines.start, &source[lines]);
            let mut snippet = Snippet::source(text).line_start(first).path(path.as_ref());
            for (kind, span, remark) in &labels {
                let range = clamped(source, *span);
                let annotation = kind.span(range.start - from..range.end - from);
                snippet = snippet.annotation(match remark.is_empty() {
                    true => annotation,
                    false => annotation.label(remark.as_ref()),
                });
            }
            title.element(snippet)
        }
        None if source.is_empty() => title.element(Origin::path(path.as_ref())),
        None => {
            let (line, column) = diagnostic.position();
            title.element(Origin::path(path.as_ref()).line(line).char_column(column))
        }
    };
    let others: Vec<(Cow<'_, str>, Cow<'_, str>)> = diagnostic
        .elsewhere
        .iter()
        .map(|(source, label)| (shown(&source.path), shown(&label.text)))
        .collect();
    for ((source, label), (path, remark)) in diagnostic.elsewhere.iter().zip(&others) {
        let Some((lines, first)) = window(&source.text, &[label.span]) else { continue };
        let (from, text) = (lines.start, &source.text[lines]);
        let range = clamped(&source.text, label.span);
        let annotation = AnnotationKind::Context
            .span(range.start - from..range.end - from)
            .label(remark.as_ref());
        group = group.element(
            Snippet::source(text).line_start(first).path(path.as_ref()).annotation(annotation),
        );
    }
    for note in &notes {
        group = group.element(Level::NOTE.no_name().message(note.as_str()));
    }
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&[group]);
    text.push('\n');
    text
}

/// The longest text or place that is shown, in bytes: a hostile file may have lines of a megabyte.
const LONGEST: usize = 400;

/// The lines that have a place of `spans`, as bytes of `text`, and the number of the first: the
/// renderer reads all that it is given, line by line. `None` where there is nothing to show, or a line
/// that is too long to be shown.
fn window(text: &str, spans: &[Span]) -> Option<(std::ops::Range<usize>, usize)> {
    let ranges = spans.iter().map(|span| clamped(text, *span));
    let first = ranges.clone().map(|range| range.start).min()?;
    let last = ranges.map(|range| range.end).max()?;
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at + 1);
    let lines = &text[start..end];
    let too_long = spans.iter().any(|span| {
        let at = clamped(text, *span).start - start;
        let before = lines[..at].rfind('\n').map_or(0, |at| at + 1);
        lines[before..].lines().next().is_some_and(|line| line.len() > LONGEST_LINE)
    });
    let shown = !text.is_empty() && !too_long;
    shown.then(|| (start..end, text[..start].matches('\n').count() + 1))
}

/// The longest line that is shown, in bytes.
const LONGEST_LINE: usize = 2000;

/// The bytes of `span` that the text has, on character boundaries.
fn clamped(text: &str, span: Span) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = span.end.min(text.len()).min(start + LONGEST);
    start..text.floor_char_boundary(end).max(start)
}

/// The text, not too long, with a `�` for every control character.
fn shown(text: &str) -> Cow<'_, str> {
    if text.len() > LONGEST * 2 {
        let cut = &text[..text.floor_char_boundary(LONGEST)];
        return Cow::Owned(format!("{}…", shown(cut)));
    }
    if text.chars().any(char::is_control) {
        Cow::Owned(text.replace(char::is_control, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::render;
    use crate::diagnostic::{Code, Diagnostic, Source, Span};

    fn stop(text: &str, part: &str) -> Diagnostic {
        let source = Arc::new(Source { path: "connectors/github.yaml".into(), text: text.into() });
        let at = text.find(part).unwrap();
        Diagnostic::error(
            Code::NotReady,
            &source,
            Span::new(at, at + part.len()),
            "it stayed disabled",
        )
    }

    #[test]
    fn a_stopped_row_is_shown_with_its_notes() {
        let diagnostic = stop("a\nb\n  password > <password> (SearchBy=id)\n", "password")
            .label("row 3 of 6")
            .note("page", "https://github.com/login")
            .note("saw", "`#password` visible, stable, not enabled (14 times)")
            .help("does the page enable the field after another row?");
        let expected = "\
error[not-ready]: it stayed disabled
 --> connectors/github.yaml:3:3
  |
3 |   password > <password> (SearchBy=id)
  |   ^^^^^^^^ row 3 of 6
  |
  = page: https://github.com/login
  = saw: `#password` visible, stable, not enabled (14 times)
  = help: does the page enable the field after another row?
";
        assert_eq!(render(&diagnostic, false), expected);
    }

    #[test]
    fn places_outside_the_text_and_inside_characters_are_survived() {
        let mut diagnostic = stop("ä", "ä");
        for (start, end) in [(0, 1), (1, 1), (1, 9), (7, 9), (9, 7), (2, 0)] {
            diagnostic.primary.span = Span { start, end };
            diagnostic = diagnostic.related(Span { start: end, end: start }, "here");
            assert!(render(&diagnostic, false).contains("connectors/github.yaml:1:"));
        }
    }

    #[test]
    fn nothing_in_a_file_speaks_to_the_terminal() {
        let mut diagnostic =
            stop("x: \u{1b}[31mred\r\n", "x").help("\u{1b}[0m").note("a\u{7}", "\u{9b}b");
        diagnostic.message = "\u{1b}]0;title\u{7}".to_owned();
        let shown = render(&diagnostic, false);
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown}");
    }

    #[test]
    fn a_line_that_is_too_long_is_named_and_not_shown() {
        let text = format!("{}password{}", "x".repeat(3000), "y".repeat(1_000_000));
        let shown = render(&stop(&text, "password"), false);
        assert!(shown.contains("connectors/github.yaml:1:3001") && shown.len() < 200, "{shown}");
    }
}
