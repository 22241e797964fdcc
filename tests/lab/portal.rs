//! A portal: `doorward serve` as a process, and HTTP as anybody could send it, well formed or not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};

use super::{Ended, Lab};

/// A running portal; it ends with its value.
pub(crate) struct Portal {
    child: Option<Child>,
    stdout: BufReader<ChildStdout>,
    /// What it complains, taken in as it comes: a full pipe would hold it up.
    stderr: Option<JoinHandle<String>>,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// The path of the set-up link, where one was printed.
    pub(crate) link: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The same, where it is no text.
    pub(crate) bytes: Vec<u8>,
}

/// Somebody who has signed in.
pub(crate) struct Visitor {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Answer {
    /// The first header of that name, in lower case.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The cookie that it sets, as `name=value`.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }
}

impl Portal {
    /// Starts it on a free port.
    pub(crate) fn start(lab: &Lab) -> Self {
        Self::start_with(lab, &[])
    }

    /// The same, with these variables in its environment.
    pub(crate) fn start_with(lab: &Lab, variables: &[(&str, &str)]) -> Self {
        let mut command = lab.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.envs(variables.iter().copied());
        Self::run(lab, command)
    }

    /// Starts it by `command`, which ends in it.
    pub(crate) fn run(lab: &Lab, mut command: Command) -> Self {
        std::fs::create_dir_all(lab.path().join("t")).unwrap();
        command.env("TMPDIR", lab.path().join("t"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(url) = line.trim().strip_prefix("doorward listens on ") else {
            panic!("it did not start: {line} {:?}", child.wait_with_output());
        };
        let mut pipe = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut said = Vec::new();
            let _ = pipe.read_to_end(&mut said);
            String::from_utf8_lossy(&said).into_owned()
        });
        let url = url.split(',').next().unwrap().to_owned();
        let users = lab.run(&["user", "list"]);
        // Only the header: nobody is there, and the link follows in the next two lines.
        let link = (users.stdout.lines().count() == 1).then(|| {
            line.clear();
            stdout.read_line(&mut line).unwrap();
            line.clear();
            stdout.read_line(&mut line).unwrap();
            line[line.find("/set-up").unwrap()..].trim().to_owned()
        });
        Self { child: Some(child), stdout, stderr: Some(stderr), url, link }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Its host and port.
    pub(crate) fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// One request, exactly as it is said. `Host` and `Connection` are added where `headers` have no `host`.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            text.push_str(&format!("Host: {}\r\n", self.host()));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        let mut stream = TcpStream::connect(self.host()).unwrap();
        // A server that has heard enough closes; that is its right.
        let _ = stream.write_all(text.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|at| at + 4);
        let bytes = end.map_or_else(Vec::new, |end| answer[end..].to_vec());
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        Answer {
            status: status.unwrap_or(0),
            headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
            body: body.to_owned(),
            bytes,
        }
    }

    /// A page or an answer of the API, as a browser asks for it.
    pub(crate) fn read(&self, visitor: Option<&Visitor>, path: &str) -> Answer {
        let cookie = visitor.map_or("", |visitor| visitor.cookie.as_str());
        self.ask("GET", path, &[("cookie", cookie)], "")
    }

    /// A form, as a browser sends it.
    pub(crate) fn send(
        &self,
        visitor: Option<&Visitor>,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let cookie = visitor.map_or("", |visitor| visitor.cookie.as_str());
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        let headers = [("origin", self.url.as_str()), ("content-type", kind), ("cookie", cookie)];
        self.ask("POST", path, &headers, &body)
    }

    /// A request to the API that changes something, as the pages send it.
    pub(crate) fn act(&self, visitor: &Visitor, method: &str, path: &str, body: &str) -> Answer {
        let headers = [
            ("origin", self.url.as_str()),
            ("content-type", "application/json"),
            ("x-csrf-token", visitor.csrf.as_str()),
            ("cookie", visitor.cookie.as_str()),
        ];
        self.ask(method, path, &headers, body)
    }

    /// Signs in by the form.
    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Visitor {
        let answer = self.send(None, "/sign-in", &[("name", name), ("password", password)]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let mut visitor = Visitor { cookie: answer.cookie(), csrf: String::new() };
        let me = self.read(Some(&visitor), "/api/v1/me").json();
        visitor.csrf = me["csrf"].as_str().unwrap().to_owned();
        visitor
    }

    /// Ends it by SIGTERM: how it ended, with all that it printed after its first lines.
    pub(crate) fn stop(self) -> Ended {
        kill_process(Pid::from_raw(self.id().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
        self.ended()
    }

    /// Waits for its end, which was asked for.
    pub(crate) fn ended(mut self) -> Ended {
        let child = self.child.take().unwrap();
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        let mut ended = Ended::from(child.wait_with_output().unwrap());
        ended.stdout = said;
        ended.stderr = self.stderr.take().unwrap().join().unwrap();
        ended
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            if let Some(id) = Pid::from_raw(child.id().try_into().unwrap()) {
                let _ = kill_process(id, Signal::TERM);
            }
            let _ = child.wait();
        }
    }
}
