//! A stand-in: what a page is typed instead of a secret. Random, as long as the secret, and of the same kinds
//! of characters, so that a page which checks a password or a code before it sends it is content.

use ring::rand::{SecureRandom, SystemRandom};

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";
/// Those that no writing of a request changes: forms leave them as they are (URL standard,
/// application/x-www-form-urlencoded serializing), JSON and XML as well.
const SIGNS: &[u8] = b"*-._";

/// A stand-in for `secret`. `None` where the system gives no random numbers.
pub(super) fn stand_in(secret: &str) -> Option<String> {
    let kinds = kinds(secret);
    let all: Vec<u8> = kinds.concat();
    let length = secret.chars().count();
    loop {
        let mut made = Vec::with_capacity(length);
        // Each kind at least once, then any of them.
        for at in 0..length {
            made.push(pick(kinds.get(at).copied().unwrap_or(&all))?);
        }
        shuffle(&mut made)?;
        let made: String = made.into_iter().map(char::from).collect();
        // As a number it has to keep its length.
        if made != secret && !made.starts_with('0') {
            return Some(made);
        }
    }
}

/// The kinds of characters in `secret`. What is neither a letter of ASCII nor a digit is a sign; of other
/// alphabets a letter stands for each.
fn kinds(secret: &str) -> Vec<&'static [u8]> {
    let is = |test: fn(char) -> bool| secret.chars().any(test);
    let found = [
        (LOWER, is(|c| c.is_ascii_lowercase() || (c.is_alphabetic() && !c.is_ascii()))),
        (UPPER, is(|c| c.is_ascii_uppercase())),
        (DIGITS, is(|c| c.is_ascii_digit())),
        (SIGNS, is(|c| !c.is_alphanumeric())),
    ];
    let mut kinds: Vec<_> = found.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind).collect();
    // Signs alone make no stand-in that is told from others.
    if kinds == [SIGNS] {
        kinds.push(LOWER);
    }
    kinds
}

/// One of `from`, each as likely as the others.
fn pick(from: &[u8]) -> Option<u8> {
    from.get(below(from.len())?).copied()
}

/// A random number below `end`, which is at most 256.
fn below(end: usize) -> Option<usize> {
    let fair = 256 - 256 % end.max(1);
    loop {
        let mut byte = [0];
        SystemRandom::new().fill(&mut byte).ok()?;
        let [byte] = byte;
        if usize::from(byte) < fair {
            return Some(usize::from(byte) % end.max(1));
        }
    }
}

fn shuffle(made: &mut [u8]) -> Option<()> {
    for at in (1..made.len()).rev() {
        // A password is rarely longer than 256 characters; what stands behind them is mixed among itself.
        let window = (at + 1).min(256);
        made.swap(at, at + 1 - window + below(window)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_of_the_same_kind() {
        let cases = [
            "hunter2",
            "Tr0ub4dor&3",
            "123456",
            "00000000",
            "é",
            "pass word",
            "&=+%",
            "P",
            "日本語パスワード",
            "x\u{1F511}y",
            "a",
            "7",
        ];
        for secret in cases {
            for _ in 0..50 {
                let made = stand_in(secret).unwrap();
                assert_ne!(made, secret);
                assert_eq!(made.chars().count(), secret.chars().count(), "{secret} {made}");
                assert!(made.bytes().all(|b| b.is_ascii_alphanumeric() || SIGNS.contains(&b)));
                let same = |test: fn(char) -> bool| {
                    assert_eq!(made.chars().any(test), secret.chars().any(test), "{secret} {made}");
                };
                same(|c| c.is_ascii_digit());
                same(|c| c.is_ascii_uppercase());
                if secret.chars().all(|c| c.is_ascii_digit()) {
                    assert!(!made.starts_with('0') && made.bytes().all(|b| b.is_ascii_digit()));
                }
            }
        }
    }

    #[test]
    fn no_two_stand_ins_are_alike() {
        let made: std::collections::BTreeSet<_> =
            (0..100).map(|_| stand_in("correct horse").unwrap()).collect();
        assert_eq!(made.len(), 100);
        assert_eq!(stand_in(&"x".repeat(512)).unwrap().len(), 512);
    }
}
