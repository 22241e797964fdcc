//! `doorward check --format sarif`: the structure that SARIF 2.1.0 demands, and places that are right.

use serde_json::Value;

use crate::lab::Lab;

fn log(lab: &Lab, arguments: &[&str]) -> (i32, Value) {
    let ended = lab.run(&[&["check", "--format", "sarif"], arguments].concat());
    assert_eq!(ended.stderr, "");
    let log: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["$schema"], "https://json.schemastore.org/sarif-2.1.0.json");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    (ended.code, log["runs"][0].clone())
}

/// Section 3.30 of the standard: lines and columns are positive, and the end is not before the start.
fn assert_region(region: &Value) {
    let number = |name: &str| region[name].as_u64().unwrap_or_else(|| panic!("{name} of {region}"));
    assert!(number("startLine") >= 1 && number("startColumn") >= 1, "{region}");
    let (start, end) =
        ((number("startLine"), number("startColumn")), (number("endLine"), number("endColumn")));
    assert!(start <= end, "{region}");
}

/// Section 3.4.7: a relative reference without blanks or `..`.
fn assert_location(location: &Value) {
    let uri = location["artifactLocation"]["uri"].as_str().unwrap();
    assert!(!uri.starts_with('/') && !uri.contains([' ', '\\', ':']), "{uri}");
    assert_region(&location["region"]);
}

#[test]
fn the_log_has_what_the_standard_demands() {
    let lab = Lab::new();
    let head = "ConnectorId: acme\nTargetSettings: { LogonURL: 'https://a' }\nWebFormFields: |\n";
    lab.write(
        "my connectors/ä.yaml",
        format!("{head}  ä𝄞 > (Buton)\n  Welcome > (Validation) (SearchBy=text)\n"),
    );
    lab.write("b.yaml", format!("{head}  x > <usernme>\n"));
    let (code, run) = log(&lab, &["my connectors", "b.yaml"]);
    assert_eq!(code, 3);
    let driver = &run["tool"]["driver"];
    assert_eq!(
        (&driver["name"], &run["columnKind"]),
        (&"doorward".into(), &"unicodeCodePoints".into())
    );
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty(), "{rule}");
        }
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        for place in result["locations"].as_array().unwrap() {
            assert_location(&place["physicalLocation"]);
        }
        for place in result["relatedLocations"].as_array().into_iter().flatten() {
            assert_location(&place["physicalLocation"]);
        }
        for fix in result["fixes"].as_array().into_iter().flatten() {
            for change in fix["artifactChanges"].as_array().unwrap() {
                for replacement in change["replacements"].as_array().unwrap() {
                    assert_region(&replacement["deletedRegion"]);
                    assert!(replacement["insertedContent"]["text"].is_string());
                }
            }
        }
    }
    // `𝄞` is one code point, two UTF-16 units and four bytes.
    let keyword = results.iter().find(|result| result["ruleId"] == "unknown-keyword").unwrap();
    let place = &keyword["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20connectors/%C3%A4.yaml");
    let expected =
        serde_json::json!({ "startLine": 4, "startColumn": 8, "endLine": 4, "endColumn": 15 });
    assert_eq!(place["region"], expected);
    let replacement = &keyword["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "Button");
    assert_eq!(replacement["deletedRegion"]["startColumn"], 9);
    assert_eq!(replacement["deletedRegion"]["endColumn"], 14);
}

#[test]
fn no_problems_are_an_empty_log_and_paths_are_relative() {
    let lab = Lab::new();
    let path = lab.write("a.yaml", include_str!("../../connectors/demo.yaml"));
    let (code, run) = log(&lab, &["a.yaml"]);
    assert_eq!((code, run["results"].as_array().unwrap().len()), (0, 0));
    lab.write("a.yaml", "ConnectorId: a\nConnectorId: a\n");
    let (_, run) = log(&lab, &[path.to_str().unwrap()]);
    for result in run["results"].as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a.yaml", "{place}");
    }
    // What is wrong in a place of another file is told with that file.
    let demo = include_str!("../../connectors/demo.yaml");
    lab.write("a.yaml", demo);
    lab.write("b.yaml", demo);
    let (_, run) = log(&lab, &["a.yaml", "b.yaml"]);
    let related = &run["results"][0]["relatedLocations"][0]["physicalLocation"];
    assert_eq!(related["artifactLocation"]["uri"], "a.yaml");
}
