//! A check of the whole record: it reads every row and concludes a verdict.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row as _};

use super::chain::{Columns, FORMAT, GENESIS, Hash, Head};
use super::key::Key;
use super::{Break, Error, Record, Verdict, schema};
use crate::clock::Timestamp;

impl Record {
    /// Checks every row, the chain and its end.
    ///
    /// # Errors
    /// What reading a database can meet. What was tampered with is no error but in the verdict.
    pub async fn verify(&self) -> Result<Verdict, Error> {
        let failed = |error| Error::of(&self.path, error);
        let mut connection = self.connection.lock().await;
        // One transaction, so that rows and head are of one moment while others append.
        let mut transaction = connection.begin().await.map_err(failed)?;
        let head = schema::head(&mut transaction, &self.path).await;
        let mut check = match head {
            Ok(Some((head, seal))) => Check::new(self.key.as_ref(), Some(head), Some(seal)),
            Ok(None) => Check::new(self.key.as_ref(), None, None),
            Err(Error::Altered { .. }) => Check::new(self.key.as_ref(), None, None),
            Err(error) => return Err(error),
        };
        check.bound(&mut transaction).await.map_err(failed)?;
        {
            let mut rows =
                sqlx::query("SELECT * FROM activity ORDER BY number").fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                let number = row.try_get("number").unwrap_or(0);
                let time = row.try_get("time").ok();
                check.row(number, time, Columns::read(&row).ok());
            }
        }
        transaction.rollback().await.map_err(failed)?;
        Ok(check.conclude())
    }
}

/// How many numbers are tried in all to find out where rows come from that were moved.
const TRIES: u32 = 2_000_000;

/// The work of checking, row by row.
struct Check<'a> {
    key: Option<&'a Key>,
    head: Option<Head>,
    /// Whether the head is sealed with the key, or there is no key to tell.
    head_sealed: bool,
    /// The largest number that a row can have been written under.
    most: i64,
    /// For each genuine row the number it was written under, and its time.
    genuine: BTreeMap<i64, Option<Timestamp>>,
    /// Rows that are genuine nowhere: number and time.
    strangers: Vec<(i64, Option<Timestamp>)>,
    breaks: Vec<(i64, Break)>,
    rows: u64,
    span: Option<(Timestamp, Timestamp)>,
    /// The last row that was genuine and in its place.
    before: (i64, Hash),
    /// Numbers that doorward passed over, for somebody had put a row there: both ends excluded.
    skipped: Vec<(i64, i64)>,
    /// By how much the last moved row was moved.
    shift: i64,
    tries: u32,
}

impl<'a> Check<'a> {
    fn new(key: Option<&'a Key>, head: Option<Head>, seal: Option<Hash>) -> Self {
        let head_sealed = match (key, &head) {
            (Some(key), Some(head)) => seal == Some(key.seal_head(head)),
            _ => true,
        };
        Self {
            key,
            head,
            head_sealed,
            most: 0,
            genuine: BTreeMap::new(),
            strangers: Vec::new(),
            breaks: Vec::new(),
            rows: 0,
            span: None,
            before: (0, GENESIS),
            skipped: Vec::new(),
            shift: 0,
            tries: TRIES,
        }
    }

    /// Finds out how large a row's number can have been.
    async fn bound(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let rows: i64 =
            sqlx::query_scalar("SELECT count(*) FROM activity").fetch_one(connection).await?;
        let counted = self.head.filter(|_| self.head_sealed).map_or(0, |head| head.count);
        self.most = rows.max(counted);
        Ok(())
    }

    /// Takes the next row; without columns it is none that doorward can have written.
    fn row(&mut self, number: i64, time: Option<i64>, columns: Option<Columns>) {
        let time = time.and_then(|time| Timestamp::from_microsecond(time).ok());
        self.rows += 1;
        if let Some(time) = time {
            self.span = Some((self.span.map_or(time, |(first, _)| first), time));
        }
        let origin = columns.as_ref().and_then(|columns| self.origin(number, columns));
        let (Some(columns), Some(was)) = (columns, origin) else {
            self.strangers.push((number, time));
            return;
        };
        if was != number || self.genuine.contains_key(&was) {
            self.moved(number, was, time);
            return;
        }
        self.genuine.insert(number, time);
        let (last, end) = self.before;
        match columns.previous == end {
            true if last.saturating_add(1) < number => self.skipped.push((last, number)),
            false if last.saturating_add(1) == number => {
                self.breaks.push((number, Break::Unlinked { number, time }));
            }
            _ => {}
        }
        if let Ok(hash) = columns.hash.try_into() {
            self.before = (number, hash);
        }
    }

    /// A genuine row that is not in its place; a second one of its kind is a copy.
    fn moved(&mut self, number: i64, was: i64, time: Option<Timestamp>) {
        self.shift = was.saturating_sub(number);
        self.breaks.push((number, Break::Moved { number, was, time }));
    }

    /// The number under which a row was written, or `None` for a row that doorward did not write so.
    fn origin(&mut self, number: i64, columns: &Columns) -> Option<i64> {
        let hash: Hash = columns.hash.as_slice().try_into().ok()?;
        if columns.format != FORMAT
            || self.key.is_some_and(|key| !key.sealed_row(&hash, &columns.seal))
        {
            return None;
        }
        if number >= 1 && columns.digest(number) == hash {
            return Some(number);
        }
        // A row that was changed ends up here too, and is sealed for no number at all.
        let near = [number.saturating_add(self.shift)];
        let from = number.clamp(1, self.most.max(1));
        let distances = (0..=self.most).flat_map(|d| [from.checked_add(d), from.checked_sub(d)]);
        let all = near.into_iter().chain(distances.flatten().take(self.tries as usize));
        let mut tried = 0;
        let most = self.most;
        let found = all.filter(|was| (1..=most).contains(was)).find(|was| {
            tried += 1;
            columns.digest(*was) == hash
        });
        self.tries = self.tries.saturating_sub(tried);
        found
    }

    /// Puts together what the rows say only all at once.
    fn conclude(mut self) -> Verdict {
        self.place_moved();
        self.place_strangers();
        self.find_gaps();
        // Where rows were removed and the next ones moved up, the gap comes first.
        self.breaks
            .sort_by_key(|(number, found)| (*number, !matches!(found, Break::Removed { .. })));
        let mut breaks: Vec<Break> = self.breaks.into_iter().map(|(_, found)| found).collect();
        let last = self.genuine.last_key_value().map_or(0, |(number, _)| *number);
        match self.head {
            None => breaks.push(Break::HeadMissing),
            Some(_) if !self.head_sealed => breaks.push(Break::HeadForged),
            Some(Head { count, .. }) if count < last => breaks.push(Break::HeadOld { count }),
            Some(Head { count, hash }) => {
                let (number, end) = self.before;
                if number == count && end != hash {
                    breaks.push(Break::HeadForged);
                }
            }
        }
        if self.key.is_none() {
            breaks.push(Break::KeyMissing);
        }
        Verdict {
            rows: self.rows,
            span: self.span,
            head: self.head.map(|head| HEXLOWER.encode(&head.hash)),
            breaks,
        }
    }

    /// Moved rows stand for the numbers they were written under, unless the row itself is there.
    fn place_moved(&mut self) {
        for (_, found) in &mut self.breaks {
            if let Break::Moved { number, was, time } = *found
                && self.genuine.insert(was, time).is_some()
            {
                *found = Break::Inserted { number, time };
            }
        }
    }

    /// A stranger in the place of a row that is nowhere else is that row, changed; any other was
    /// inserted.
    fn place_strangers(&mut self) {
        let end = self.head.filter(|_| self.head_sealed).map_or(i64::MAX, |head| head.count);
        for (number, time) in std::mem::take(&mut self.strangers) {
            let free = (1..=end).contains(&number) && !self.genuine.contains_key(&number);
            let skipped = self.skipped.iter().any(|(a, b)| (a + 1..*b).contains(&number));
            if free {
                self.genuine.insert(number, time);
            }
            let found = if free && !skipped {
                Break::Changed { number, time }
            } else {
                Break::Inserted { number, time }
            };
            self.breaks.push((number, found));
        }
    }

    /// Numbers up to the head's count that no row stands for are rows that were removed.
    fn find_gaps(&mut self) {
        let mut next = 1;
        let mut after = None;
        for (&number, &time) in &self.genuine {
            if number > next {
                let (first, last) = (next, number - 1);
                self.breaks.push((first, Break::Removed { first, last, after, before: time }));
            }
            next = number.saturating_add(1);
            after = time;
        }
        let count = self.head.filter(|_| self.head_sealed).map_or(0, |head| head.count);
        if count >= next {
            self.breaks.push((next, Break::Cut { first: next, last: count, after }));
        }
    }
}
