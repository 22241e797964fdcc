//! The purpose: the options by which a person says why they ask.

use crate::name::Purpose;

/// Why; flattened into the arguments of the commands that ask for an account.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Why you need it; it goes on record, and to a vault that asks for a reason
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The ticket that you work on; it goes on record, and to a vault that asks for one
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// The ticketing system that it is in, by the name that the vault has for it
    #[arg(long, value_name = "NAME", requires = "ticket")]
    ticketing_system: Option<String>,
}

impl From<&Arguments> for Purpose {
    fn from(arguments: &Arguments) -> Self {
        let Arguments { reason, ticket, ticketing_system } = arguments.clone();
        Self { reason, ticket, ticketing_system }
    }
}
