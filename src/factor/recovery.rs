//! A recovery code: 80 random bits that stand in for a code, once.
//!
//! Only an HMAC of it is kept. A password is stretched because it can be guessed; nobody guesses 80 random bits, also not
//! with the file at hand, so ten slow hashes at each enrolment, and one at each wrong code, would protect nothing more.

use data_encoding::BASE32_NOPAD;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::Error;
use super::code::is_passed_over;

/// How many there are.
pub(super) const COUNT: usize = 10;
/// Bytes of each.
const BYTES: usize = 10;

/// What one stands for.
type Bits = Zeroizing<[u8; BYTES]>;

/// The ten codes of one owner, shown once. Neither `Clone`, `Debug` nor `Display`; wiped when dropped.
pub struct RecoveryCodes(Vec<Zeroizing<String>>);

impl RecoveryCodes {
    /// New ones, and what they stand for.
    pub(super) fn fresh() -> Result<(Self, Vec<Bits>), Error> {
        let mut all = Vec::with_capacity(COUNT);
        for _ in 0..COUNT {
            let mut bytes = Zeroizing::new([0; BYTES]);
            SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Random)?;
            all.push(bytes);
        }
        Ok((Self(all.iter().map(|bytes| written(bytes)).collect()), all))
    }

    /// They, a line each: `abcd-efgh-ijkl-mnop`.
    pub fn lines(&self) -> Zeroizing<String> {
        let mut lines = Zeroizing::new(String::with_capacity(COUNT * 20));
        for code in &self.0 {
            lines.push_str(code);
            lines.push('\n');
        }
        lines
    }
}

fn written(bytes: &[u8; BYTES]) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(BASE32_NOPAD.encode(bytes));
    plain.make_ascii_lowercase();
    let mut text = Zeroizing::new(String::with_capacity(plain.len() + 3));
    for (at, letter) in plain.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

/// The recovery code in what somebody typed; `None` where it can be none. What base32 has not is what it looks like.
pub(super) fn read(typed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(String::with_capacity(16));
    for letter in typed.chars().filter(|letter| !is_passed_over(*letter)) {
        if plain.len() == 16 {
            return None;
        }
        plain.push(match letter.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            letter => letter,
        });
    }
    let bytes = BASE32_NOPAD.decode(plain.as_bytes()).ok().map(Zeroizing::new)?;
    (bytes.len() == BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{RecoveryCodes, read};

    #[test]
    fn what_is_shown_is_what_is_read() {
        let (codes, bytes) = RecoveryCodes::fresh().unwrap();
        let lines = codes.lines();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines.len(), 10);
        for (line, bytes) in lines.iter().zip(bytes) {
            assert_eq!(line.len(), 19);
            let spaced = line.replace('-', " ").to_uppercase();
            for typed in [*line, &spaced, &format!(" {}\n", line.replace('-', ""))] {
                assert_eq!(read(typed).unwrap().as_slice(), bytes.as_slice(), "{typed}");
            }
            for wrong in [&line[..18], &format!("{line}a"), &line.replace('-', "?"), ""] {
                assert!(read(wrong).is_none(), "{wrong}");
            }
        }
        assert_eq!(read("0180-1801-8018-0180"), read("OIBO-IBOI-BOIB-OIBO"));
    }
}
