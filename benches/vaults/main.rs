//! Two vaults: how long it takes from the request to both secrets, against the slower vault alone.
//!
//! `cargo bench --bench vaults -- --runs 5`; `benches/README.md` says what is compared, and why.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};
use clap::Parser;
use serde_json::{Value, json};

/// What went wrong, in words for the person who runs the bench.
type Trouble = Box<dyn std::error::Error>;

#[derive(Debug, Parser)]
struct Arguments {
    /// Counted runs of each; one more comes first, to warm the file cache, and is not counted
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// cargo's own flag
    #[arg(long, hide = true)]
    bench: bool,
}

/// How long each answer of the vault of passwords takes.
const APPS: Duration = Duration::from_millis(100);
/// How long each answer of the vault of seeds takes: it is elsewhere.
const CODES: Duration = Duration::from_millis(200);

fn main() -> Result<(), Trouble> {
    let arguments = Arguments::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let apps = runtime.block_on(serve(vault(APPS)))?;
    let codes = runtime.block_on(serve(vault(CODES)))?;
    let page = "<!doctype html><input id=a><input id=b type=password>";
    let site = runtime.block_on(serve(Router::new().fallback(move || async move { Html(page) })))?;
    let folder = tempfile::tempdir()?;
    prepare(folder.path(), &apps, &codes, &site)?;
    let ways = [
        ("the target's vault alone", "one", "apps:web/site"),
        ("the logon account's vault alone", "one", "codes:web/seed"),
        ("both, linked in the configuration", "both", "apps:web/site"),
        ("both, linked by the target's vault", "both", "apps:web/linked"),
    ];
    let mut taken: Vec<Vec<f64>> = vec![Vec::new(); ways.len()];
    for round in 0..=arguments.runs {
        for (at, (_, connector, account)) in ways.iter().enumerate() {
            let took = request(folder.path(), connector, account)?;
            if round > 0 {
                taken[at].push(took);
            }
        }
    }
    let medians: Vec<f64> = taken
        .iter_mut()
        .map(|runs| {
            runs.sort_by(f64::total_cmp);
            runs.get(runs.len() / 2).copied().unwrap_or_default()
        })
        .collect();
    let slower = medians[0].max(medians[1]);
    println!("| from the request to the secrets | median | over the slower vault alone |");
    println!("| --- | --- | --- |");
    for ((what, ..), median) in ways.iter().zip(&medians) {
        println!("| {what} | {median:.0} ms | {:.2} |", median / slower);
    }
    Ok(())
}

/// Serves on loopback; its address.
async fn serve(router: Router) -> Result<String, Trouble> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// A vault of KV version 2 each of whose answers takes so long.
fn vault(pause: Duration) -> Router {
    Router::new().fallback(move |request: Request| async move {
        tokio::time::sleep(pause).await;
        answer(request.uri().path())
    })
}

fn answer(path: &str) -> Response {
    let data = match path {
        "/v1/auth/token/lookup-self" => json!({ "ttl": 3600, "creation_ttl": 3600 }),
        "/v1/sys/internal/ui/mounts/secret" => {
            json!({ "type": "kv", "path": "secret/", "options": { "version": "2" } })
        }
        "/v1/secret/data/web/linked" => json!({
            "data": { "password": "one", "logon_account": "codes:web/seed" },
            "metadata": { "version": 1 },
        }),
        _ => json!({ "data": { "password": "one" }, "metadata": { "version": 1 } }),
    };
    axum::Json(json!({ "data": data })).into_response()
}

fn prepare(folder: &Path, apps: &str, codes: &str, site: &str) -> Result<(), Trouble> {
    std::fs::create_dir(folder.join("connectors"))?;
    std::fs::write(folder.join("token"), "hvs.bench")?;
    std::fs::write(
        folder.join("doorward.yaml"),
        format!(
            "vaults:\n  apps: {{ kind: hashicorp, address: '{apps}', auth: {{ token-file: token }} }}\n  \
             codes: {{ kind: hashicorp, address: '{codes}', auth: {{ token-file: token }} }}\n\
             default-vault: apps\nlinks:\n  apps:web/site: {{ logon-account: codes:web/seed }}\n\
             connectors: [connectors]\nstate: state\nbrowser: {{ sandbox: false }}\n"
        ),
    )?;
    for (name, capabilities, row) in [
        ("one", "", ""),
        (
            "both",
            "SupportedCapabilities: [LogonAccount]\n",
            "  a > <logonaccount\\password> (SearchBy=id)\n",
        ),
    ] {
        std::fs::write(
            folder.join(format!("connectors/{name}.yaml")),
            format!(
                "ConnectorId: {name}\n{capabilities}TargetSettings:\n  LogonURL: {site}/\n  \
                 AllowInsecure: true\nWebFormFields: |\n  b > <password> (SearchBy=id)\n{row}  \
                 #b > (Validation) (SearchBy=css)\n"
            ),
        )?;
    }
    Ok(())
}

/// Launches once; the milliseconds from the first row on record to the last secret.
fn request(folder: &Path, connector: &str, account: &str) -> Result<f64, Trouble> {
    let output = Command::new(env!("CARGO_BIN_EXE_doorward"))
        .args(["connect", connector, "--account", account, "--headless", "--format", "json"])
        .current_dir(folder)
        .output()?;
    let object: Value = serde_json::from_slice(&output.stdout)?;
    match (object["outcome"].as_str(), object["timings"]["vault_ms"].as_f64()) {
        (Some("signed-in"), Some(taken)) => Ok(taken),
        _ => Err(format!("{object}\n{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
