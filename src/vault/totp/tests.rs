//! The cases of `tests/cases/totp/`, and what cannot be written as a case.

use super::*;

/// The columns of a table stand apart by blanks; `#` begins a comment; `␣` and `⍽` stand for blanks
/// inside a column.
fn rows(table: &str) -> Vec<Vec<String>> {
    table
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            line.split_whitespace()
                .map(|cell| cell.replace('␣', " ").replace('⍽', "\u{a0}"))
                .collect()
        })
        .collect()
}

fn cell<'a>(row: &'a [String], at: usize) -> Option<&'a str> {
    row.get(at).map(String::as_str).filter(|cell| *cell != "-")
}

/// The parameters of a row: columns `digits period algorithm encoding`, `-` for none.
fn parameters(row: &[String], first: usize) -> Parameters {
    Parameters {
        digits: cell(row, first).map(|digits| digits.parse().unwrap()),
        period: cell(row, first + 1).map(|millis| Duration::from_millis(millis.parse().unwrap())),
        algorithm: cell(row, first + 2).map(|name| algorithm(name).unwrap()),
        encoding: cell(row, first + 3).map(|name| match name {
            "base32" => Encoding::Base32,
            "hex" => Encoding::Hex,
            "raw" => Encoding::Raw,
            other => panic!("no such encoding: {other}"),
        }),
    }
}

fn read(text: &str, parameters: Parameters) -> Result<Seed, SeedError> {
    Seed::read(&Secret::new(text.to_owned()), parameters)
}

#[test]
fn every_vector_of_rfc_6238_is_met() {
    let table = rows(include_str!("../../../tests/cases/totp/rfc6238"));
    assert_eq!(table.len(), 18);
    for row in table {
        let seed = read(&row[4], parameters(&row, 0)).unwrap();
        let code = seed.code_at(row[5].parse::<u64>().unwrap() * 1000 + 999);
        assert_eq!(code.digits.expose(), row[6], "{row:?}");
    }
}

#[test]
fn secrets_are_read_as_people_have_them() {
    for row in rows(include_str!("../../../tests/cases/totp/taken")) {
        let seed = read(&row[4], parameters(&row, 0))
            .unwrap_or_else(|error| panic!("{}: {error}", row.join(" ")));
        let code = seed.code_at(row[5].parse::<u64>().unwrap() * 1000);
        assert_eq!(code.digits.expose(), row[6], "{}", row.join(" "));
    }
}

#[test]
fn wrong_secrets_have_each_their_own_error_without_the_value() {
    let table = rows(include_str!("../../../tests/cases/totp/refused"));
    let mut seen = std::collections::BTreeSet::new();
    for row in table {
        let text = if row[5] == "EMPTY" { "" } else { &row[5] };
        let error = read(text, parameters(&row, 0)).expect_err(&row.join(" "));
        let name = format!("{error:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default();
        assert_eq!(name, row[4], "{}", row.join(" "));
        seen.insert(name.to_owned());
        let told = format!("{error} {} {error:?}", error.help());
        for part in text
            .split(['?', '&', '=', '/'])
            .filter(|part| part.len() > 7 && !part.starts_with("otpauth"))
        {
            assert!(!told.contains(part), "{told:?} holds {part:?}");
        }
    }
    // A variant without a case is a variant that nobody has seen.
    assert_eq!(seen.len(), 14, "{seen:?}");
}

#[test]
fn nothing_panics() {
    use proptest::prelude::{ProptestConfig, any, proptest};
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }, |(
        text in "\\PC{0,40}|otpauth://totp/[a-z]{0,3}\\?secret=[A-Za-z2-7 =%+-]{0,30}&(digits|period|algorithm)=[0-9a-z-]{0,21}",
        encoding in 0..4u8, digits in any::<Option<u8>>(), millis in any::<Option<u64>>(), now in any::<u64>(),
    )| {
        let encoding = [None, Some(Encoding::Base32), Some(Encoding::Hex), Some(Encoding::Raw)][usize::from(encoding)];
        let parameters = Parameters { digits, period: millis.map(Duration::from_millis), algorithm: None, encoding };
        if let Ok(seed) = read(&text, parameters) {
            let code = seed.code_at(now);
            assert!((6..=8).contains(&code.digits.expose().len()));
            assert!(seed.left(now) > Duration::ZERO && seed.left(now) <= seed.period());
        }
    });
}

#[test]
fn a_period_ends_where_the_next_begins() {
    let seed = read("JBSWY3DPEHPK3PXP", Parameters::default()).unwrap();
    for (now, left, counter, end) in [
        (0, 30_000, 0, 30),
        (29_999, 1, 0, 30),
        (30_000, 30_000, 1, 60),
        (1_700_000_012_345, 27_655, 56_666_667, 1_700_000_040),
    ] {
        assert_eq!(seed.left(now), Duration::from_millis(left));
        let code = seed.code_at(now);
        assert_eq!(code.counter, Some(counter));
        assert_eq!(code.expires, Some(Timestamp::from_second(end).unwrap()));
    }
}

#[test]
fn one_seed_has_one_fingerprint_however_it_is_written() {
    let key = [7; 32];
    let print = |text: &str, parameters| read(text, parameters).unwrap().fingerprint(&key);
    let plain = print("JBSWY3DPEHPK3PXP", Parameters::default());
    assert_eq!(plain, print("jbsw y3dp-ehpk 3pxp", Parameters::default()));
    assert_eq!(plain, print("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP", Parameters::default()));
    let eight = Parameters { digits: Some(8), ..Parameters::default() };
    assert_ne!(plain, print("JBSWY3DPEHPK3PXP", eight));
    assert_ne!(plain, print("JBSWY3DPEHPK3PXQ", Parameters::default()));
    let seed = read("JBSWY3DPEHPK3PXP", Parameters::default()).unwrap();
    assert_ne!(plain, seed.fingerprint(&[8; 32]));
    assert_eq!(format!("{seed:?}"), "Seed(…)");
}
