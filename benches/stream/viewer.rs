//! A viewer as people have it: the page of a session in a browser. From a key to the pixels of its canvas.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::Trouble;
use super::doorward::{Broker, PASSWORD};

/// Presses a key, and looks once for each frame whether the canvas shows another colour.
const PRESSES: &str = r##"
const [count, done] = arguments;
const keys = document.querySelector("#viewer .keys"), canvas = document.querySelector("#viewer canvas");
const paint = canvas.getContext("2d");
const colour = () => paint.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data.join();
const frame = () => new Promise(requestAnimationFrame);
(async () => {
  const took = [];
  for (let press = 0; press < count; press += 1) {
    const before = colour(), began = performance.now();
    for (const kind of ["keydown", "keyup"]) keys.dispatchEvent(new KeyboardEvent(kind, { key: "a", code: "KeyA", bubbles: true, cancelable: true }));
    while (colour() === before && performance.now() - began < 2000) await frame();
    took.push(performance.now() - began);
    await new Promise((go) => setTimeout(go, 150));
  }
  done(took);
})();
"##;

/// Milliseconds of each press.
pub(crate) fn painted(page: &str, url: &str, presses: usize) -> Result<Vec<f64>, Trouble> {
    let broker = Broker::start(page, url)?;
    let session = broker.order()?;
    // Once it is live, the page has nothing else to wait for.
    drop(broker.join(&session)?);
    let mut driver = Driver(
        Command::new("chromedriver")
            .args(["--port=9517", "--log-level=OFF"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?,
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let took = runtime.block_on(looked(&broker, &session, presses));
    let _ = driver.0.kill();
    took
}

async fn looked(broker: &Broker, session: &str, presses: usize) -> Result<Vec<f64>, Trouble> {
    let client = connected().await?;
    let took = pressed(&client, broker, session, presses).await;
    // The browser goes, however it went.
    let _ = client.close().await;
    took
}

async fn pressed(
    client: &Client,
    broker: &Broker,
    session: &str,
    presses: usize,
) -> Result<Vec<f64>, Trouble> {
    let host = &broker.host;
    client.goto(&format!("http://{host}/sign-in")).await?;
    let signs_in = "const [password] = arguments; \
                    document.querySelector('[name=name]').value = 'ann'; \
                    document.querySelector('[name=password]').value = password; \
                    document.querySelector('main form').requestSubmit();";
    client.execute(signs_in, vec![PASSWORD.into()]).await?;
    client.wait().for_element(Locator::Css("#accounts")).await?;
    client.goto(&format!("http://{host}/sessions/{session}")).await?;
    let live = Locator::Css("#viewer[data-state=live][data-picture]");
    client.wait().at_most(Duration::from_secs(20)).for_element(live).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let took = client.execute_async(PRESSES, vec![presses.into()]).await?;
    Ok(serde_json::from_value(took)?)
}

async fn connected() -> Result<Client, Trouble> {
    let arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,860"];
    let wanted = json!({
        "goog:chromeOptions": {"args": arguments}, "timeouts": {"script": 300_000},
    });
    let Value::Object(wanted) = wanted else { return Err("no capabilities".into()) };
    for _ in 0..100 {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        match builder.capabilities(wanted.clone()).connect("http://127.0.0.1:9517").await {
            Ok(client) => return Ok(client),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    Err("chromedriver does not answer".into())
}

/// chromedriver, ended with its value.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
