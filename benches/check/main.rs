//! The check bench: how long `doorward check` takes for a folder of connectors, whole process.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// How many connectors the folder has.
const CONNECTORS: usize = 1000;

/// How often it is checked; the first round warms the file cache and is not counted.
const RUNS: usize = 11;

/// A connector as they are written: sign-in with a code, settings, comments; every tenth has problems.
fn connector(number: usize) -> String {
    let keyword = if number.is_multiple_of(10) { "Buton" } else { "Button" };
    format!(
        "# Console {number} of the acme cloud.\n\
         ConnectorId: acme-{number}\n\
         DisplayName: Acme console {number}\n\
         SupportedCapabilities: [LogonAccount]\n\
         TargetSettings:\n\
         \x20 LogonURL: https://<address>/console/{number}?region=<param\\Region>\n\
         \x20 AllowedOrigins: [https://<address>, https://sso.acme.example]\n\
         \x20 AllowedURLs: [https://<address>/*]\n\
         \x20 ActionTimeout: 15s\n\
         UserParameters:\n\
         \x20 Region: {{ DisplayName: Region of the console, Default: eu }}\n\
         WebFormFields: |\n\
         \x20 # The SSO page comes first, on its own host.\n\
         \x20 Use a password > (Click) (SearchBy=text) (Optional) (Timeout=3s)\n\
         \x20 form.login > input[name=user] > <domain>\\<username> (SearchBy=css)\n\
         \x20 password > <password> (SearchBy=name)\n\
         \x20 //button[@type='submit' and not(@disabled)] > ({keyword}) (SearchBy=xpath)\n\
         \x20 .alert-danger > (Failure=wrong password) (SearchBy=css)\n\
         \x20 code-form > (Validation)\n\
         \x20 otp > (TOTP) <logonaccount\\password> (SearchBy=name)\n\
         \x20 verify > (Button) (SearchBy=id)\n\
         \x20 https://*/console* > (Validation) (SearchBy=url)\n\
         \x20 .alert-danger > (Failure=wrong code) (SearchBy=css)\n"
    )
}

/// One run of `doorward check` over `folder`; `None` when it did not end as it should.
fn run(folder: &Path) -> Option<Duration> {
    let began = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_doorward"))
        .args(["check", "--format", "json"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let took = began.elapsed();
    (status.code() == Some(3)).then_some(took)
}

fn main() -> ExitCode {
    // `cargo test --all-targets` starts it, too, and asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let Ok(folder) = tempfile::tempdir() else { return ExitCode::FAILURE };
    for number in 0..CONNECTORS {
        let path = folder.path().join(format!("acme-{number}.yaml"));
        if let Err(error) = std::fs::write(&path, connector(number)) {
            println!("cannot write {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    let mut times = Vec::new();
    for round in 0..=RUNS {
        let Some(took) = run(folder.path()) else {
            println!("`doorward check` did not end as it should");
            return ExitCode::FAILURE;
        };
        if round > 0 {
            times.push(took);
        }
    }
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let worst = times.last().copied().unwrap_or_default();
    println!(
        "check of {CONNECTORS} connectors: median {:.0} ms, worst {:.0} ms of {RUNS} runs",
        milliseconds(median),
        milliseconds(worst)
    );
    ExitCode::SUCCESS
}
