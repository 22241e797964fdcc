//! The layers: who may name whom, where a secret may be exposed, where may be printed, how long a file is.

mod tokens;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokens::{Token, tokens};

/// Every module of the crate and the modules that it may name, beside itself. What stands in no row
/// may not be named at all.
pub(crate) const MAY_NAME: &[(&str, &[&str])] = &[
    ("secret", &[]),
    ("name", &[]),
    ("locator", &[]),
    ("meter", &[]),
    // Whether a host is this machine: whoever sends a secret, or judges who may, asks the same.
    ("host", &[]),
    // What a row may press: `connector` reads the name, `browser` presses it, and one list holds both.
    ("key", &[]),
    ("clock", &[]),
    ("otp", &[]),
    ("yaml", &[]),
    ("diagnostic", &[]),
    ("config", &["secret", "name", "diagnostic", "yaml"]),
    ("connector", &["diagnostic", "name", "locator", "host", "key", "otp", "yaml"]),
    ("import", &["connector", "diagnostic", "name", "locator", "host", "otp", "yaml"]),
    ("plan", &["connector", "diagnostic", "name", "locator", "otp"]),
    ("access", &["name", "clock", "diagnostic"]),
    ("vault", &["secret", "name", "host", "meter", "access", "clock", "otp"]),
    // A seed that somebody brings, before it is kept.
    ("offer", &["secret", "otp", "vault"]),
    ("oidc", &["secret", "name", "host", "clock", "config"]),
    // It names `secret` and `vault` for seeds, whose codes one module computes.
    ("factor", &["secret", "name", "clock", "otp", "vault"]),
    ("demo", &["secret", "name", "clock", "vault"]),
    ("browser", &["secret", "locator", "host", "key", "stream"]),
    ("activity", &["plan", "name", "diagnostic", "clock", "meter"]),
    (
        "session",
        &[
            "secret",
            "name",
            "locator",
            "host",
            "key",
            "clock",
            "otp",
            "diagnostic",
            "config",
            "connector",
            "plan",
            "access",
            "vault",
            "browser",
            "activity",
        ],
    ),
    (
        "custody",
        &[
            "secret",
            "name",
            "clock",
            "otp",
            "diagnostic",
            "access",
            "vault",
            "offer",
            "activity",
            "session",
        ],
    ),
    // What is told of launches: never `secret`, nor `browser`, whose pages could say anything.
    ("trace", &["meter", "name", "host", "clock", "diagnostic", "connector", "plan", "session"]),
    // What a viewer is sent: the same for a live session and for a recording of one.
    ("stream", &[]),
    // It names `secret` to write a new pair of keys, and `activity` to read what is on record of recordings.
    ("recording", &["secret", "name", "clock", "stream", "activity"]),
    (
        "live",
        &[
            "meter",
            "stream",
            "recording",
            "name",
            "clock",
            "diagnostic",
            "connector",
            "plan",
            "access",
            "browser",
            "activity",
            "session",
            "trace",
        ],
    ),
    // It never names `secret`: what a page shows comes from a plan, a listing or the record.
    (
        "portal",
        &[
            "meter",
            "stream",
            "recording",
            "live",
            "demo",
            "oidc",
            "factor",
            "name",
            "clock",
            "host",
            "diagnostic",
            "config",
            "connector",
            "plan",
            "access",
            "vault",
            "offer",
            "activity",
            "session",
            "custody",
        ],
    ),
    (
        "cli",
        &[
            "secret",
            "name",
            "locator",
            "meter",
            "host",
            "key",
            "clock",
            "otp",
            "yaml",
            "diagnostic",
            "config",
            "connector",
            "import",
            "plan",
            "access",
            "vault",
            "offer",
            "browser",
            "activity",
            "session",
            "custody",
            "trace",
            "stream",
            "recording",
            "live",
            "demo",
            "oidc",
            "factor",
            "portal",
        ],
    ),
];

/// The files, and folders with `/` at the end, that may expose a secret: to type it into the browser,
/// to sign a vault request or compute a code, to write it to a vault.
const MAY_EXPOSE: &[&str] = &[
    "src/secret.rs",
    "src/vault/",
    // Asks people for their passwords, as the sites that are signed in to do.
    "src/demo/",
    "src/browser/typing.rs",
    // Puts them into requests in the place of what was typed.
    "src/browser/seal/",
    // Fills templates, for `browser/typing.rs` alone.
    "src/session/value.rs",
    // Takes secrets out of what pages say.
    "src/session/scrub.rs",
    // Writes a new key of an auditor's to its file.
    "src/recording/identity.rs",
    // Reads the seeds that people bring.
    "src/offer/",
    // Shows codes to people who may read them.
    "src/custody/",
    // Shows a provider the secret of the client.
    "src/oidc/fetch.rs",
];

/// The only place that prints.
const MAY_PRINT: &str = "src/cli/";

/// The most lines that a file has.
const LINES: usize = 600;

/// Everything that is wrong with one file: `path:line: rule`.
fn check(path: &str, text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mut wrong = Vec::new();
    let top = matches!(path, "src/lib.rs" | "src/main.rs");
    if !top {
        imports(&module(path), &tokens, &mut wrong);
    }
    exposures(path, &tokens, &mut wrong);
    prints(path, &tokens, &mut wrong);
    let lines = text.lines().count();
    if lines > LINES {
        wrong.push((lines, format!("{lines} lines, the most is {LINES}: split the file")));
    }
    wrong.sort();
    wrong.dedup();
    wrong.into_iter().map(|(line, rule)| format!("{path}:{line}: {rule}")).collect()
}

/// The path of the module in the file `path`, below the crate.
fn module(path: &str) -> Vec<&str> {
    let path = path.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
}

/// Finds what the module `home` names and may not.
fn imports(home: &[&str], tokens: &[Token<'_>], wrong: &mut Vec<(usize, String)>) {
    let own = home[0];
    let (_, may) = MAY_NAME.iter().find(|(name, _)| *name == own).copied().unwrap_or((own, &[]));
    for (line, path) in paths(home, tokens) {
        let rule = match path.first() {
            None => format!("`{own}` names the whole crate: name the module that is meant"),
            Some(named) if *named == own || may.contains(named) => continue,
            Some(named) if may.is_empty() => {
                format!("`{own}` may not name `{named}`: it may name no other module")
            }
            Some(named) => {
                format!("`{own}` may not name `{named}`: it may name {}", may.join(", "))
            }
        };
        wrong.push((line, rule));
    }
}

/// The paths in `tokens` that begin at the crate, at a module above or at this one, from the crate on.
fn paths<'a>(home: &[&'a str], tokens: &[Token<'a>]) -> Vec<(usize, Vec<&'a str>)> {
    let mut found = Vec::new();
    // Modules within the file: their names, and how many braces are open around them.
    let mut inner: Vec<(&str, usize)> = Vec::new();
    let mut depth = 0;
    for at in 0..tokens.len() {
        match tokens[at].text {
            "{" => {
                depth += 1;
                if at >= 2 && tokens[at - 2].text == "mod" {
                    inner.push((tokens[at - 1].text, depth));
                }
            }
            "}" => {
                inner.retain(|(_, opened)| *opened < depth);
                depth -= 1;
            }
            "crate" | "super" | "self" if begins_path(tokens, at) => {
                let here: Vec<&str> =
                    home.iter().copied().chain(inner.iter().map(|(name, _)| *name)).collect();
                follow(tokens, at, here, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Whether the word at `at` is the first of a path, or stands for the crate by itself.
fn begins_path(tokens: &[Token<'_>], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let inside = at > 0 && matches!(text(at - 1), "::" | ".");
    !inside && (text(at + 1) == "::" || (text(at) == "crate" && text(at + 1) == "as"))
}

/// Follows a path from the token at `at` to each of its ends, and says where the tokens go on.
fn follow<'a>(
    tokens: &[Token<'a>],
    mut at: usize,
    mut path: Vec<&'a str>,
    found: &mut Vec<(usize, Vec<&'a str>)>,
) -> usize {
    let line = tokens[at].line;
    loop {
        match tokens.get(at).map_or("", |token| token.text) {
            "crate" => path.clear(),
            "super" => drop(path.pop()),
            "self" => {}
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token.text != "}") {
                    at = follow(tokens, at, path.clone(), found).max(at + 1);
                    // Past a new name (`as x`) and the comma.
                    while tokens.get(at).is_some_and(|token| !matches!(token.text, "," | "}")) {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
                }
                return at + 1;
            }
            name if name.starts_with(|c: char| c.is_alphabetic() || c == '_') => path.push(name),
            // `*`, or the `<` of type arguments: the path so far is what is named.
            _ => break,
        }
        at += 1;
        match tokens.get(at).map_or("", |token| token.text) {
            "::" => at += 1,
            _ => break,
        }
    }
    found.push((line, path));
    at
}

/// Finds where a secret's value is taken out of its type.
fn exposures(path: &str, tokens: &[Token<'_>], wrong: &mut Vec<(usize, String)>) {
    let may =
        |listed: &&str| path == *listed || (listed.ends_with('/') && path.starts_with(*listed));
    for pair in tokens.windows(2) {
        let call = pair[1].text == "expose" && matches!(pair[0].text, "." | "::");
        if call && !MAY_EXPOSE.iter().any(may) {
            let rule = format!("a secret may be exposed only in {}", MAY_EXPOSE.join(", "));
            wrong.push((pair[1].line, rule));
        }
        let inside = matches!(pair[1].text, "expose_secret" | "ExposeSecret");
        if inside && path != "src/secret.rs" {
            wrong.push((pair[1].line, "only `secret` opens the type beneath `Secret`".to_owned()));
        }
    }
}

/// Finds what prints.
fn prints(path: &str, tokens: &[Token<'_>], wrong: &mut Vec<(usize, String)>) {
    for pair in tokens.windows(2) {
        let prints = matches!(pair[0].text, "print" | "println" | "eprint" | "eprintln" | "dbg");
        if prints && pair[1].text == "!" && !path.starts_with(MAY_PRINT) {
            let rule = format!("`{}!` outside {MAY_PRINT}: only the commands print", pair[0].text);
            wrong.push((pair[0].line, rule));
        }
    }
}

/// What the table says and the folder does not, or the other way round.
fn stale(modules: &[String]) -> Vec<String> {
    let rows: Vec<&str> = MAY_NAME.iter().map(|(name, _)| *name).collect();
    let without = modules.iter().filter(|module| !rows.contains(&module.as_str()));
    let named = MAY_NAME.iter().flat_map(|(_, may)| may.iter().copied());
    let mut gone: Vec<&str> = rows.iter().copied().chain(named).collect();
    gone.retain(|name| !modules.iter().any(|module| module == name));
    gone.sort_unstable();
    gone.dedup();
    without
        .map(|module| format!("`{module}` has no row in the table of who may name whom"))
        .chain(
            gone.iter()
                .map(|name| format!("the table names `{name}`, and there is no such module")),
        )
        .collect()
}

/// Every Rust file below the folder `path`, in order.
fn files(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            Vec::from_iter(path.extension().is_some_and(|e| e == "rs").then_some(path))
        }
    };
    entries.into_iter().flat_map(below).collect()
}

/// The sources of this crate: path from its root, and text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    files(&root.join("src"))
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn the_sources_keep_to_their_layers() {
    let sources = sources();
    assert!(sources.iter().any(|(path, _)| path == "src/lib.rs"), "no sources were found");
    let wrong: Vec<String> = sources.iter().flat_map(|(path, text)| check(path, text)).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_table_knows_every_module_and_no_other() {
    let mut modules: Vec<String> = sources()
        .iter()
        .map(|(path, _)| module(path)[0].to_owned())
        .filter(|name| !matches!(name.as_str(), "lib" | "main"))
        .collect();
    modules.dedup();
    assert_eq!(stale(&modules), [""; 0]);

    modules.retain(|module| module != "otp");
    modules.push("helpers".to_owned());
    assert_eq!(
        stale(&modules),
        [
            "`helpers` has no row in the table of who may name whom",
            "the table names `otp`, and there is no such module"
        ]
    );
}

/// Bad sources, and what must be said of them: a checker that finds nothing proves nothing.
/// The OpenAPI document knows bodies by their names alone: of two with one name it would describe the first for both.
#[test]
fn no_two_bodies_of_the_api_have_one_name() {
    let mut seen = BTreeMap::new();
    for (path, text) in sources() {
        for part in text.split("#[derive(").skip(1) {
            let Some((derived, rest)) = part.split_once(")]") else { continue };
            if !derived.contains("ToSchema") {
                continue;
            }
            let mut words = rest.split(|c: char| !c.is_alphanumeric() && c != '_');
            let name = words.by_ref().find(|word| matches!(*word, "struct" | "enum"));
            let name = name.and_then(|_| words.find(|word| !word.is_empty())).unwrap();
            let before = seen.insert(name.to_owned(), path.clone());
            assert_eq!(before, None, "{name} of {path} stands elsewhere, too");
        }
    }
    assert!(seen.contains_key("CardBody"), "{seen:?}");
}

#[test]
fn bad_sources_are_found() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/layers");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let case = std::fs::read_to_string(&path).unwrap();
        let (head, source) = case.split_once("---\n").expect("a head and a source");
        let mut head = head.lines();
        let file = head.next().unwrap().strip_prefix("file: ").expect("`file: `");
        let expected: Vec<String> = head
            .map(|line| format!("{file}:{}", line.strip_prefix("says: ").expect("`says: `")))
            .collect();
        assert_eq!(check(file, source), expected, "{}", path.display());
    }
    let long = "\n".repeat(LINES + 1);
    assert_eq!(
        check("src/clock.rs", &long),
        ["src/clock.rs:601: 601 lines, the most is 600: split the file"]
    );
    assert_eq!(check("src/clock.rs", &long[1..]), [""; 0]);
}
