//! The schema of a connector: JSON Schema (draft 7, which the YAML language server reads), made from the
//! lists of keys that connectors are read by. Editors complete and check with it; `check` knows far more.

use serde_json::{Map, Value, json};

use super::Capability;
use super::keys::{BASIC_AUTH, PARAMETER, TARGET_SETTINGS, TOP};

/// The schema, ready to be written into a file.
pub fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Doorward connector",
        "description": "How one web application is signed in to. The language: connectors/README.md",
        "type": "object",
        "required": ["ConnectorId", "TargetSettings", "WebFormFields"],
        "additionalProperties": false,
        "properties": properties(&TOP, top),
    })
}

/// The schema of each of `keys`, by `of`.
fn properties(keys: &[&str], of: fn(&str) -> Value) -> Value {
    let entries: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), of(key))).collect();
    Value::Object(entries)
}

/// The schema of a key of the top level.
fn top(key: &str) -> Value {
    match key {
        "ConnectorId" => {
            text("Letters, digits, `-`, `_` and `.`; as the file is named", json!(["acme-console"]))
        }
        "DisplayName" => text("What people see; otherwise the id", json!(["Acme console"])),
        "SupportedCapabilities" => {
            let names = Capability::ALL.map(Capability::word);
            json!({
                "description": "Which linked accounts the rows may name: `LogonAccount` for \
                                `<logonaccount\\password>`, `ReconcileAccount` for `<reconcileaccount\\password>`",
                "anyOf": [
                    { "type": "array", "items": { "enum": names }, "uniqueItems": true },
                    { "enum": names },
                    { "type": "null" },
                ],
            })
        }
        "TargetSettings" => json!({
            "description": "Where the session begins, where secrets may be typed, how long is waited",
            "type": "object",
            "required": ["LogonURL"],
            "additionalProperties": false,
            "properties": properties(&TARGET_SETTINGS, setting),
        }),
        "UserParameters" => json!({
            "description": "What is asked at connect (`--param Region=eu`), by name; rows write `<param\\Region>`",
            "type": ["object", "null"],
            "additionalProperties": {
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": properties(&PARAMETER, parameter),
            },
        }),
        _ => json!({
            "description": "The rows: `locator > action (Option) (Option=value)`, one per line of a block \
                            (`WebFormFields: |`), or a list of them",
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            ],
            "defaultSnippets": [{
                "label": "sign-in with name and password",
                "description": "The rows of a login page with one form",
                "body": "|\n  ${1:username} > <username> (SearchBy=id)\n  ${2:password} > <password> (SearchBy=id)\n  \
                         ${3:login} > (Button) (SearchBy=id)\n  ${4:.avatar-menu} > (Validation) (SearchBy=css)\n  \
                         ${5:.alert-danger} > (Failure=wrong password) (SearchBy=css)",
            }],
        }),
    }
}

/// The schema of a key under `TargetSettings`.
fn setting(key: &str) -> Value {
    match key {
        "LogonURL" => text(
            "The page that the session begins at",
            json!(["https://<address>/login", "https://<address>:<port>/"]),
        ),
        "AllowedOrigins" => texts(
            "Where secrets may be typed: scheme, host and port, exactly; otherwise the origin of LogonURL",
            "https://<address>",
        ),
        "AllowedURLs" => texts(
            "Where the session may go afterwards, `*` for anything; otherwise everywhere",
            "https://<address>/*",
        ),
        "AllowInsecure" => {
            flag("Allow plain `http` to another machine; every activity row says so", false)
        }
        "ActionTimeout" => {
            duration("How long a row waits for its element: `10s`, `500ms`, `2m`", "10s")
        }
        "PageLoadTimeout" => duration("How long a page may load: `30s`, `1m`", "30s"),
        "RunValidations" => {
            flag("`No` leaves the `(Validation)` rows out; the outcome is then `unclear`", true)
        }
        "EnforceCertificateValidation" => flag("`No` accepts any certificate of the site", true),
        "Injection" => json!({
            "description": "How secrets get into what a page sends: `Sealed` types a stand-in, and the secret takes \
                            its place in the request on its way out; `Typed` types the secret",
            "enum": ["Typed", "Sealed", "typed", "sealed"],
            "default": "Typed",
        }),
        "SealedHeaders" => texts(
            "The request headers that a sealed secret may be put into; otherwise none",
            "Authorization",
        ),
        "BasicAuth" => json!({
            "description": "What a site or proxy is answered that asks by HTTP Basic or Digest",
            "type": "object",
            "required": BASIC_AUTH,
            "additionalProperties": false,
            "properties": properties(&BASIC_AUTH, |key| match key {
                "Username" => text("Who signs in", json!(["<username>"])),
                _ => text("A placeholder of a secret", json!(["<password>"])),
            }),
        }),
        "AllowClipboard" => json!({
            "description": "Live sessions: which way texts may be carried over; `In` is from the viewer into the \
                            page, `Out` from the page to the viewer, `Yes` both",
            "enum": [true, false, "Yes", "No", "In", "Out", "yes", "no", "in", "out", "YES", "NO", "IN", "OUT",
                "True", "False", "TRUE", "FALSE"],
            "default": false,
        }),
        "AllowDownloads" => flag("Live sessions: files of the page may be saved", false),
        "AllowPrint" => flag("Live sessions: the page may be printed, as a PDF", false),
        "AllowServiceWorkers" => flag("Live sessions: the page may have service workers", false),
        "AllowUploads" => flag("Live sessions: files may be given to the page", false),
        "AllowWebRTC" => flag("Live sessions: the page may talk to other hosts by WebRTC", false),
        "MaxIdleTime" => {
            lifetime("Live sessions: one that nobody touches ends after this time", "15m")
        }
        "RequireApprover" => {
            flag("Live sessions: somebody else has to approve before one begins", false)
        }
        "RequireWatcher" => {
            flag("Live sessions: one goes on only while somebody else watches it", false)
        }
        _ => lifetime("Live sessions: each ends after this time", "8h"),
    }
}

/// The schema of a key of one of `UserParameters`.
fn parameter(key: &str) -> Value {
    match key {
        "DisplayName" => {
            text("What the question at connect says", json!(["Region of the console"]))
        }
        _ => text("The value when none is given; no secret", json!(["eu"])),
    }
}

/// A text; YAML reads `4200` as a number and `Yes` or `true` as they are, and each is its spelling here.
fn text(description: &str, examples: Value) -> Value {
    json!({
        "description": description,
        "type": ["string", "number", "boolean"],
        "minLength": 1,
        "examples": examples,
    })
}

fn texts(description: &str, example: &str) -> Value {
    json!({
        "description": description,
        "anyOf": [
            { "type": "array", "items": { "type": "string" } },
            { "type": "string", "minLength": 1 },
            { "type": "null" },
        ],
        "examples": [[example]],
    })
}

fn flag(description: &str, default: bool) -> Value {
    json!({
        "description": description,
        "enum": [true, false, "Yes", "No", "yes", "no", "YES", "NO", "True", "False", "TRUE", "FALSE"],
        "default": default,
    })
}

/// A time with its unit; what holds without it is the broker's.
fn lifetime(description: &str, example: &str) -> Value {
    json!({
        "description": format!("{description}; `1s` to `24h`"),
        "type": "string",
        "pattern": "^[0-9]+([.][0-9]+)? *([Ss]|[Mm]|[Mm][Ii][Nn]|[Hh])$",
        "examples": [example],
    })
}

fn duration(description: &str, default: &str) -> Value {
    json!({
        "description": description,
        "anyOf": [
            { "type": "string", "pattern": "^[0-9]+([.][0-9]+)? *([Mm]?[Ss]|[Mm]|[Mm][Ii][Nn])$" },
            { "type": "number", "exclusiveMinimum": 0, "maximum": 3600 },
        ],
        "default": default,
    })
}
