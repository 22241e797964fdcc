//! The portal on a network: behind a proxy, and with TLS of its own.

use std::io::{Read, Write};
use std::sync::Arc;

use super::{PASSWORD, desk};
use crate::lab::desk::Desk;
use crate::lab::portal::Portal;

fn desk_with(portal: &str) -> Desk {
    let desk = desk();
    let file = desk.lab.path().join("doorward.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    desk.lab.write("doorward.yaml", format!("{text}portal: {portal}\n"));
    desk
}

#[test]
fn behind_a_proxy_its_name_and_its_hops_count() {
    let desk = desk_with(
        "{ public-url: 'https://door.example', trusted-proxies: [127.0.0.1, 10.0.0.0/8] }",
    );
    let portal = Portal::start(&desk.lab);
    let headers = |origin, hops| {
        [
            ("host", "door.example"),
            ("origin", origin),
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-forwarded-for", hops),
        ]
    };
    let body = format!("name=ann&password={PASSWORD}");
    // The last hop that is no proxy: what stands before it anybody can have written.
    let hops = "198.51.100.7, 203.0.113.9, 10.1.2.3";
    let answer = portal.ask("POST", "/sign-in", &headers("https://door.example", hops), &body);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-doorward="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    for origin in
        ["http://door.example", "https://door.example:444", "https://door.example.evil.example"]
    {
        assert_eq!(
            portal.ask("POST", "/sign-in", &headers(origin, hops), &body).status,
            403,
            "{origin}"
        );
    }
    // By its address it is reached by nobody.
    assert_eq!(portal.read(None, "/sign-in").status, 421);
    assert_eq!(portal.read(None, "/healthz").status, 200);
    let rows = desk.record(&["--user", "ann"]);
    assert_eq!(rows[0]["ClientAddress"], "203.0.113.9", "{rows:#?}");
    let denied = desk.record(&["--user", "(nobody)"]);
    assert!(denied.iter().any(|row| row["ClientAddress"] == "203.0.113.9"));
}

#[test]
fn without_a_trusted_proxy_nobody_chooses_their_address() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let headers = [("origin", portal.url.as_str()), kind, ("x-forwarded-for", "203.0.113.9")];
    let body = format!("name=ann&password={PASSWORD}");
    assert_eq!(portal.ask("POST", "/sign-in", &headers, &body).status, 303);
    assert_eq!(desk.record(&["--user", "ann"])[0]["ClientAddress"], "127.0.0.1");
}

#[test]
fn tls_is_spoken_with_the_certificate_that_is_named() {
    let desk = desk_with("{ tls: { certificate: portal.pem, key: portal.key } }");
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    desk.lab.write("portal.pem", made.cert.pem());
    desk.lab.write("portal.key", "no key");
    let ended = desk.lab.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("portal.key cannot be used: the key:"), "{}", ended.stderr);
    desk.lab.write("portal.key", made.signing_key.serialize_pem());
    let portal = Portal::start(&desk.lab);
    let address = portal.url.strip_prefix("https://").unwrap().to_owned();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
    let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = std::net::TcpStream::connect(&address).unwrap();
    let mut stream = rustls::StreamOwned::new(session, socket);
    write!(stream, "GET /sign-in HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("strict-transport-security: "), "{answer}");
}
