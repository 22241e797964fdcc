//! A spread: how long something took, by one label, as a histogram.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::exposition::{Exposition, Kind};

/// The upper ends of the buckets, in seconds: a plan takes microseconds, a vault milliseconds, a sign-in seconds, and a
/// person who does a captcha a minute.
const ENDS: [f64; 12] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0, 120.0];

/// How long something took.
#[derive(Debug)]
pub struct Spread {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    cells: Mutex<BTreeMap<&'static str, Cell>>,
}

#[derive(Debug, Default)]
struct Cell {
    /// How many came into each bucket, and not into one before it.
    buckets: [u64; ENDS.len()],
    sum: f64,
    count: u64,
}

impl Spread {
    /// Nothing measured yet.
    pub(super) fn new(name: &'static str, help: &'static str, label: &'static str) -> Self {
        Self { name, help, label, cells: Mutex::default() }
    }

    /// It took so long.
    pub fn took(&self, value: &'static str, time: Duration) {
        let seconds = time.as_secs_f64();
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = cells.entry(value).or_default();
        if let Some(bucket) = ENDS.iter().position(|end| seconds <= *end) {
            cell.buckets[bucket] += 1;
        }
        cell.sum += seconds;
        cell.count += 1;
    }

    pub(super) fn write(&self, to: &mut Exposition) {
        to.family(self.name, Kind::Histogram, self.help);
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for (value, cell) in &*cells {
            let bucket = format!("{}_bucket", self.name);
            let mut below = 0;
            for (end, count) in ENDS.iter().zip(cell.buckets) {
                below += count;
                to.whole(&bucket, &[(self.label, value), ("le", &end.to_string())], below);
            }
            to.whole(&bucket, &[(self.label, value), ("le", "+Inf")], cell.count);
            to.sample(&format!("{}_sum", self.name), &[(self.label, value)], cell.sum);
            to.whole(&format!("{}_count", self.name), &[(self.label, value)], cell.count);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Spread;
    use crate::meter::Exposition;

    #[test]
    fn buckets_hold_all_that_is_below_their_end() {
        let spread = Spread::new("x_seconds", "X.", "phase");
        for millis in [0, 5, 6, 600, 500_000] {
            spread.took("vault", Duration::from_millis(millis));
        }
        let mut to = Exposition::default();
        spread.write(&mut to);
        let text = to.text();
        for line in [
            "# TYPE x_seconds histogram",
            "x_seconds_bucket{phase=\"vault\",le=\"0.005\"} 2",
            "x_seconds_bucket{phase=\"vault\",le=\"0.025\"} 3",
            "x_seconds_bucket{phase=\"vault\",le=\"1\"} 4",
            "x_seconds_bucket{phase=\"vault\",le=\"120\"} 4",
            "x_seconds_bucket{phase=\"vault\",le=\"+Inf\"} 5",
            "x_seconds_sum{phase=\"vault\"} 500.611",
            "x_seconds_count{phase=\"vault\"} 5",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }
}
