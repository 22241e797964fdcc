//! The process itself: processor time, memory, open files, as the names that Prometheus has for them
//! (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>).

use super::exposition::{Exposition, Kind};

/// Linux shows times to programs in hundredths of a second, whatever it counts in itself (`USER_HZ`).
const HERTZ: f64 = 100.0;

/// Writes what the system tells of this process; nothing where it is no Linux.
pub fn process(to: &mut Exposition) {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{name}")).ok();
    if let Some((seconds, began)) = read("self/stat").as_deref().and_then(times) {
        to.family(
            "process_cpu_seconds_total",
            Kind::Counter,
            "Processor time of doorward itself; its browsers are processes of their own.",
        );
        to.sample("process_cpu_seconds_total", &[], seconds);
        let boot = read("stat").and_then(|stat| value(&stat, "btime "));
        if let Some(boot) = boot {
            let help = "When the process began, in seconds since 1970.";
            to.gauge("process_start_time_seconds", help, boot + began);
        }
    }
    let status = read("self/status").unwrap_or_default();
    let kilobytes = |name| value(&status, name).map(|number| number * 1024.0);
    for (name, help, number) in [
        ("process_resident_memory_bytes", "Memory that is in use.", kilobytes("VmRSS:")),
        ("process_virtual_memory_bytes", "Memory that is addressed.", kilobytes("VmSize:")),
        ("process_threads", "Threads.", value(&status, "Threads:")),
        ("process_open_fds", "Open files and sockets.", open_files()),
        (
            "process_max_fds",
            "How many files and sockets may be open.",
            read("self/limits").and_then(|limits| value(&limits, "Max open files ")),
        ),
    ] {
        if let Some(number) = number {
            to.gauge(name, help, number);
        }
    }
}

/// Processor time, and when the process began after the system did, in seconds.
fn times(stat: &str) -> Option<(f64, f64)> {
    // The second field is the program's name in parentheses, and may hold anything.
    let after = &stat[stat.rfind(')')? + 1..];
    let field = |number: usize| after.split_whitespace().nth(number - 3)?.parse::<f64>().ok();
    Some(((field(14)? + field(15)?) / HERTZ, field(22)? / HERTZ))
}

/// The number behind `name`, at the begin of a line.
fn value(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn open_files() -> Option<f64> {
    let files = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // The folder that is being read is one of them.
    u32::try_from(files.saturating_sub(1)).ok().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::{times, value};

    #[test]
    fn the_fields_are_those_of_the_manual() {
        let stat = "7 (a) b) c) S 1 7 7 0 -1 4194560 10 0 0 0 250 50 0 0 20 0 4 0 12345 1 2 3";
        assert_eq!(times(stat), Some((3.0, 123.45)));
        for broken in ["", "7 (a", "7 (a) S 1", "7 (a) S 1 7 7 0 -1 x 10 0 0 0 x 50 0 0 20 0 4 0 1"]
        {
            assert_eq!(times(broken), None, "{broken}");
        }
    }

    #[test]
    fn numbers_stand_behind_their_names() {
        let limits = "Limit  Soft\nMax open files            1024   4096   files\n";
        assert_eq!(value(limits, "Max open files "), Some(1024.0));
        assert_eq!(value("VmRSS:\t  12 kB\n", "VmRSS:"), Some(12.0));
        assert_eq!(value("Max open files unlimited", "Max open files "), None);
        assert_eq!(value("", "VmRSS:"), None);
    }
}
