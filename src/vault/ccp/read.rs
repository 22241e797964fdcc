//! Reading: one object by its safe and name, asked for again while its password is being changed; and the
//! health of the service.

use std::time::Duration;

use tokio::time::Instant;

use super::Ccp;
use super::account::Object;
use crate::access::Grant;
use crate::name::{AccountRef, Purpose};
use crate::vault::http::{Answer, Call};
use crate::vault::{Account, Error, Unready};

/// Where an object is: what a reference means to the service.
struct Criteria<'a> {
    safe: Option<&'a str>,
    /// Its segments joined by `\`, as the vault has them.
    folder: Option<String>,
    object: &'a str,
}

impl Ccp {
    /// The account of `grant`.
    pub(super) async fn read(&self, grant: &Grant) -> Result<Account, Error> {
        let account = grant.account();
        let call = self.call(account, grant.purpose())?;
        let visit = self.client.visit();
        let mut pause = FIRST_PAUSE;
        loop {
            let answer = self.client.send(&call, None, &visit).await?;
            let changes = match answer.status {
                200 => {
                    let object: Object =
                        answer.json().map_err(|found| self.client.garbled(&call, found))?;
                    if !object.is_whole() {
                        let found = "an object without `Content`".to_owned();
                        return Err(self.client.garbled(&call, found));
                    }
                    if !object.is_changing() {
                        return object.into_account(account.within(&self.name), &self.settings);
                    }
                    true
                }
                _ => CHANGES.iter().any(|code| answer.complaint.is(code)),
            };
            let cut_off = UNCONNECTED.iter().any(|code| answer.complaint.is(code));
            let is_over = Instant::now() + pause >= visit.until;
            if !changes && (!cut_off || is_over || pause > LAST_PAUSE_CUT_OFF) {
                return Err(self.failure(account, &call, answer));
            }
            if is_over {
                let (vault, account) = (self.name.clone(), account.clone());
                return Err(Error::Changing { vault, account });
            }
            tracing::debug!(vault = %self.name, %account, changes, cut_off, "asking again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The call for an account. Its values end up in logs on their way, and none of them is a secret.
    fn call(&self, account: &AccountRef, purpose: &Purpose) -> Result<Call<'static>, Error> {
        let Criteria { safe, folder, object } = Criteria::of(account);
        let folder = folder.or_else(|| self.settings.folder.clone());
        let call = Call::get("api/Accounts".into()).with("AppID", self.settings.app_id.clone());
        let mut call = match &self.settings.query {
            Some(query) => {
                let part = |text: &str| self.fit(account, text).map(str::to_owned);
                let query = query
                    .replace("{safe}", &part(safe.unwrap_or_default())?)
                    .replace("{folder}", &part(folder.as_deref().unwrap_or("Root"))?)
                    .replace("{name}", &part(object)?);
                call.with("Query", query)
            }
            None => {
                let mut call = call;
                if let Some(safe) = safe {
                    call = call.with("Safe", safe.to_owned());
                }
                if let Some(folder) = folder {
                    call = call.with("Folder", folder);
                }
                call.with("Object", object.to_owned())
            }
        };
        if let Some(reason) = &purpose.reason {
            call = call.with("Reason", reason.clone());
        }
        Ok(call)
    }

    /// A part of a query, which has a language of its own: it may not say more than a name.
    fn fit<'a>(&self, account: &AccountRef, text: &'a str) -> Result<&'a str, Error> {
        match text.contains([';', '=', '{', '}']) {
            true => Err(Error::Unsupported {
                vault: self.name.clone(),
                what: format!(
                    "cannot put `{account}` into its query: a name there has no `;`, `=`, `{{`, `}}`"
                ),
                instead: "leave `query` out of the vault's configuration: safe and object are then sent apart",
            }),
            false => Ok(text),
        }
    }

    /// What an answer means that holds no object, by the service's own codes: its statuses differ
    /// between versions.
    fn failure(&self, account: &AccountRef, call: &Call<'_>, answer: Answer) -> Error {
        let complaint = &answer.complaint;
        let is = |codes: &[&str]| codes.iter().any(|code| complaint.is(code));
        let (vault, account) = (self.name.clone(), account.clone());
        let detail = answer.words();
        // A refusal of the application quotes a code of the reason: it comes first.
        if is(&UNKNOWN_APPLICATION) {
            return self.client.unauthenticated(self.credential_name(), detail);
        }
        if is(&NOT_ALLOWED) {
            return Error::Denied { vault, account, detail };
        }
        if is(&NOT_FOUND) {
            return Error::Unseen { vault, account, who: self.application() };
        }
        if is(&SEVERAL) {
            return Error::Several { vault, account, candidates: Vec::new() };
        }
        if is(&UNCONNECTED) {
            return self.client.unready(Unready::CutOff);
        }
        match answer.status {
            401 => self.client.unauthenticated(self.credential_name(), detail),
            403 if answer.is_the_vaults() => Error::Denied { vault, account, detail },
            404 if answer.complaint.json => {
                Error::Unseen { vault, account, who: self.application() }
            }
            _ => match self.client.screen(call, answer) {
                Ok(answer) if answer.status < 400 => {
                    let found = format!("status {} where an object was due", answer.status);
                    self.client.garbled(call, found)
                }
                Ok(answer) => self.client.refused(call, &answer),
                Err(error) => error,
            },
        }
    }

    /// How the service is: asked for an object that nobody has, it says whether it knows the application.
    pub(super) async fn condition(&self) -> Result<String, Error> {
        let visit = self.client.visit();
        let nobody = AccountRef::new(None, None, NOBODY).map_err(|invalid| Error::Unsupported {
            vault: self.name.clone(),
            what: format!("has no such account: {invalid}"),
            instead: "this is a bug of ours: please report it",
        })?;
        let call = self.call(&nobody, &Purpose::default())?;
        let answer = self.client.send(&call, None, &visit).await?;
        if answer.status == 200 {
            let found = "an object that nobody has asked for".to_owned();
            return Err(self.client.garbled(&call, found));
        }
        match self.failure(&nobody, &call, answer) {
            Error::Unseen { .. } | Error::Several { .. } => {
                Ok(format!("reachable, {} is known", self.credential_name()))
            }
            error => Err(error),
        }
    }

    /// The credential in words, for messages.
    fn credential_name(&self) -> String {
        let shown = match &self.settings.endpoint.identity {
            Some(_) => "with its client certificate",
            None => "without a client certificate",
        };
        format!("{} {shown}", self.application())
    }

    fn application(&self) -> String {
        format!("the application `{}`", self.settings.app_id)
    }
}

impl<'a> Criteria<'a> {
    /// The first segment is the safe, what lies between it and the name is the folder.
    fn of(account: &'a AccountRef) -> Self {
        let (safe, folder) = match account.safe() {
            None => (None, None),
            Some(path) => match path.split_once('/') {
                None => (Some(path), None),
                Some((safe, folder)) => (Some(safe), Some(folder.replace('/', "\\"))),
            },
        };
        Self { safe, folder, object: account.name() }
    }
}

/// The password is being changed; a later question is answered.
const CHANGES: [&str; 2] = ["APPAP282E", "APPAP286E"];
/// The application is not known, or did not show what it has to show.
const UNKNOWN_APPLICATION: [&str; 4] = ["APPAP306E", "APPAP008E", "APPAP133E", "AIMWS031E"];
/// The application is known and may not.
const NOT_ALLOWED: [&str; 2] = ["APPAP087E", "APPAP132E"];
const NOT_FOUND: [&str; 3] = ["APPAP004E", "APPAP249E", "APPAP324E"];
/// More than one object answers to the criteria.
const SEVERAL: [&str; 5] = ["APPAP227E", "APPAP228E", "APPAP229E", "APPAP230E", "APPAP251E"];
/// The service lost its vault, also with status 400.
const UNCONNECTED: [&str; 6] =
    ["APPAP007E", "APPAP096W", "APPAP289E", "APPAP291E", "APPAP292E", "APPAP297E"];
/// An object that is asked for to see whether it is refused or not found.
const NOBODY: &str = "doorward-health-check";
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// A vault that is gone is not waited for as long as a change.
const LAST_PAUSE_CUT_OFF: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
