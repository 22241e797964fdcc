//! Processes: those below one, and what they have used.

use std::fs::read_to_string;
use std::process::Child;

/// Processes by their ids.
pub(crate) struct Family(pub(crate) Vec<u32>);

/// Ticks of the processor time in `/proc`, in a second; 100 on Linux everywhere.
const TICKS: f64 = 100.0;

impl Family {
    /// All below `root`, not itself.
    pub(crate) fn below(root: u32) -> Self {
        let all: Vec<(u32, u32)> = std::fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|id: u32| Some((id, fields(id)?.get(1)?.parse().ok()?)))
            .collect();
        let (mut found, mut at) = (vec![root], 0);
        while let Some(parent) = found.get(at).copied() {
            found.extend(all.iter().filter(|(_, above)| *above == parent).map(|(id, _)| *id));
            at += 1;
        }
        found.remove(0);
        Self(found)
    }

    /// Processor seconds of all of them.
    pub(crate) fn seconds(&self) -> f64 {
        let ticks = |id: &u32| -> Option<f64> {
            let fields = fields(*id)?;
            let user: f64 = fields.get(11)?.parse().ok()?;
            let system: f64 = fields.get(12)?.parse().ok()?;
            Some(user + system)
        };
        self.0.iter().filter_map(ticks).sum::<f64>() / TICKS
    }

    /// Memory that is resident, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        let resident = |id: &u32| -> Option<f64> {
            let status = read_to_string(format!("/proc/{id}/status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.trim().strip_suffix("kB")?.trim().parse().ok()
        };
        self.0.iter().filter_map(resident).sum::<f64>() / 1024.0
    }
}

/// Memory that the machine has left, in MiB.
pub(crate) fn available() -> Result<f64, super::Trouble> {
    let all = read_to_string("/proc/meminfo")?;
    let line = all.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let amount = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no MemAvailable")?;
    Ok(amount.trim().parse::<f64>()? / 1024.0)
}

/// The fields of `/proc/ID/stat` behind the name.
fn fields(id: u32) -> Option<Vec<String>> {
    let stat = read_to_string(format!("/proc/{id}/stat")).ok()?;
    let rest = stat.rsplit_once(')')?.1;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// Ends a child in good order.
pub(crate) fn end(child: &mut Child) {
    if let Some(id) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
    }
    let _ = child.wait();
}
