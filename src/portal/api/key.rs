//! `/api/v1/me/recording-key`: the key with which one opens recordings, for one's sign-in alone.

use std::collections::BTreeSet;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::Body;
use crate::activity::Action;
use crate::portal::archive::blocking;
use crate::portal::guard::{Client, Person, Replayer};
use crate::portal::keyring::Origin;
use crate::portal::problem::Problem;
use crate::portal::{Note, Portal, Typed, problem};
use crate::recording::{Identities, Locked};

/// How many passphrases are tried at the same time: each takes 256 MiB.
static PLACES: Semaphore = Semaphore::const_new(1);

/// What opens recordings now.
#[derive(Serialize, ToSchema)]
pub(in crate::portal) struct KeyState {
    /// `configuration`, `sign-in`, or `none`.
    pub(in crate::portal) origin: &'static str,
    /// The public keys that belong to it.
    pub(in crate::portal) recipients: Vec<String>,
}

/// An auditor's identity.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    /// The text of the file that `doorward recording key` or `age-keygen` wrote; or what `age -p -a` made of it.
    #[schema(value_type = String, format = Password)]
    identity: Typed,
    /// Its passphrase, where it has one.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    passphrase: Option<Typed>,
}

impl KeyState {
    /// What opens recordings for `person`.
    pub(in crate::portal) fn of(portal: &Portal, person: &Person) -> Self {
        match portal.keyring.keys(&person.sign_in, Instant::now()) {
            None => Self { origin: "none", recipients: Vec::new() },
            Some((keys, origin)) => Self {
                origin: match origin {
                    Origin::Configuration => "configuration",
                    Origin::SignIn => "sign-in",
                },
                recipients: keys.recipients().iter().map(ToString::to_string).collect(),
            },
        }
    }
}

/// Whether there is a key that opens recordings
#[utoipa::path(get, path = "/api/v1/me/recording-key", responses(
    (status = 200, body = KeyState), (status = 401, body = problem::Body),
))]
pub(super) async fn state(State(portal): State<Portal>, person: Person) -> Json<KeyState> {
    Json(KeyState::of(&portal, &person))
}

/// Give the broker a key that opens recordings: in memory, for this sign-in, until it ends or 15 minutes without use
#[utoipa::path(put, path = "/api/v1/me/recording-key", request_body = Identity, responses(
    (status = 200, body = KeyState), (status = 401, body = problem::Body), (status = 403, body = problem::Body),
    (status = 422, body = problem::Body), (status = 429, body = problem::Body),
))]
pub(super) async fn unlock(
    State(portal): State<Portal>,
    Replayer(person): Replayer,
    Client(client): Client,
    Body(Identity { identity, passphrase }): Body<Identity>,
) -> Result<Json<KeyState>, Problem> {
    // Not the name that passwords are counted under: who mistypes a passphrase can still sign in.
    let counted = format!("\u{0}key of {}", person.user.name.as_str().to_lowercase());
    portal.wait(&counted, client)?;
    let note =
        |outcome| Note::new(Action::UnlockRecordings, &person.user.name, client).outcome(outcome);
    let (store, clock) = (&portal.ground.store, portal.ground.clock);
    let place = PLACES.acquire().await.map_err(|error| Problem::failed(&error))?;
    let unlocked =
        blocking(move || Identities::unlock(identity.text(), passphrase.map(Typed::into_text)));
    let unlocked = unlocked.await?;
    drop(place);
    let keys = match unlocked {
        Ok(keys) => keys,
        Err(locked) => {
            // Nothing was guessed at.
            if locked != Locked::WrongPassphrase {
                portal.names.undo(&counted);
                portal.addresses.undo(&client.to_string());
            }
            note("refused").detail("cause", "unreadable").keep(store, clock).await?;
            return Err(Problem::unfit(locked.to_string(), locked.help()));
        }
    };
    let own: Vec<String> = keys.recipients().iter().map(ToString::to_string).collect();
    let known = recipients(&portal).await?;
    portal.forgive(&counted, client);
    if !known.is_empty() && !own.iter().any(|own| known.contains(own)) {
        note("refused")
            .detail("cause", "of no recording")
            .detail("key", own.join(" "))
            .keep(store, clock)
            .await?;
        let most: Vec<&str> = known.iter().map(String::as_str).take(3).collect();
        return Err(Problem::unfit(
            format!(
                "this identity opens none of the recordings: its public key is {}",
                own.join(", ")
            ),
            format!(
                "they are encrypted to {}: load the identity that belongs to one of these",
                most.join(", ")
            ),
        ));
    }
    note("unlocked").detail("key", own.join(" ")).keep(store, clock).await?;
    portal.keyring.hold(person.sign_in, keys, Instant::now());
    Ok(Json(KeyState::of(&portal, &person)))
}

/// Take the key away again, before the sign-in ends
#[utoipa::path(delete, path = "/api/v1/me/recording-key", responses(
    (status = 204), (status = 401, body = problem::Body),
))]
pub(super) async fn forget(State(portal): State<Portal>, person: Person) -> StatusCode {
    portal.keyring.forget(&person.sign_in);
    StatusCode::NO_CONTENT
}

/// The public keys that recordings were encrypted to, as the record has them.
async fn recipients(portal: &Portal) -> Result<BTreeSet<String>, Problem> {
    let rows = portal.ground.record.rows_of(&[Action::RecordingBegun]).await?;
    let details = rows.iter().flat_map(|row| &row.event.details);
    let named = details.filter(|(name, _)| name == "recipients");
    Ok(named.flat_map(|(_, keys)| keys.split(' ')).map(str::to_owned).collect())
}
