//! Metrics: counts and times for Prometheus, on an address of their own where nobody signs in.

use std::net::{IpAddr, SocketAddr, TcpListener};

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Error, Note, Portal};
use crate::activity::Action;
use crate::config;
use crate::live::Stage;
use crate::meter::{Exposition, Kind, process};

/// A port that is listened on, and who may ask there.
pub(super) struct Metrics {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) from: Vec<config::Network>,
}

impl Metrics {
    /// Listens.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub(super) fn listen(settings: &config::Metrics) -> Result<Self, Error> {
        let config::Metrics { listen, from } = settings;
        let refused = |source| Error::Listen { address: *listen, source };
        let listener = TcpListener::bind(listen).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address, from: from.clone() })
    }

    /// What answers there.
    pub(super) fn router(from: Vec<config::Network>, portal: Portal) -> Router {
        Router::new().route("/metrics", get(metrics)).with_state((from, portal))
    }
}

async fn metrics(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    State((from, portal)): State<(Vec<config::Network>, Portal)>,
) -> Response {
    if !from.is_empty() && !from.iter().any(|network| network.contains(peer.ip())) {
        denied(&portal, peer.ip()).await;
        let words = "this address is not named below `portal.metrics.from`\n";
        return (StatusCode::FORBIDDEN, words).into_response();
    }
    ([(CONTENT_TYPE, Exposition::CONTENT_TYPE)], text(&portal).await).into_response()
}

/// Puts on record that somebody asked who may not; not each time.
async fn denied(portal: &Portal, client: IpAddr) {
    if portal.denials.attempt(&client.to_string(), std::time::Instant::now()).is_err() {
        return;
    }
    let Ok(note) = Note::of_nobody(Action::Denied, client) else { return };
    let note = note.outcome("denied").detail("cause", "metrics").detail("request", "GET /metrics");
    if let Err(error) = note.keep(&portal.ground.store, portal.ground.clock).await {
        tracing::error!("{error}");
    }
}

/// All that is counted, and what stands at this moment.
async fn text(portal: &Portal) -> String {
    let ground = &portal.ground;
    let mut to = Exposition::default();
    to.family("doorward_build_info", Kind::Gauge, "Which doorward this is.");
    to.whole("doorward_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    ground.meter.write(&mut to);
    let cards = ground.broker.cards();
    let count =
        |wanted: fn(&Stage) -> bool| cards.iter().filter(|card| wanted(&card.stage)).count() as u64;
    let sessions = "doorward_sessions";
    to.family(sessions, Kind::Gauge, "Sessions of now, by how far they have come.");
    let signing_in = count(|stage| matches!(stage, Stage::SigningIn { .. }));
    to.whole(sessions, &[("stage", "signing-in")], signing_in);
    to.whole(sessions, &[("stage", "live")], count(|stage| matches!(stage, Stage::Live { .. })));
    let limit = "doorward_sessions_limit";
    to.family(limit, Kind::Gauge, "How many sessions there may be at once on this host.");
    to.whole(limit, &[], ground.settings.sessions_per_host as u64);
    let viewers: usize = cards.iter().map(|card| card.viewers).sum();
    to.family("doorward_viewers", Kind::Gauge, "Those who watch or use a session now.");
    to.whole("doorward_viewers", &[], viewers as u64);
    match ground.record.extent().await {
        Ok((rows, last)) => {
            to.family("doorward_record_rows", Kind::Gauge, "Rows of the record.");
            to.whole("doorward_record_rows", &[], rows);
            if let Some(last) = last {
                let help = "When the last row was written, in seconds since 1970.";
                let seconds = last.as_millisecond() as f64 / 1000.0;
                to.gauge("doorward_record_last_row_timestamp_seconds", help, seconds);
            }
        }
        Err(error) => tracing::warn!("{}", crate::diagnostic::chain(&error, ": ")),
    }
    if let Some(free) = super::readiness::room(&ground.state) {
        let help = "Room on the disk of the record and the recordings.";
        to.family("doorward_state_free_bytes", Kind::Gauge, help);
        to.whole("doorward_state_free_bytes", &[], free);
    }
    to.family(
        "doorward_ready",
        Kind::Gauge,
        "Whether it can take sessions, by what readyz checks.",
    );
    for (check, holds) in portal.readiness.look(portal).await {
        to.whole("doorward_ready", &[("check", check)], u64::from(holds));
    }
    process(&mut to);
    to.text()
}
