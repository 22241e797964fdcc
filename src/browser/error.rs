//! Why there is no browser to work with, or no longer.

use std::path::PathBuf;

use super::Program;

/// What failed of the browser or its driver.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program is not there.
    #[error("{what} was not found: looked for {searched}")]
    Missing {
        /// `the browser` or `its driver`.
        what: &'static str,
        /// What was looked for, and where.
        searched: String,
        /// How to install it.
        help: &'static str,
    },
    /// Browser and driver do not fit.
    #[error(
        "{} is version {} and {} is version {}: a driver works with the browser of its own major version only",
        .browser.path.display(), .browser.version, .driver.path.display(), .driver.version
    )]
    Mismatch {
        /// The browser.
        browser: Box<Program>,
        /// The driver.
        driver: Box<Program>,
    },
    /// A program did not start.
    #[error("cannot start {}", .program.display())]
    NotStarted {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The browser's sandbox cannot work for root.
    #[error("the browser's own sandbox does not work when doorward runs as root")]
    RootSandbox,
    /// There is no screen for a window.
    #[error("there is no screen for the browser's window")]
    NoScreen,
    /// The remote endpoint is no URL of one.
    #[error("{endpoint} cannot be the URL of a remote WebDriver endpoint: {why}")]
    Endpoint {
        /// Its origin.
        endpoint: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The remote endpoint does not answer.
    #[error("the WebDriver endpoint {endpoint} cannot be reached")]
    Unreachable {
        /// Its origin.
        endpoint: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something else than WebDriver answers there.
    #[error("{endpoint} does not answer as a WebDriver endpoint: it says {answer}")]
    NoWebDriver {
        /// Its origin.
        endpoint: String,
        /// What it answered to "Status".
        answer: String,
    },
    /// The driver, or the remote endpoint, gave no session.
    #[error("{endpoint} gave no browser session: {detail}")]
    NoSession {
        /// Who was asked.
        endpoint: String,
        /// What it said.
        detail: String,
    },
    /// The certificates for the remote endpoint cannot be read.
    #[error("cannot use the certificates of {}: {detail}", .path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The side channel could not be opened.
    #[error("the browser was started, but its DevTools socket cannot be opened")]
    NoSideChannel {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A browser without a side channel cannot be held to `AllowedURLs`.
    #[error("this browser cannot be held to the connector's AllowedURLs")]
    Unconfined,
    /// A browser without a side channel cannot be sealed, nor answer HTTP authentication.
    #[error(
        "this browser cannot put secrets into requests, which the connector's Injection or BasicAuth needs"
    )]
    Unsealed,
    /// The browser went away.
    #[error("the browser has gone away during {during}")]
    Gone {
        /// What was being done.
        during: &'static str,
    },
    /// The page answers no command.
    #[error("the browser has not answered {during} in time")]
    Unresponsive {
        /// What was being done.
        during: &'static str,
    },
    /// The browser refused a command.
    #[error("the browser refused {during}: {detail}")]
    Refused {
        /// What was being done.
        during: &'static str,
        /// What it said; never an argument of the command.
        detail: String,
    },
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Missing { help, .. } => (*help).to_owned(),
            Self::Mismatch { .. } => {
                "update both from the same source, or name a pair that fits in the configuration: \
                 `browser: { binary: …, driver: … }`"
                    .into()
            }
            Self::NotStarted { .. } | Self::NoSession { .. } => {
                "`doorward doctor` checks browser and driver one by one".into()
            }
            Self::Endpoint { .. } => {
                "name it as https://grid.example:4444/ or https://grid.example/wd/hub; for an endpoint that wants \
                 credentials put a proxy on loopback before it"
                    .into()
            }
            Self::Unreachable { .. } => {
                "is the endpoint running, and is there a way to it from this machine? an authority of your own for \
                 its certificate is named by `browser: { ca-file: … }`"
                    .into()
            }
            Self::NoWebDriver { .. } => {
                "check the port and the path: a Selenium Grid answers at / or at /wd/hub, chromedriver at /".into()
            }
            Self::RootSandbox => {
                "run doorward as an ordinary user, or say `browser: { sandbox: false }` in the configuration: \
                 then a page that breaks out of the browser has root's rights"
                    .into()
            }
            Self::NoScreen => {
                "use --headless, or run doorward on a desktop (DISPLAY or WAYLAND_DISPLAY is not set)".into()
            }
            Self::Certificates { .. } => "`browser: { ca-file: … }` takes a file of PEM certificates".into(),
            Self::NoSideChannel { .. } => {
                "a policy of the machine may forbid remote debugging (RemoteDebuggingAllowed)".into()
            }
            Self::Gone { .. } => {
                "it crashed or was closed; a machine that is short of memory or of /dev/shm ends browsers".into()
            }
            Self::Unresponsive { .. } => {
                "the page blocks its browser, or the machine is overloaded; a larger ActionTimeout does not help".into()
            }
            Self::Unconfined => {
                "use a Chromium that doorward starts itself, or sign in with --headless and without --hold".into()
            }
            Self::Unsealed => {
                "use a Chromium that doorward starts itself; for another browser a connector has to say `Injection: Typed`".into()
            }
            Self::Refused { .. } => return None,
        })
    }
}
