//! Renders a diagnostic as the Rust compiler renders its own: code, place, snippet, caret, notes, help.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// The text of `diagnostic`, with a line feed at its end; with terminal colours if `colour`.
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let length = diagnostic.source.text.len();
    let clamp = |span: super::Span| {
        span.start.min(length)..span.end.min(length).max(span.start.min(length))
    };
    let mut snippet = Snippet::source(diagnostic.source.text.as_str())
        .path(diagnostic.source.path.as_str())
        .annotation(
            AnnotationKind::Primary
                .span(clamp(diagnostic.primary.span))
                .label(diagnostic.primary.text.as_str()),
        );
    for label in &diagnostic.related {
        snippet = snippet
            .annotation(AnnotationKind::Context.span(clamp(label.span)).label(label.text.as_str()));
    }
    let notes: Vec<String> =
        diagnostic.notes.iter().map(|(name, text)| format!("{name}: {text}")).collect();
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.name())
        .element(snippet);
    for note in &notes {
        group = group.element(Level::NOTE.no_name().message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&[group]);
    text.push('\n');
    text
}
