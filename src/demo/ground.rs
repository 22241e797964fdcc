//! The demo on ground of its own: the site on a loopback port, and a vault in memory that holds who may sign in.
//! Both are made anew at each start, and nothing of them is on disk.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::people::{People, Person};
use crate::name::{AccountRef, VaultName};
use crate::secret::Secret;
use crate::vault::{Account, Memory, Password, Vault};

/// The connector of the site, as YAML.
pub const CONNECTOR: &str = include_str!("../../connectors/demo.yaml");

/// Who may sign in.
const USERNAME: &str = "operator";

/// A running demo; the site ends when it is dropped.
pub struct Demo {
    url: String,
    vault: Arc<Memory>,
    site: JoinHandle<()>,
}

/// Why the demo did not start.
#[derive(Debug, thiserror::Error)]
pub enum Unstarted {
    /// No port of the loopback interface is to be had.
    #[error("the demo site cannot listen on 127.0.0.1")]
    Listen(#[source] io::Error),
    /// The system has no random numbers, or what was made of them does not fit.
    #[error("no password can be made for the demo site")]
    Secrets,
}

impl Demo {
    /// Starts the site on a free port of the loopback interface, with a password and a seed that nobody has seen. Its
    /// vault is `demo`, its account `demo:web/demo`, with the logon account `demo:web/demo-otp`.
    ///
    /// # Errors
    /// [`Unstarted`].
    pub async fn start() -> Result<Self, Unstarted> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Unstarted::Listen)?;
        let address = listener.local_addr().map_err(Unstarted::Listen)?;
        let (password, seed) = (made()?, made()?);
        let secret = |text: &Zeroizing<String>| Secret::new(text.as_str().to_owned());
        let person = Person {
            username: USERNAME.to_owned(),
            password: secret(&password),
            seed: Some(secret(&seed)),
        };
        let people = People::new(vec![person]).map_err(|_| Unstarted::Secrets)?;
        let name: VaultName = "demo".parse().map_err(|_| Unstarted::Secrets)?;
        let reference = |account: &str| {
            AccountRef::new(Some(name.clone()), Some("web"), account)
                .map_err(|_| Unstarted::Secrets)
        };
        let (target, logon) = (reference("demo")?, reference("demo-otp")?);
        let account =
            |reference: &AccountRef, username: &str, password: &Zeroizing<String>| Account {
                reference: reference.clone(),
                username: Some(username.to_owned()),
                address: None,
                password: Password::Value(secret(password)),
                properties: BTreeMap::new(),
                logon_account: None,
                reconcile_account: None,
            };
        let accounts = vec![
            Account {
                address: Some(address.to_string()),
                logon_account: Some(logon.clone()),
                ..account(&target, USERNAME, &password)
            },
            account(&logon, "operator-totp", &seed),
        ];
        let router = super::router(people);
        let site = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            url: format!("http://{address}"),
            vault: Arc::new(Memory::new(name, accounts)),
            site,
        })
    }

    /// Where the site is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its vault.
    pub fn vault(&self) -> Arc<dyn Vault> {
        Arc::clone(&self.vault) as Arc<dyn Vault>
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.site.abort();
    }
}

/// 160 random bits as 32 letters and digits, fit for a password and for the seed of codes.
fn made() -> Result<Zeroizing<String>, Unstarted> {
    let mut bytes = Zeroizing::new([0_u8; 20]);
    SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Unstarted::Secrets)?;
    Ok(Zeroizing::new(BASE32_NOPAD.encode(bytes.as_ref())))
}
