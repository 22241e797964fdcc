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
    let mut group = if source.is_empty() {
        title.element(Origin::path(path.as_ref()))
    } else {
        let mut snippet = Snippet::source(source).path(path.as_ref());
        for (kind, span, text) in &labels {
            let range = clamped(source, *span);
            snippet = snippet.annotation(match text.is_empty() {
                true => kind.span(range),
                false => kind.span(range).label(text.as_ref()),
            });
        }
        title.element(snippet)
    };
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
