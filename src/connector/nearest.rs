//! The nearest name: what a misspelt word probably means.

/// The one of `names` that is nearest to `word`, case aside, if it is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    // A third of the letters may be wrong; of a word of two or three, one.
    let most = (lower.chars().count() / 3).max(1);
    // The distance is quadratic in the length: an absurdly long word is not a misspelling.
    if lower.len() > 64 {
        return None;
    }
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The same, if no other is as near: what a machine may write in place of `word`.
pub(super) fn only_nearest<'a>(
    word: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let near = nearest(word, names.clone())?;
    let others = names.into_iter().filter(|name| *name != near);
    let lower = word.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    others.map(distance).all(|other| other > distance(near)).then_some(near)
}

/// The known property that `word` is one slip of the keyboard away from. An account may have
/// properties of its own, so `password2` and `uri` are not taken for slips.
pub(super) fn slip<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    if word.len() > 64 || word.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    names
        .iter()
        .copied()
        .find(|name| name.len() >= 6 && strsim::damerau_levenshtein(word, name) == 1)
}

/// Names for a message: `` `a`, `b` and `c` ``.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{nearest, slip};

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let names = ["LogonURL", "ActionTimeout", "AllowedURLs"];
        for (word, expected) in [
            ("logonurl", Some("LogonURL")),
            ("LogonUrI", Some("LogonURL")),
            ("ActionTimout", Some("ActionTimeout")),
            ("AllowdURL", Some("AllowedURLs")),
            ("Browser", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, names), expected, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(1_000_000), names), None);
    }

    #[test]
    fn a_property_of_its_own_is_no_slip() {
        let known = ["username", "password", "port", "url"];
        for word in ["usrname", "usernme", "usernaem", "pasword", "passwords"] {
            assert!(slip(word, &known).is_some(), "{word}");
        }
        for word in ["username", "password2", "uri", "post", "sort", "apitoken", "user", "pass"] {
            assert_eq!(slip(word, &known), None, "{word}");
        }
    }
}
