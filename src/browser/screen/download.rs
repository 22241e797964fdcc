//! A download: a file that a page saves, as the browser tells of it.

use serde_json::Value;

/// What became of a download. `id` is the name of its file in the folder of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Download {
    /// It begins.
    Begun {
        /// Its id.
        id: String,
        /// What the site calls it; anything can stand there.
        name: String,
        /// Where it comes from.
        url: String,
    },
    /// Some of it is there.
    Grown {
        /// Its id.
        id: String,
        /// How much it has or, where the site says so, will have; in bytes.
        bytes: u64,
    },
    /// All of it is there.
    Complete {
        /// Its id.
        id: String,
    },
    /// It was given up.
    Failed {
        /// Its id.
        id: String,
    },
}

impl Download {
    /// What the events `Browser.downloadWillBegin` and `Browser.downloadProgress` say.
    pub(super) fn read(method: &str, params: &Value) -> Option<Self> {
        let text = |name: &str| params[name].as_str().unwrap_or_default().to_owned();
        let id = text("guid");
        // It becomes the name of a file.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            return None;
        }
        if method == "Browser.downloadWillBegin" {
            return Some(Self::Begun { id, name: text("suggestedFilename"), url: text("url") });
        }
        Some(match params["state"].as_str()? {
            "completed" => Self::Complete { id },
            "canceled" => Self::Failed { id },
            _ => Self::Grown {
                id,
                bytes: bytes(params, "receivedBytes").max(bytes(params, "totalBytes")),
            },
        })
    }
}

/// A number of bytes, which DevTools says as a float.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is out of range becomes the nearest number, which is what a size is compared by"
)]
fn bytes(params: &Value, name: &str) -> u64 {
    params[name].as_f64().unwrap_or_default() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Download;

    #[test]
    fn what_the_browser_tells_is_read() {
        let progress = "Browser.downloadProgress";
        let id = || "0a-1".to_owned();
        let cases = [
            (
                "Browser.downloadWillBegin",
                json!({"guid": "0a-1", "suggestedFilename": "x", "url": "http://a/x"}),
                Some(Download::Begun { id: id(), name: "x".into(), url: "http://a/x".into() }),
            ),
            (
                progress,
                json!({"guid": "0a-1", "state": "inProgress", "receivedBytes": 3, "totalBytes": 5.0}),
                Some(Download::Grown { id: id(), bytes: 5 }),
            ),
            (
                progress,
                json!({"guid": "0a-1", "state": "inProgress", "receivedBytes": 9, "totalBytes": 0}),
                Some(Download::Grown { id: id(), bytes: 9 }),
            ),
            (
                progress,
                json!({"guid": "0a-1", "state": "completed"}),
                Some(Download::Complete { id: id() }),
            ),
            (
                progress,
                json!({"guid": "0a-1", "state": "canceled"}),
                Some(Download::Failed { id: id() }),
            ),
            (progress, json!({"guid": "../x", "state": "completed"}), None),
            (progress, json!({"guid": "", "state": "completed"}), None),
            (progress, json!({"state": "completed"}), None),
            (progress, json!({"guid": "0a-1"}), None),
        ];
        for (method, params, expected) in cases {
            assert_eq!(Download::read(method, &params), expected, "{params}");
        }
    }
}
