//! The server: listens, speaks TLS where it has a certificate, and stops in good order.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::metrics::Metrics;
use super::origin::Origin;
use super::problem::Problem;
use super::{Error, Ground, Portal, api, assets, guard, pages, readiness};
use crate::clock::Clock;
use crate::config;
use crate::oidc;

/// How much a request may say, in bytes.
const LARGEST: usize = 64 * 1024;
/// How long requests that are under way have when the server stops.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client may take to say what it wants.
const HEADERS: Duration = Duration::from_secs(10);

/// A port that is listened on.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    provider: Option<oidc::Provider>,
    settings: config::Portal,
    metrics: Option<Metrics>,
}

/// Listens on `settings.listen`, and on `settings.metrics` where there is one.
///
/// # Errors
/// [`Error::Exposed`], [`Error::Addressless`], [`Error::Certificate`], [`Error::Provider`], [`Error::Listen`].
pub fn listen(settings: &config::Portal) -> Result<Listening, Error> {
    let behind_tls = settings.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
    if !settings.listen.ip().is_loopback() && settings.tls.is_none() && !behind_tls {
        return Err(Error::Exposed(settings.listen));
    }
    if settings.oidc.is_some()
        && settings.public_url.is_none()
        && !settings.listen.ip().is_loopback()
    {
        return Err(Error::Addressless);
    }
    let provider = settings.oidc.clone().map(|oidc| oidc::Provider::new(oidc, Clock::System));
    let provider = provider.transpose().map_err(Error::Provider)?;
    let tls = settings.tls.as_ref().map(certificate).transpose()?;
    let refused = |source| Error::Listen { address: settings.listen, source };
    let listener = TcpListener::bind(settings.listen).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let metrics = settings.metrics.as_ref().map(Metrics::listen).transpose()?;
    Ok(Listening { listener, address, tls, provider, settings: settings.clone(), metrics })
}

impl Listening {
    /// The URL of what is listened on.
    pub fn local_url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The URL of the portal, as browsers see it; without a `/` at its end.
    pub fn url(&self) -> String {
        match &self.settings.public_url {
            Some(url) => url.origin().ascii_serialization(),
            None => self.local_url(),
        }
    }

    /// The URL of the metrics, where there are some.
    pub fn metrics_url(&self) -> Option<String> {
        self.metrics.as_ref().map(|metrics| format!("http://{}/metrics", metrics.address))
    }

    /// Answers requests until `stop`; what is under way then has five seconds.
    ///
    /// # Errors
    /// [`Error::Ended`].
    pub async fn serve(self, ground: Ground, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let url = self.url();
        let Self { listener, address, tls, provider, settings, metrics } = self;
        let origin = Origin::new(
            settings.public_url.as_ref(),
            address.ip().is_loopback(),
            address.port(),
            tls.is_some(),
        );
        let portal = Portal::new(ground, origin, url, provider);
        let broker = portal.ground.broker.clone();
        let housekeeping = tokio::spawn(keep_house(portal.clone()));
        let metrics = metrics.map(|metrics| tokio::spawn(tell(metrics, portal.clone())));
        let service = router(portal).into_make_service_with_connect_info::<SocketAddr>();
        let handle = Handle::new();
        // A key, a picture: what is small must not wait for what is sent after it.
        let server = axum_server::from_tcp(listener)
            .map_err(Error::Ended)?
            .handle(handle.clone())
            .acceptor(NoDelayAcceptor::new());
        let served = async {
            match tls {
                Some(tls) => {
                    let tls = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
                    patient(server.acceptor(tls)).serve(service).await
                }
                None => patient(server).serve(service).await,
            }
        };
        let stopped = async {
            stop.await;
            broker.stop().await;
            handle.graceful_shutdown(Some(PATIENCE));
        };
        let (served, ()) = tokio::join!(served, async {
            stopped.await;
        });
        housekeeping.abort();
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        served.map_err(Error::Ended)
    }
}

/// Answers who asks for the metrics.
async fn tell(metrics: Metrics, portal: Portal) {
    let Metrics { listener, address, from } = metrics;
    let service = Metrics::router(from, portal);
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let served = match axum_server::from_tcp(listener) {
        Ok(server) => patient(server).serve(service).await,
        Err(error) => Err(error),
    };
    if let Err(error) = served {
        tracing::error!("nobody answers at {address} any more, where metrics are: {error}");
    }
}

/// No waiting for clients that say nothing. Over TLS HTTP/1.1 alone is offered, which WebSockets need; that
/// axum-server is told so, too, would switch upgrades off (its `http1_only`).
fn patient<A>(
    mut server: axum_server::Server<SocketAddr, A>,
) -> axum_server::Server<SocketAddr, A> {
    let mut builder = server.http_builder().http1();
    builder.timer(hyper_util::rt::TokioTimer::new()).header_read_timeout(HEADERS);
    server
}

fn router(portal: Portal) -> Router {
    let missing = || async { Problem::missing("page") };
    let method = || async {
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this cannot be done here",
            "GET /api/v1/openapi.json says what can",
        )
    };
    Router::new()
        .merge(pages::router())
        .merge(api::router())
        .route("/assets/{version}/{name}", get(assets::asset))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness::readyz))
        .fallback(missing)
        .method_not_allowed_fallback(method)
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(middleware::map_request(bounded))
        .layer(middleware::from_fn_with_state(portal.clone(), guard::guard))
        .with_state(portal)
}

/// Refuses what says of itself that it is too large, before any of it is read.
async fn bounded(request: Request) -> Result<Request, axum::response::Response> {
    let length = request.headers().get(axum::http::header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    // Files go to a disk as they come; their route bounds them, and that of pictures.
    if length.is_some_and(|length| length > LARGEST) && !api::is_large(&request) {
        return Err(too_large().into_response());
    }
    Ok(request)
}

/// That a request says too much.
pub(super) fn too_large() -> Problem {
    let detail = "this request is larger than any that the portal takes (64 KiB)";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail, "say less; is it the right file?")
}

/// Forgets what is over, and ends the sessions of those who are users no more, or are blocked.
async fn keep_house(portal: Portal) {
    let mut every = tokio::time::interval(Duration::from_secs(30));
    loop {
        every.tick().await;
        if let Err(error) = tidy(&portal).await {
            tracing::warn!("{error}");
        }
    }
}

async fn tidy(portal: &Portal) -> Result<(), Error> {
    let users = &portal.ground.users;
    users.sweep().await?;
    portal.offers.sweep();
    portal.ground.factors.sweep().await?;
    portal.keyring.sweep(std::time::Instant::now());
    for sign_in in portal.keyring.sign_ins() {
        if users.signed_in(&sign_in, false).await?.is_none() {
            portal.keyring.forget(&sign_in);
        }
    }
    for card in portal.ground.broker.cards() {
        if !matches!(card.stage, crate::live::Stage::Ended { .. })
            && match users.find(&card.user).await {
                Ok(user) => user.blocked,
                Err(error) => matches!(error, Error::Unknown(_)),
            }
        {
            portal.ground.broker.end(card.session, &card.user).await;
        }
    }
    Ok(())
}

fn certificate(tls: &config::Tls) -> Result<RustlsConfig, Error> {
    let config::Tls { certificate, key } = tls;
    let wrong = |fault: String| Error::Certificate {
        certificate: certificate.clone(),
        key: key.clone(),
        fault,
    };
    let chain = chain(certificate).map_err(|error| wrong(format!("the certificate: {error}")))?;
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(format!("the key: {error}")))?;
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| wrong(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    let chain = CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>()?;
    if chain.is_empty() { Err(rustls::pki_types::pem::Error::NoItemsFound) } else { Ok(chain) }
}
