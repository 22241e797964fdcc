//! The harness: what must hold for any text that is given to the parsers of rows and templates, and to the
//! imports. The fuzz targets call it with bytes, `tests/language.rs` and `tests/import.rs` with generated text.

use std::ops::Range;
use std::sync::Arc;

use doorward::connector::{self, Template, row};
use doorward::diagnostic::{Source, render};
use doorward::import::{self, Kind, Places};

/// A row is taken apart or refused, with every place inside the text and on character boundaries; what
/// was taken apart and put together again is the same row.
pub(crate) fn row(text: &str) {
    let inside = |range: &Range<usize>| {
        assert!(text.get(range.clone()).is_some(), "{} to {} in {text}", range.start, range.end);
    };
    let row = match row::parse(text) {
        Ok(None) => return,
        Err(problem) => return inside(&problem.range),
        Ok(Some(row)) => row,
    };
    for range in row.locator.iter().chain(&row.value) {
        inside(range);
        assert!(!text[range.clone()].trim().is_empty(), "an empty part of {text}");
    }
    let mut canonical = String::new();
    if let Some(locator) = &row.locator {
        canonical.push_str(&text[locator.clone()]);
        canonical.push_str(" > ");
    }
    // Groups from before the value go first; after it only known ones may stand.
    let value_at = row.value.as_ref().map_or(usize::MAX, |value| value.start);
    for before in [true, false] {
        for group in &row.groups {
            inside(&group.range);
            inside(&group.name);
            group.value.iter().for_each(inside);
            if (group.range.start < value_at) == before {
                canonical.push_str(&text[group.range.clone()]);
                canonical.push(' ');
            }
        }
        if let Some(value) = row.value.as_ref().filter(|_| before) {
            canonical.push_str(&text[value.clone()]);
            canonical.push(' ');
        }
    }
    let Ok(Some(again)) = row::parse(&canonical) else {
        panic!("{text} was a row, and {canonical} is none");
    };
    let parts = |text: &str, row: &row::Row| {
        let part = |range: &Option<Range<usize>>| range.clone().map(|range| text[range].to_owned());
        let groups: Vec<String> =
            row.groups.iter().map(|group| text[group.range.clone()].to_owned()).collect();
        (part(&row.locator), part(&row.value), groups)
    };
    assert_eq!(parts(text, &row), parts(&canonical, &again));
}

/// A template is read with every place inside the text; printed and read again it is the same.
pub(crate) fn template(text: &str) {
    let parameters = ["Region", "Zone"];
    let (template, problems) = Template::parse(text, &parameters);
    let places = template
        .placeholders()
        .map(|placeholder| placeholder.span)
        .chain(problems.iter().map(|problem| problem.span));
    for span in places {
        assert!(text.get(span.range()).is_some(), "{} to {} in {text}", span.start, span.end);
    }
    let printed = template.to_string();
    let (again, problems) = Template::parse(&printed, &parameters);
    assert!(problems.is_empty(), "{printed}");
    assert_eq!(again.to_string(), printed, "from {text}");
}

/// A whole file is loaded or refused, and every problem can be printed.
pub(crate) fn file(text: &str) {
    let source = Arc::new(Source { path: "fuzz.yaml".to_owned(), text: text.to_owned() });
    let (connector, problems) = connector::load(source);
    assert_eq!(connector.is_some(), !problems.iter().any(|problem| problem.is_error()));
    for problem in problems {
        let span = problem.primary.span;
        assert!(problem.source.text.get(span.range()).is_some(), "{} to {}", span.start, span.end);
        assert!(!render(&problem, false).is_empty());
    }
}

/// A source of any system is refused with words of ours, or becomes connectors that load, each with a report
/// whose places are in the source.
pub(crate) fn import(text: &str) {
    let source = Arc::new(Source { path: "fuzz".to_owned(), text: text.to_owned() });
    for kind in Kind::ALL {
        let all = match import::import(kind, &source) {
            Ok(all) => all,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert!(error.help().is_none_or(|help| !help.is_empty()));
                continue;
            }
        };
        assert!(!all.is_empty(), "neither a connector nor an error");
        let places = Places::new(text);
        for found in all {
            if let Ok(yaml) = found.connector {
                let source = Arc::new(Source { path: "fuzz.yaml".to_owned(), text: yaml.clone() });
                let (connector, problems) = connector::load(source);
                let said: Vec<&str> =
                    problems.iter().map(|problem| problem.message.as_str()).collect();
                assert!(connector.is_some(), "{yaml}{}", said.join("; "));
            }
            for item in found.items {
                let (line, column) = places.position(item.at);
                assert!(line >= 1 && column >= 1);
                assert!(!item.what.contains('\n') && !item.why.is_empty() && !item.help.is_empty());
            }
        }
    }
}
