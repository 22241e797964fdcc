//! Scrubbing: what a page says may repeat what was typed into it, so the session's secrets are taken
//! out of every text of a page before a person, the record or a log meets it.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// What stands where a secret was.
const GAP: &str = "…";

/// `text` of a page without any of `secrets`, in the forms that pages and URLs give them.
pub(super) fn scrub<'a>(text: &str, secrets: impl Iterator<Item = &'a Secret>) -> String {
    let mut text = text.to_owned();
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        for form in forms(secret.expose()) {
            if !form.is_empty() && text.contains(form.as_str()) {
                text = text.replace(form.as_str(), GAP);
            }
        }
    }
    text
}

/// The forms of a value: as it is, in URLs, in HTML and in JSON; longer ones first, so that none
/// leaves a rest of another.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let trimmed = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let html = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let json = serde_json::to_string(value).unwrap_or_default();
    let json = json.trim_matches('"').to_owned();
    let base64 = data_encoding::BASE64.encode(value.as_bytes());
    let mut forms: Vec<_> = [
        value.to_owned(),
        trimmed,
        form.to_lowercase(),
        percent.to_lowercase(),
        form,
        percent,
        html,
        json,
        base64,
    ]
    .map(Zeroizing::new)
    .into();
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms
}

/// A URL for people and the record: origin and path. Query and fragment may carry what was typed.
pub(super) fn place(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut url) => {
            url.set_query(None);
            url.set_fragment(None);
            let _ = url.set_username("");
            let _ = url.set_password(None);
            if matches!(url.scheme(), "data" | "javascript" | "blob") {
                return format!("{}:", url.scheme());
            }
            url.into()
        }
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_a_secret_survives() {
        let secrets = [Secret::new("p&ss \"w<rd>+%".into()), Secret::new("123456".into())];
        let cases = [
            "Wrong password p&ss \"w<rd>+%!",
            "/login?password=p%26ss+%22w%3Crd%3E%2B%25&x=1",
            "/login?password=p%26ss%20%22w%3Crd%3E%2B%25",
            "/login?password=p%26ss%20%22w%3crd%3e%2b%25",
            "p&amp;ss &quot;w&lt;rd&gt;+%",
            "{\"password\":\"p&ss \\\"w<rd>+%\"}",
            "cCZzcyAidzxyZD4rJQ==",
            "The code 123456 is wrong",
        ];
        for case in cases {
            let clean = scrub(case, secrets.iter());
            for rest in ["p&ss", "p%26ss", "p&amp;ss", "w<rd", "123456", "cCZzc"] {
                assert!(!clean.contains(rest), "{case} became {clean}");
            }
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let secrets = [Secret::new(String::new()), Secret::new("hunter2".into())];
        assert_eq!(
            scrub("Wrong user name or password", secrets.iter()),
            "Wrong user name or password"
        );
    }

    #[test]
    fn a_place_has_neither_query_nor_user() {
        assert_eq!(place("https://a:b@x.example/login?p=1#t"), "https://x.example/login");
        assert_eq!(place("data:text/html,secret"), "data:");
        assert_eq!(place("nothing"), "");
    }
}
