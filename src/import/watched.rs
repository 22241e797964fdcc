//! Watched: a sign-in that an author did by hand, as a connector. It is made of which fields and buttons were used,
//! in which order; what was typed is not known here.

use super::draft::{Action, Draft, Locator, literal, place, template};
use super::{Import, write};
use crate::connector::{Keyword, Object, Part};
use crate::diagnostic::Source;
use crate::host::is_loopback;
use crate::locator::By;
use crate::otp;

/// A sign-in from its first page to the one behind it.
#[derive(Debug, Default)]
pub struct Watched {
    /// The id that the connector gets.
    pub name: String,
    /// The page that it began at.
    pub url: String,
    /// What was done, in its order.
    pub deeds: Vec<Deed>,
    /// What stands on the last page and on none before, the best first.
    pub landmarks: Vec<Spot>,
    /// The last page.
    pub end: String,
}

/// One thing that was done to one element.
#[derive(Debug, Clone)]
pub struct Deed {
    /// What.
    pub doing: Doing,
    /// The element, as nothing else is called in the whole sign-in.
    pub element: String,
    /// How it is found.
    pub spot: Spot,
    /// How the frames around it are found, the outermost first.
    pub frames: Vec<Spot>,
    /// Its `name`, `id`, label and placeholder, to tell what it is for.
    pub hint: String,
    /// Its label.
    pub label: String,
    /// The origin of its document.
    pub origin: String,
    /// Whether another page came after it.
    pub leads: bool,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// A text was typed.
    Type(Role),
    /// It was clicked.
    Click {
        /// It submits a form.
        submits: bool,
        /// The browser clicked it, because Enter was pressed in a field.
        implied: bool,
    },
    /// Enter was pressed in it.
    Enter,
    /// This option was chosen.
    Select(String),
    /// It was ticked.
    Check,
    /// It was unticked.
    Uncheck,
}

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A user name.
    Username,
    /// A password.
    Password,
    /// A one-time code.
    Code,
    /// Something else.
    Other,
}

/// How an element is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The strategy.
    pub by: By,
    /// What it looks for.
    pub text: String,
    /// Whether it holds in another language and another layout.
    pub stable: bool,
}

/// The connector of `watched`, with a report of what the author should look at; and the row of each deed, from 1,
/// with that of the validation behind them. 0 is a deed that needs no row.
pub fn watched(watched: &Watched) -> (Import, Vec<usize>) {
    let source = Source { path: watched.url.clone(), text: String::new() };
    let mut draft = Draft::new(watched.name.clone(), 0, with_address(&watched.url));
    let first = origin(&watched.url);
    draft.allow_insecure = is_insecure(&watched.url);
    let mut origins = vec![first.clone()];
    let mut frames: Vec<Spot> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    let mut names = Names::default();
    let mut numbers = vec![0; watched.deeds.len()];
    for (at, deed) in watched.deeds.iter().enumerate() {
        let next = watched.deeds.get(at + 1);
        let implied =
            next.is_some_and(|next| matches!(next.doing, Doing::Click { implied: true, .. }));
        if deed.doing == Doing::Enter && implied {
            continue;
        }
        let fills = matches!(deed.doing, Doing::Type(_));
        if fills && done.contains(&deed.element.as_str()) {
            continue;
        }
        enter(&mut draft, &mut frames, &deed.frames);
        let types_secret = matches!(deed.doing, Doing::Type(_));
        if types_secret && !deed.origin.is_empty() && !origins.contains(&deed.origin) {
            origins.push(deed.origin.clone());
        }
        let action = action(deed, &mut names, &mut draft);
        if !deed.spot.stable {
            draft.report.review(
                0,
                format!("the locator `{}`", deed.spot.text),
                "nothing steadier tells the element from others: another language or layout may break it",
                "ask for an `id` or `data-testid` in the application, or look with `doorward try`",
            );
        }
        draft.row(0, Some(locator(&deed.spot)), action);
        numbers[at] = draft.rows().count();
        if fills {
            done.push(&deed.element);
        }
        if deed.leads {
            done.clear();
            frames.clear();
        }
    }
    enter(&mut draft, &mut frames, &[]);
    validation(&mut draft, watched, &first);
    numbers.push(draft.rows().count());
    draft.note("Add what a refused sign-in shows, such as: .alert > (Failure=wrong password) (SearchBy=css)");
    if origins.len() > 1 {
        draft.origins = origins
            .iter()
            .map(|origin| if *origin == first { with_address(origin) } else { literal(origin) })
            .collect();
    }
    let mut imports = write::imports(vec![draft], &source);
    (imports.remove(0), numbers)
}

/// Which placeholders were given out.
#[derive(Default)]
struct Names {
    username: bool,
    params: Vec<String>,
}

fn action(deed: &Deed, names: &mut Names, draft: &mut Draft) -> Action {
    match &deed.doing {
        Doing::Type(Role::Password) => Action::Type(place(Object::Target, "password")),
        Doing::Type(Role::Code) => {
            Action::Totp(place(Object::LogonAccount, "password"), otp::Parameters::default())
        }
        Doing::Type(Role::Username) => {
            names.username = true;
            Action::Type(place(Object::Target, "username"))
        }
        Doing::Type(Role::Other) => {
            let hint = deed.hint.to_lowercase();
            let known = [
                ("domain", "domain"),
                ("realm", "domain"),
                ("tenant", "domain"),
                ("database", "database"),
                ("server", "host"),
                ("host", "host"),
                ("port", "port"),
            ];
            if let Some((_, property)) = known.iter().find(|(word, _)| hint.contains(word)) {
                return Action::Type(place(Object::Target, property));
            }
            if !names.username {
                names.username = true;
                return Action::Type(place(Object::Target, "username"));
            }
            let name = parameter(&deed.label, &deed.spot.text, &names.params);
            draft.parameter(&name, Some(&deed.label), None);
            draft.report.review(
                0,
                format!("the field `{}`", deed.spot.text),
                "what belongs there is not known, so it is asked at connect",
                "put a property of the account there, as `<domain>`, if it is one",
            );
            names.params.push(name.clone());
            Action::Type(place(Object::Param, &name))
        }
        Doing::Click { submits, .. } => {
            let keyword = if *submits || deed.leads { Keyword::Button } else { Keyword::Click };
            Action::Do(keyword, None)
        }
        Doing::Enter => Action::Do(Keyword::Press, Some("Enter".to_owned())),
        Doing::Select(option) => Action::Choose(literal(option)),
        Doing::Check => Action::Do(Keyword::Check, None),
        Doing::Uncheck => Action::Do(Keyword::Uncheck, None),
    }
}

/// Rows from the frames that the rows are in to those of the next one.
fn enter(draft: &mut Draft, now: &mut Vec<Spot>, then: &[Spot]) {
    if now.as_slice() == then {
        return;
    }
    if !now.is_empty() && !then.starts_with(now) {
        draft.row(0, None, Action::Do(Keyword::Frame, Some("top".to_owned())));
        now.clear();
    }
    for frame in &then[now.len()..] {
        draft.row(0, Some(locator(frame)), Action::Do(Keyword::Frame, None));
    }
    *now = then.to_vec();
}

fn validation(draft: &mut Draft, watched: &Watched, first: &str) {
    let best = watched.landmarks.iter().find(|spot| spot.stable).or(watched.landmarks.first());
    if let Some(spot) = best {
        draft.row(0, Some(locator(spot)), Action::Do(Keyword::Validation, None));
        if !spot.stable {
            draft.report.review(
                0,
                format!("the validation `{}`", spot.text),
                "nothing steadier stands on the signed-in page alone",
                "choose an element of your own: its locator must hit nothing on the sign-in pages",
            );
        }
        return;
    }
    let path = |url: &str| url.split(['?', '#']).next().unwrap_or_default().to_owned();
    if path(&watched.end) != path(&watched.url) && origin(&watched.end) == first {
        let (_, rest) = watched.end.split_at(first.len().min(watched.end.len()));
        let rest = path(rest);
        let glob = template([Part::Literal(format!("*{rest}*"))]);
        let locator = Locator { by: By::Url, text: glob, nth: None };
        draft.row(0, Some(locator), Action::Do(Keyword::Validation, None));
        return;
    }
    super::draft::success(draft, 0);
}

fn locator(spot: &Spot) -> Locator {
    Locator::new(spot.by, &spot.text)
}

/// Scheme, host and port.
fn origin(url: &str) -> String {
    url::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// `url` with the account's address in the place of its host and port.
fn with_address(url: &str) -> crate::connector::Template {
    let Ok(parsed) = url::Url::parse(url) else { return literal(url) };
    let rest = &parsed[url::Position::BeforePath..];
    let rest = if rest == "/" && !url.ends_with('/') { "" } else { rest };
    template([
        Part::Literal(format!("{}://", parsed.scheme())),
        super::draft::placeholder(Object::Target, "address"),
        Part::Literal(rest.to_owned()),
    ])
}

fn is_insecure(url: &str) -> bool {
    let Ok(parsed) = url::Url::parse(url) else { return false };
    parsed.scheme() == "http" && !is_loopback(&parsed)
}

/// A name for what is asked at connect.
fn parameter(label: &str, other: &str, taken: &[String]) -> String {
    let word = |text: &str| -> String {
        let words =
            text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut name = String::new();
        for word in words.take(3) {
            let (first, rest) = word.split_at(1);
            name.push_str(&first.to_uppercase());
            name.push_str(rest);
        }
        name.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned()
    };
    let base = [word(label), word(other)].into_iter().find(|name| !name.is_empty());
    let base = base.unwrap_or_else(|| "Value".to_owned());
    let mut name = base.clone();
    let mut number = 2;
    while taken.contains(&name) {
        name = format!("{base}{number}");
        number += 1;
    }
    name
}
