//! A report: everything that was not carried over as it was, with its place in the source. It holds names and
//! numbers of rows, never a value, because values of a source can be passwords.

/// What became of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is not in the connector.
    Lost,
    /// It is in the connector and does not mean quite the same.
    Changed,
    /// It is in the connector, or cannot be, and a person has to look at it.
    Review,
}

impl Fate {
    /// The word in a report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Changed => "changed",
            Self::Review => "review",
        }
    }
}

/// One thing that was not carried over as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What became of it.
    pub fate: Fate,
    /// Where it stands in the source: bytes from its beginning.
    pub at: usize,
    /// What it is: a name or the number of a row, never a value.
    pub what: String,
    /// Why it was not carried over as it was.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// Where the lines of a source begin: for many places of one text.
#[derive(Debug)]
pub struct Places<'a> {
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    /// The lines of `text`.
    pub fn new(text: &'a str) -> Self {
        let lines =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, lines }
    }

    /// Line and column of the byte `at`, from 1; the column in characters.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let at = self.text.floor_char_boundary(at.min(self.text.len()));
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        (line, self.text[start..at].chars().count() + 1)
    }
}

/// Line and column of the byte `at`, from 1; the column in characters.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    Places::new(text).position(at)
}

/// The most items of one connector: a source with more is not read by anybody.
const MOST: usize = 200;

/// Items as they are found.
#[derive(Debug, Default)]
pub(super) struct Report {
    items: Vec<Item>,
    more: usize,
}

impl Report {
    fn push(&mut self, fate: Fate, at: usize, what: String, why: &str, help: String) {
        if self.items.len() == MOST {
            self.more += 1;
            return;
        }
        self.items.push(Item { fate, at, what, why: why.to_owned(), help });
    }

    /// Something is not in the connector.
    pub(super) fn lost(
        &mut self,
        at: usize,
        what: impl Into<String>,
        why: &str,
        help: impl Into<String>,
    ) {
        self.push(Fate::Lost, at, what.into(), why, help.into());
    }

    /// Something does not mean quite the same.
    pub(super) fn changed(
        &mut self,
        at: usize,
        what: impl Into<String>,
        why: &str,
        help: impl Into<String>,
    ) {
        self.push(Fate::Changed, at, what.into(), why, help.into());
    }

    /// A person has to look at something.
    pub(super) fn review(
        &mut self,
        at: usize,
        what: impl Into<String>,
        why: &str,
        help: impl Into<String>,
    ) {
        self.push(Fate::Review, at, what.into(), why, help.into());
    }

    /// The items in the order of the source.
    pub(super) fn into_items(mut self) -> Vec<Item> {
        self.items.sort_by_key(|item| item.at);
        if self.more > 0 {
            let what = format!("{} more things", self.more);
            let help =
                "is this the right file? mend what stands above, and import again".to_owned();
            let why = "a report has at most 200".to_owned();
            self.items.push(Item { fate: Fate::Review, at: usize::MAX, what, why, help });
        }
        self.items
    }
}

/// A name of the source for a message: short, without control characters.
pub(super) fn shown(name: &str) -> String {
    let mut shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    if shown.len() < name.len() && name.chars().count() > 64 {
        shown.push('…');
    }
    shown
}
