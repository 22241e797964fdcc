//! A seat: the browser of a launch, from the moment its start begins. However the launch ends, what has
//! been started, or asked of a remote endpoint, is ended with it.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::browser::{Binaries, Browser, Error, Settings};

/// How long a remote endpoint, which cannot be told to stop, may still take to answer with a session that
/// is then deleted.
const LATE: Duration = Duration::from_secs(20);

/// What is on the seat.
pub(super) enum Seat {
    /// The browser is being started, by a task that outlives its launch when that is dropped.
    Starting { task: JoinHandle<Result<Browser, Error>>, remote: bool },
    /// The browser is there.
    Taken(Box<Browser>),
    /// It did not start, or was handed on.
    Empty,
}

impl Seat {
    /// Begins to start the browser.
    pub(super) fn start(settings: Settings, binaries: Option<Binaries>) -> Self {
        let remote = settings.webdriver.is_some();
        let task = tokio::spawn(async move { Browser::start(&settings, binaries.as_ref()).await });
        Self::Starting { task, remote }
    }

    /// Waits until the browser is there; says when that was.
    pub(super) async fn wait(&mut self) -> (Result<(), Error>, Instant) {
        let Self::Starting { task, .. } = self else { return (Ok(()), Instant::now()) };
        let started = task.await;
        let now = Instant::now();
        match started.unwrap_or(Err(Error::Gone { during: "its start" })) {
            Ok(browser) => {
                *self = Self::Taken(Box::new(browser));
                (Ok(()), now)
            }
            Err(error) => {
                *self = Self::Empty;
                (Err(error), now)
            }
        }
    }

    /// The browser, once it is there.
    pub(super) fn browser(&mut self) -> Result<&mut Browser, Error> {
        match self {
            Self::Taken(browser) => Ok(browser),
            Self::Starting { .. } | Self::Empty => Err(Error::Gone { during: "its start" }),
        }
    }

    /// Hands the browser on.
    pub(super) fn give(self) -> Result<Browser, Error> {
        match self {
            Self::Taken(browser) => Ok(*browser),
            Self::Starting { .. } | Self::Empty => Err(Error::Gone { during: "its start" }),
        }
    }

    /// Ends what is on the seat.
    pub(super) async fn end(self) {
        match self {
            Self::Empty => {}
            Self::Taken(browser) => browser.end().await,
            Self::Starting { task, remote: true } => {
                if let Ok(Ok(Ok(browser))) = tokio::time::timeout(LATE, task).await {
                    browser.end().await;
                }
            }
            Self::Starting { task, remote: false } => {
                task.abort();
                let _ = task.await;
            }
        }
    }
}
