//! A witness: puts a change on record before it holds. The change is written, its row is durable, and only then does the
//! change hold; where the record takes nothing it never was.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Error, Note};
use crate::activity::{self, Store};
use crate::clock::Clock;

/// Who puts one change on record.
pub struct Witness<'a> {
    store: &'a Store,
    clock: Clock,
    kept: Arc<Mutex<Option<Note>>>,
}

impl Witness<'_> {
    /// Puts the change on record; whoever makes it awaits this before it holds.
    ///
    /// # Errors
    /// [`Error::Unrecorded`]: the change must not hold.
    pub async fn keep(self, note: Note) -> Result<(), Error> {
        note.clone().keep(self.store, self.clock).await?;
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(note);
        Ok(())
    }
}

/// Makes a change that awaits its witness. One that does not hold although it is on record goes there again, as `failed`.
///
/// # Errors
/// Those of the change, and that the record does not take it.
pub async fn witnessed<'a, T, E, F>(
    store: &'a Store,
    clock: Clock,
    change: impl FnOnce(Witness<'a>) -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: From<activity::Error>,
{
    let kept = Arc::default();
    let done = change(Witness { store, clock, kept: Arc::clone(&kept) }).await;
    let note = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Err(_), Some(note)) = (&done, note) {
        note.outcome("failed").keep(store, clock).await?;
    }
    done
}
