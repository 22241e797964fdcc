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
    /// How many characters begin before each multiple of [`STRIDE`]: an export may be one long line.
    before: Vec<usize>,
}

/// How far apart characters are counted once and for all, in bytes.
const STRIDE: usize = 4096;

impl<'a> Places<'a> {
    /// The lines of `text`.
    pub fn new(text: &'a str) -> Self {
        let lines = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(lines).collect();
        let mut count = 0;
        let before = text.as_bytes().chunks(STRIDE).map(|chunk| {
            let here = count;
            count += chunk.iter().filter(|byte| begins(**byte)).count();
            here
        });
        let before = before.collect();
        Self { text, lines, before }
    }

    /// Line and column of the byte `at`, from 1; the column in characters.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let at = self.text.floor_char_boundary(at.min(self.text.len()));
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        (line, self.characters(at) - self.characters(start) + 1)
    }

    /// How many characters begin before the byte `at`.
    fn characters(&self, at: usize) -> usize {
        let (stride, rest) = (at / STRIDE, at % STRIDE);
        let Some(before) = self.before.get(stride) else {
            // The end of a text whose length is a multiple of the stride.
            return self.text.chars().count();
        };
        let bytes = &self.text.as_bytes()[at - rest..at];
        before + bytes.iter().filter(|byte| begins(**byte)).count()
    }
}

/// Whether a character of UTF-8 begins with this byte.
fn begins(byte: u8) -> bool {
    byte & 0xc0 != 0x80
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

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn places_are_those_of_the_characters() {
        let line = "ä€x".repeat(3_000);
        let text = format!("{line}\nü{line}");
        let places = Places::new(&text);
        let (mut line, mut column) = (1, 1);
        for (at, character) in text.char_indices() {
            assert_eq!(places.position(at), (line, column), "byte {at}");
            column += 1;
            if character == '\n' {
                (line, column) = (line + 1, 1);
            }
        }
        assert_eq!(places.position(usize::MAX), (line, column));
        assert_eq!(Places::new(&"x".repeat(4096)).position(4096), (1, 4097));
        assert_eq!(Places::new("").position(7), (1, 1));
    }
}
