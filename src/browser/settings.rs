//! Settings: which browser a session gets, and how it is started.

use std::path::PathBuf;

use super::confine::Rules;

/// What a session's browser is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The family, which says the driver and the capabilities.
    pub kind: Kind,
    /// The browser's program, where it is not to be looked up on the PATH.
    pub binary: Option<PathBuf>,
    /// The driver's program, where it is not to be looked up on the PATH.
    pub driver: Option<PathBuf>,
    /// The browser's own sandbox.
    pub sandbox: bool,
    /// A remote WebDriver endpoint; no driver is spawned then.
    pub webdriver: Option<url::Url>,
    /// PEM certificates that the remote endpoint's TLS is checked against, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// What the browser goes through to every site but those of this machine.
    pub proxy: Option<url::Url>,
    /// No window.
    pub headless: bool,
    /// Take certificates that do not hold (`EnforceCertificateValidation: No`).
    pub insecure_certificates: bool,
    /// A live session: what its pages may do. `None` for a window of the person's own.
    pub rules: Option<Rules>,
    /// Where the marks of running browsers and the versions of programs are kept.
    pub state: PathBuf,
    /// The name of this browser's mark: the session id.
    pub mark: String,
}

/// The family of a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Chromium or Chrome, with chromedriver.
    Chromium,
    /// Firefox, with geckodriver.
    Firefox,
}

impl Kind {
    /// The names of the browser's program, the likeliest first.
    pub(super) fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => {
                &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"]
            }
            Self::Firefox => &["firefox", "firefox-esr"],
        }
    }

    /// The name of the driver's program.
    pub(super) fn driver(self) -> &'static str {
        match self {
            Self::Chromium => "chromedriver",
            Self::Firefox => "geckodriver",
        }
    }

    /// How to install both, by the package managers that have them.
    pub(super) fn install(self) -> &'static str {
        match self {
            Self::Chromium => {
                "install both from the same source: `apt-get install chromium chromium-driver` (Debian), \
                 `dnf install chromium chromedriver` (Fedora), `apk add chromium chromium-chromedriver` (Alpine), \
                 `brew install --cask chromium chromedriver` (macOS); or name their paths in the configuration: \
                 `browser: { binary: …, driver: … }`"
            }
            Self::Firefox => {
                "install Firefox from your package manager and geckodriver with `cargo install geckodriver`; or name \
                 their paths in the configuration: `browser: { kind: firefox, binary: …, driver: … }`"
            }
        }
    }
}
