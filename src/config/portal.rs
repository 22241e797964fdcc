//! `portal`: where the web pages listen, who stands before them, and what they offer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::Error;
use super::document::{Kind, Node, Place};
use super::oidc::{Oidc, oidc, role};
use super::table::{Reader, Table};
use crate::name::{ConnectorId, Pattern};

const KEYS: [&str; 13] = [
    "listen",
    "metrics",
    "tls",
    "public-url",
    "trusted-proxies",
    "idle",
    "duration",
    "approval",
    "sessions-per-user",
    "sessions-per-host",
    "offers",
    "oidc",
    "second-factor",
];
const TLS_KEYS: [&str; 2] = ["certificate", "key"];
const METRICS_KEYS: [&str; 2] = ["listen", "from"];
const OFFER_KEYS: [&str; 2] = ["accounts", "connectors"];

/// `portal`: what `doorward serve` goes by.
#[derive(Debug, Clone)]
pub struct Portal {
    /// `listen`: address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// `metrics`: where Prometheus may ask for counts and times; `None` when nowhere.
    pub metrics: Option<Metrics>,
    /// `tls`: without it plain http is spoken.
    pub tls: Option<Tls>,
    /// `public-url`: the origin that browsers see, where it is not the address that is listened on.
    pub public_url: Option<url::Url>,
    /// `trusted-proxies`: whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// `idle`: a session that nobody touches ends after this time, where its connector does not say.
    pub idle: Duration,
    /// `duration`: a session ends after this time, where its connector does not say.
    pub duration: Duration,
    /// `approval`: a session that somebody else has to approve of waits so long for that.
    pub approval: Duration,
    /// `sessions-per-user`: how many sessions one person may have at once.
    pub sessions_per_user: usize,
    /// `sessions-per-host`: how many sessions there may be at once.
    pub sessions_per_host: usize,
    /// `offers`: which connectors fit which accounts. An account that none names is offered every connector.
    pub offers: Vec<Offer>,
    /// `oidc`: through which provider people sign in, beside local users.
    pub oidc: Option<Oidc>,
    /// `second-factor`: the roles whose people have to have one.
    pub second_factor: Vec<String>,
}

/// `portal.metrics`: an address of its own, where nobody signs in.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Address and port; port 0 takes a free one. Loopback or private, unless it is said who may ask.
    pub listen: SocketAddr,
    /// Who may ask; empty means whoever reaches the address.
    pub from: Vec<Network>,
}

/// `portal.tls`: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, with those of its authorities behind it.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// One of `portal.offers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which accounts.
    pub accounts: Pattern,
    /// Which connectors, in the order in which they are offered.
    pub connectors: Vec<ConnectorId>,
}

/// An address, or a network of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether `address` is of it. An IPv4 address that is written as IPv6 is meant as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let ((own, width), (other, other_width)) =
            (bits(self.address), bits(address.to_canonical()));
        let differs = own ^ other;
        width == other_width && (self.prefix == 0 || differs >> (128 - u32::from(self.prefix)) == 0)
    }

    /// Reads `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
    fn read(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(most), |prefix| prefix.parse().ok())?;
        (prefix <= most).then_some(Self { address, prefix })
    }
}

impl Default for Portal {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            metrics: None,
            tls: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            idle: Duration::from_secs(15 * 60),
            duration: Duration::from_secs(8 * 60 * 60),
            approval: Duration::from_secs(30 * 60),
            sessions_per_user: 5,
            sessions_per_host: 20,
            offers: Vec::new(),
            oidc: None,
            second_factor: Vec::new(),
        }
    }
}

/// Reads `node`, the value of `portal`.
pub(super) fn portal(reader: Reader<'_>, node: Node) -> Result<Portal, Error> {
    let mut table = reader.table("portal", node, &KEYS)?;
    let default = Portal::default();
    let listen = match table.text("listen")? {
        None => default.listen,
        Some((text, at)) => text.parse().map_err(|_| {
            let message = "`portal.listen` is no address with a port".to_owned();
            reader.wrong(
                at,
                message,
                "write it as 127.0.0.1:8080 or [::1]:8080; a name is not looked up",
            )
        })?,
    };
    Ok(Portal {
        listen,
        metrics: table.take("metrics").map(|node| metrics(reader, node)).transpose()?,
        tls: table.take("tls").map(|node| tls(reader, node)).transpose()?,
        public_url: table
            .text("public-url")?
            .map(|(text, at)| origin(reader, &text, at))
            .transpose()?,
        trusted_proxies: match table.take("trusted-proxies") {
            None => Vec::new(),
            Some(node) => networks(reader, "portal.trusted-proxies", node)?,
        },
        idle: duration(reader, &mut table, "idle")?.unwrap_or(default.idle),
        duration: duration(reader, &mut table, "duration")?.unwrap_or(default.duration),
        approval: duration(reader, &mut table, "approval")?.unwrap_or(default.approval),
        sessions_per_user: count(reader, &mut table, "sessions-per-user")?
            .unwrap_or(default.sessions_per_user),
        sessions_per_host: count(reader, &mut table, "sessions-per-host")?
            .unwrap_or(default.sessions_per_host),
        offers: match table.take("offers") {
            None => Vec::new(),
            Some(node) => offers(reader, node)?,
        },
        oidc: table.take("oidc").map(|node| oidc(reader, node)).transpose()?,
        second_factor: match table.take("second-factor") {
            None => Vec::new(),
            Some(node) => second_factor(reader, node)?,
        },
    })
}

fn metrics(reader: Reader<'_>, node: Node) -> Result<Metrics, Error> {
    const HELP: &str = "write `metrics: 127.0.0.1:9464`, or `metrics: { listen: 0.0.0.0:9464, from: [10.0.0.0/8] }`";
    const FROM: &str = "portal.metrics.from";
    let at = node.at;
    let (listen, at, from) = match node.kind {
        Kind::Text(text) => (text, at, Vec::new()),
        Kind::Plain(_) => (String::new(), at, Vec::new()),
        kind => {
            let mut table = reader.table("portal.metrics", Node { at, kind }, &METRICS_KEYS)?;
            let from = table.take("from").map(|node| networks(reader, FROM, node)).transpose()?;
            let Some((listen, at)) = table.text("listen")? else {
                return Err(reader.wrong(at, "`portal.metrics` needs `listen`".to_owned(), HELP));
            };
            (listen, at, from.unwrap_or_default())
        }
    };
    let listen: SocketAddr = listen.parse().map_err(|_| {
        reader.wrong(at, "`portal.metrics` is no address with a port".to_owned(), HELP)
    })?;
    if from.is_empty() && !is_private(listen.ip()) {
        let message = "`portal.metrics` would answer everybody who reaches this address: nobody signs in there";
        return Err(reader.wrong(at, message.to_owned(), HELP));
    }
    Ok(Metrics { listen, from })
}

/// Whether an address is this machine's own or of a private network (RFC 1918, RFC 3927, RFC 4193, RFC 4291).
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

fn tls(reader: Reader<'_>, node: Node) -> Result<Tls, Error> {
    let at = node.at;
    let mut table = reader.table("portal.tls", node, &TLS_KEYS)?;
    match (table.path("certificate")?, table.path("key")?) {
        (Some(certificate), Some(key)) => Ok(Tls { certificate, key }),
        _ => Err(reader.wrong(
            at,
            "`portal.tls` needs `certificate` and `key`".to_owned(),
            "name both PEM files: `tls: { certificate: portal.pem, key: portal.key }`",
        )),
    }
}

fn origin(reader: Reader<'_>, text: &str, at: Place) -> Result<url::Url, Error> {
    const HELP: &str = "write what browsers have before the first path: https://door.example";
    let wrong = |what: &str| reader.wrong(at, format!("`portal.public-url` {what}"), HELP);
    let url = url::Url::parse(text).map_err(|_| wrong("is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("has to begin with https:// or http:// and name a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a user name or password, which browsers do not send"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a path, and the portal stands at the root of its host"));
    }
    Ok(url)
}

fn networks(reader: Reader<'_>, key: &str, node: Node) -> Result<Vec<Network>, Error> {
    const HELP: &str = "write `[192.0.2.10, 10.0.0.0/8]`";
    let texts = texts(reader, key, node, HELP)?;
    texts
        .into_iter()
        .map(|(text, at)| {
            Network::read(&text).ok_or_else(|| {
                let message = format!("`{key}` holds what is no address and no network");
                reader.wrong(at, message, HELP)
            })
        })
        .collect()
}

fn second_factor(reader: Reader<'_>, node: Node) -> Result<Vec<String>, Error> {
    const KEY: &str = "portal.second-factor";
    let texts = texts(reader, KEY, node, "name the roles: `[admin, approver]`")?;
    texts.into_iter().map(|(text, at)| role(reader, KEY, text, at)).collect()
}

fn offers(reader: Reader<'_>, node: Node) -> Result<Vec<Offer>, Error> {
    const HELP: &str = "write a list: `- { accounts: web/*, connectors: [shop] }`";
    let Kind::List(items) = node.kind else {
        let message = format!("`portal.offers` has to be a list, and is {}", node.kind.name());
        return Err(reader.wrong(node.at, message, HELP));
    };
    let offer = |node: Node| {
        let at = node.at;
        let mut table = reader.table("portal.offers", node, &OFFER_KEYS)?;
        let accounts = table.text("accounts")?;
        let connectors = match table.take("connectors") {
            Some(node) => texts(reader, "portal.offers.connectors", node, HELP)?,
            None => Vec::new(),
        };
        let Some((accounts, place)) = accounts.filter(|_| !connectors.is_empty()) else {
            let message = "an offer needs `accounts` and `connectors`".to_owned();
            return Err(reader.wrong(at, message, HELP));
        };
        let accounts = accounts.parse().map_err(|error: crate::name::NoPattern| {
            reader.wrong(
                place,
                "`accounts` of an offer is no pattern".to_owned(),
                &error.to_string(),
            )
        })?;
        let connectors = connectors.into_iter().map(|(text, at)| {
            text.parse().map_err(|error: crate::name::Invalid| {
                reader.wrong(
                    at,
                    error.to_string(),
                    "name a connector by its id, which is the name of its file",
                )
            })
        });
        Ok(Offer { accounts, connectors: connectors.collect::<Result<_, _>>()? })
    };
    items.into_iter().map(offer).collect()
}

pub(super) fn texts(
    reader: Reader<'_>,
    key: &str,
    node: Node,
    help: &str,
) -> Result<Vec<(String, Place)>, Error> {
    let wrong = |at, name| {
        reader.wrong(at, format!("`{key}` has to be a list of texts, and holds {name}"), help)
    };
    let Kind::List(items) = node.kind else { return Err(wrong(node.at, node.kind.name())) };
    items
        .into_iter()
        .map(|item| match item.kind {
            Kind::Text(text) => Ok((text, item.at)),
            other => Err(wrong(item.at, other.name())),
        })
        .collect()
}

fn duration(
    reader: Reader<'_>,
    table: &mut Table<'_>,
    key: &str,
) -> Result<Option<Duration>, Error> {
    let Some((text, at)) = table.text(key)? else { return Ok(None) };
    let read = text.parse::<jiff::SignedDuration>().ok();
    let read = read.and_then(|duration| Duration::try_from(duration).ok());
    read.filter(|duration| *duration >= Duration::from_secs(1)).map(Some).ok_or_else(|| {
        let message = format!("`portal.{key}` is no duration of a second or more");
        reader.wrong(at, message, "write it with its unit: `90s`, `15m`, `8h`")
    })
}

fn count(reader: Reader<'_>, table: &mut Table<'_>, key: &str) -> Result<Option<usize>, Error> {
    let Some(node) = table.take(key) else { return Ok(None) };
    let number = match &node.kind {
        Kind::Plain(value) => value.as_u64().filter(|number| (1..=10_000).contains(number)),
        _ => None,
    };
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.map(Some).ok_or_else(|| {
        let message = format!("`portal.{key}` has to be a whole number from 1 to 10000");
        reader.wrong(node.at, message, "write it without quotes")
    })
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn a_network_holds_its_addresses() {
        let cases = [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "192.0.2.1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ];
        for (network, address, expected) in cases {
            let read = Network::read(network).unwrap();
            assert_eq!(read.contains(address.parse().unwrap()), expected, "{network} {address}");
        }
        for text in ["", "10.0.0.0/33", "::/129", "proxy.example", "10.0.0.0/", "10.0.0/8"] {
            assert_eq!(Network::read(text), None, "{text}");
        }
    }
}
