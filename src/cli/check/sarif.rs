//! A SARIF log: problems as code scanning reads them (OASIS, Static Analysis Results Interchange Format,
//! version 2.1.0).

use std::path::Path;

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, Severity, Source, Span};

/// The log of one run. Columns are counted in code points, and it says so.
pub(super) fn log(found: &[Diagnostic]) -> String {
    let mut codes: Vec<Code> = found.iter().map(|found| found.code).collect();
    codes.sort();
    codes.dedup();
    let results: Vec<Value> = found
        .iter()
        .map(|found| {
            let index = codes.binary_search(&found.code).unwrap_or_default();
            result(found, index)
        })
        .collect();
    let rules: Vec<Value> = codes.into_iter().map(rule).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "doorward",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: Code) -> Value {
    let explained = code.explanation();
    json!({
        "id": code.name(),
        "shortDescription": { "text": explained.title() },
        "fullDescription": { "text": explained.meaning },
        "help": { "text": format!("{}\n\n{}", explained.meaning, explained.mend) },
    })
}

fn result(found: &Diagnostic, index: usize) -> Value {
    let text = match &found.help {
        Some(help) => format!("{}\n{help}", found.message),
        None => found.message.clone(),
    };
    let mut related: Vec<Value> = Vec::new();
    let here = found.related.iter().map(|label| (&found.source, label));
    let others = found.elsewhere.iter().map(|(source, label)| (source, label));
    for (source, label) in here.chain(others) {
        let mut place = location(source, label.span);
        if !label.text.is_empty() {
            place["message"] = json!({ "text": label.text });
        }
        related.push(place);
    }
    let mut result = json!({
        "ruleId": found.code.name(),
        "ruleIndex": index,
        "level": match found.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        "message": { "text": text },
        "locations": [location(&found.source, found.primary.span)],
    });
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    if let Some(fix) = &found.fix {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                json!({
                    "deletedRegion": region(&found.source, edit.span),
                    "insertedContent": { "text": edit.text },
                })
            })
            .collect();
        result["fixes"] = json!([{
            "description": { "text": fix.what },
            "artifactChanges": [{
                "artifactLocation": { "uri": uri(&found.source.path) },
                "replacements": replacements,
            }],
        }]);
    }
    result
}

fn location(source: &Source, span: Span) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&source.path) },
        "region": region(source, span),
    } })
}

/// A region by lines and columns from 1; the end is the column after the last.
fn region(source: &Source, span: Span) -> Value {
    let (start_line, start_column) = source.position(span.start);
    let (end_line, end_column) = source.position(span.end.max(span.start));
    json!({
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

/// The path as a URI: relative to the current folder where it lies below it, as code scanning wants it.
fn uri(path: &str) -> String {
    let path = Path::new(path);
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let path = relative.as_deref().unwrap_or(path);
    if path.is_absolute()
        && let Ok(url) = url::Url::from_file_path(path)
    {
        return url.into();
    }
    let mut uri = String::new();
    let text = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    for byte in text.strip_prefix("./").unwrap_or(&text).bytes() {
        // RFC 3986, section 2.3, and what separates; a colon would begin a scheme.
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
