//! A count: how often something happened, or how much of it, by labels. It never goes back.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::exposition::{Exposition, Kind};

/// As many different labels a count keeps apart; what comes later is `other`. Causes are words of connectors, and
/// one of them must not fill the memory of who collects.
const MOST: usize = 200;

/// How often something happened since the process began.
#[derive(Debug)]
pub struct Count {
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    cells: Mutex<BTreeMap<Vec<String>, u64>>,
}

impl Count {
    /// Nothing counted yet.
    pub(super) fn new(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
    ) -> Self {
        let cells = match labels {
            // Without labels there is one number, and it is told before anything happened.
            [] => BTreeMap::from([(Vec::new(), 0)]),
            _ => BTreeMap::new(),
        };
        Self { name, help, labels, cells: Mutex::new(cells) }
    }

    /// Counts `amount` more with these values of the labels, in their order.
    pub fn add(&self, values: &[&str], amount: u64) {
        debug_assert_eq!(values.len(), self.labels.len(), "{}", self.name);
        let mut key: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if cells.len() >= MOST && !cells.contains_key(&key) {
            key = vec!["other".to_owned(); self.labels.len()];
        }
        let cell = cells.entry(key).or_default();
        *cell = cell.saturating_add(amount);
    }

    pub(super) fn write(&self, to: &mut Exposition) {
        to.family(self.name, Kind::Counter, self.help);
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for (values, number) in &*cells {
            let labels: Vec<(&str, &str)> =
                self.labels.iter().copied().zip(values.iter().map(String::as_str)).collect();
            to.whole(self.name, &labels, *number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, MOST};
    use crate::meter::Exposition;

    fn written(count: &Count) -> String {
        let mut to = Exposition::default();
        count.write(&mut to);
        to.text()
    }

    #[test]
    fn labels_are_kept_apart_and_bounded() {
        let count = Count::new("x_total", "X.", &["cause"]);
        assert_eq!(written(&count), "# HELP x_total X.\n# TYPE x_total counter\n");
        for cause in 0..MOST + 10 {
            count.add(&[&format!("cause {cause}")], 1);
        }
        count.add(&["cause 0"], 2);
        let text = written(&count);
        assert!(text.contains("x_total{cause=\"cause 0\"} 3\n"), "{text}");
        assert!(text.contains("x_total{cause=\"other\"} 10\n"), "{text}");
        assert_eq!(text.lines().count(), 2 + MOST + 1);
    }

    #[test]
    fn without_labels_there_is_a_zero() {
        let count = Count::new("x_total", "X.", &[]);
        assert!(written(&count).ends_with("\nx_total 0\n"));
        count.add(&[], u64::MAX);
        count.add(&[], 7);
        assert!(written(&count).ends_with(&format!("\nx_total {}\n", u64::MAX)));
    }
}
