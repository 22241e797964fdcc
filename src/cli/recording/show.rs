//! `doorward recording show`: what happened in a session, as a text or JSON.

use std::fmt::Write;

use super::{Opening, clock, file_of};
use crate::activity::listing::visible;
use crate::cli::{Exit, Failure, print};
use crate::config::Config;
use crate::recording::{Identities, Reader};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What was typed where a password or a code belongs shows as •; of texts that were copied and pasted only their length is \
recorded, of addresses origin and path. Keys that no page confirmed are masked, too.

Examples:
  doorward recording show 5e1f09ab --identity auditor.key
  doorward recording show 5e1f09ab --identity auditor.key --format json")]
pub(super) struct Arguments {
    #[command(flatten)]
    opening: Opening,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line for each thing that happened
    #[default]
    Text,
    /// An object: what the recording is of, and an array of what happened
    Json,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> Result<Exit, Failure> {
    let Opening { session, identity } = &arguments.opening;
    let keys = Identities::load(identity)?;
    let (_, path) = file_of(&config.state, session).await?;
    let mut reader = Reader::open(&path)?;
    let about = reader.about(&keys)?;
    let moments = reader.moments(&keys)?;
    print(&match arguments.format {
        Format::Text => {
            let mut text = format!(
                "{}  {} as {} through {}\n",
                about.session,
                visible(&about.user),
                visible(&about.account),
                visible(&about.connector)
            );
            let _ =
                writeln!(text, "began {}, {} long", visible(&about.began), clock(reader.length()));
            for moment in &moments {
                let (time, what) = (clock(moment.time), moment.what.word());
                let _ = writeln!(text, "{time}  {what:8}  {}", visible(&moment.text));
            }
            text
        }
        Format::Json => {
            let object = serde_json::json!({
                "about": about, "length": reader.length(), "moments": moments,
            });
            format!("{object:#}\n")
        }
    });
    Ok(Exit::Done)
}
