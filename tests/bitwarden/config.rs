//! The settings: what is wrong with them is said before anything is asked.

use doorward::vault::bitwarden::Bitwarden;
use serde_json::{Value, json};

use super::{all_of, assert_nothing_leaks, lab};

fn opened(settings: Value) -> Result<Bitwarden, Box<doorward::vault::Error>> {
    let settings = settings.as_object().unwrap().clone();
    Bitwarden::open("team".parse().unwrap(), settings, lab().path()).map_err(Box::new)
}

#[tokio::test]
async fn wrong_settings_are_named_by_their_key() {
    const ELSEWHERE: &str = "`address` has to be this machine, such as `http://127.0.0.1:8087`: `bw serve` gives every password to everybody who can reach it";
    for (settings, message) in [
        (json!({ "address": "http://10.0.0.7:8087" }), ELSEWHERE),
        (json!({ "address": "https://bitwarden.example" }), ELSEWHERE),
        (json!({ "address": "http://127.0.0.1.evil.example:8087" }), ELSEWHERE),
        (json!({ "address": "http://0.0.0.0:8087" }), ELSEWHERE),
        (json!({ "address": "http://[fe80::1]:8087", "allow-insecure": true }), ELSEWHERE),
        (
            json!({ "allow-insecure": true }),
            "`allow-insecure` means nothing here: `bw serve` is asked on this machine only",
        ),
        (
            json!({ "trusted-hosts": ["MARKED"] }),
            "`trusted-hosts` means nothing here: `bw serve` sends nobody elsewhere",
        ),
        (
            json!({ "password": "MARKED" }),
            "`password` would be a secret in the configuration: put it into a file and name that, with `password-file`",
        ),
        (
            json!({ "session": "MARKED" }),
            "`session` would be a secret in the configuration: give it to `bw serve`, as `BW_SESSION`",
        ),
        (
            json!({ "address": "127.0.0.1:8087" }),
            "`address` has to be a URL such as `http://127.0.0.1:8087`",
        ),
        (
            json!({ "max-age": "MARKED" }),
            "`max-age` has to be a duration with its unit, such as `5s` or `200ms`",
        ),
        (json!({ "max_age": "1h" }), "`max_age` is unknown; `max-age` is the nearest key"),
    ] {
        let Err(error) = opened(settings.clone()) else { panic!("taken: {settings}") };
        let expected = format!("the configuration of vault `team` is wrong: {message}");
        assert_eq!(error.to_string(), expected, "{settings}");
        assert_nothing_leaks(&all_of(&error), message);
    }
}

#[tokio::test]
async fn right_settings_are_taken_and_read_nothing() {
    for settings in [
        json!({}),
        json!({ "address": null }),
        json!({ "address": "http://localhost:9000" }),
        json!({ "address": "http://[::1]:9000/", "password-file": "absent", "max-age": "2h 30m" }),
        json!({ "public-properties": ["PIN"], "timeout": "1s", "deadline": "2s" }),
    ] {
        if let Err(error) = opened(settings.clone()) {
            panic!("{settings}: {error}");
        }
    }
}
