//! `doorward plan`: what a connector will type where, from which account, without a vault or a browser.

use std::path::Path;
use std::sync::Arc;

use super::world::World;
use super::{Exit, Failure, connectors, print};
use crate::connector::{Act, Object, Step, Verb};
use crate::name::{AccountRef, Purpose};
use crate::plan::{self, Class, Plan, Request, Stage};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doorward plan demo --account web/shop
  doorward plan ./connectors/demo.yaml --account corp:web/shop --format json

No vault is asked and no browser starts: values stand as placeholders, because nothing else is known of them.

Ends with 0, with 2 when a parameter is missing, with 3 for a connector with problems.")]
pub(super) struct Arguments {
    /// The connector: its name in a connectors folder, or the path of its file
    connector: String,
    /// The account that it would sign in with: [vault:][safe/]name
    #[arg(long, value_name = "REF")]
    account: AccountRef,
    #[command(flatten)]
    links: super::links::Arguments,
    /// A value for one of the connector's UserParameters, as often as there are some
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = super::connect::parameter)]
    params: Vec<(String, String)>,
    /// How it is printed
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people
    Text,
    /// One object: where it opens, where values may be typed, every row
    Json,
}

pub(super) fn run(config: Option<&Path>, arguments: Arguments) -> Result<Exit, Failure> {
    let world = World::load(config)?;
    let account = world.named(&arguments.account)?;
    let user = world.user().ok_or_else(|| Failure::from(crate::access::Refusal::Nameless))?;
    let (connector, diagnostics) = connectors::load(&world, &arguments.connector)?;
    let Some(connector) = connector else {
        connectors::show(&diagnostics);
        return Ok(Exit::Connector);
    };
    let params = arguments.params.into_iter().collect();
    let links = world.links(&account, &arguments.links)?;
    let (token, purpose) = (None, Purpose::default());
    let request = Request { account, user, token, purpose, links, params };
    match plan::build(Arc::new(connector), request) {
        Ok(plan) => {
            print(&match arguments.format {
                Format::Text => plan.show(),
                Format::Json => format!("{:#}\n", json(&plan)),
            });
            Ok(Exit::Done)
        }
        Err(problems) => {
            connectors::show(&problems);
            Ok(Exit::Usage)
        }
    }
}

fn json(plan: &Plan) -> serde_json::Value {
    let settings = &plan.connector.settings;
    let mut steps: Vec<&Step> = plan.stages.iter().flat_map(steps).collect();
    steps.sort_by_key(|step| step.row);
    let rows: Vec<serde_json::Value> = steps.into_iter().map(|step| row(plan, step)).collect();
    serde_json::json!({
        "connector": plan.connector.id.as_str(),
        "account": plan.request.account.to_string(),
        "opens": settings.logon_url.to_string(),
        "origins": plan.origins(),
        "live": settings.permissions.words(),
        "params": plan.request.params,
        "rows": rows,
    })
}

fn steps(stage: &Stage) -> Vec<&Step> {
    match stage {
        Stage::Row(step, _) => vec![step],
        Stage::Checkpoint(checkpoint) => {
            checkpoint.validations.iter().chain(&checkpoint.failures).collect()
        }
    }
}

fn row(plan: &Plan, step: &Step) -> serde_json::Value {
    let slots: Vec<_> = plan.slots.iter().filter(|slot| slot.row == Some(step.row)).collect();
    let types = matches!(step.verb, Verb::Act(_, Act::Type(_) | Act::Totp(..)));
    let of_account = |object| !matches!(object, Object::User | Object::Param);
    let from: Vec<String> = plan.sources(step.row);
    serde_json::json!({
        "row": step.row,
        "does": step.describe(),
        "from": from,
        "secret": slots.iter().any(|slot| slot.class == Class::Secret),
        "origin_checked": types && slots.iter().any(|slot| of_account(slot.placeholder.object)),
        "optional": step.options.optional,
    })
}
