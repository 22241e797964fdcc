//! A plan: what will be typed where, as templates, never values. Everything that people see of a
//! session is made from it, so it cannot leak.

mod build;
mod show;
mod slot;

pub use build::build;
pub use slot::{Class, Slot};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::connector::{Connector, Object, Step};
use crate::name::{AccountRef, Links, Purpose, TokenName, UserName};

/// What a person asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The target account.
    pub account: AccountRef,
    /// Who asks.
    pub user: UserName,
    /// The API token by which they ask, where it is not themself.
    pub token: Option<TokenName>,
    /// Why.
    pub purpose: Purpose,
    /// The linked accounts that are known before the vault of the target account says so; they stand in
    /// for what it says.
    pub links: Links,
    /// The values of the connector's `UserParameters`, by name.
    pub params: BTreeMap<String, String>,
}

impl Request {
    /// The fact of the record that says by which API token they ask; every row of the session has it.
    pub fn by_token(&self) -> Option<(String, String)> {
        self.token.as_ref().map(|token| ("token".to_owned(), token.to_string()))
    }
}

/// A connector and a request that fit together.
#[derive(Debug)]
pub struct Plan {
    /// The connector.
    pub connector: Arc<Connector>,
    /// The request, with the defaults of the parameters filled in.
    pub request: Request,
    /// The rows, grouped into stages.
    pub stages: Vec<Stage>,
    /// Every place that a value goes, in the order of the rows; the settings' own come first.
    pub slots: Vec<Slot>,
}

/// A row that acts, or a checkpoint.
#[derive(Debug, Clone)]
pub enum Stage {
    /// One row, and the index of the checkpoint stage ahead whose failures are watched while it waits.
    Row(Step, Option<usize>),
    /// Consecutive `(Validation)` and `(Failure=…)` rows: the first that shows decides.
    Checkpoint(Checkpoint),
}

/// Where it is decided how a sign-in went.
#[derive(Debug, Clone, Default)]
pub struct Checkpoint {
    /// Alternatives: any one of them is success. Empty with `RunValidations: No`.
    pub validations: Vec<Step>,
    /// Any one of them is a refusal, with its cause.
    pub failures: Vec<Step>,
}

impl Plan {
    /// The objects that the plan takes values of.
    pub fn objects(&self) -> BTreeSet<Object> {
        self.slots.iter().map(|slot| slot.placeholder.object).collect()
    }
}
