//! The demo: a small site of its own to sign in to, with a name and password page, a page that asks
//! for a one-time code, and a dashboard.
//!
//! ```text
//! demo --listen 127.0.0.1:0 --credentials people.json
//! listening on http://127.0.0.1:40123
//! ```
//!
//! Who may sign in is read from a JSON file, or from stdin for `-`; never from arguments or from
//! the environment, where other processes would see it:
//!
//! ```json
//! [{ "username": "operator", "password": "…", "seed": "JBSWY3DPEHPK3PXP" }]
//! ```

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use doorward::demo::{self, People, Unusable};

/// A small site to sign in to: name and password, then a one-time code, then a dashboard.
#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Who may sign in: a JSON list of {"username", "password", "seed"}; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    credentials: PathBuf,
    /// Also write the site's URL to this file once it listens; `-` is stdout, which says it anyway
    #[arg(long, default_value = "-", value_name = "FILE")]
    ready_file: PathBuf,
}

/// Why the demo did not run.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read the credentials from {path}")]
    Credentials { path: String, source: std::io::Error },
    #[error("the credentials in {path} cannot be used: {source}")]
    People { path: String, source: Unusable },
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("cannot write the ready file {path}")]
    Ready { path: String, source: std::io::Error },
    #[error("the site ended")]
    Serve { source: std::io::Error },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = format!("error: {error}\n");
            let mut cause = std::error::Error::source(&error);
            while let Some(source) = cause {
                // A cause that is in the sentence already is not said twice.
                if !text.contains(&source.to_string()) {
                    text.push_str(&format!("caused by: {source}\n"));
                }
                cause = source.source();
            }
            let _ = std::io::stderr().write_all(text.as_bytes());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let people = people(&arguments.credentials)?;
    let router = demo::router(people);
    let refused = |source| Error::Listen { address: arguments.listen, source };
    let listener = tokio::net::TcpListener::bind(arguments.listen).await.map_err(refused)?;
    let url = format!("http://{}", listener.local_addr().map_err(refused)?);
    say_ready(&arguments.ready_file, &url)?;
    // Not a graceful end: a browser may keep its connections open for as long as it lives.
    tokio::select! {
        served = async { axum::serve(listener, router).await } => {
            served.map_err(|source| Error::Serve { source })
        }
        () = told_to_end() => Ok(()),
    }
}

fn people(path: &Path) -> Result<People, Error> {
    let shown =
        if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() };
    let mut text = zeroize::Zeroizing::new(String::new());
    let read = match path == Path::new("-") {
        true => std::io::stdin().read_to_string(&mut text),
        false => std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text)),
    };
    read.map_err(|source| Error::Credentials { path: shown.clone(), source })?;
    People::from_json(&text).map_err(|source| Error::People { path: shown, source })
}

/// Says where the site is. A file appears whole or not at all, so that a script may wait for it, and
/// before the line on stdout.
fn say_ready(file: &Path, url: &str) -> Result<(), Error> {
    if file != Path::new("-") {
        let partial = file.with_extension("partial");
        std::fs::write(&partial, format!("{url}\n"))
            .and_then(|()| std::fs::rename(&partial, file))
            .map_err(|source| Error::Ready { path: file.display().to_string(), source })?;
    }
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "listening on {url}");
    let _ = stdout.flush();
    Ok(())
}

/// Waits for ctrl-c or SIGTERM.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut ended) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = ended.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
