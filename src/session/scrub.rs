//! Scrubbing: what a page says may repeat what was typed into it, so the session's secrets are taken
//! out of every text of a page before a person, the record or a log meets it.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use zeroize::Zeroizing;

use super::spelling::units;
use crate::secret::Secret;

/// What stands where a secret was.
const GAP: &str = "…";

/// The mark of a text that was cut off: what stands before it may be the beginning of a secret.
const CUT: &str = "…";

/// A shorter form of bytes is not looked for: it would be found everywhere.
const SHORTEST: usize = 8;

/// `text` of a page without any of `secrets`, however the page spells them.
pub(super) fn scrub<'a>(text: &str, secrets: impl Iterator<Item = &'a Secret>) -> String {
    let mut text = text.to_owned();
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        for form in forms(secret.expose()).iter().filter(|form| form.len() >= SHORTEST) {
            text = text.replace(form.as_str(), GAP);
        }
        text = without(&text, secret.expose());
    }
    text
}

/// The value as bytes are shown: in hexadecimal, and in base64 wherever in a text it stands.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let bytes = value.as_bytes();
    let mut forms = vec![HEXLOWER.encode(bytes), HEXUPPER.encode(bytes)];
    for offset in 0..3 {
        let shifted = Zeroizing::new([&[0; 2][..offset], bytes].concat());
        // Of the characters at both ends a part belongs to the neighbours: 8 bits a byte, 6 a character.
        let own = (offset * 8).div_ceil(6)..shifted.len() * 8 / 6;
        for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            let whole = Zeroizing::new(encoding.encode(&shifted));
            forms.push(whole.get(own.clone()).unwrap_or_default().to_owned());
        }
    }
    forms.into_iter().map(Zeroizing::new).collect()
}

/// `text` without `value`, in whatever way each of its characters is spelled.
fn without(text: &str, value: &str) -> String {
    // A page trims what it shows, and makes one blank of several.
    let value = value.trim();
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        match spelled(text, at, value) {
            Some(end) => {
                clean.push_str(GAP);
                at = end;
            }
            None => {
                clean.push(next);
                at += next.len_utf8();
            }
        }
    }
    clean
}

/// Where `value` ends that begins at `from`, or its beginning that is cut off there.
fn spelled(text: &str, from: usize, value: &str) -> Option<usize> {
    // A unit can be read in several ways, so there can be several places where the next one begins.
    let mut places = vec![from];
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let blank = character.is_whitespace();
        while blank && characters.next_if(|next| next.is_whitespace()).is_some() {}
        let mut next: Vec<usize> = Vec::new();
        let mut reached = places.clone();
        while let Some(place) = reached.pop() {
            for (read, end) in units(text, place) {
                let fits = (blank && read.is_whitespace()) || alike(read, character);
                if fits && !next.contains(&end) {
                    next.push(end);
                    if blank {
                        reached.push(end);
                    }
                }
            }
        }
        if next.is_empty() {
            let cut = |place: &&usize| **place > from && is_cut(text.get(**place..));
            return places.iter().find(cut).copied();
        }
        places = next;
    }
    places.into_iter().max().filter(|end| *end > from)
}

/// Whether the text is cut off here, or within the spelling of the character that begins here.
fn is_cut(rest: Option<&str>) -> bool {
    let Some((before, _)) = rest.and_then(|rest| rest.split_once(CUT)) else { return false };
    before.is_empty() || (before.len() < 8 && before.starts_with(['%', '&', '\\']))
}

/// Whether two characters are the same but for their case: a page may show its texts in capitals.
fn alike(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
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
        let secrets = [Secret::new("p&ss \"w<rd>+%\\ü'!".into()), Secret::new("123456".into())];
        let cases = [
            "Wrong password p&ss \"w<rd>+%\\ü'!",
            "P&SS   \"W<RD>+%\\Ü'!",
            "/login?password=p%26ss+%22w%3Crd%3E%2B%25%5C%C3%BC%27%21&x=1",
            "/login?password=p%26ss%20%22w%3Crd%3E%2B%25%5C%C3%BC'!",
            "/login?password=p%26ss%20%22w%3crd%3e%2b%25%5c%c3%bc'!",
            "/p&ss%20%22w%3Crd%3E+%25%5C%C3%BC'!",
            "p%26ss%20%22w%3Crd%3E+%25%5C%FC'!",
            "p%26ss%20%22w%3Crd%3E+%25%5C%u00FC'!",
            "p&amp;ss &quot;w&lt;rd&gt;+%\\ü&#39;!",
            "p&#38;ss&nbsp;&#x22;w&#60;rd&gt;+%\\&#xFC;&apos;!",
            "{\"password\":\"p&ss \\\"w<rd>+%\\\\ü'!\"}",
            "{\"password\":\"p\\u0026ss \\\"w\\u003crd\\u003E+%\\\\\\u00fc'!\"}",
            "\"{\\\"password\\\":\\\"p&ss \\\\\\\"w<rd>+%\\\\\\\\ü'!\\\"}\"",
            "cCZzcyAidzxyZD4rJVzDvCch",
            "Basic YWxpY2U6cCZzcyAidzxyZD4rJVzDvCch",
            "Basic Ym9iOnAmc3MgInc8cmQ+KyVcw7wnIQ==",
            "Basic Ym86cCZzcyAidzxyZD4rJVzDvCch",
            "The code 123456 is wrong, %31%32%33%34%35%36",
            "so long that it is cut off: p&ss \"w…, and more",
            "so long that it is cut off: p&s…",
            "so long that it is cut off: p%26ss+%2…",
        ];
        for case in cases {
            let clean = scrub(case, secrets.iter());
            for rest in
                ["p&s", "P&S", "p%26s", "p&amp;s", "p&#38", "p\\u0026", "w<rd", "123456", "%31"]
            {
                assert!(!clean.contains(rest), "{case} became {clean}");
            }
            for rest in ["cCZzc", "AmczMg", "nAmc3M", "iOnAm"] {
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
        for text in ["… and so on", "hunter", "h", "&;%+\\\\", "%u%zz&#x;&amp", "🙂%F0%9F", ""]
        {
            assert_eq!(scrub(text, secrets.iter()), text);
        }
        assert_eq!(scrub("a hunter2 b hunter2", secrets.iter()), "a … b …");
    }

    #[test]
    fn a_place_has_neither_query_nor_user() {
        assert_eq!(place("https://a:b@x.example/login?p=1#t"), "https://x.example/login");
        assert_eq!(place("data:text/html,secret"), "data:");
        assert_eq!(place("nothing"), "");
    }
}
