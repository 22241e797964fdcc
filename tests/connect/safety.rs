//! What a session will not do: certificates that do not hold, plain http, a success that nobody saw.

use std::sync::Arc;

use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::{Desk, ROWS, Site, assert_says, last};

/// A site with TLS and a certificate that nobody has signed; gone with its value.
struct SelfSigned {
    address: String,
    _runtime: tokio::runtime::Runtime,
}

impl SelfSigned {
    fn start() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned()];
        let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let tcp = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = tcp.local_addr().unwrap().to_string();
        let form = r#"<form method="post" action="/in"><input id="username" name="u">
            <input id="password" name="p" type="password"><button id="go">Go</button></form>"#;
        let app = Router::new()
            .route("/", get(move || async move { Html(form) }))
            .route("/in", post(|| async { Html(r#"<h1 id="welcome">Welcome</h1>"#) }));
        runtime.spawn(async move { axum::serve(Tls { tcp, acceptor }, app).await });
        Self { address, _runtime: runtime }
    }
}

struct Tls {
    tcp: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Tls {
    type Io = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, from)) = self.tcp.accept().await else { continue };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

#[test]
fn a_certificate_has_to_hold_unless_the_connector_says_otherwise() {
    let site = SelfSigned::start();
    let desk = Desk::at(&site.address);
    desk.connector("strict", "https://<address>/", "ActionTimeout: 5s", ROWS);
    let says = [
        "error[site-unreachable]",
        "could not be opened",
        "ERR_CERT_AUTHORITY_INVALID",
        "`EnforceCertificateValidation: No` turns the check off",
    ];
    assert_says(&desk.says("strict", &[]), 1, &says);
    assert_eq!(last(&desk)["Action"], "ConnectFailed");
    let used = desk.record(&[]);
    assert!(used.iter().all(|row| row["Action"] != "UsePassword"), "{used:#?}");

    desk.connector("lax", "https://<address>/", "EnforceCertificateValidation: No", ROWS);
    let ended = desk.says("lax", &[]);
    assert_says(&ended, 0, &["signed in"]);
    let row = last(&desk);
    assert_eq!(row["Details"]["certificates"], "unchecked", "{row:#?}");
    desk.assert_clean();
}

#[test]
fn plain_http_to_another_machine_is_refused_before_the_first_page() {
    // A name that no name service knows: it is not asked for before the refusal.
    let desk = Desk::at("console.invalid");
    desk.connector("open", "http://<address>/", "", ROWS);
    let says = ["error[insecure-origin]", "http://console.invalid", "over plain http", "use https"];
    let ended = desk.says("open", &[]);
    assert_says(&ended, 3, &says);
    assert!(!ended.stderr.contains("opening"), "{}", ended.stderr);
    let row = last(&desk);
    assert_eq!(
        (&row["Action"], &row["Outcome"]),
        (&"ConnectFailed".into(), &"insecure-origin".into())
    );

    desk.connector("insecure", "http://<address>/", "AllowInsecure: Yes", ROWS);
    let ended = desk.says("insecure", &[]);
    assert_says(&ended, 1, &["opening http://console.invalid/", "error[site-unreachable]"]);
    desk.assert_clean();
}

#[test]
fn allow_insecure_shows_on_every_row_of_the_record() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let rows = format!("otp > (TOTP) <logonaccount\\password> (SearchBy=id)\n{ROWS}");
    desk.connector("insecure", "http://<address>/otp-same-form", "AllowInsecure: Yes", &rows);
    let ended = desk.says("insecure", &[]);
    assert_says(&ended, 0, &[]);
    let rows = desk.record(&[]);
    assert_eq!(rows.len(), 7, "{rows:#?}");
    assert!(rows.iter().all(|row| row["Details"]["insecure"] == "true"), "{rows:#?}");
}

#[test]
fn what_nobody_saw_is_no_success() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let url = "http://<address>/plain";
    let fields: String = ROWS.lines().take(3).map(|row| format!("{row}\n")).collect();
    let cases = [
        ("off", "RunValidations: No", ROWS, "leaves the outcome open", "Disconnect"),
        ("none", "", &fields, "add a `(Validation)` row", "ConnectFailed"),
    ];
    for (name, settings, rows, help, action) in cases {
        desk.connector(name, url, settings, rows);
        let ended = desk.says(name, &["--screenshot", "page.png"]);
        let says = ["error[unclear]", "nothing says whether the sign-in succeeded", help];
        assert_says(&ended, 1, &says);
        assert!(!ended.stdout.contains("signed in"), "{}", ended.stdout);
        assert!(!desk.lab.path().join("page.png").exists(), "{name}");
        let row = last(&desk);
        assert_eq!(
            (&row["Action"], &row["Outcome"]),
            (&action.into(), &"unclear".into()),
            "{name}"
        );
    }
    desk.assert_clean();
}
