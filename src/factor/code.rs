//! A code: what an authenticator shows, as people type it, and the periods that it can be of.

use zeroize::Zeroizing;

use crate::vault::totp::Seed;

/// How many digits the codes have that are enrolled here.
pub(super) const DIGITS: usize = 6;
/// How long each of them lives, in milliseconds.
const PERIOD: u64 = 30_000;
/// How many periods on either side of the expected one are accepted (RFC 6238, section 5.2).
const WINDOW: i64 = 1;
/// The most periods that a device is believed to be ahead or behind, so that nobody leads it away step by step.
const MOST_DRIFT: i64 = 4;
/// How many periods are looked through to tell somebody that the clock of their device is wrong.
const FAR: i64 = 120;

/// The digits in what somebody typed; `None` where these are no code. Blanks, dashes and signs that nobody sees are left
/// out, and digits of other scripts are what they stand for. Whether a code was used is asked of its period and never of
/// its text, so no other way of writing it makes it a new one.
pub(super) fn digits(typed: &str) -> Option<Zeroizing<String>> {
    let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
    for character in typed.chars() {
        if is_passed_over(character) {
            continue;
        }
        if digits.len() == DIGITS {
            return None;
        }
        digits.push(digit(character)?);
    }
    (digits.len() == DIGITS).then_some(digits)
}

/// Blanks, dashes, and signs without a width.
pub(super) fn is_passed_over(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}')
        || matches!(character, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
        || matches!(character, '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The digit that `character` stands for: of ASCII, full width, Arabic or Persian.
fn digit(character: char) -> Option<char> {
    let value = match character {
        '0'..='9' => return Some(character),
        '\u{FF10}'..='\u{FF19}' => u32::from(character) - 0xFF10,
        '\u{0660}'..='\u{0669}' => u32::from(character) - 0x0660,
        '\u{06F0}'..='\u{06F9}' => u32::from(character) - 0x06F0,
        _ => return None,
    };
    char::from_digit(value, 10)
}

/// Of which period a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Of one that is accepted now and was not used.
    Fresh {
        /// Its number.
        counter: i64,
        /// By how many periods the device is ahead, as it is believed from now on.
        drift: i64,
    },
    /// Of one that is accepted now, and no later than the last that was used.
    Used,
    /// Of none that is accepted now.
    Wrong,
}

/// Looks for `digits` among the codes that are accepted at `now` (milliseconds): of the period of the broker's clock, of
/// the one by the clock of the device (`drift` periods ahead), and of those beside that. All are compared, whichever
/// fits. `last` is the last period that was used.
pub(super) fn find(seed: &Seed, digits: &str, now: u64, drift: i64, last: i64) -> Found {
    let here = period(now);
    let drift = drift.clamp(-MOST_DRIFT, MOST_DRIFT);
    let mut found = Found::Wrong;
    for ahead in (drift - WINDOW..=drift + WINDOW).chain([0]) {
        let counter = here + ahead;
        if !seed.is_code(u64::try_from(counter).unwrap_or(0), digits) || counter < 0 {
            continue;
        }
        found = match found {
            // The earlier one of two that are alike, which uses up less.
            Found::Fresh { counter: other, .. } if other <= counter => found,
            _ if counter > last => {
                Found::Fresh { counter, drift: ahead.clamp(-MOST_DRIFT, MOST_DRIFT) }
            }
            Found::Wrong => Found::Used,
            found => found,
        };
    }
    found
}

/// By how many seconds a device is ahead that shows `digits` at `now`, where it is off by an hour or less.
pub(super) fn ahead(seed: &Seed, digits: &str, now: u64) -> Option<i64> {
    let here = period(now);
    let mut offsets: Vec<i64> = (-FAR..=FAR).collect();
    offsets.sort_by_key(|offset| offset.abs());
    let shown =
        |offset: &i64| u64::try_from(here + offset).is_ok_and(|at| seed.is_code(at, digits));
    offsets.into_iter().find(shown).map(|offset| offset * 30)
}

fn period(now: u64) -> i64 {
    i64::try_from(now / PERIOD).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Found, ahead, digits, find};
    use crate::otp::Parameters;
    use crate::secret::Secret;
    use crate::vault::totp::Seed;

    /// The seed of RFC 4226, appendix D, with its codes of the counters 0 to 9.
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const CODES: [&str; 10] = [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
        "520489",
    ];

    fn seed() -> Seed {
        Seed::read(&Secret::new(SEED.to_owned()), Parameters::default()).unwrap()
    }

    #[test]
    fn what_people_type_is_read() {
        let cases = [
            ("287082", Some("287082")),
            (" 287 082 ", Some("287082")),
            ("287-082", Some("287082")),
            ("287\u{2011}082", Some("287082")),
            ("287\u{a0}082\n", Some("287082")),
            ("２８７０８２", Some("287082")),
            ("٢٨٧٠٨٢", Some("287082")),
            ("۲۸۷۰۸۲", Some("287082")),
            ("\u{feff}287\u{200b}082", Some("287082")),
            ("28708", None),
            ("2870820", None),
            ("28708a", None),
            ("²⁸⁷⁰⁸²", None),
            ("", None),
            ("      ", None),
            ("+87082", None),
        ];
        for (typed, read) in cases {
            assert_eq!(digits(typed).as_deref().map(String::as_str), read, "{typed:?}");
        }
    }

    /// Counter of the broker's clock, drift so far, last period used, the period whose code is typed; what is found.
    #[test]
    fn a_code_is_of_a_period_that_is_accepted_and_later() {
        let fresh = |counter, drift| Found::Fresh { counter, drift };
        let cases = [
            (5, 0, -1, 5, fresh(5, 0)),
            (5, 0, -1, 4, fresh(4, -1)),
            (5, 0, -1, 6, fresh(6, 1)),
            (5, 0, -1, 3, Found::Wrong),
            (5, 0, -1, 7, Found::Wrong),
            (0, 0, -1, 0, fresh(0, 0)),
            (0, 0, -1, 1, fresh(1, 1)),
            // Used, and earlier than one that was used.
            (5, 0, 5, 5, Found::Used),
            (5, 0, 5, 4, Found::Used),
            (5, 0, 5, 6, fresh(6, 1)),
            (5, 0, 4, 4, Found::Used),
            // The device is two periods ahead; one that was set right meanwhile is let in, too.
            (5, 2, -1, 8, fresh(8, 3)),
            (5, 2, -1, 7, fresh(7, 2)),
            (5, 2, -1, 6, fresh(6, 1)),
            (5, 2, -1, 5, fresh(5, 0)),
            (5, 2, -1, 4, Found::Wrong),
            (5, 2, -1, 9, Found::Wrong),
            (5, -2, -1, 2, fresh(2, -3)),
            (5, -2, -1, 6, Found::Wrong),
            // No further than that is believed.
            (5, 4, -1, 9, fresh(9, 4)),
            (4, 4, -1, 9, fresh(9, 4)),
            (4, 99, -1, 9, fresh(9, 4)),
            (3, 99, -1, 9, Found::Wrong),
        ];
        for (here, drift, last, typed, found) in cases {
            for part in [0, 15_000, 29_999] {
                let now = here * 30_000 + part;
                assert_eq!(find(&seed(), CODES[typed], now, drift, last), found, "{here} {typed}");
            }
        }
        assert_eq!(find(&seed(), "000000", 150_000, 0, -1), Found::Wrong);
    }

    #[test]
    fn a_wrong_clock_is_told() {
        assert_eq!(ahead(&seed(), CODES[9], 30_000), Some(240));
        assert_eq!(ahead(&seed(), CODES[0], 270_000), Some(-270));
        assert_eq!(ahead(&seed(), CODES[0], 130 * 30_000), None);
    }
}
