//! CyberArk: connection components of PVWA, one or a whole configuration of them, as XML.

use std::sync::Arc;
use std::time::Duration;

use super::address;
use super::draft::{Action, Draft, Line, Locator, literal};
use super::error::Error;
use super::names::{Names, Where, template_of};
use super::report::{position, shown};
use super::rows;
use super::text::rather;
use super::xml::{self, Attribute, Element};
use super::{Kind, Refusal};
use crate::connector::{Keyword, Template};
use crate::diagnostic::Source;
use crate::locator::By;

/// The most web connectors of one source.
const MOST: usize = 300;

/// The web connectors of `source`.
pub(super) fn drafts(source: &Arc<Source>) -> Result<Vec<Draft>, Error> {
    let kind = Kind::CyberArk;
    let malformed = |at: usize, message, rather| {
        let (line, column) = position(&source.text, at);
        Error::Malformed { path: source.path.clone(), line, column, message, rather }
    };
    let found = xml::elements(&source.text, "ConnectionComponent").map_err(|flaw| {
        let looks = match source.text.trim_start().starts_with('<') {
            true => None,
            false => rather(&source.text, kind),
        };
        malformed(flaw.at, flaw.message, looks)
    })?;
    let (web, other): (Vec<&Element>, Vec<&Element>) =
        found.iter().partition(|one| form(one).is_some());
    if web.len() > MOST {
        return Err(malformed(
            web[MOST].at,
            "there are more web connectors here than are imported at once (300)",
            None,
        ));
    }
    let names = |all: &[&Element]| -> Vec<String> {
        let mut names: Vec<String> =
            all.iter().take(5).map(|one| format!("`{}`", shown(one.value("Id")))).collect();
        if all.len() > 5 {
            names.push(format!("{} more", all.len() - 5));
        }
        names
    };
    let mut drafts: Vec<Draft> = web.iter().map(|one| draft(one)).collect();
    match drafts.first_mut() {
        None => Err(Error::WrongKind {
            path: source.path.clone(),
            kind,
            rather: rather(&source.text, kind),
            others: names(&other),
        }),
        Some(first) => {
            if let Some(one) = other.first() {
                let what = format!("the components {}", names(&other).join(", "));
                first.report.lost(
                    one.at,
                    what,
                    "they are no web connectors",
                    "doorward opens web sessions alone",
                );
            }
            Ok(drafts)
        }
    }
}

/// The element with the rows, when a component is one of a web application.
fn form(component: &Element) -> Option<&Element> {
    let target = component.child("TargetSettings");
    target
        .and_then(|target| target.child("WebFormSettings"))
        .or_else(|| component.child("WebFormSettings"))
}

/// What a component means.
fn draft(component: &Element) -> Draft {
    let mut draft = Draft::new(component.value("Id"), component.at, literal("https://localhost"));
    draft.title = Some(component.value("DisplayName").to_owned()).filter(|title| !title.is_empty());
    let (Some(form), Some(target)) =
        (form(component), component.child("TargetSettings").or(Some(component)))
    else {
        return draft;
    };
    let mut names = Names::default();
    user_parameters(component, &mut names);
    let client = target.child("ClientSpecific").or_else(|| component.child("ClientSpecific"));
    let client: &[Element] = client.map_or(&[], |client| &client.children);
    for parameter in client {
        names
            .client
            .push((parameter.value("Name").to_owned(), parameter.value("Value").to_owned()));
    }
    names.dll = client_value(client, "PreConnectDllName").to_owned();
    names.dll_parameters = client_value(client, "PreConnectParameters").to_owned();
    names.legacy = target.value("ClientDispatcher").contains("WebFormDispatcher");

    logon_url(form, &mut names, &mut draft);
    match form.attribute("WebFormFields").filter(|fields| !fields.value.text.trim().is_empty()) {
        Some(fields) => rows::read(&fields.value, &mut names, &mut draft),
        None => draft.refused = Some(Refusal {
            why: "its `WebFormFields` are empty".to_owned(),
            help: "a web connector of CyberArk has its rows there; export it anew, or write the rows yourself".to_owned(),
        }),
    }
    legacy(form, &names, &mut draft);
    let settings =
        client.iter().filter_map(|one| Some((one.value("Name"), one.attribute("Value")?, one.at)));
    let settings =
        settings.chain(form.attributes.iter().map(|one| (one.name.as_str(), one, one.at)));
    let mut rest = Rest::default();
    for (name, value, at) in settings {
        setting(name, value, at, &mut names, &mut rest, &mut draft);
    }
    remains(component, target, client, &names, &mut rest);
    rest.tell(&mut draft);
    capabilities(target, &mut draft);
    signs(form, &mut draft);
    draft
}

fn client_value<'a>(client: &'a [Element], name: &str) -> &'a str {
    client
        .iter()
        .find(|one| one.value("Name").eq_ignore_ascii_case(name))
        .map_or("", |one| one.value("Value"))
}

fn user_parameters(component: &Element, names: &mut Names) {
    let all = component.child("UserParameters").map_or(&[][..], |all| &all.children);
    for one in all.iter().filter(|one| !one.value("Name").is_empty()) {
        let text = |name: &str| one.value(name).to_owned();
        names.user.push((text("Name"), text("DisplayName"), text("Value")));
    }
}

fn logon_url(form: &Element, names: &mut Names, draft: &mut Draft) {
    let Some(attribute) =
        form.attribute("LogonURL").filter(|url| !url.value.text.trim().is_empty())
    else {
        draft.logon_url = template_of("https://{address}", Where::Outside, form.at, names, draft)
            .unwrap_or_else(|_| literal("https://localhost"));
        let help = "`https://<address>` is written: put the path of the sign-in page behind it";
        return draft.report.review(form.at, "`LogonURL`", "there is none", help);
    };
    let at = attribute.value.place(0);
    let (url, gone) = address::clean(&attribute.value.text);
    if gone {
        let help = "a secret can only be typed into a field: `locator > <password>`";
        let why = "it can be a secret, and a URL is shown and logged";
        draft.report.lost(at, "a part of `LogonURL`", why, help);
    }
    let (url, added) = address::with_scheme(&url);
    if added {
        let help = "write `http://` and `AllowInsecure: true` if the application has no TLS";
        draft.report.changed(at, "`LogonURL`", "it has no scheme, and `https://` is added", help);
    }
    if address::is_insecure(&url) {
        draft.allow_insecure = true;
        rows::insecure_told(draft, at, "`LogonURL`");
    }
    match template_of(&url, Where::Outside, at, names, draft) {
        Ok(url) => draft.logon_url = url,
        Err((why, help)) => {
            draft.refused = Some(Refusal { why: format!("`LogonURL`: {why}"), help })
        }
    }
    let help = match url.contains("portal.azure.com") || url.contains("microsoft") {
        true => {
            "Microsoft signs in at another host: add `AllowedOrigins` with it, as `https://login.microsoftonline.com`"
        }
        false => {
            "if the sign-in page is on another host, such as that of an SSO, name it under `AllowedOrigins`"
        }
    };
    let why = "CyberArk types into whatever page is open; doorward types secrets only at the origin of `LogonURL`";
    draft.report.review(at, "where secrets are typed", why, help);
}

/// The form of Internet Explorer: its submit button, and the size of its window among the rows.
fn legacy(form: &Element, names: &Names, draft: &mut Draft) {
    if names.legacy {
        let size = |line: &Line| match line {
            Line::Row(row) => {
                let locator = row.locator.as_ref().map(Locator::words).unwrap_or_default();
                ["width", "height"].iter().any(|word| locator.eq_ignore_ascii_case(word))
                    && matches!(&row.action, Action::Type(value) if value.placeholders().next().is_none())
            }
            Line::Note(_) => false,
        };
        let before = draft.lines.len();
        draft.lines.retain(|line| !size(line));
        if draft.lines.len() < before {
            let help = "nothing: the window has the size of the operator's screen";
            draft.report.lost(
                form.at,
                "the rows `width` and `height`",
                "they are the size of the window",
                help,
            );
        }
        let why = "it is a connector for Internet Explorer, which skips the fields that a page does not have";
        let help = "rows that type the same value once more are `(Optional)` now: keep the one that the page has";
        draft.report.review(form.at, "the rows", why, help);
    }
    if let Some(button) =
        form.attribute("SubmitButton").filter(|button| !button.value.text.trim().is_empty())
    {
        let has_button = draft.rows().any(|row| {
            matches!(
                &row.action,
                Action::Do(Keyword::Button | Keyword::Click | Keyword::ScriptClick, _)
            )
        });
        if !has_button {
            let locator = Locator::new(By::Auto, button.value.text.trim());
            draft.row(button.at, Some(locator), Action::Do(Keyword::Button, None));
            let help =
                "see that the button has this id, name or class; otherwise write `(SearchBy=text)`";
            draft.report.changed(button.at, "`SubmitButton`", "it is a row at the end now", help);
        }
    }
}

/// One of `ClientSpecific` or of `WebFormSettings`.
fn setting(
    name: &str,
    value: &Attribute,
    at: usize,
    names: &mut Names,
    rest: &mut Rest,
    draft: &mut Draft,
) {
    let text = value.value.text.trim();
    let place = value.value.place(0);
    let told = |draft: &mut Draft, wants: &str| {
        let help = format!("write it under `TargetSettings`: {wants}");
        draft.report.lost(
            place,
            format!("the value of `{}`", shown(name)),
            "it is none that is known",
            help,
        );
    };
    match name.to_ascii_lowercase().as_str() {
        "logonurl" | "webformfields" | "submitbutton" => {}
        lower @ ("actiontimeout" | "actiontimout" | "pageloadtimeout") => match seconds(text) {
            Some(time) if lower == "pageloadtimeout" => draft.page_load_timeout = Some(time),
            Some(time) => draft.action_timeout = Some(time),
            None => told(draft, "whole seconds, at most an hour"),
        },
        "runvalidations" => match yes(text) {
            Some(true) => {}
            Some(false) => {
                draft.run_validations = false;
                let help = "remove `RunValidations: No` and have a `(Validation)` row: without one no sign-in is called a success";
                draft.report.review(place, "`RunValidations`", "its validations do not run", help);
            }
            None => told(draft, "`Yes` or `No`"),
        },
        "enforcecertificatevalidation" | "enforcecertificate" => match yes(text) {
            Some(true) => {}
            Some(false) => {
                draft.enforce_certificates = false;
                let why =
                    "certificates are not checked, so anyone on the way can read the password";
                let help = "trust the authority of the certificate on the browser's machine, and remove the line";
                draft.report.review(place, "`EnforceCertificateValidation`", why, help);
            }
            None => told(draft, "`Yes` or `No`"),
        },
        "allowedurls" => allowed_urls(text, place, names, draft),
        "formname" if text.is_empty() || text.eq_ignore_ascii_case("deprecated") => {}
        _ => rest.add(name, at, names),
    }
}

/// Whole seconds, at most an hour.
fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse::<u64>().ok().filter(|seconds| (1..=3600).contains(seconds))?;
    Some(Duration::from_secs(seconds))
}

fn yes(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn allowed_urls(text: &str, at: usize, names: &mut Names, draft: &mut Draft) {
    let mut all: Vec<Template> = Vec::new();
    for one in
        text.split([',', ';', '\n', ' ']).map(str::trim).filter(|one| !one.is_empty()).take(100)
    {
        let (one, gone) = address::clean(&address::pattern(one));
        match template_of(&one, Where::Outside, at, names, draft) {
            Ok(found) => all.push(found),
            Err((why, help)) => draft.report.lost(at, "one of `AllowedURLs`", &why, help),
        }
        if gone {
            let help = "write a pattern without it";
            draft.report.lost(at, "a part of one of `AllowedURLs`", "it can be a secret", help);
        }
    }
    if !all.is_empty() {
        let why = "they are patterns of whole URLs here, in which `*` stands for anything";
        let help = "see that each begins with scheme and host, and that the pages of the sign-in are among them";
        draft.report.changed(at, "`AllowedURLs`", why, help);
    }
    draft.allowed_urls = all;
}

/// Settings without a counterpart, gathered by the reason.
#[derive(Default)]
struct Rest(Vec<(&'static str, &'static str, usize, Vec<String>)>);

/// What a name is, why it has no counterpart, and what to do.
const WITHOUT: [(&[&str], &str, &str); 10] = [
    (
        &["formname"],
        "fields are found in the whole page and not in a form of that name",
        "see that each field is there once; `(Nth=2)` takes the second",
    ),
    (
        &[
            "allowmappinglocaldrives",
            "allowselecthtml5",
            "allowmappinglocalprinters",
            "redirectclipboard",
        ],
        "it is of the remote desktop that PSM shows a session in, and there is none",
        "for live sessions `AllowDownloads`, `AllowUploads`, `AllowPrint` and `AllowClipboard` say it, all `No` by default",
    ),
    (
        &["fullscreen", "height", "width", "enablewindowscrollbar", "enabletoolbars", "displayurl"],
        "the window is that of an ordinary browser",
        "nothing",
    ),
    (
        &["protocol", "clientdispatcher", "clientinvoketype", "type", "componentparameters"],
        "there is no dispatcher: doorward drives the browser itself",
        "nothing",
    ),
    (
        &["clientapp", "browser", "browserpath"],
        "which browser it is belongs to the machine and not to a connector",
        "`browser:` in `doorward.yaml` names one; `doorward doctor` shows which is used",
    ),
    (
        &["connectioncomponentinittimeout"],
        "there is no budget for the whole start: each row has `ActionTimeout`, each page `PageLoadTimeout`",
        "raise those if the application is slow",
    ),
    (
        &["enabletrace", "enableadvanceddebugging"],
        "pictures and traces of a sign-in can hold secrets; what happens is on record",
        "`doorward activity` shows the record; a row that stops says what was seen",
    ),
    (
        &["waitbeforecmdlineparmshide", "cmdlineparmshidetimeout"],
        "nothing secret is ever on a command line",
        "nothing",
    ),
    (
        &["lockappwindow"],
        "each session is a browser of its own",
        "`AllowedURLs` keeps the session to the pages that it names",
    ),
    (
        &["preconnectdllname", "preconnectparameters"],
        "no DLL is run here",
        "one-time codes are computed by `(TOTP)`; other values belong into the vault, as properties of the account",
    ),
];

impl Rest {
    fn add(&mut self, name: &str, at: usize, names: &Names) {
        let lower = name.to_lowercase();
        if names.used.contains(&lower) {
            return;
        }
        let known = WITHOUT.iter().find(|(all, ..)| all.contains(&lower.as_str()));
        let (why, help) = known.map_or(
            ("there is no such setting here, and no row uses it", "see what it was for"),
            |(_, why, help)| (*why, *help),
        );
        match self.0.iter_mut().find(|(reason, ..)| *reason == why) {
            Some((.., all)) => all.push(name.to_owned()),
            None => self.0.push((why, help, at, vec![name.to_owned()])),
        }
    }

    fn tell(self, draft: &mut Draft) {
        for (why, help, at, mut all) in self.0 {
            all.dedup();
            let more = all.len().saturating_sub(12);
            all.truncate(12);
            let mut what =
                all.iter().map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(", ");
            if more > 0 {
                what.push_str(&format!(" and {more} more"));
            }
            draft.report.lost(at, what, why, help);
        }
    }
}

/// Everything else of a component.
fn remains(
    component: &Element,
    target: &Element,
    client: &[Element],
    names: &Names,
    rest: &mut Rest,
) {
    let consumed = ["id", "displayname"];
    for element in [component, target] {
        for attribute in &element.attributes {
            let lower = attribute.name.to_ascii_lowercase();
            if !consumed.contains(&lower.as_str()) && !attribute.value.text.trim().is_empty() {
                rest.add(&attribute.name, attribute.at, names);
            }
        }
    }
    let handled =
        ["targetsettings", "userparameters", "clientspecific", "webformsettings", "capabilities"];
    for element in component.children.iter().chain(&target.children) {
        let lower = element.name.to_ascii_lowercase();
        let empty = element.children.is_empty() && element.attributes.is_empty();
        if !handled.contains(&lower.as_str()) && !empty {
            rest.add(&element.name, element.at, names);
        }
    }
    let parameters = component.child("UserParameters").map_or(&[][..], |all| &all.children);
    for one in parameters.iter().filter(|one| !one.value("Name").is_empty()) {
        rest.add(one.value("Name"), one.at, names);
    }
    // A parameter without a value.
    for one in client
        .iter()
        .filter(|one| one.attribute("Value").is_none() && !one.value("Name").is_empty())
    {
        rest.add(one.value("Name"), one.at, names);
    }
}

/// `Capabilities`: which linked accounts a connector may use, and how PSM records it.
fn capabilities(target: &Element, draft: &mut Draft) {
    let Some(all) = target.child("Capabilities") else { return };
    let mut recording: Vec<String> = Vec::new();
    let uses = |draft: &Draft, word: &str| {
        draft.rows().any(|row| match &row.action {
            Action::Type(value)
            | Action::Totp(value, _)
            | Action::Navigate(value)
            | Action::Choose(value) => {
                value.placeholders().any(|found| found.object.word() == word)
            }
            Action::Do(..) => false,
        })
    };
    for one in &all.children {
        let id = one.value("Id");
        match id.to_ascii_lowercase().as_str() {
            word @ ("logonaccount" | "reconcileaccount") => {
                if !uses(draft, word) {
                    let help = "add it to `SupportedCapabilities` with the row that needs it, such as `otp > (TOTP) <logonaccount\\password>`";
                    draft.report.review(
                        one.at,
                        format!("the capability `{}`", shown(id)),
                        "no row uses that account",
                        help,
                    );
                }
            }
            "" => {}
            _ => recording.push(format!("`{}`", shown(id))),
        }
    }
    if !recording.is_empty() {
        recording.truncate(12);
        let why = "they are how PSM records a session; doorward keeps a record of every session without being asked";
        draft.report.lost(
            all.at,
            format!("the capabilities {}", recording.join(", ")),
            why,
            "nothing",
        );
    }
}

/// Looks for a row that says what success is.
fn signs(form: &Element, draft: &mut Draft) {
    let at = form.attribute("WebFormFields").map_or(form.at, |fields| fields.at);
    super::draft::success(draft, at);
    let text_signs = draft.rows().any(|row| {
        matches!(row.action, Action::Do(Keyword::Validation, _))
            && row.locator.as_ref().is_some_and(|locator| locator.by == By::Text)
    });
    if text_signs {
        let why = "it looks for a text, which another language of the page does not have";
        let help = "an element is better, such as `.avatar-menu > (Validation) (SearchBy=css)`";
        draft.report.review(at, "`(Validation) (SearchBy=text)`", why, help);
    }
}
