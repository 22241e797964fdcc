//! The company of a session: who watches it, and whose deeds pass.

use crate::name::UserName;
use crate::stream::{Hold, Note};

/// From where somebody sees a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seat {
    /// It is theirs.
    Own,
    /// They watch it.
    Watch(UserName),
}

/// Who watches, and whose deeds pass.
#[derive(Debug, Default)]
pub(super) struct Company {
    /// A name for each viewer of somebody who watches.
    watchers: Vec<UserName>,
    /// What was asked for last; never [`Hold::Unwatched`].
    asked: Hold,
    /// By whom, where it is not free.
    by: Option<UserName>,
    /// Whether the connector wants somebody who watches.
    is_required: bool,
}

impl Company {
    /// Of a session that nobody watches yet; `is_required`: its connector wants somebody who does.
    pub(super) fn new(is_required: bool) -> Self {
        Self { is_required, ..Self::default() }
    }

    /// Somebody begins to watch.
    pub(super) fn joins(&mut self, who: UserName) {
        self.watchers.push(who);
    }

    /// Somebody watches no more. Where they had taken the session over it stands still: they had a reason, and a
    /// connection that was lost must not undo it.
    pub(super) fn leaves(&mut self, who: &UserName) {
        if let Some(at) = self.watchers.iter().position(|watcher| watcher == who) {
            self.watchers.swap_remove(at);
        }
        if self.asked == Hold::Taken
            && self.by.as_ref() == Some(who)
            && !self.watchers.contains(who)
        {
            self.asked = Hold::Paused;
        }
    }

    /// Lets the session go on, stops it, or gives it to `by`; `false` where they take what they do not see.
    pub(super) fn hold(&mut self, hold: Hold, by: &UserName) -> bool {
        if hold == Hold::Unwatched || (hold == Hold::Taken && !self.watchers.contains(by)) {
            return false;
        }
        self.asked = hold;
        self.by = (hold != Hold::Free).then(|| by.clone());
        true
    }

    /// As it stands.
    pub(super) fn now(&self) -> Hold {
        match self.is_required && self.watchers.is_empty() {
            true => Hold::Unwatched,
            false => self.asked,
        }
    }

    /// Whether the deeds of one who sits there pass.
    pub(super) fn passes(&self, seat: &Seat) -> bool {
        match (seat, self.now()) {
            (Seat::Own, hold) => hold == Hold::Free,
            (Seat::Watch(who), hold) => hold == Hold::Taken && self.by.as_ref() == Some(who),
        }
    }

    /// Whether one who sits there sees it.
    pub(super) fn shows(&self, seat: &Seat) -> bool {
        *seat != Seat::Own || self.now() != Hold::Unwatched
    }

    /// The names of those who watch, each once.
    pub(super) fn names(&self) -> Vec<UserName> {
        let mut names = self.watchers.clone();
        names.sort();
        names.dedup();
        names
    }

    /// Who holds it.
    pub(super) fn by(&self) -> Option<&UserName> {
        self.by.as_ref()
    }

    /// What viewers are told.
    pub(super) fn note(&self) -> Note {
        Note::Company {
            watchers: self.names().iter().map(ToString::to_string).collect(),
            hold: self.now(),
            by: self.by.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Company, Seat};
    use crate::name::UserName;
    use crate::stream::Hold;

    fn name(text: &str) -> UserName {
        text.parse().unwrap()
    }

    /// What happens one after the other, and for `ann`, whose session it is, `eve` and `kim`: whose deeds pass, and
    /// whether ann sees it.
    #[test]
    fn deeds_pass_from_one_place_alone() {
        let cases: [(bool, &str, Hold, [bool; 3], bool); 14] = [
            (false, "", Hold::Free, [true, false, false], true),
            (false, "+eve", Hold::Free, [true, false, false], true),
            (false, "pause eve", Hold::Paused, [false, false, false], true),
            (false, "+eve pause eve -eve", Hold::Paused, [false, false, false], true),
            (false, "+eve pause eve free kim", Hold::Free, [true, false, false], true),
            // Nobody takes what they do not see.
            (false, "take eve", Hold::Free, [true, false, false], true),
            (false, "+eve take eve", Hold::Taken, [false, true, false], true),
            (false, "+eve take eve +kim take kim", Hold::Taken, [false, false, true], true),
            (false, "+eve take eve free eve", Hold::Free, [true, false, false], true),
            // A connection that was lost gives nothing back, and the second window of one person keeps it.
            (false, "+eve take eve -eve", Hold::Paused, [false, false, false], true),
            (false, "+eve +eve take eve -eve", Hold::Taken, [false, true, false], true),
            (true, "", Hold::Unwatched, [false, false, false], false),
            (true, "+eve", Hold::Free, [true, false, false], true),
            (true, "+eve take eve -eve", Hold::Unwatched, [false, false, false], false),
        ];
        for (is_required, story, hold, passes, shows) in cases {
            let mut company = Company::new(is_required);
            let mut words = story.split_whitespace();
            while let Some(word) = words.next() {
                let mut by = || name(words.next().unwrap());
                let _ = match word {
                    "pause" => company.hold(Hold::Paused, &by()),
                    "take" => company.hold(Hold::Taken, &by()),
                    "free" => company.hold(Hold::Free, &by()),
                    word => match word.strip_prefix('+') {
                        Some(who) => {
                            company.joins(name(who));
                            true
                        }
                        None => {
                            company.leaves(&name(&word[1..]));
                            true
                        }
                    },
                };
            }
            let seats = [Seat::Own, Seat::Watch(name("eve")), Seat::Watch(name("kim"))];
            assert_eq!(company.now(), hold, "{story}");
            assert_eq!(seats.each_ref().map(|seat| company.passes(seat)), passes, "{story}");
            assert_eq!(company.shows(&Seat::Own), shows, "{story}");
            assert!(company.shows(&seats[1]));
        }
    }
}
