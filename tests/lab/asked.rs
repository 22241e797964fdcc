//! What is asked of a vault in a test, and the texts that come out.

use doorward::access::{self, Grant};
use doorward::vault::{Error, Vault};

use serde_json::Value;

use super::Lab;
use super::server::{Script, StandIn};

/// What to ask.
#[derive(Clone, Copy)]
pub(crate) enum Ask {
    Account(&'static str),
    Code(&'static str),
    List(Option<&'static str>),
    Health,
}

impl Ask {
    /// Asks, and tells in words what came back.
    pub(crate) async fn of(self, vault: &dyn Vault) -> Result<String, Error> {
        match self {
            Self::Account(name) => {
                vault.account(&grant(name)).await.map(|account| format!("{account:?}"))
            }
            Self::Code(name) => vault.code(&grant(name)).await.map(|code| format!("{code:?}")),
            Self::List(safe) => vault.list(safe).await.map(|list| {
                list.iter().map(|s| s.reference.to_string()).collect::<Vec<_>>().join(" ")
            }),
            Self::Health => vault.health().await,
        }
    }
}

/// A situation and its error.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Over the usual settings of the vault.
    pub(crate) settings: Value,
    /// Over the script by which all goes well.
    pub(crate) script: Script,
    pub(crate) ask: Ask,
    /// The name of the error's variant.
    pub(crate) variant: &'static str,
}

/// Asks each of `rows` of a vault that `open` opens at a stand-in; the errors as the file of their texts has
/// them. `check` looks at every text that an error could show.
pub(crate) async fn errors_of<V: Vault>(
    rows: Vec<Row>,
    well: fn() -> Script,
    lab: &Lab,
    open: impl Fn(&Lab, &str, Value) -> V,
    check: impl Fn(&str, &str),
) -> String {
    let folder = lab.path().display().to_string();
    let mut texts = String::new();
    for row in rows {
        let server = StandIn::start(with(well(), row.script)).await;
        let vault = open(lab, &server.address, row.settings);
        let error = match row.ask.of(&vault).await {
            Ok(good) => panic!("{}: taken as good: {good}", row.name),
            Err(error) => error,
        };
        check(&all_of(&error), row.name);
        assert_eq!(variant_of(&error), row.variant, "{}: {error}", row.name);
        let text = told(row.name, &error);
        texts.push_str(&text.replace(&server.address, "{at}").replace(&folder, "{lab}"));
    }
    texts
}

/// A grant of `account`, for no purpose.
pub(crate) fn grant(account: &str) -> Grant {
    access::decide(Some(&"anna".parse().unwrap()), &account.parse().unwrap(), &Default::default())
        .unwrap()
}

/// `more` on `script`, in place of what was there.
pub(crate) fn with(mut script: Script, more: Script) -> Script {
    script.extend(more);
    script
}

/// Every text that an error could show: itself, its debug form, its causes, its help.
pub(crate) fn all_of(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{}", error.help().unwrap_or_default());
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(&format!("\n{source}\n{source:?}"));
        cause = source.source();
    }
    text
}

/// The name of the error's variant.
pub(crate) fn variant_of(error: &Error) -> String {
    format!("{error:?}").split([' ', '{']).next().unwrap().to_owned()
}

/// The error of the row `name`, as the file of its texts has it.
pub(crate) fn told(name: &str, error: &Error) -> String {
    let mut text = format!("{name}\n  error: {error}\n");
    if let Some(cause) = std::error::Error::source(error) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    text.push_str(&format!("  help: {}\n\n", error.help().expect(name)));
    text
}

/// Compares texts, a blank line between them, with those in `file` of the folder `tests`.
pub(crate) fn assert_texts(file: &str, texts: &str) {
    let file = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, texts).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    for (found, expected) in texts.split("\n\n").zip(expected.split("\n\n")) {
        assert_eq!(found, expected, "`UPDATE=1 cargo test` writes the texts anew; read them then");
    }
    assert_eq!(texts.len(), expected.len(), "{file}: a text more or less");
}
