//! Security, as the description of the API tells it: which routes take an API token, and with which scope.

use axum::http::Method;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, OpenApi};

use crate::portal::scope::{Need, need};

/// The cookie of a sign-in.
const SIGN_IN: &str = "sign-in";
/// An API token.
const TOKEN: &str = "token";

/// Adds the schemes, and to each route what it takes.
pub(super) fn describe(described: &mut OpenApi) {
    let components = described.components.get_or_insert_with(Components::new);
    let about =
        "an API token, `dwt_…`, made on the page of one's own name or with `doorward token add`";
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
    let about = "what the page /sign-in sets (`__Host-doorward` over https)";
    let cookie = ApiKeyValue::with_description("doorward", about);
    components.add_security_scheme(SIGN_IN, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    for (path, item) in &mut described.paths.paths {
        for (method, operation) in operations(item) {
            let none: [&str; 0] = [];
            let mut takes = vec![SecurityRequirement::new(SIGN_IN, none)];
            match need(&method, path) {
                Need::Any => takes.push(SecurityRequirement::new(TOKEN, none)),
                Need::Scope(scope) => takes.push(SecurityRequirement::new(TOKEN, [scope.word()])),
                Need::Person => {}
            }
            operation.security = Some(takes);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}
