//! Responders: what answers a vault that asks back.

use doorward::secret::Secret;
use doorward::vault::Responder;
use futures_util::future::BoxFuture;

/// There is nobody to ask.
pub(crate) struct Nobody;

impl Responder for Nobody {
    fn ask<'a>(&'a self, _: &'a str, _: bool) -> BoxFuture<'a, Option<Secret>> {
        Box::pin(std::future::ready(None))
    }
}
