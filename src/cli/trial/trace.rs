//! The trace of a trial: one HTML page with a section a row, and the pictures beside it. It opens in any
//! browser, without a server, and runs no script.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::Failure;
use crate::cli::output::{self, Readers};
use crate::diagnostic::{Source, render};
use crate::session::report::is_early;
use crate::session::{Done, Outcome, Tried, TriedRow};

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:15px/1.45 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:0 0 .4rem}section{border:1px solid #8884;border-radius:8px;padding:1rem;margin:1rem 0}\
section.bad{border-color:#c62828}.state{float:right;font-size:.85rem;padding:.1rem .6rem;border-radius:1rem;background:#8883}\
.bad .state{background:#c62828;color:#fff}.run .state{background:#2e7d32;color:#fff}pre{overflow:auto;padding:.8rem;border-radius:6px;background:#8882}\
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;padding:.2rem .6rem .2rem 0;vertical-align:top}\
.shots{display:flex;gap:1rem;flex-wrap:wrap}figure{margin:.5rem 0;flex:1 1 20rem}img{width:100%;border:1px solid #8886;border-radius:4px}\
figcaption{font-size:.8rem;opacity:.7}code{font-size:.9em}";

/// Writes the report of a trial into `folder`.
///
/// # Errors
/// Exit 2 when the folder cannot be made or written to.
pub(super) fn write_report(
    folder: &Path,
    source: &Arc<Source>,
    tried: &Tried,
    outcome: &Outcome,
    url: &str,
    took: Duration,
) -> Result<(), Failure> {
    output::folder(folder)?;
    let mut html = String::new();
    let title = format!("Trial of {}", escaped(&source.path));
    let _ = write!(
        html,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'\">\
         <title>{title}</title><style>{STYLE}</style><h1>{title}</h1>\
         <p>Ended <b>{}</b>{} at <code>{}</code> after {:.1} s. Fields that hold secrets are covered in every picture.</p>",
        outcome.word(),
        outcome.cause().map_or_else(String::new, |cause| format!(" ({})", escaped(cause))),
        escaped(url),
        took.as_secs_f64(),
    );
    for (index, shot) in tried.pages.iter().enumerate() {
        let name = format!("page-{}.png", index + 1);
        write(&folder.join(&name), &shot.png)?;
        let _ = write!(
            html,
            "<figure><img src=\"{name}\" alt=\"Page {}\"><figcaption>{}: hits by the number of their row</figcaption></figure>",
            index + 1,
            escaped(&shot.url),
        );
    }
    for row in &tried.rows {
        section(&mut html, folder, source, row)?;
    }
    if let (Some(stop), true) = (outcome.stop(), tried.rows.is_empty()) {
        let _ = write!(html, "<pre>{}</pre>", escaped(&render(&stop.diagnostic(source), false)));
    }
    html.push_str("</html>\n");
    write(&folder.join("index.html"), html.as_bytes())
}

fn section(
    html: &mut String,
    folder: &Path,
    source: &Arc<Source>,
    row: &TriedRow,
) -> Result<(), Failure> {
    let bad = row.stop.is_some() || is_early(row);
    let (class, state) = match &row.done {
        _ if bad => ("bad", "would not work".to_owned()),
        Done::Run => ("run", "run".to_owned()),
        Done::Looked(why) => ("", format!("not run: {why}")),
        Done::NotReached(before) => ("", format!("not reached: row {before} leads there")),
    };
    let _ = write!(
        html,
        "<section class=\"{class}\" id=row-{0}><span class=state>{1}</span><h2>{0}. {2}</h2>",
        row.row,
        escaped(&state),
        escaped(&row.text),
    );
    if is_early(row) {
        html.push_str("<p>It shows already, before the sign-in: it would decide too early.</p>");
    }
    if let Some(seen) = &row.inspection {
        let _ = write!(html, "<p>Hits {} of {} that match.</p><table>", seen.seen, seen.total);
        for hit in &seen.hits {
            let ready = hit.reason.as_deref().unwrap_or("ready");
            let _ = write!(
                html,
                "<tr><td><code>{}</code><td>{:.0}×{:.0} at {:.0},{:.0}<td>{}",
                escaped(&hit.shown),
                hit.place.width,
                hit.place.height,
                hit.place.x,
                hit.place.y,
                escaped(ready),
            );
        }
        html.push_str("</table>");
        if !seen.better.is_empty() {
            html.push_str("<p>Locators that hit the same element, the best first:</p><table>");
            for better in &seen.better {
                let _ = write!(
                    html,
                    "<tr><td><code>{} (SearchBy={})</code><td>{}",
                    escaped(&better.text),
                    escaped(&better.by),
                    escaped(&better.why),
                );
            }
            html.push_str("</table>");
        }
    }
    if row.waited > Duration::ZERO {
        let _ = write!(html, "<p>Waited {} ms", row.waited.as_millis());
        for (reason, count) in &row.reasons {
            let _ = write!(html, "; {} ({count}×)", escaped(reason));
        }
        html.push_str("</p>");
    }
    if let Some(stop) = &row.stop {
        let _ = write!(html, "<pre>{}</pre>", escaped(&render(&stop.diagnostic(source), false)));
    }
    if !row.noise.is_empty() {
        html.push_str("<p>The page reported:</p><table>");
        for noise in &row.noise {
            let _ = write!(
                html,
                "<tr><td>{}<td>{}<td><code>{}</code>",
                escaped(&noise.source),
                escaped(&noise.text),
                escaped(&noise.url),
            );
        }
        html.push_str("</table>");
    }
    html.push_str("<div class=shots>");
    for (when, png) in [("before", &row.before), ("after", &row.after)] {
        if let Some(png) = png {
            let name = format!("row-{}-{when}.png", row.row);
            write(&folder.join(&name), png)?;
            let _ = write!(
                html,
                "<figure><img loading=lazy src=\"{name}\" alt=\"Row {} {when}\"><figcaption>{when}</figcaption></figure>",
                row.row,
            );
        }
    }
    html.push_str("</div></section>");
    Ok(())
}

/// Text of a page, a vault or a connector, as text in HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The pages of a trace are of a session, so they are the person's alone.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    output::replace(path, bytes, Readers::Person)
}
