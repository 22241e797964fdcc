//! The stay: the signed-in session while it is the operator's, and what ends it.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Arguments;
use crate::browser::{Attempt, Attempts, Browser, Wanted};
use crate::cli::signals::Signals;
use crate::cli::{Exit, Failure};
use crate::session::{self, Outcome, Signed};

/// How long a signed-in session stays.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hold {
    /// A time.
    For(Duration),
    /// Until the person closes the window.
    UntilClosed,
}

/// The session while it is the operator's; says how it ended.
pub(super) async fn stay(
    arguments: &Arguments,
    signed: &mut Signed<'_>,
    signals: &mut Signals,
    validates: bool,
    tell: &(dyn Fn(session::Progress) + Sync),
) -> Result<&'static str, Failure> {
    let succeeded = matches!(signed.outcome, Outcome::SignedIn);
    // `RunValidations: No` is the author's word that the outcome stays open; the window is handed over.
    let open = matches!(signed.outcome, Outcome::Unclear(_)) && !validates;
    if !succeeded && !open {
        return Ok("");
    }
    if let (Some(path), true) = (&arguments.screenshot, succeeded) {
        screenshot(&mut signed.browser, path).await?;
        tell(session::Progress::Screenshot(path.display().to_string()));
    }
    let hold = match (arguments.hold, arguments.headless) {
        (Some(hold), _) => hold,
        (None, true) => return Ok("the end of a headless session"),
        (None, false) => Hold::UntilClosed,
    };
    let allowed = std::mem::take(&mut signed.allowed_urls);
    // Nobody is at a browser without a window: it is confined as a live session is.
    let attempts = match signed.browser.has_rules() {
        true => Some(signed.browser.confine(allowed).await?),
        false => {
            signed.browser.hand_over(allowed).await?;
            None
        }
    };
    tell(session::Progress::HandedOver);
    let time = async {
        match hold {
            Hold::For(time) => tokio::time::sleep(time).await,
            Hold::UntilClosed => std::future::pending().await,
        }
    };
    tokio::pin!(time);
    loop {
        return Ok(tokio::select! {
            () = signed.browser.closed() => "the window was closed",
            () = &mut time => "--hold is over",
            name = signals.next() => name,
            url = signed.browser.refused() => {
                tell(session::Progress::NavigationRefused(url));
                continue;
            }
            attempt = next(attempts.as_ref()) => {
                signed.note_attempt(&attempt).await.map_err(|error| Failure::unrecorded(&error))?;
                if matches!(attempt.wanted, Wanted::Navigation | Wanted::Popup) {
                    tell(session::Progress::NavigationRefused(attempt.url));
                }
                continue;
            }
        });
    }
}

/// The next thing that a page of a confined session tried.
async fn next(attempts: Option<&Attempts>) -> Attempt {
    match attempts {
        Some(attempts) => attempts.next().await,
        None => std::future::pending().await,
    }
}

/// Takes the picture; not while a field that can be seen still holds a password or a code.
async fn screenshot(browser: &mut Browser, path: &Path) -> Result<(), Failure> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let until = Instant::now() + PATIENCE;
    while browser.page().holds_secret().await? {
        if Instant::now() >= until {
            return Err(Failure {
                exit: Exit::Browser,
                text: "error: no screenshot was taken: a field of the page still holds a password or a code\n\
                       help: let the connector's `(Validation)` name something that shows only after the form is gone\n"
                    .into(),
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let picture = browser.page().screenshot().await?;
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(&picture)?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(|_| ()).map_err(|error| Failure {
        exit: Exit::Usage,
        text: format!(
            "error: cannot write the screenshot {}\ncaused by: {error}\nhelp: is its folder there, and may you write to it?\n",
            path.display()
        ),
    })
}

/// Reads `--hold`.
pub(super) fn hold(text: &str) -> Result<Hold, String> {
    if text.eq_ignore_ascii_case("until-closed") {
        return Ok(Hold::UntilClosed);
    }
    let duration: jiff::SignedDuration = text.parse().map_err(|_| {
        "it has to be a duration as `90s`, `10m`, `1h`, or `until-closed`".to_owned()
    })?;
    Duration::try_from(duration).map(Hold::For).map_err(|_| "it cannot be negative".to_owned())
}
