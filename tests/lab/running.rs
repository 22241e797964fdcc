//! A run of the binary that goes on while the test acts: what it says is read line by line.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use super::Ended;

/// A process, and what it has said so far.
pub(crate) struct Running {
    child: Child,
    errors: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Running {
    /// Starts `command` with pipes in the place of a terminal.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, errors, said: String::new() }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads on until a line holds `text`; fails the test when the process ends before.
    pub(crate) fn until(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let read = self.errors.read_line(&mut line).unwrap();
            self.said.push_str(&line);
            assert!(read > 0, "it has ended without {text:?}:\n{}", self.said);
        }
    }

    /// Presses Enter in its terminal.
    pub(crate) fn enter(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end, with stdin open as a terminal's is.
    pub(crate) fn end(mut self) -> Ended {
        let stdin = self.child.stdin.take();
        self.errors.read_to_string(&mut self.said).unwrap();
        let output = self.child.wait_with_output().unwrap();
        drop(stdin);
        Ended { stderr: self.said, ..Ended::from(output) }
    }
}
