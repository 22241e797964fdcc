//! A tab: a page of the browser, and what is known of it.

use serde_json::Value;

use crate::stream;

/// A page that is open.
pub(super) struct Open {
    /// The id of its target, which is that of its top frame.
    pub(super) id: String,
    /// The DevTools session with it.
    pub(super) session: String,
    pub(super) title: String,
    pub(super) url: String,
    pub(super) loading: bool,
    /// The window that it is in, once the browser has said.
    pub(super) window: Option<i64>,
    /// Whether its page has crashed and no other has come.
    pub(super) crashed: bool,
}

impl Open {
    /// The page that `info`, a `TargetInfo`, is of.
    pub(super) fn new(id: String, session: String, info: &Value) -> Self {
        let mut tab = Self {
            id,
            session,
            title: String::new(),
            url: String::new(),
            loading: false,
            window: None,
            crashed: false,
        };
        tab.learn(info);
        tab
    }

    /// Takes over what `info` says; whether that is new.
    pub(super) fn learn(&mut self, info: &Value) -> bool {
        let text = |name: &str| info[name].as_str().unwrap_or_default();
        // The title comes from the page itself; what stands here can be older.
        if self.url == text("url") {
            return false;
        }
        text("title").clone_into(&mut self.title);
        text("url").clone_into(&mut self.url);
        true
    }

    /// As viewers are told.
    pub(super) fn told(&self) -> stream::Tab {
        let title = if self.title.is_empty() { &self.url } else { &self.title };
        stream::Tab {
            id: self.id.clone(),
            title: title.clone(),
            url: self.url.clone(),
            loading: self.loading,
        }
    }
}
