//! A timeline: what happened in a recording, made of its entries, while it is written and when it is read.

use super::entry::Entry;
use super::moment::{Moment, What};
use crate::stream::{Deed, Hold, Key, MouseButton, MouseKind, Note, TouchKind};

/// What is typed with a pause longer than this in it, in milliseconds, is two texts.
const PAUSE: u32 = 5_000;

/// The longest text of one moment, in characters.
const LONGEST: usize = 400;

/// What happened so far.
#[derive(Default)]
pub struct Timeline {
    moments: Vec<Moment>,
    /// What is being typed: since when, the last key, the text.
    typing: Option<(u32, u32, String)>,
    url: String,
    title: String,
    /// The dialog that waits for an answer.
    asked: Option<Note>,
    /// Who is there beside the person.
    company: Option<Note>,
    /// The texts of the list that is open.
    choices: Vec<String>,
}

impl Timeline {
    /// Takes the next entry in.
    pub fn take(&mut self, time: u32, entry: &Entry) {
        match entry {
            Entry::Note(note) => self.told(time, note),
            Entry::Deed(deed) => self.done(time, deed),
            Entry::Moment(moment) => self.add(time, moment.what, moment.text.clone()),
            Entry::Picture(_) | Entry::Whole(_) | Entry::About(_) | Entry::Index(_) => {}
        }
    }

    /// All of it, in the order of time.
    pub fn finish(mut self) -> Vec<Moment> {
        self.typed();
        self.moments.sort_by_key(|moment| moment.time);
        self.moments
    }

    fn told(&mut self, time: u32, note: &Note) {
        match note {
            Note::Tabs { tabs, active } => {
                let Some(tab) = tabs.iter().find(|tab| tab.id == *active) else { return };
                if tab.url != self.url {
                    self.url.clone_from(&tab.url);
                    self.title.clear();
                    // A new tab has none yet.
                    if !tab.url.is_empty() {
                        self.add(time, What::Url, tab.url.clone());
                    }
                }
                // Until a page has a title, its address stands there.
                if tab.title != self.title && !tab.title.is_empty() && tab.title != tab.url {
                    self.title.clone_from(&tab.title);
                    self.add(time, What::Title, tab.title.clone());
                }
            }
            // What stands is told again behind each whole picture.
            Note::Dialog { .. } if self.asked.as_ref() == Some(note) => {}
            Note::Dialog { kind, message, .. } => {
                self.asked = Some(note.clone());
                self.add(time, What::Dialog, format!("{kind}: {message}"));
            }
            Note::DialogClosed => self.asked = None,
            Note::Choices { options, .. } => self.choices.clone_from(options),
            Note::Download { name, .. } => self.add(time, What::Download, name.clone()),
            Note::Notice { text } => self.add(time, What::Notice, text.clone()),
            Note::Message { from, text } => {
                self.add(time, What::Notice, format!("{from} says: {text}"))
            }
            Note::Company { .. } if self.company.as_ref() == Some(note) => {}
            Note::Company { watchers, hold, by } => {
                self.company = Some(note.clone());
                let text = match (hold, watchers.as_slice()) {
                    (Hold::Paused, _) => format!("stopped by {by}"),
                    (Hold::Taken, _) => format!("taken over by {by}"),
                    (Hold::Unwatched, _) => "covered: nobody watches".to_owned(),
                    (Hold::Free, []) => "nobody watches".to_owned(),
                    (Hold::Free, names) => format!("watched by {}", names.join(", ")),
                };
                self.add(time, What::Notice, text);
            }
            Note::Ended { text, .. } => self.add(time, What::End, text.clone()),
            _ => {}
        }
    }

    fn done(&mut self, time: u32, deed: &Deed) {
        match deed {
            Deed::Key(key) if key.down => self.key(time, key),
            Deed::Text { text, .. } => self.types(time, text),
            Deed::Mouse { kind: MouseKind::Down, x, y, button, .. } => {
                let button = match button {
                    MouseButton::None | MouseButton::Left => "left",
                    MouseButton::Middle => "middle",
                    MouseButton::Right => "right",
                    MouseButton::Back => "back",
                    MouseButton::Forward => "forward",
                };
                self.add(time, What::Click, format!("{button} at {x:.0},{y:.0}"));
            }
            Deed::Touch { kind: TouchKind::Start, points, .. } => {
                if let Some(at) = points.last() {
                    self.add(time, What::Click, format!("finger at {:.0},{:.0}", at.x, at.y));
                }
            }
            Deed::Answer { accept, text } => {
                let word = if *accept { "accepted" } else { "cancelled" };
                let text = if text.is_empty() { String::new() } else { format!(": {text}") };
                self.add(time, What::Answer, format!("{word}{text}"));
            }
            Deed::Choose { index } => {
                let chosen = index.and_then(|index| self.choices.get(index).cloned());
                if let Some(text) = chosen {
                    self.add(time, What::Chosen, text);
                }
            }
            Deed::Back => self.command(time, "back"),
            Deed::Forward => self.command(time, "forward"),
            Deed::Reload => self.command(time, "reload"),
            Deed::Stop => self.command(time, "stop"),
            Deed::Print => self.command(time, "print"),
            Deed::Show { .. } => self.command(time, "another tab"),
            Deed::Close { .. } => self.command(time, "close a tab"),
            _ => {}
        }
    }

    fn key(&mut self, time: u32, key: &Key) {
        let character = key.key.chars().count() == 1;
        if character && !key.modifiers.is_command() {
            return self.types(time, &key.key);
        }
        match key.key.as_str() {
            "Backspace" if !key.modifiers.is_command() => {
                if let Some((_, last, text)) = &mut self.typing {
                    *last = time;
                    text.pop();
                }
            }
            "Enter" | "Tab" => self.typed(),
            "Shift" | "Control" | "Alt" | "Meta" | "AltGraph" | "CapsLock" | "Dead" => {}
            name if name.starts_with("Arrow") => {}
            name => {
                let held = [(2, "Ctrl+"), (1, "Alt+"), (8, "Shift+"), (4, "Meta+")];
                let held = held.iter().filter(|(bit, _)| key.modifiers.0 & bit != 0);
                let held: String = held.map(|(_, name)| *name).collect();
                let name = if character { name.to_uppercase() } else { name.to_owned() };
                self.add(time, What::Key, format!("{held}{name}"));
            }
        }
    }

    fn types(&mut self, time: u32, more: &str) {
        let goes_on = self.typing.as_ref().is_some_and(|(_, last, text)| {
            time.saturating_sub(*last) <= PAUSE && text.chars().count() < LONGEST
        });
        if !goes_on {
            self.typed();
        }
        let (_, last, text) = self.typing.get_or_insert_with(|| (time, time, String::new()));
        *last = time;
        text.push_str(more);
    }

    /// What was being typed is whole.
    fn typed(&mut self) {
        if let Some((since, _, text)) = self.typing.take()
            && !text.is_empty()
        {
            self.push(since, What::Typed, text);
        }
    }

    fn command(&mut self, time: u32, word: &str) {
        self.add(time, What::Command, word.to_owned());
    }

    fn add(&mut self, time: u32, what: What, text: String) {
        if matches!(what, What::Click | What::Url | What::End | What::Answer | What::Pasted) {
            self.typed();
        }
        self.push(time, what, text);
    }

    fn push(&mut self, time: u32, what: What, text: String) {
        let text = match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        self.moments.push(Moment { time, what, text });
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Timeline, What};
    use crate::stream::{Deed, Key, Modifiers, Note, Tab};

    fn key(name: &str, modifiers: u8) -> Entry {
        Entry::Deed(Deed::Key(Key {
            down: true,
            key: name.to_owned(),
            code: String::new(),
            windows: 0,
            location: 0,
            repeat: false,
            modifiers: Modifiers(modifiers),
            number: 0,
        }))
    }

    fn tabs(title: &str, url: &str) -> Entry {
        let tab = Tab { id: "1".into(), title: title.into(), url: url.into(), loading: false };
        Entry::Note(Note::Tabs { tabs: vec![tab], active: "1".into() })
    }

    #[test]
    fn what_happened_is_told_once_and_in_order() {
        let dialog = || {
            Entry::Note(Note::Dialog {
                kind: "confirm".into(),
                message: "Sure?".into(),
                default: String::new(),
            })
        };
        let entries = [
            (0, tabs("http://a/x", "http://a/x")),
            (10, tabs("Home", "http://a/x")),
            (20, tabs("Home", "http://a/x")),
            (100, key("c", 0)),
            (110, key("x", 0)),
            (120, key("Backspace", 0)),
            (130, key("Shift", 0)),
            (140, key("A", 8)),
            (9_000, key("t", 0)),
            (9_100, key("Enter", 0)),
            (9_200, key("s", 2)),
            (9_300, dialog()),
            (9_400, dialog()),
            (9_500, Entry::Deed(Deed::Answer { accept: true, text: String::new() })),
            (9_550, tabs("", "")),
            (9_600, tabs("http://a/y", "http://a/y")),
        ];
        let mut timeline = Timeline::default();
        for (time, entry) in entries {
            timeline.take(time, &entry);
        }
        let told: Vec<_> = timeline
            .finish()
            .into_iter()
            .map(|moment| (moment.time, moment.what, moment.text))
            .collect();
        let expected = [
            (0, What::Url, "http://a/x"),
            (10, What::Title, "Home"),
            (100, What::Typed, "cA"),
            (9_000, What::Typed, "t"),
            (9_200, What::Key, "Ctrl+S"),
            (9_300, What::Dialog, "confirm: Sure?"),
            (9_500, What::Answer, "accepted"),
            (9_600, What::Url, "http://a/y"),
        ];
        let expected: Vec<_> =
            expected.map(|(time, what, text)| (time, what, text.to_owned())).into();
        assert_eq!(told, expected);
    }
}
