//! An endpoint: where the server of a vault is, and what is trusted of it; from its entry in the
//! configuration.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use crate::host::is_loopback;
use crate::name::VaultName;
use crate::vault::Error;
use crate::vault::table::Table;

/// Where a server is, resolved: paths start from the configuration's folder.
pub(in crate::vault) struct Endpoint {
    /// `address`, without a slash at its end.
    pub(in crate::vault) address: Url,
    /// `ca-file`: only these authorities are trusted then.
    pub(super) ca_file: Option<PathBuf>,
    /// `client-certificate`, with `client-key` where that is a file of its own.
    pub(in crate::vault) identity: Option<Identity>,
    /// Whether cookies are kept: a load balancer leads by them to the node that knows the session.
    pub(in crate::vault) cookies: bool,
    /// `timeout`: for one call, its answer read whole.
    pub(super) timeout: Duration,
    /// `deadline`: for all calls that one question to the vault takes.
    pub(super) deadline: Duration,
    /// `trusted-hosts`: `host:port` of the nodes that may be redirected to, beside the address' own.
    pub(super) trusted: Vec<String>,
    /// `allow-insecure`: plain http to any host.
    insecure: bool,
}

/// The certificate by which doorward shows who it is: PEM files.
pub(in crate::vault) struct Identity {
    certificate: PathBuf,
    key: Option<PathBuf>,
}

impl Endpoint {
    /// Takes the keys of an endpoint out of `table`; relative paths start from `base`. `example` is the
    /// product's usual URL.
    ///
    /// # Errors
    /// [`Error::Settings`] names the key that is wrong.
    pub(in crate::vault) fn read(
        table: &mut Table<'_>,
        base: &Path,
        example: &str,
    ) -> Result<Self, Error> {
        let insecure = table.flag("allow-insecure")?.unwrap_or(false);
        let Some(text) = table.text(ADDRESS)? else {
            let message = format!("is missing: the vault's URL, such as `{example}`");
            return Err(table.wrong(ADDRESS, message));
        };
        let address = address(table, ADDRESS, &text, insecure, example)?;
        let trusted = table
            .texts("trusted-hosts")?
            .iter()
            .map(|host| entry(host, &address))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                table.wrong("trusted-hosts", "has to hold hosts, as `host` or `host:port`".into())
            })?;
        let ca_file = table.text("ca-file")?.map(|path| base.join(path));
        let timeout = table.duration("timeout")?.unwrap_or(TIMEOUT);
        let deadline = table.duration("deadline")?.unwrap_or(DEADLINE);
        let (identity, cookies) = (None, false);
        Ok(Self { address, ca_file, identity, cookies, timeout, deadline, trusted, insecure })
    }

    /// Takes the keys of a client certificate out of `table`, too.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub(in crate::vault) fn with_identity(
        self,
        table: &mut Table<'_>,
        base: &Path,
    ) -> Result<Self, Error> {
        let certificate = table.text("client-certificate")?.map(|path| base.join(path));
        let key = table.text("client-key")?.map(|path| base.join(path));
        let identity = match (certificate, key) {
            (Some(certificate), key) => Some(Identity { certificate, key }),
            (None, None) => None,
            (None, Some(_)) => {
                let message = "is there without its `client-certificate`".to_owned();
                return Err(table.wrong("client-key", message));
            }
        };
        Ok(Self { identity, ..self })
    }

    /// Another server that the same vault is asked at, whose URL is `key` of `table`: with the same
    /// authorities and deadlines, without cookies and certificate.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub(in crate::vault) fn beside(
        &self,
        table: &mut Table<'_>,
        key: &'static str,
        example: &str,
    ) -> Result<Self, Error> {
        let Some(text) = table.text(key)? else {
            return Err(table.wrong(key, format!("is missing: a URL such as `{example}`")));
        };
        Ok(Self {
            address: address(table, key, &text, self.insecure, example)?,
            ca_file: self.ca_file.clone(),
            identity: None,
            cookies: false,
            timeout: self.timeout,
            deadline: self.deadline,
            trusted: Vec::new(),
            insecure: self.insecure,
        })
    }

    /// Whether the server is on this machine, by its address alone: no name is looked up.
    pub(in crate::vault) fn is_loopback(&self) -> bool {
        is_loopback(&self.address)
    }

    /// Whether `url` is of this machine, in the same way.
    pub(in crate::vault) fn is_local(url: &Url) -> bool {
        is_loopback(url)
    }
}

impl Identity {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub(super) fn read(&self, vault: &VaultName) -> Result<reqwest::Identity, Error> {
        let unreadable = |what, path: &Path, source| Error::Unreadable {
            vault: vault.clone(),
            what,
            path: path.to_owned(),
            source,
        };
        let mut pem = Zeroizing::new(Vec::with_capacity(ROOM));
        for (what, path) in
            [("client-certificate", Some(&self.certificate)), ("client-key", self.key.as_ref())]
        {
            let Some(path) = path else { continue };
            let part = std::fs::read(path).map(Zeroizing::new);
            let part = part.map_err(|source| unreadable(what, path, source))?;
            pem.extend_from_slice(&part);
            pem.push(b'\n');
        }
        let wrong = "it has to hold a certificate and, here or in `client-key`, its private key, both in PEM form";
        reqwest::Identity::from_pem(&pem).map_err(|_| {
            unreadable("client-certificate", &self.certificate, io::Error::other(wrong))
        })
    }
}

fn address(
    table: &Table<'_>,
    key: &str,
    text: &str,
    insecure: bool,
    example: &str,
) -> Result<Url, Error> {
    let wrong = |message: String| table.wrong(key, message);
    let mut url = Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.host().is_some())
        .ok_or_else(|| wrong(format!("has to be a URL such as `{example}`")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("cannot hold a user name or password: `auth` says who asks".into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("cannot hold `?` or `#`".into()));
    }
    if url.scheme() == "http" && !insecure && !is_loopback(&url) {
        return Err(wrong(
            "is plain http, which would show the token and every password to the network: use https, or say `allow-insecure: true`".into(),
        ));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// `host:port` of an entry of `trusted-hosts`; without a port it has the address' own.
fn entry(entry: &str, address: &Url) -> Option<String> {
    // The scheme is one without a default port, so that a port that was written is seen.
    let url = Url::parse(&format!("vault://{entry}")).ok()?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().filter(|host| !host.is_empty())?.to_lowercase();
    let port = url.port().or_else(|| address.port_or_known_default())?;
    (bare && url.username().is_empty() && url.password().is_none())
        .then(|| format!("{host}:{port}"))
}

/// Scheme, host and port.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// `host:port`, the port named.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

const ADDRESS: &str = "address";
const TIMEOUT: Duration = Duration::from_secs(5);
const DEADLINE: Duration = Duration::from_secs(15);
/// Room for a certificate with its chain and key, in bytes.
const ROOM: usize = 32 * 1024;
