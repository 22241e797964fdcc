//! A device: an authenticator app, as a person has one in their pocket.

use data_encoding::BASE32_NOPAD;
use doorward::clock::Clock;

/// One entry of it.
pub(crate) struct Device {
    key: Vec<u8>,
}

impl Device {
    /// With the key that is typed where no camera is.
    pub(crate) fn of(setup_code: &str) -> Self {
        let text = setup_code.replace(' ', "");
        Self { key: BASE32_NOPAD.decode(text.as_bytes()).unwrap() }
    }

    /// What it shows now, when its clock is so many periods ahead.
    pub(crate) fn code(&self, ahead: i64) -> String {
        let now = Clock::System.unix_millis() / 1000;
        let totp = totp_rs::Builder::new().with_secret(self.key.clone()).build_noncompliant();
        totp.generate(now.checked_add_signed(ahead * 30).unwrap()).to_string()
    }

    /// A code that it does not show within the next minutes, nor has.
    pub(crate) fn wrong(&self) -> String {
        let near: Vec<String> = (-125..125).map(|ahead| self.code(ahead)).collect();
        (0..).map(|code| format!("{code:06}")).find(|code| !near.contains(code)).unwrap()
    }

    /// The bytes of the key.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }
}
