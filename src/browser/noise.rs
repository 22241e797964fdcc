//! Noise: what a page reports of itself while it runs: errors on its console, exceptions, requests that failed.

use serde_json::Value;

use super::fault::cut;

/// The most characters of one report.
const MOST: usize = 500;

/// One report. It is the page's own text: it can hold what was typed, and is not for people as it is.
#[derive(Debug, Clone)]
pub struct Noise {
    /// `console`, `exception`, or the browser's word for where it came from, such as `network`.
    pub source: String,
    /// What it says.
    pub text: String,
    /// The URL that it is about; may be empty.
    pub url: String,
}

impl Noise {
    /// The report in the parameters of `Log.entryAdded`, `Runtime.exceptionThrown` or
    /// `Runtime.consoleAPICalled`; `None` for what is no warning or error.
    pub(super) fn read(params: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(entry) = params.get("entry") {
            let grave = matches!(entry["level"].as_str(), Some("warning" | "error"));
            return grave.then(|| Self {
                source: text(&entry["source"]),
                text: cut(&text(&entry["text"]), MOST),
                url: text(&entry["url"]),
            });
        }
        if let Some(details) = params.get("exceptionDetails") {
            let said = details["exception"]["description"].as_str().or(details["text"].as_str());
            return Some(Self {
                source: "exception".to_owned(),
                text: cut(said.unwrap_or_default(), MOST),
                url: text(&details["url"]),
            });
        }
        if !matches!(params["type"].as_str(), Some("error" | "warning" | "assert")) {
            return None;
        }
        let arguments = params["args"].as_array().map(Vec::as_slice).unwrap_or_default();
        let said: Vec<String> = arguments
            .iter()
            .map(|argument| match &argument["value"] {
                Value::String(text) => text.clone(),
                Value::Null => text(&argument["description"]),
                other => other.to_string(),
            })
            .collect();
        let text = cut(&said.join(" "), MOST);
        Some(Self { source: "console".to_owned(), text, url: String::new() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Noise;

    #[test]
    fn only_what_went_wrong_is_kept() {
        let cases = [
            (
                json!({"entry": {"level": "error", "source": "network", "text": "404", "url": "u"}}),
                Some("network: 404"),
            ),
            (json!({"entry": {"level": "verbose", "source": "dom", "text": "x"}}), None),
            (
                json!({"exceptionDetails": {"text": "Uncaught", "exception": {"description": "Error: a"}}}),
                Some("exception: Error: a"),
            ),
            (json!({"exceptionDetails": {"text": "Uncaught"}}), Some("exception: Uncaught")),
            (
                json!({"type": "error", "args": [{"value": "a"}, {"value": 1}, {"description": "Object"}]}),
                Some("console: a 1 Object"),
            ),
            (json!({"type": "log", "args": [{"value": "a"}]}), None),
            (json!({}), None),
        ];
        for (params, expected) in cases {
            let read =
                Noise::read(&params).map(|noise| format!("{}: {}", noise.source, noise.text));
            assert_eq!(read.as_deref(), expected, "{params}");
        }
    }
}
