//! The world of a policy: an ask in the words of the schema.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
    Schema,
};

use super::ask::{Ask, Deed};
use crate::name::{AccountRef, Purpose};

/// The schema in its own language.
pub(super) const SCHEMA: &str = include_str!("schema.cedarschema");

/// The schema.
pub(super) static CHECKED: LazyLock<Schema> = LazyLock::new(|| {
    // The text is part of the program, and every test of a policy reads it.
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).expect("the schema of the program");
    schema
});

/// The names of types of the schema. Each is an identifier, as every name of a type may be.
macro_rules! types {
    ($($name:ident = $text:literal;)*) => {$(
        static $name: LazyLock<EntityTypeName> =
            LazyLock::new(|| $text.parse().expect("a name of the schema"));
    )*};
}

types! {
    ROLE = "Role";
    GROUP = "Group";
    USER = "User";
    VAULT = "Vault";
    SAFE = "Safe";
    ACCOUNT = "Account";
    CONNECTOR = "Connector";
    SESSION = "Session";
    BROKER = "Broker";
    ACTION = "Action";
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

/// What Cedar is asked.
pub(super) struct Question {
    pub(super) request: Request,
    pub(super) entities: Entities,
    /// The action.
    pub(super) action: EntityUid,
    /// The person, their role and their groups.
    pub(super) principals: Vec<EntityUid>,
    /// What it is done to, and all that this is in.
    pub(super) resources: Vec<EntityUid>,
}

impl Question {
    /// `ask` in the words of the schema. `listed` is the answer of the person's patterns.
    ///
    /// # Errors
    /// What Cedar does not take, in its words: none of it can come from what a person types.
    pub(super) fn of(ask: &Ask<'_>) -> Result<Self, String> {
        let mut entities = Vec::new();
        let principals = user(ask, &mut entities)?;
        let mut context = circumstances(ask);
        let resources = match ask.deed {
            Deed::Connect { account, connector, purpose } => {
                context.extend(around_use(account, purpose, ask));
                let connector = uid(&CONNECTOR, connector.as_str());
                let connector = RestrictedExpression::new_entity_uid(connector);
                context.push(("connector".to_owned(), connector));
                around(account, ask, &mut entities)?
            }
            Deed::ReadCode { account, purpose } | Deed::ChangeSeed { account, purpose } => {
                context.extend(around_use(account, purpose, ask));
                around(account, ask, &mut entities)?
            }
            Deed::EndSession { of, account }
            | Deed::Replay { of, account }
            | Deed::Approve { of, account }
            | Deed::WatchSession { of, account }
            | Deed::ControlSession { of, account } => {
                let owner = uid(&USER, of.as_str());
                let account = around(account, ask, &mut entities)?.swap_remove(0);
                let session = uid(&SESSION, "one");
                let facts = [("user", owner), ("account", account)];
                let facts = facts.map(|(name, value)| {
                    (name.to_owned(), RestrictedExpression::new_entity_uid(value))
                });
                entities.push(entity(session.clone(), HashMap::from(facts), HashSet::new())?);
                vec![session]
            }
            Deed::ReadActivity | Deed::ManageUsers | Deed::ManagePolicies | Deed::TryConnector => {
                vec![uid(&BROKER, "doorward")]
            }
        };
        let action = uid(&ACTION, ask.deed.word());
        let context = Context::from_pairs(context).map_err(|error| error.to_string())?;
        let none = || "it is of nobody, or of nothing".to_owned();
        let principal = principals.first().cloned().ok_or_else(none)?;
        let resource = resources.first().cloned().ok_or_else(none)?;
        let request = Request::new(principal, action.clone(), resource, context, None)
            .map_err(|error| error.to_string())?;
        let entities =
            Entities::from_entities(entities, None).map_err(|error| error.to_string())?;
        Ok(Self { request, entities, action, principals, resources })
    }
}

fn entity(
    uid: EntityUid,
    facts: HashMap<String, RestrictedExpression>,
    parents: HashSet<EntityUid>,
) -> Result<Entity, String> {
    Entity::new(uid, facts, parents).map_err(|error| error.to_string())
}

/// The person, then their role and groups.
fn user(ask: &Ask<'_>, entities: &mut Vec<Entity>) -> Result<Vec<EntityUid>, String> {
    let person = ask.person;
    let own = uid(&USER, person.name.as_str());
    let role = person.role.map(|role| uid(&ROLE, role.word()));
    let groups = person.groups.iter().map(|group| uid(&GROUP, group.as_str()));
    let parents: HashSet<EntityUid> = role.into_iter().chain(groups).collect();
    let mut all = vec![own.clone()];
    all.extend(parents.iter().cloned());
    let patterns = person.accounts.iter().map(|pattern| pattern.as_str().to_owned());
    let facts = HashMap::from([
        ("name".to_owned(), RestrictedExpression::new_string(person.name.to_string())),
        (
            "accounts".to_owned(),
            RestrictedExpression::new_set(patterns.map(RestrictedExpression::new_string)),
        ),
    ]);
    entities.push(entity(own, facts, parents)?);
    Ok(all)
}

/// The account, then all that it is in: its safe, the safes around that one, its vault.
fn around(
    account: &AccountRef,
    ask: &Ask<'_>,
    entities: &mut Vec<Entity>,
) -> Result<Vec<EntityUid>, String> {
    let account = account.within(ask.default);
    let vault = account.vault().unwrap_or(ask.default).as_str();
    let mut outer = uid(&VAULT, vault);
    let mut all = vec![outer.clone()];
    let safe = account.safe().unwrap_or_default();
    let ends = safe.match_indices('/').map(|(at, _)| at).chain([safe.len()]);
    for end in ends.filter(|end| *end > 0) {
        let own = uid(&SAFE, &format!("{vault}:{}", &safe[..end]));
        entities.push(Entity::new_no_attrs(own.clone(), HashSet::from([outer])));
        all.push(own.clone());
        outer = own;
    }
    let own = uid(&ACCOUNT, &account.to_string());
    let facts =
        [("vault", vault), ("safe", safe), ("name", account.name()), ("path", &account.path())];
    let facts = facts
        .map(|(name, value)| (name.to_owned(), RestrictedExpression::new_string(value.to_owned())));
    entities.push(entity(own.clone(), HashMap::from(facts), HashSet::from([outer]))?);
    all.push(own);
    all.reverse();
    Ok(all)
}

/// Why, and whether the person's patterns name the account.
fn around_use(
    account: &AccountRef,
    purpose: &Purpose,
    ask: &Ask<'_>,
) -> [(String, RestrictedExpression); 3] {
    let listed = ask.person.accounts.iter().any(|pattern| pattern.matches(account, ask.default));
    let text =
        |text: &Option<String>| RestrictedExpression::new_string(text.clone().unwrap_or_default());
    [
        ("reason".to_owned(), text(&purpose.reason)),
        ("ticket".to_owned(), text(&purpose.ticket)),
        ("listed".to_owned(), RestrictedExpression::new_bool(listed)),
    ]
}

/// When, and from where.
fn circumstances(ask: &Ask<'_>) -> Vec<(String, RestrictedExpression)> {
    let time = ask.at.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let address = ask.address.to_canonical().to_string();
    vec![
        ("time".to_owned(), RestrictedExpression::new_datetime(time)),
        ("hour".to_owned(), RestrictedExpression::new_long(ask.at.hour.into())),
        ("weekday".to_owned(), RestrictedExpression::new_long(ask.at.weekday.into())),
        ("address".to_owned(), RestrictedExpression::new_ip(address)),
    ]
}
