//! The recovery codes that an application gave out, as somebody brings them: a line each.

use std::collections::BTreeMap;

use crate::secret::Secret;

/// The most codes that are taken at once; applications give out eight to sixteen.
const MOST: usize = 50;
/// The longest code, in characters: a phrase of two dozen words is the longest that is known.
const LONGEST: usize = 250;
/// The shortest code, in letters and digits. What is shorter is a number in a list, or was cut off.
const SHORTEST: usize = 4;

/// Recovery codes in the order in which the application shows them. Neither `Clone` nor `Display`; wiped when dropped.
#[derive(Debug)]
pub struct RecoveryCodes(Vec<Secret>);

/// Why lines are no recovery codes. No variant holds what one said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// There is nothing but blanks.
    #[error("there is no recovery code")]
    Empty,
    /// More than any application gives out.
    #[error("there are {count} recovery codes; {MOST} are the most")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// A line that is longer than any code.
    #[error("line {line} is longer than any recovery code")]
    TooLong {
        /// Which line, from 1.
        line: usize,
    },
    /// A line that is shorter than any code.
    #[error("line {line} is shorter than any recovery code")]
    TooShort {
        /// Which line, from 1.
        line: usize,
    },
    /// A character that nobody can type.
    #[error("line {line} holds a character that nobody can type")]
    Control {
        /// Which line, from 1.
        line: usize,
    },
    /// A code that is there twice.
    #[error("line {line} is the same as line {first}")]
    Twice {
        /// Which line, from 1.
        line: usize,
        /// Where it stood first.
        first: usize,
    },
    /// What makes one-time codes.
    #[error("line {line} is the setup of an authenticator app, and no recovery code")]
    Seed {
        /// Which line, from 1.
        line: usize,
    },
}

impl RecoveryError {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Seed { .. } => "`doorward totp add` takes that one",
            Self::Twice { .. } => "each is there once: copy them again",
            _ => {
                "a line for each code, as the application shows them, without numbers and headings"
            }
        }
    }
}

impl RecoveryCodes {
    /// Reads them: a line each, without the blanks around it. Lines without anything are passed over.
    ///
    /// # Errors
    /// [`RecoveryError`]; one line that is wrong is enough.
    pub fn read(text: &Secret) -> Result<Self, RecoveryError> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut codes = Vec::new();
        let lines = text.expose().lines().enumerate().map(|(at, text)| (at + 1, text.trim()));
        for (line, text) in lines.filter(|(_, text)| !text.is_empty()) {
            if text.get(..10).is_some_and(|begin| begin.eq_ignore_ascii_case("otpauth://")) {
                return Err(RecoveryError::Seed { line });
            }
            if text.chars().any(char::is_control) {
                return Err(RecoveryError::Control { line });
            }
            if text.chars().count() > LONGEST {
                return Err(RecoveryError::TooLong { line });
            }
            if text.chars().filter(|c| c.is_alphanumeric()).count() < SHORTEST {
                return Err(RecoveryError::TooShort { line });
            }
            if let Some(first) = seen.insert(text, line) {
                return Err(RecoveryError::Twice { line, first });
            }
            codes.push(Secret::new(text.to_owned()));
        }
        match codes.len() {
            0 => Err(RecoveryError::Empty),
            count if count > MOST => Err(RecoveryError::TooMany { count }),
            _ => Ok(Self(codes)),
        }
    }

    /// How many there are: never none.
    #[allow(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// They, for the vault that keeps them.
    pub fn secrets(&self) -> &[Secret] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, RecoveryCodes, RecoveryError as E};
    use crate::secret::Secret;

    #[test]
    fn what_applications_give_out_is_read_and_all_else_is_told_by_its_line() {
        let read = |text: &str| {
            let codes = RecoveryCodes::read(&Secret::new(text.to_owned()))?;
            Ok::<_, E>(
                codes.secrets().iter().map(|code| code.expose().to_owned()).collect::<Vec<_>>(),
            )
        };
        for (text, codes) in [
            ("ab12-cd34", vec!["ab12-cd34"]),
            ("1234 5678\r\n\r\n 9876 5432 \n", vec!["1234 5678", "9876 5432"]),
            ("correct horse battery staple", vec!["correct horse battery staple"]),
            ("<b>\"&'1234\nжабаж", vec!["<b>\"&'1234", "жабаж"]),
        ] {
            assert_eq!(read(text), Ok(codes.into_iter().map(str::to_owned).collect()), "{text}");
        }
        let many: String = (0..=MOST).map(|at| format!("code-{at}\n")).collect();
        for (text, error) in [
            ("", E::Empty),
            (" \n\t\n", E::Empty),
            (&many, E::TooMany { count: MOST + 1 }),
            (&"x".repeat(251), E::TooLong { line: 1 }),
            ("abcd-efgh\n1.\n", E::TooShort { line: 2 }),
            ("----------", E::TooShort { line: 1 }),
            ("ab\u{7}cd-efgh", E::Control { line: 1 }),
            ("abcd\n\nefgh\n abcd\n", E::Twice { line: 4, first: 1 }),
            ("abcd\nOTPAUTH://totp/x?secret=AB", E::Seed { line: 2 }),
        ] {
            assert_eq!(read(text), Err(error.clone()), "{text:?}");
            assert!(!error.help().is_empty());
        }
    }
}
