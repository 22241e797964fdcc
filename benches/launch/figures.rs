//! The figures: what was measured, its medians, and how they compare.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use super::Trouble;

/// The goals: doorward against the script, and against the floor.
const OF_SELENIUM: f64 = 0.6;
const OF_FLOOR: f64 = 1.3;
/// What sealing may take longer than typing, in seconds.
const SEALING: f64 = 0.020;
/// Peak memory in KiB.
const MEMORY: f64 = 40.0 * 1024.0;
/// `check`, in seconds.
const CHECK: f64 = 0.010;

/// All runs so far; seconds and KiB.
#[derive(Default)]
pub(crate) struct Figures {
    seconds: BTreeMap<&'static str, Vec<f64>>,
    kib: Vec<f64>,
    told: BTreeSet<String>,
}

impl Figures {
    /// Keeps a run that counts; tells of one that failed, once.
    pub(crate) fn keep(
        &mut self,
        name: &'static str,
        counted: bool,
        run: Result<Duration, Trouble>,
    ) {
        match run {
            Ok(took) if counted => self.seconds.entry(name).or_default().push(took.as_secs_f64()),
            Ok(_) => {}
            Err(trouble) => {
                let told = format!("{name} failed: {trouble}");
                if self.told.insert(told.clone()) {
                    println!("{told}");
                }
            }
        }
    }

    pub(crate) fn memory(&mut self, counted: bool, kib: Option<u64>) {
        if let (true, Some(kib)) = (counted, kib) {
            self.kib.push(kib as f64);
        }
    }

    /// The table, in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "\n| cold, whole process | median s | least | most | runs |\n| --- | --- | --- | --- | --- |\n",
        );
        for (name, shown) in [
            ("selenium", "(a) Python and Selenium"),
            ("floor", "(b) raw DevTools protocol, no driver"),
            ("doorward", "(c) `doorward connect --headless`, sealed"),
            ("typed", "(d) the same, typed"),
        ] {
            let Some(runs) = self.seconds.get(name) else { continue };
            let (least, most) = (at(runs, 0.0), at(runs, 1.0));
            let (median, count) = (at(runs, 0.5), runs.len());
            let _ = writeln!(text, "| {shown} | {median:.3} | {least:.3} | {most:.3} | {count} |");
        }
        text.push_str("\n| figure | measured | goal |\n| --- | --- | --- |\n");
        let selenium = self.seconds("selenium");
        let floor = self.seconds("floor");
        let doorward = self.seconds("doorward");
        let mut line = |shown: &str, measured: Option<f64>, unit: &str, digits, goal: f64| {
            let Some(measured) = measured else { return };
            let met = if measured <= goal { "met" } else { "missed" };
            let _ = writeln!(
                text,
                "| {shown} | {measured:.digits$}{unit} | at most {goal:.digits$}{unit}: {met} |"
            );
        };
        let ratio = |other: Option<f64>| Some(doorward? / other?);
        line("c / a", ratio(selenium), "", 2, OF_SELENIUM);
        line("c / b", ratio(floor), "", 2, OF_FLOOR);
        let sealing = (|| Some((doorward? - self.seconds("typed")?) * 1000.0))();
        line("c - d: what sealing takes", sealing, " ms", 0, SEALING * 1000.0);
        let memory = (!self.kib.is_empty()).then(|| at(&self.kib, 1.0) / 1024.0);
        line("peak memory of doorward itself", memory, " MiB", 1, MEMORY / 1024.0);
        let check = self.seconds("check").map(|seconds| seconds * 1000.0);
        line("`doorward check connectors/demo.yaml`", check, " ms", 1, CHECK * 1000.0);
        text
    }

    fn seconds(&self, name: &str) -> Option<f64> {
        self.seconds.get(name).map(|runs| at(runs, 0.5))
    }
}

/// The value at `share` of the sorted runs: 0.5 is the median (of an even count the upper middle).
fn at(runs: &[f64], share: f64) -> f64 {
    let mut sorted = runs.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}
