//! `doorward schema`: the JSON Schema of a connector, for editors.

use super::{Exit, Failure, print};
use crate::connector;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doorward schema > connectors/connector.schema.json

With the YAML language server (VS Code: the extension `YAML` of Red Hat) this first line in a connector \
makes the editor complete and check its keys:
  # yaml-language-server: $schema=connector.schema.json")]
pub(super) struct Arguments {}

pub(super) fn run(_: Arguments) -> Result<Exit, Failure> {
    print(&format!("{:#}\n", connector::schema()));
    Ok(Exit::Done)
}
