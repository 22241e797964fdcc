//! The responder: what a vault asks back is asked of the person at the terminal.

use std::io::{BufRead, BufReader, Write};
use std::sync::Weak;

use futures_util::future::BoxFuture;

use super::world::World;
use crate::secret::Secret;
use crate::vault::Responder;

/// The terminal of this process, and the world whose vaults ask.
pub(super) struct Prompt(pub(super) Weak<World>);

impl Responder for Prompt {
    fn ask<'a>(&'a self, question: &'a str, hidden: bool) -> BoxFuture<'a, Option<Secret>> {
        let question = question.to_owned();
        Box::pin(async move {
            // On a thread of its own, because a browser may be starting meanwhile.
            let asked = tokio::task::spawn_blocking(move || match hidden {
                true => rpassword::prompt_password(question).ok(),
                false => line(&question).ok(),
            });
            let answer = asked.await.ok().flatten()?;
            (!answer.is_empty()).then(|| Secret::new(answer))
        })
    }
}

/// A line that is typed on the terminal itself, so that what is piped in and out does not matter.
fn line(question: &str) -> std::io::Result<String> {
    let mut terminal = std::fs::File::options().read(true).write(true).open("/dev/tty")?;
    terminal.write_all(question.as_bytes())?;
    let mut line = String::new();
    BufReader::new(terminal).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}
