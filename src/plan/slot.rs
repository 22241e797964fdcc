//! A slot: a place that a value goes, and the class of the value.

use crate::connector::Placeholder;

/// One place that a value goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The row, from 1; `None` for the settings (`LogonURL`, `AllowedOrigins`, `AllowedURLs`).
    pub row: Option<usize>,
    /// What goes there.
    pub placeholder: Placeholder,
    /// How it must be treated.
    pub class: Class,
}

/// How a value must be treated. What is not known to be public is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// `password`, and every custom property: only the vault knows whether it is protected.
    Secret,
    /// `username`, `address`, `port` and the like: shown, logged, put into URLs and locators.
    Public,
}

impl Slot {
    /// The slot of `placeholder`, in `row` or in the settings.
    pub(super) fn new(row: Option<usize>, placeholder: &Placeholder) -> Self {
        let class = if placeholder.is_public() { Class::Public } else { Class::Secret };
        Self { row, placeholder: placeholder.clone(), class }
    }
}
