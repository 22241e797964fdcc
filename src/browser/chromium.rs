//! Chromium: how it is started with nothing of its own going on, and where its DevTools socket is.
//!
//! It is started beside its driver, which is then told to attach to it: the two starts overlap, and the
//! socket is known as soon as it is there.

use std::io;
use std::path::Path;
use std::process::Stdio;

use rustix::process::Pid;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};

use super::Settings;
use super::confine::{FEATURES_OFF, Rules};
use super::fault::first_words;

/// How much of a line of the browser's is read at once, in bytes.
const LONGEST_LINE: u64 = 4096;

/// What drivers start a browser with, so that it behaves under one as it does when they start it.
const DRIVEN: [&str; 6] = [
    "--remote-debugging-port=0",
    "--test-type=webdriver",
    "--allow-pre-commit-input",
    "--disable-hang-monitor",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
];

/// A running Chromium, in the process group of its driver.
pub(super) struct Chromium {
    child: Child,
    /// Until it has said where it listens.
    stderr: Option<BufReader<ChildStderr>>,
}

/// Where a Chromium listens.
#[derive(Debug, Clone)]
pub(super) struct Socket {
    /// The browser's own endpoint, as `ws://127.0.0.1:37301/devtools/browser/…`.
    pub(super) url: String,
    /// Host and port of it, as a driver wants it.
    pub(super) address: String,
}

impl Chromium {
    /// Starts `program` with its profile below `folder`, in the process group `group`.
    pub(super) fn spawn(
        settings: &Settings,
        program: &Path,
        folder: &Path,
        group: Pid,
        environment: impl IntoIterator<Item = (&'static str, std::ffi::OsString)>,
    ) -> io::Result<Self> {
        let defaults = folder.join("profile").join("Default");
        std::fs::create_dir_all(&defaults)?;
        std::fs::write(defaults.join("Preferences"), nested(settings.rules.as_ref()).to_string())?;
        let mut child = Command::new(program)
            .args(arguments(settings))
            .args(DRIVEN)
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .args(settings.insecure_certificates.then_some("--ignore-certificate-errors"))
            .arg("about:blank")
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(group.as_raw_pid())
            .spawn()?;
        let stderr = child.stderr.take().ok_or_else(|| io::Error::other("its output is closed"))?;
        Ok(Self { child, stderr: Some(BufReader::new(stderr)) })
    }

    /// Waits until it listens.
    ///
    /// # Errors
    /// When it ends before, with what it said last.
    pub(super) async fn listening(&mut self) -> io::Result<Socket> {
        let Some(mut stderr) = self.stderr.take() else {
            return Err(io::Error::other("its output was read before"));
        };
        let (mut line, mut last) = (Vec::new(), String::new());
        loop {
            line.clear();
            let mut bounded = (&mut stderr).take(LONGEST_LINE);
            if bounded.read_until(b'\n', &mut line).await? == 0 {
                let status = self.child.wait().await?;
                let said = match first_words(last.trim()).as_str() {
                    "" => String::new(),
                    said => format!("; it said: {said}"),
                };
                let why = format!("it ended before it listened for DevTools ({status}){said}");
                return Err(io::Error::other(why));
            }
            let text = String::from_utf8_lossy(&line);
            if let Some(socket) = Socket::read(&text) {
                // The browser must not meet a closed pipe when it prints.
                tokio::spawn(
                    async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await },
                );
                return Ok(socket);
            }
            if !text.trim().is_empty() {
                last = text.into_owned();
            }
        }
    }

    /// Waits until it has ended.
    pub(super) async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }
}

impl Socket {
    /// The socket in the line by which Chromium says that it listens.
    fn read(line: &str) -> Option<Self> {
        let url = line.trim().strip_prefix("DevTools listening on ")?;
        let address = url.strip_prefix("ws://")?.split('/').next()?;
        Some(Self { url: url.to_owned(), address: address.to_owned() })
    }
}

/// What its preferences are, by their dotted names: no password manager, no sign-in of its own, no offers.
pub(super) fn preferences() -> [(&'static str, Value); 11] {
    [
        ("credentials_enable_service", json!(false)),
        ("profile.password_manager_enabled", json!(false)),
        ("profile.password_manager_leak_detection", json!(false)),
        ("autofill.profile_enabled", json!(false)),
        ("autofill.credit_card_enabled", json!(false)),
        ("signin.allowed", json!(false)),
        ("translate.enabled", json!(false)),
        ("search.suggest_enabled", json!(false)),
        ("background_mode.enabled", json!(false)),
        // What an incognito window does otherwise than others: sign-ins in frames need the cookies of their
        // own site, and plain http is the connector's decision.
        ("profile.cookie_controls_mode", json!(0)),
        ("https_first_mode_incognito", json!(false)),
    ]
}

/// The same as Chromium keeps them in its profile: an object for each part of a name.
fn nested(rules: Option<&Rules>) -> Value {
    let mut whole = Map::new();
    let confining = rules.map(Rules::preferences).unwrap_or_default();
    for (name, value) in preferences().into_iter().chain(confining) {
        put(&mut whole, name, value);
    }
    whole.into()
}

fn put(within: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            within.insert(name.to_owned(), value);
        }
        Some((first, rest)) => {
            if let Value::Object(inner) = within.entry(first).or_insert_with(|| json!({})) {
                put(inner, rest, value);
            }
        }
    }
}

/// No password manager, no sync, no first-run pages, no traffic of the browser's own.
pub(super) fn arguments(settings: &Settings) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-domain-reliability",
        "--disable-breakpad",
        "--disable-client-side-phishing-detection",
        "--no-pings",
        "--no-service-autorun",
        "--password-store=basic",
        "--use-mock-keychain",
        // Nothing of a visit goes to a disk: with an ordinary profile the browser keeps, for a crash,
        // what stands in the fields, and in its history and cache what is in URLs and answers.
        "--incognito",
        // The last two are pages of the browser's own behind its address bar: it loads them at every start,
        // which is a third of all the work of a launch. A native list takes their place.
        "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,CertificateTransparencyComponentUpdater,PasswordLeakDetection,HttpsFirstModeIncognito,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    ]
    .map(str::to_owned)
    .into();
    if settings.rules.is_some()
        && let Some(features) = arguments.last_mut()
    {
        features.push(',');
        features.push_str(FEATURES_OFF);
    }
    if let Some(proxy) = &settings.proxy {
        arguments.push(format!("--proxy-server={}", proxy.origin().ascii_serialization()));
    }
    if settings.headless {
        arguments.push("--headless".into());
        arguments.push("--disable-gpu".into());
        arguments.push("--window-size=1280,800".into());
    }
    if !settings.sandbox {
        arguments.push("--no-sandbox".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::{Rules, Socket, nested};

    #[test]
    fn the_socket_is_read_from_what_the_browser_says() {
        let cases = [
            (
                "DevTools listening on ws://127.0.0.1:4711/devtools/browser/a-b\n",
                Some("127.0.0.1:4711"),
            ),
            ("[1:1:ERROR:x.cc] DevTools listening on ws://127.0.0.1:1/", None),
            ("DevTools listening on pipe", None),
            ("", None),
        ];
        for (line, address) in cases {
            assert_eq!(
                Socket::read(line).map(|socket| socket.address).as_deref(),
                address,
                "{line}"
            );
        }
    }

    #[test]
    fn preferences_are_kept_as_the_browser_keeps_them() {
        let kept = nested(None);
        assert_eq!(kept["profile"]["password_manager_enabled"], false);
        assert_eq!(kept["profile"]["cookie_controls_mode"], 0);
        assert_eq!(kept["credentials_enable_service"], false);
        assert_eq!(kept.get("policy"), None);
        let confined = nested(Some(&Rules::default()));
        assert_eq!(confined["profile"]["default_content_setting_values"]["notifications"], 2);
        assert_eq!(confined["profile"]["password_manager_enabled"], false);
        assert_eq!(confined["policy"]["url_blocklist"][0], "*");
        assert_eq!(confined["webrtc"]["udp_port_range"], "1-1");
        let allowed = nested(Some(&Rules { webrtc: true, ..Rules::default() }));
        assert_eq!(allowed.get("webrtc"), None);
    }
}
