//! Office-like work: a form that is filled in at the pace of a person, with pages in between; and an animation.

use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Query;
use axum::response::Html;
use axum::routing::get;

use super::doorward::{Broker, Session};
use super::{Trouble, Way};

/// Something moves with every frame.
const MOVES: &str = "<!doctype html><title>moves</title><style>body{margin:0}#b{position:absolute;width:80px;height:80px;top:300px}</style>\
<h1 id=welcome>Moves</h1><div id=b></div><script>let n=0;const f=()=>{n++;b.style.left=(200+n%400)+'px';b.style.background=`hsl(${n%360} 80% 50%)`;requestAnimationFrame(f)};f()</script>";

/// What was measured of a session.
pub(crate) struct Figures {
    /// Of its recording, a minute.
    pub(crate) kilobytes: f64,
    /// Cores of the browser.
    pub(crate) browser: f64,
    /// Cores of the broker.
    pub(crate) broker: f64,
}

/// What the person does: another page every ten seconds, where they do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Five keys a second, half of the time; they read the other half.
    Office,
    /// Five keys a second, without a pause.
    Busy,
    /// Nothing.
    Away,
}

#[derive(serde::Deserialize, Default)]
struct Which {
    #[serde(default)]
    page: usize,
}

/// A page with a table, a form and a menu; each number is another.
async fn form(Query(Which { page }): Query<Which>) -> Html<String> {
    let rows: String = (0..14)
        .map(|row| {
            let number = page * 1_000 + row * 37;
            let word = ["open", "waiting", "paid", "refused"][(page + row) % 4];
            format!(
                "<tr><td>INV-{number:06}<td>Customer {}<td>{word}<td>{}.50 EUR",
                number % 89,
                number * 3
            )
        })
        .collect();
    Html(format!(
        "<!doctype html><title>Invoices {page}</title><style>body{{font:15px sans-serif;margin:0}}\
         nav{{background:#24405c;color:#fff;padding:14px}}table{{border-collapse:collapse;width:90%;margin:16px}}\
         td{{border-bottom:1px solid #ccc;padding:6px}}textarea{{position:fixed;bottom:20px;left:20px;width:900px;height:80px}}\
         </style><nav id=welcome>Accounting &nbsp; Invoices &nbsp; Customers &nbsp; Reports</nav><table>{rows}</table>\
         <textarea autofocus></textarea><script>addEventListener('keydown',(e)=>{{if(e.key==='Enter')location='?page='+({page}+1)}})</script>"
    ))
}

/// Serves them from a thread of its own: `127.0.0.1:PORT`.
pub(crate) fn serve() -> Result<String, Trouble> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let _ = tell.send(listener.local_addr()?.to_string());
            let router =
                Router::new().route("/form", get(form)).route("/moves", get(async || Html(MOVES)));
            axum::serve(listener, router).await
        })
    });
    Ok(told.recv()?)
}

/// A session of so long.
pub(crate) fn session(
    page: &str,
    url: &str,
    time: Duration,
    pace: Pace,
    recorded: bool,
) -> Result<Figures, Trouble> {
    let mut session = Session::at(Broker::prepared(page, url, recorded)?)?;
    let settled = Instant::now() + Duration::from_secs(3);
    while session.take(settled)?.is_some() {}
    let before = size(session.folder())?;
    let used = |session: &Session| {
        let (browser, broker) = session.families();
        [browser.seconds(), broker.seconds()]
    };
    let (began, start, mut keys) = (Instant::now(), used(&session), 0);
    while began.elapsed() < time {
        if pace != Pace::Away {
            keys += 1;
            match keys % 50 {
                0 => session.key("Enter", "Enter", 13)?,
                1..=25 => session.press()?,
                _ if pace == Pace::Busy => session.press()?,
                _ => {}
            }
        }
        let next = Instant::now() + Duration::from_millis(200);
        while session.take(next)?.is_some() {}
    }
    let seconds = began.elapsed().as_secs_f64();
    let end = used(&session);
    let [browser, broker] = [0, 1].map(|at| (end[at] - start[at]) / seconds);
    // What waits is on the disk two seconds later.
    let written = Instant::now() + Duration::from_secs(3);
    while session.take(written)?.is_some() {}
    let kilobytes = (size(session.folder())? - before) as f64 / 1e3 / seconds * 60.0;
    Ok(Figures { kilobytes, browser, broker })
}

/// How large the recordings are.
fn size(folder: &Path) -> Result<u64, Trouble> {
    let Ok(files) = std::fs::read_dir(folder.join("state/recordings")) else { return Ok(0) };
    let mut all = 0;
    for file in files {
        all += file?.metadata()?.len();
    }
    Ok(all)
}
