//! The curtain: while a secret may show, viewers get a card with the row that is being done, no picture is
//! asked of the browser, and no deed passes. It is down from the start and goes up once.

use std::time::{Duration, Instant};

use crate::browser::{Browser, Error};

/// How long a field may still hold a secret after the sign-in is confirmed, until the session is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until no field that can be seen holds a password or a code; `false` when one does for too long.
pub(super) async fn may_rise(browser: &mut Browser) -> Result<bool, Error> {
    let until = Instant::now() + PATIENCE;
    while browser.page().holds_secret().await? {
        if Instant::now() >= until {
            return Ok(false);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(true)
}
