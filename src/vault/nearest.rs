//! The nearest names: what a person who misspelt an account may have meant.

use std::borrow::Borrow;

use crate::name::AccountRef;

/// Up to three of `known` that look like `wanted`, for a message, best first: the same name elsewhere, or few
/// letters off. Case does not count.
pub(super) fn nearest<R: Borrow<AccountRef>>(
    wanted: &AccountRef,
    known: impl IntoIterator<Item = R>,
) -> Vec<String> {
    let path = wanted.path().to_lowercase();
    let most = 1 + path.chars().count() / 4;
    let mut near: Vec<(usize, String)> = known
        .into_iter()
        .filter_map(|known| {
            let known = known.borrow();
            let distance = strsim::damerau_levenshtein(&known.path().to_lowercase(), &path);
            let same_name = known.name().eq_ignore_ascii_case(wanted.name());
            (same_name || distance <= most)
                .then(|| (if same_name { 0 } else { distance }, format!("`{known}`")))
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}
