//! The language reference, `connectors/README.md`.

use doorward::connector::{Capability, Object};
use doorward::connector::{Keyword, OptionName};
use doorward::key::Key;
use doorward::locator::By;

use crate::lab::Lab;

const TEXT: &str = include_str!("../../connectors/README.md");

/// The snippets fenced as `kind`.
fn snippets(kind: &str) -> Vec<&'static str> {
    let fence = format!("```{kind}\n");
    TEXT.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn its_connectors_have_no_problems() {
    let lab = Lab::new();
    assert!(snippets("yaml").len() >= 2);
    for (number, snippet) in snippets("yaml").into_iter().enumerate() {
        let name = format!("snippet-{number}.yaml");
        lab.write(&name, snippet);
        let ended = lab.run(&["check", &name]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{snippet}");
    }
}

#[test]
fn its_rows_have_no_problems() {
    let lab = Lab::new();
    let rows: Vec<&str> = snippets("rows").into_iter().flat_map(str::lines).collect();
    assert!(rows.len() > 20);
    let mut text = "ConnectorId: rows\nSupportedCapabilities: [LogonAccount, ReconcileAccount]\n\
                    TargetSettings: { LogonURL: 'https://a' }\nUserParameters: { Region: { Default: eu } }\n\
                    WebFormFields: |\n"
        .to_owned();
    for row in
        rows.iter().chain(&["x > <reconcileaccount\\password>", "x > <logonaccount\\password>"])
    {
        text.push_str(&format!("  {row}\n"));
    }
    lab.write("rows.yaml", text);
    let ended = lab.run(&["check", "rows.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let other = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning[") && !line.starts_with("warning[wait-row]"));
    assert_eq!(other.count(), 0, "{}", ended.stderr);
}

#[test]
fn it_names_every_word_of_the_language() {
    let keywords = Keyword::ALL.iter().map(|keyword| format!("({}", keyword.word()));
    let options = OptionName::ALL.iter().map(|option| format!("({}", option.word()));
    let strategies = By::ALL.iter().map(|by| format!("`{}`", by.word()));
    let objects = Object::ALL.iter().map(|object| format!("`{}`", object.word()));
    let capabilities = Capability::ALL.iter().map(|known| format!("`{}`", known.word()));
    let keys = Key::ALL.iter().map(|key| format!("`{}`", key.name));
    let settings = [
        "ConnectorId",
        "DisplayName",
        "SupportedCapabilities",
        "TargetSettings",
        "UserParameters",
        "WebFormFields",
        "LogonURL",
        "AllowedOrigins",
        "AllowedURLs",
        "AllowInsecure",
        "ActionTimeout",
        "PageLoadTimeout",
        "RunValidations",
        "EnforceCertificateValidation",
        "Default",
    ]
    .map(|key| format!("`{key}`"));
    for word in keywords
        .chain(options)
        .chain(strategies)
        .chain(objects)
        .chain(capabilities)
        .chain(keys)
        .chain(settings)
    {
        assert!(TEXT.contains(&word), "connectors/README.md does not name {word}");
    }
}
