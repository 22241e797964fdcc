//! Secrets in the wrong place: in the configuration, on the command line, in a connector.

use super::world::{PASSWORD, TOKEN, World};

#[test]
fn a_secret_in_the_configuration_is_not_repeated() {
    let world = World::new();
    let cases = [
        "token: TOKEN",
        "TOKEN",
        "token TOKEN",
        "- TOKEN",
        "*TOKEN",
        "&TOKEN",
        "!TOKEN x",
        "token: \"TOKEN",
        "token: 'TOKEN",
        "token: {TOKEN",
        "token: [TOKEN",
        "vaults: { corp: TOKEN",
        "vaults: { corp: \"TOKEN\\q\" }",
        "vaults: TOKEN",
        "vaults: [TOKEN]",
        "vaults: { corp: TOKEN }",
        "vaults: { corp: [TOKEN] }",
        "vaults: { corp: { kind: TOKEN } }",
        "vaults: { corp: { kind: [TOKEN] } }",
        "vaults: { corp: { kind: kdbx, path: v, password: PASSWORD } }",
        "vaults: { corp: { kind: kdbx, path: [PASSWORD] } }",
        "vaults: { corp: { kind: kdbx, path: v, key-file: { key: PASSWORD } } }",
        "vaults: { corp: { HASHICORP, token: TOKEN } }",
        "vaults: { corp: { HASHICORP, auth: TOKEN } }",
        "vaults: { corp: { HASHICORP, auth: [TOKEN] } }",
        "vaults: { corp: { HASHICORP, auth: { token: TOKEN } } }",
        "vaults: { corp: { HASHICORP, auth: { token-env: TOKEN } } }",
        "vaults: { corp: { HASHICORP, auth: { token-file: TOKEN } } }",
        "vaults: { corp: { HASHICORP, auth: { approle: TOKEN } } }",
        "vaults: { corp: { HASHICORP, auth: { approle: { role-id: r, secret-id: TOKEN } } } }",
        "vaults: { corp: { HASHICORP, auth: { approle: { role-id: [TOKEN] } } } }",
        "vaults: { corp: { HASHICORP, auth: { token-file: keys/token }, timeout: TOKEN } }",
        "vaults: { corp: { HASHICORP, auth: { token-file: keys/token }, engine: TOKEN } }",
        "vaults: { corp: { HASHICORP, auth: { token-file: keys/token }, namespace: [TOKEN] } }",
        "vaults: { corp: { HASHICORP, auth: { token-file: keys/token }, keys: TOKEN } }",
        "vaults: { corp: { kind: hashicorp, address: 'https://u:TOKEN@vault.example' } }",
        "vaults: { corp: { kind: hashicorp, address: 'https://vault.example/?token=TOKEN' } }",
        "vaults: { corp: { kind: hashicorp, address: TOKEN } }",
        "default-vault: TOKEN",
        "default-vault: [TOKEN]",
        "state: [TOKEN]",
        "connectors: TOKEN",
        "connectors: { token: TOKEN }",
        "browser: TOKEN",
        "browser: { token: TOKEN }",
        "browser: { kind: TOKEN }",
        "browser: { sandbox: TOKEN }",
        "browser: { sandbox: [TOKEN] }",
        "browser: { webdriver: [TOKEN] }",
        "browser: { webdriver: 'http://u:TOKEN@grid.example:x' }",
        "browser: { webdriver: TOKEN }",
    ];
    let mut leaks = Vec::new();
    let quoted = format!("'{}'", PASSWORD.replace('\'', "''"));
    for yaml in cases {
        let text = yaml.replace("PASSWORD", &quoted).replace("TOKEN", TOKEN);
        let text = text.replace("HASHICORP", "kind: hashicorp, address: 'http://127.0.0.1:9'");
        // The configuration itself holds the mark, so it lies where nothing is searched.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("doorward.yaml");
        std::fs::write(&file, text).unwrap();
        world.desk.connector("plain", "http://127.0.0.1:9/plain", "", "x > (Button)\n");
        let mut codes = Vec::new();
        for line in [
            "account list corp:",
            "account show corp:a",
            "connect connectors/plain.yaml --account corp:a --headless",
            "activity",
            "vault init corp",
        ] {
            let mut line: Vec<&str> = line.split(' ').collect();
            line.extend(["--config", file.to_str().unwrap()]);
            let mut command = world.desk.lab.command(&line);
            command.env("RUST_LOG", "trace");
            let output = command.output().unwrap();
            leaks.extend(world.leak(&output).map(|leak| format!("{yaml}: {leak}")));
            codes.push(output.status.code());
        }
        assert!(codes.iter().any(|code| *code != Some(0)), "{yaml} is taken");
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

#[test]
fn a_secret_on_the_command_line_is_not_repeated() {
    let world = World::new();
    let mut leaks = Vec::new();
    for line in [
        "account add a --username u --password SECRET",
        "account add a --username u --password=SECRET",
        "account add a --username u --Password SECRET",
        "account add a --username u --pasword SECRET",
        "account add a --username u --pasword=SECRET",
        "account add a --username u --secret SECRET",
        "account add a --username u --secret=SECRET",
        "account add a --username u --secret-stdin SECRET",
        "account add a --username u --secret-stdin=SECRET",
        "account add a --username u --seed SECRET",
        "account add a --username u --otp=SECRET",
        "account add a --username u --pin SECRET",
        "account add a --username u --pin=SECRET",
        "account add a --username u --protected pin=SECRET",
        "account add a --username u --protected pin SECRET",
        "account add a --username u --property SECRET",
        "account add a --username u --property password=SECRET",
        "account add a --username u -p SECRET",
        "account add a --username u -pSECRET",
        "account add a --username u SECRET",
        "account add a SECRET --username u",
        "account edit web/site --secret SECRET",
        "account edit web/site --secret=SECRET",
        "account edit web/site --secret -- SECRET",
        "account edit web/site SECRET",
        "account edit web/site --password SECRET",
        "vault init --password SECRET",
        "vault init --key=SECRET",
        "vault init local SECRET",
        "connect plain --account web/site --password SECRET",
        "connect plain --account web/site --otp=SECRET",
        "connect plain --account web/site --token SECRET",
        "connect plain --account web/site --secret-id=SECRET",
        "connect plain --account web/site --param SECRET",
        "connect plain --account web/site --webdriver http://u:SECRET@127.0.0.1:9",
        "connect plain --account web/site --webdriver http://u:SECRET@127.0.0.1:x",
        "--password SECRET account list",
        "--token=SECRET account list",
    ] {
        world.desk.connector("plain", "http://<address>/plain", "", "x > (Button)\n");
        for secret in [TOKEN, PASSWORD] {
            let words: Vec<String> =
                line.split(' ').map(|word| word.replace("SECRET", secret)).collect();
            let mut command = world.desk.lab.command(&words);
            command.env("RUST_LOG", "trace").env("TMPDIR", world.desk.lab.path().join("t"));
            let output = command.output().unwrap();
            leaks.extend(world.leak(&output).map(|leak| format!("{line}: {leak}")));
            let text = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code().unwrap();
            assert!((2..=6).contains(&code), "{line}: {code} {text}");
            assert!(text.contains("error:"), "{line}: {text}");
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    // What a shell was told stands in the arguments of that process; nowhere else.
    world.search_files("the command line");
}

/// A snippet shows the author their own file. That is all that shows it.
#[test]
fn a_secret_in_a_connector_stays_with_its_author() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("literal.yaml");
    for row in ["password > TOKEN (SearchBy=id)", "otp > (TOTP) TOKEN (SearchBy=id)"] {
        let text = format!(
            "ConnectorId: literal\nTargetSettings:\n  LogonURL: http://<address>/plain\n\
             WebFormFields: |\n  {}\n",
            row.replace("TOKEN", TOKEN)
        );
        std::fs::write(&file, text).unwrap();
        let path = file.to_str().unwrap();
        let checked = world.desk.lab.run(&["check", path]);
        assert!(checked.stderr.contains("literal-secret"), "{}", checked.stderr);
        assert!(checked.stderr.contains(TOKEN), "the snippet is the author's own line");
        let output = world.connect(path, "web/site", &["--format", "json"]).output().unwrap();
        assert_ne!(output.status.code(), Some(0));
        assert!(world.marks.within(&output.stdout).is_empty());
        world.search_files(row);
    }
    world.end();
}
