//! `doorward schema`: the schema that is committed is the one that is printed, has every key, and tells
//! right connectors from wrong ones.

use std::path::Path;

use serde_json::Value;

use crate::lab::Lab;

/// What of JSON Schema the schema uses; anything else fails the test, so that none goes unchecked.
fn fits(schema: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other}"),
    };
    let empty = serde_json::Map::new();
    let own = schema.as_object().unwrap();
    let properties = own.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    own.iter().all(|(keyword, wanted)| match keyword.as_str() {
        "$schema" | "title" | "description" | "examples" | "default" | "defaultSnippets" => true,
        "type" => match wanted {
            Value::String(kind) => is(kind),
            kinds => kinds.as_array().unwrap().iter().any(|kind| is(kind.as_str().unwrap())),
        },
        "enum" => wanted.as_array().unwrap().contains(value),
        "anyOf" => wanted.as_array().unwrap().iter().any(|schema| fits(schema, value)),
        "required" => value.as_object().is_none_or(|object| {
            wanted.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
        }),
        "properties" => value.as_object().is_none_or(|object| {
            properties
                .iter()
                .all(|(key, schema)| object.get(key).is_none_or(|value| fits(schema, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            object.iter().filter(|(key, _)| !properties.contains_key(*key)).all(|(_, value)| {
                match wanted {
                    Value::Bool(allowed) => *allowed,
                    schema => fits(schema, value),
                }
            })
        }),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fits(wanted, item))),
        "uniqueItems" => value.as_array().is_none_or(|items| {
            items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))
        }),
        "minItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap())
        }
        "minLength" => {
            value.as_str().is_none_or(|text| text.len() as u64 >= wanted.as_u64().unwrap())
        }
        "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > wanted.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
        // The patterns: a duration, and a lifetime, which may be in hours and has a unit.
        "pattern" => value.as_str().is_none_or(|text| {
            assert!(wanted.as_str().unwrap().starts_with("^[0-9]+([.][0-9]+)? *("));
            let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim();
            let units: &[&str] = match wanted.as_str().unwrap().contains("[Hh]") {
                true => &["s", "m", "min", "h"],
                false => &["s", "ms", "m", "min"],
            };
            text.starts_with(|c: char| c.is_ascii_digit()) && units.contains(&unit)
        }),
        other => panic!("the schema has a keyword that this test does not know: {other}"),
    })
}

fn schema() -> Value {
    let ended = Lab::new().run(&["schema"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The YAML `text` as an editor reads it.
fn read(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_committed_schema_is_the_printed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors/connector.schema.json");
    let printed = Lab::new().run(&["schema"]).stdout;
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == printed, "UPDATE=1 rewrites {}", path.display());
}

#[test]
fn connectors_without_problems_pass() {
    let schema = schema();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut passed = 0;
    for folder in ["connectors", "tests/cases/check/none"] {
        for path in super::files(&root.join(folder), "yaml") {
            let value = read(&std::fs::read_to_string(&path).unwrap());
            assert!(fits(&schema, &value), "{}", path.display());
            passed += 1;
        }
    }
    assert!(passed > 10);
}

#[test]
fn wrong_connectors_fail() {
    let schema = schema();
    let right = "ConnectorId: a\nTargetSettings: { LogonURL: https://a }\nWebFormFields: x > <y>\n";
    assert!(fits(&schema, &read(right)));
    for (from, to) in [
        ("ConnectorId: a", "Id: a"),
        ("ConnectorId: a", "ConnectorId: [a]"),
        ("ConnectorId: a", "ConnectorId: ''"),
        ("ConnectorId: a", "ConnectorId: a\nBrowser: Edge"),
        ("ConnectorId: a", "ConnectorId: a\nSupportedCapabilities: [Logon]"),
        ("ConnectorId: a", "ConnectorId: a\nSupportedCapabilities: [LogonAccount, LogonAccount]"),
        ("ConnectorId: a", "ConnectorId: a\nUserParameters: [Region]"),
        ("ConnectorId: a", "ConnectorId: a\nUserParameters: { Region: { Label: x } }"),
        ("TargetSettings: { LogonURL: https://a }\n", ""),
        ("LogonURL: https://a", "LogonUrl: https://a"),
        ("LogonURL: https://a", "LogonURL: [https://a]"),
        ("LogonURL: https://a", "LogonURL: https://a, ActionTimeout: soon"),
        ("LogonURL: https://a", "LogonURL: https://a, ActionTimeout: 0"),
        ("LogonURL: https://a", "LogonURL: https://a, ActionTimeout: 4000"),
        ("LogonURL: https://a", "LogonURL: https://a, RunValidations: perhaps"),
        ("LogonURL: https://a", "LogonURL: https://a, AllowUploads: In"),
        ("LogonURL: https://a", "LogonURL: https://a, RequireApprover: ann"),
        ("LogonURL: https://a", "LogonURL: https://a, AllowClipboard: Copy"),
        ("LogonURL: https://a", "LogonURL: https://a, MaxIdleTime: 15"),
        ("LogonURL: https://a", "LogonURL: https://a, MaxSessionDuration: 500ms"),
        ("LogonURL: https://a", "LogonURL: https://a, AllowedOrigins: { a: b }"),
        ("WebFormFields: x > <y>", "WebFormFields: []"),
        ("WebFormFields: x > <y>", "WebFormFields: [{ a: b }]"),
        ("WebFormFields: x > <y>", "Rows: x > <y>"),
    ] {
        let wrong = right.replace(from, to);
        assert_ne!(wrong, right, "{from}");
        assert!(!fits(&schema, &read(&wrong)), "{wrong}");
    }
}

#[test]
fn every_key_of_the_language_is_described() {
    let schema = schema();
    let reference = include_str!("../../connectors/README.md");
    let mut keys = 0;
    let mut objects = vec![&schema];
    while let Some(object) = objects.pop() {
        for (name, key) in object["properties"].as_object().into_iter().flatten() {
            assert!(!key["description"].as_str().unwrap().is_empty(), "{name}");
            assert!(reference.contains(&format!("`{name}`")), "the reference does not name {name}");
            objects.push(key);
            objects.extend(key.get("additionalProperties").filter(|inner| inner.is_object()));
            keys += 1;
        }
    }
    assert_eq!(keys, 6 + 21 + 2 + 2);
}
