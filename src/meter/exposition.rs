//! An exposition: the text that Prometheus reads (its text format, version 0.0.4).

use std::fmt::Write;

/// What a family of samples is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It never goes back but to 0, when the process begins anew.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Buckets, a sum and a count.
    Histogram,
}

/// The text, as it is being written.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// What the text is, for the header `Content-Type`.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// Begins a family: its samples come next, and no others between them.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A sample, a whole number.
    pub fn whole(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        self.start(name, labels);
        let _ = writeln!(self.0, " {value}");
    }

    /// A sample.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.start(name, labels);
        let _ = writeln!(self.0, " {value}");
    }

    /// A family of one sample without labels.
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, Kind::Gauge, help);
        self.sample(name, &[], value);
    }

    /// The whole text.
    pub fn text(self) -> String {
        self.0
    }

    fn start(&mut self, name: &str, labels: &[(&str, &str)]) {
        self.0.push_str(name);
        for (index, (label, value)) in labels.iter().enumerate() {
            self.0.push(if index == 0 { '{' } else { ',' });
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{label}=\"{value}\"");
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exposition, Kind};

    type Labels<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn what_is_written_can_be_read() {
        let cases: [(Labels<'_>, f64, &str); 5] = [
            (&[], 0.0, "x 0"),
            (&[("a", "b")], 1.5, "x{a=\"b\"} 1.5"),
            (&[("a", ""), ("b", "c d")], -1.0, "x{a=\"\",b=\"c d\"} -1"),
            (&[("a", "\"\\\n}")], 2.0, "x{a=\"\\\"\\\\\\n}\"} 2"),
            (&[("a", "Käse")], 1e9, "x{a=\"Käse\"} 1000000000"),
        ];
        for (labels, value, expected) in cases {
            let mut to = Exposition::default();
            to.sample("x", labels, value);
            assert_eq!(to.text(), format!("{expected}\n"));
        }
        let mut to = Exposition::default();
        to.family("x", Kind::Gauge, "a \\ and\na line");
        assert_eq!(to.text(), "# HELP x a \\\\ and\\na line\n# TYPE x gauge\n");
    }
}
