//! The examples for operations: what they name is there, and they agree with each other.

use std::path::{Path, PathBuf};
use std::process::Command;

use doorward::config::Config;

use super::samples::Samples;
use crate::lab::Lab;
use crate::lab::portal::Portal;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder(name)).unwrap()
}

/// The words behind `name` in the lines of `text` that begin with it.
fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim).collect()
}

/// Whether doorward takes these arguments; it stops at the help.
fn takes(arguments: &[&str]) -> bool {
    Lab::new().run(&[arguments, &["--help"]].concat()).code == 0
}

#[test]
fn the_unit_agrees_with_its_configuration() {
    let unit = text("systemd/doorward.service");
    let config = Config::load(Some(&folder("systemd/doorward.yaml"))).unwrap();
    let [start] = values(&unit, "ExecStart=")[..] else { panic!("{unit}") };
    let words: Vec<&str> = start.split(' ').collect();
    assert!(takes(&words[1..]), "{start}");
    assert_eq!(words[1..3], ["--config", "/etc/doorward/doorward.yaml"]);
    let state = values(&unit, "StateDirectory=")[0];
    assert_eq!(config.state, Path::new("/var/lib").join(state));
    // Each credential is used, and what is used is there.
    let written = text("systemd/doorward.yaml");
    let there = values(&unit, "LoadCredential=");
    assert_eq!(there.len(), written.matches("/run/credentials/doorward.service/").count());
    for credential in there {
        let (name, path) = credential.split_once(':').unwrap();
        assert_eq!(path, format!("/etc/doorward/{name}"));
        assert!(written.contains(&format!("/run/credentials/doorward.service/{name}\n")), "{name}");
    }
    // What Chromium cannot live with.
    for name in ["MemoryDenyWriteExecute=", "PrivateUsers=", "PrivateNetwork="] {
        assert!(values(&unit, name).is_empty(), "{name}");
    }
    let namespaces = values(&unit, "RestrictNamespaces=")[0];
    assert!(["user", "pid", "net"].iter().all(|name| namespaces.contains(name)), "{namespaces}");
    // Its own program is not installed here; nothing else may be wrong.
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).arg(folder("systemd/doorward.service"));
    if let Ok(ended) = verify.output() {
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        let other =
            |line: &&str| line.contains("doorward.service") && !line.contains("is not executable");
        assert_eq!(said.lines().find(other), None, "{said}");
    }
}

#[test]
fn the_container_agrees_with_its_configuration() {
    let file = text("container/Containerfile");
    let config = Config::load(Some(&folder("container/doorward.yaml"))).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // What is copied from the repository is there, and the configuration goes where it is looked for.
    for line in values(&file, "COPY ").iter().filter(|line| !line.starts_with("--from")) {
        let words: Vec<&str> = line.split(' ').collect();
        for source in &words[..words.len() - 1] {
            assert!(root.join(source).exists(), "{line}");
        }
    }
    let named = values(&file, "ENV DOORWARD_CONFIG=")[0];
    assert!(file.contains(&format!("COPY examples/container/doorward.yaml {named}\n")), "{named}");
    let help = Lab::new().run(&["--help"]).stdout;
    assert!(help.contains("DOORWARD_CONFIG"), "{help}");
    assert_eq!(values(&file, "CMD [\"serve\"]").len(), 1);
    assert!(takes(&["serve"]));
    assert_eq!(config.state, Path::new(values(&file, "VOLUME ")[0]));
    assert_eq!(config.connectors[0], Path::new("/etc/doorward/connectors"));
    let ports: Vec<&str> = values(&file, "EXPOSE ")[0].split(' ').collect();
    let metrics = config.portal.metrics.unwrap().listen.port();
    assert_eq!(ports, [config.portal.listen.port().to_string(), metrics.to_string()]);
    assert!(values(&file, "USER ").iter().all(|user| *user != "0" && *user != "root"));
    // The compiler is one that can build this.
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let least = manifest.split("rust-version = \"1.").nth(1).unwrap().split('"').next().unwrap();
    let image = file.split("library/rust:1.").nth(1).unwrap().split('-').next().unwrap();
    let minor = |text: &str| text.split('.').next().unwrap().parse::<u32>().unwrap();
    assert!(minor(image) >= minor(least), "{image} {least}");
    // The health check, as the container runs it, against a portal that is there.
    let check =
        file.split("CMD [\"bash\", \"-c\", \\\n").nth(1).unwrap().split("\n").next().unwrap();
    let check: String = serde_json::from_str(check.trim().strip_suffix(']').unwrap()).unwrap();
    let desk = crate::portal::desk();
    let portal = Portal::start(&desk.lab);
    let port = portal.host().rsplit(':').next().unwrap();
    let healthy =
        |check: &str| Command::new("bash").args(["-c", check]).output().unwrap().status.success();
    let own = check.replace("/8080;", &format!("/{port};"));
    assert_ne!(own, check);
    let ready = portal.ask("GET", "/readyz", &[], "").status == 200;
    assert_eq!(healthy(&own), ready);
    assert!(!healthy(&own.replace("/readyz", "/no-such-page")));
    drop(portal);
    assert!(!healthy(&own));
}

#[test]
fn the_alerts_name_metrics_that_are_there() {
    let desk = crate::portal::desk();
    let path = desk.lab.path().join("doorward.yaml");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{config}portal: {{ metrics: '127.0.0.1:0' }}\n")).unwrap();
    let mut portal = Portal::start(&desk.lab);
    let line = portal.line();
    let samples = Samples::of(line.trim().strip_prefix("metrics are at ").unwrap());
    let alerts = text("prometheus/alerts.yml");
    let documents = [&alerts, &text("prometheus/README.md")];
    let letters = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let mut named = 0;
    for word in documents.iter().flat_map(|text| text.split(letters)) {
        let Some(rest) = word.strip_prefix("doorward_") else { continue };
        let family = format!("# TYPE doorward_{} ", rest.strip_suffix("_bucket").unwrap_or(rest));
        assert!(samples.text.contains(&family), "{word}\n{}", samples.text);
        named += 1;
    }
    assert!(named > 20, "{named}");
    // Every family but the one of traces is told of.
    for family in values(&samples.text, "# TYPE doorward_") {
        let name = family.split(' ').next().unwrap();
        let told = documents[1].contains(&format!("`doorward_{name}`"));
        assert!(told || ["build_info", "trace_spans_lost_total"].contains(&name), "{name}");
    }
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "rules"]).arg(folder("prometheus/alerts.yml"));
    if let Ok(ended) = promtool.output() {
        assert!(ended.status.success(), "{ended:?}");
    }
}

#[test]
fn the_readmes_stay_short() {
    for name in ["systemd", "container", "prometheus"] {
        let lines = text(&format!("{name}/README.md")).lines().count();
        assert!(lines <= 40, "{name} {lines}");
    }
}
