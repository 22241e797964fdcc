//! A client: the address that a request comes from, behind proxies that are trusted, too.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::config::Network;

/// The address of the one who asks: the peer's, or, where the peer is a trusted proxy, the last hop of
/// `X-Forwarded-For` that is none.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in hops.into_iter().rev() {
        // What is no address was put there by nobody who is trusted.
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
        client = hop.to_canonical();
        if !is_trusted(client) {
            break;
        }
    }
    client
}
