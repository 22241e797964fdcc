//! TLS: a private authority is enough, and nothing less is.

use std::sync::Arc;

use doorward::vault::Vault;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use super::{all_of, assert_nothing_leaks, grant, lab, open, variant_of, well, with};
use crate::lab::server::{StandIn, redirect};

const SHOP: &str = "GET /v1/secret/data/web/shop";

/// An authority that nobody knows yet.
pub(crate) fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// A server's side of TLS for `host`, signed by `authority`.
pub(crate) fn acceptor(
    authority: &CertifiedIssuer<'static, KeyPair>,
    host: &str,
    expired: bool,
) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec![host.to_owned()]).unwrap();
    if expired {
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    let certificate = parameters.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn only_a_certificate_that_holds_is_trusted() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    for (name, signer, host, expired, ca, cause) in [
        ("ours", &ours, "127.0.0.1", false, true, ""),
        ("the system's authorities", &ours, "127.0.0.1", false, false, "UnknownIssuer"),
        ("another authority", &theirs, "127.0.0.1", false, true, "UnknownIssuer"),
        ("another host", &ours, "vault.example", false, true, "not valid for name"),
        ("expired", &ours, "127.0.0.1", true, true, "expired"),
    ] {
        let server = StandIn::start_with(well(), Some(acceptor(signer, host, expired))).await;
        let lab = lab();
        lab.write("ca.pem", ours.pem());
        let more = if ca { json!({ "ca-file": "ca.pem" }) } else { json!({}) };
        let vault = open(&lab, &server.address, more);
        let found = vault.account(&grant("web/shop")).await;
        if cause.is_empty() {
            found.unwrap_or_else(|error| panic!("{name}: {}", all_of(&error)));
            continue;
        }
        let error = found.unwrap_err();
        assert_eq!(variant_of(&error), "Untrusted", "{name}: {}", all_of(&error));
        assert_eq!(
            error.to_string(),
            format!("vault `corp` at {} shows a certificate that is not trusted", server.address)
        );
        assert!(error.help().unwrap().contains("`ca-file`"));
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(cause), "{name}: {source}");
        assert_nothing_leaks(&all_of(&error), name);
        assert!(server.seen().is_empty(), "{name}: a call went out");
    }
}

#[tokio::test]
async fn a_redirect_never_leads_out_of_tls() {
    let plain = StandIn::start(well()).await;
    let host = plain.address.strip_prefix("http://").unwrap();
    let script =
        vec![(SHOP, vec![redirect(&format!("{}/v1/secret/data/web/shop", plain.address))])];
    let ours = authority("ours");
    let tls = acceptor(&ours, "127.0.0.1", false);
    let server = StandIn::start_with(with(well(), script), Some(tls)).await;
    let lab = lab();
    lab.write("ca.pem", ours.pem());
    let more = json!({ "ca-file": "ca.pem", "trusted-hosts": [host] });
    let error = open(&lab, &server.address, more).account(&grant("web/shop")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "vault `corp` redirects `GET secret/data/web/shop` to http://{host}, which is not encrypted"
        )
    );
    assert!(plain.seen().is_empty());
}

#[tokio::test]
async fn the_wrong_scheme_is_no_answer() {
    let server = StandIn::start(well()).await;
    let lab = lab();
    let address = server.address.replace("http://", "https://");
    let error = open(&lab, &address, json!({})).account(&grant("web/shop")).await.unwrap_err();
    assert_eq!(variant_of(&error), "Unreachable", "{}", all_of(&error));
    assert!(error.help().unwrap().contains("https or http"));
}
