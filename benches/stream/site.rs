//! The pages that are looked at.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use super::Trouble;

/// A key changes the colour of all of it.
const FLIP: &str = "<!doctype html><title>flip</title><style>body{margin:0;height:100vh;background:#fff}</style>\
<h1 id=welcome>Flip</h1><script>let n=0;addEventListener('keydown',()=>{n++;document.body.style.background=n%2?'rgb(200,40,40)':'rgb(40,200,40)'})</script>";

/// A square of 80 pixels with a text and a gradient in it moves and changes with every frame: of one colour, it would be
/// four bytes for Tight.
const PATCH: &str = "<!doctype html><title>patch</title><style>body{margin:0}#b{position:absolute;width:80px;height:80px;top:300px;font:bold 28px sans-serif;color:#fff}</style>\
<h1 id=welcome>Patch</h1><div id=b></div><script>let n=0;const f=()=>{n++;b.style.left=(200+n%400)+'px';b.textContent=n%1000;\
b.style.background=`linear-gradient(${n}deg,hsl(${n%360} 80% 40%),hsl(${(n+120)%360} 80% 60%))`;requestAnimationFrame(f)};f()</script>";

/// Nothing happens.
const IDLE: &str = "<!doctype html><title>idle</title><h1 id=welcome>Idle</h1><p>Nothing moves.";

/// Serves them from a thread of its own: `127.0.0.1:PORT`.
pub(crate) fn serve() -> Result<String, Trouble> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let _ = tell.send(listener.local_addr()?.to_string());
            let router = Router::new()
                .route("/flip", get(|| async { Html(FLIP) }))
                .route("/patch", get(|| async { Html(PATCH) }))
                .route("/idle", get(|| async { Html(IDLE) }));
            axum::serve(listener, router).await
        })
    });
    Ok(told.recv()?)
}
