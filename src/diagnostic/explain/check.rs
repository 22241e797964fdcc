//! The codes that `check` finds.

use super::{Code, Explanation, case, files, rows};

pub(super) fn explanation(code: Code) -> Explanation {
    match code {
        Code::InvalidYaml => files(
            "The file is not YAML, not UTF-8 text, or not of the shape of a connector. Nothing else in it can be checked until it is.",
            r#"ConnectorId: acme
TargetSettings:
	LogonURL: https://<address>/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Look at the place that is named: usually a tab where spaces belong, a quote that is not closed, or a line that is not indented as its neighbours are.",
        ),
        Code::DuplicateKey => files(
            "A key stands twice in a map. YAML readers disagree about which of them counts, so neither does.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  ActionTimeout: 5s
  ActionTimeout: 10s
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  ActionTimeout: 10s
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Keep one of the two.",
        ),
        Code::UnknownKey => files(
            "A connector has no key of this name. It would be ignored in silence, and the setting that you meant would not hold.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  ActionTimout: 20s
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  ActionTimeout: 20s
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Write the name that is suggested; `--fix` does. The keys are listed in connectors/README.md.",
        ),
        Code::MissingKey => files(
            "A key that every connector has is not there.",
            r#"ConnectorId: acme
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Add the line that the help shows.",
        ),
        Code::InvalidValue => files(
            "A key has a value that it cannot have.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  ActionTimeout: soon
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  ActionTimeout: 10s
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Write a value of the kind that the help names. A duration has a unit: `10s`, `500ms`, `2m`.",
        ),
        Code::InvalidUrl => files(
            "A `LogonURL`, one of `AllowedURLs` or a `(Navigate=…)` is no `http` or `https` URL.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: <address>/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Write scheme, host and path: `https://<address>/login`.",
        ),
        Code::InvalidOrigin => files(
            "One of `AllowedOrigins` is no scheme, host and port. Secrets are typed where all three are equal, so an origin has no path and no `*`.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  AllowedOrigins: [https://<address>/login]
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  AllowedOrigins: [https://<address>]
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Write `https://host` or `https://host:port`, one for each host that secrets may be typed into.",
        ),
        Code::InsecureUrl => files(
            "A page would be opened over plain `http`. Whoever is on the way to it can read and change everything, the password too.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: http://acme.example/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://acme.example/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Write `https://`. Where an application has no TLS, `AllowInsecure: Yes` under `TargetSettings` allows it, and every activity row says so.",
        ),
        Code::UnknownCapability => files(
            "`SupportedCapabilities` names a capability that there is not.",
            r#"ConnectorId: acme
SupportedCapabilities: [LogonAcount]
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  login > <logonaccount\username>
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
SupportedCapabilities: [LogonAccount]
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  login > <logonaccount\username>
  home > (Validation) (SearchBy=id)
"#,
            "The capabilities are `LogonAccount` and `ReconcileAccount`.",
        ),
        Code::CapabilityNotDeclared => files(
            "A row uses a linked account, and the connector does not declare that it needs one. What a connector declares is what an administrator reads to know which accounts it can use.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  otp > (TOTP) <logonaccount\password>
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
SupportedCapabilities: [LogonAccount]
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  otp > (TOTP) <logonaccount\password>
  home > (Validation) (SearchBy=id)
"#,
            "Add the line that the help shows; `--fix` does.",
        ),
        Code::CapabilityUnused => files(
            "A capability is declared, and no row needs it. Whoever links the account would link it for nothing.",
            r#"ConnectorId: acme
SupportedCapabilities: [LogonAccount]
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"Remove it (`--fix` does), or use it in a row: `<logonaccount\password>`."#,
        ),
        Code::NoRows => files(
            "`WebFormFields` has no rows, so nothing would be done.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  # to be written
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Write a row for each field and button of the login page.",
        ),
        Code::UnquotedRow => files(
            "YAML took a row of a list for something else. A `#` begins a comment, a `: ` makes a map, a `[` a list.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields:
  - #home > (Validation) (SearchBy=css)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  #home > (Validation) (SearchBy=css)
"#,
            "Use the block form, `WebFormFields: |` and a row per line, which needs no quotes; or put the row in quotes.",
        ),
        Code::UnclearComment => rows(
            "A line may be a comment or a row, or a comment stands behind a row. A comment has a line of its own and a blank after its `#`.",
            "username > <username> # the name",
            r#"# the name
username > <username>"#,
            "Put the comment on its own line; to type a `#`, write `^#`. For a CSS id add `(SearchBy=css)`.",
        ),
        Code::MissingOperator => rows(
            "A row has no `>` between what it looks for and what it does.",
            "username <username>",
            "username > <username>",
            "Write `locator > action`. In rows that were copied out of XML, `&gt;` stands for it (`--fix` does not guess where).",
        ),
        Code::UnclearOperator => rows(
            "A row has several `>`, and its locator is none that can have one. Only CSS, XPath and texts have.",
            "form > name > <username>",
            "form > [name=name] > <username> (SearchBy=css)",
            "Say how the element is searched, `(SearchBy=css)`; or write `^>` for each `>` that is text.",
        ),
        Code::EmptyPart => rows(
            "Nothing stands on one side of the `>`.",
            "username > (SearchBy=id)",
            "username > <username> (SearchBy=id)",
            "Write where the element is before it, and a value or an action after it.",
        ),
        Code::UnbalancedParenthesis => rows(
            "A parenthesis of the action has no other half.",
            "next > (Button",
            "next > (Button)",
            "Close it. To type a parenthesis, escape it: `^(` and `^)`.",
        ),
        Code::UnknownKeyword => rows(
            "There is no action of this name. Elsewhere it would be typed into the field as text.",
            "next > (Buton)",
            "next > (Button)",
            "Write the name that is suggested; `--fix` does where only one is near. To type it as text, escape the parentheses: `^(Buton^)`.",
        ),
        Code::InvalidAction => rows(
            "An action has a value that it does not take, lacks one that it needs, or stands beside another one.",
            "next > (Button) (Click)",
            "next > (Button)",
            "A row does one thing. The actions, each with an example, are in connectors/README.md.",
        ),
        Code::UnknownOption => rows(
            "There is no option of this name.",
            "username > <username> (Serchby=id)",
            "username > <username> (SearchBy=id)",
            "Write the name that is suggested; `--fix` does where only one is near. To type it as text, escape the parentheses.",
        ),
        Code::OptionNotAllowed => rows(
            "This row cannot have the option, or not at this place, or not twice.",
            "password > <password> (Digits=6)",
            "password > <password>",
            "Remove it. Options stand at the end of a row; `Digits`, `Period`, `Algorithm` and `Encoding` are for `(TOTP)`.",
        ),
        Code::InvalidOption => rows(
            "An option has a value that it cannot have.",
            "username > <username> (SearchBy=ids)",
            "username > <username> (SearchBy=id)",
            "Write one of the values that the help names.",
        ),
        Code::UnknownObject => rows(
            "A placeholder names an object that there is not.",
            r#"username > <usr\name>"#,
            r#"username > <user\name>"#,
            "The objects are `target`, `logonaccount`, `reconcileaccount`, `user` and `param`.",
        ),
        Code::UnknownProperty => rows(
            "A placeholder is one slip away from a known property. The account would have no such property, and the session would stop at connect.",
            "username > <usernme>",
            "username > <username>",
            "Write the name that is suggested. It is not done by `--fix`: only you know what is to be typed.",
        ),
        Code::UnknownParameter => rows(
            "A placeholder or a `--param` names a parameter that the connector does not declare.",
            r#"region > <param\Region>"#,
            "username > <username>",
            "Declare it, `UserParameters: { Region: { Default: eu } }`, or correct its name.",
        ),
        Code::MalformedPlaceholder => rows(
            "Something begins as a placeholder and is none, and would be typed as text.",
            "username > <logonaccount.username>",
            "username > <username>",
            r#"Write `<property>` or `<object\property>`, without blanks inside. To type a `<`, write `^<`."#,
        ),
        Code::SecretOutsideField => rows(
            "A secret, or what may be one, would go somewhere else than into a field. Locators, URLs and options are shown and logged.",
            "//td[.='<password>'] > (Click) (SearchBy=xpath)",
            "//td[.='<username>'] > (Click) (SearchBy=xpath)",
            "Use a property that is public: `<username>`, `<address>`, `<port>`, `<url>`, `<domain>`, `<database>`, `<host>`, or a declared parameter.",
        ),
        Code::LiteralSecret => rows(
            "A secret is written into the connector. Everybody who can read the file has it, and so has its history.",
            "password > hunter2",
            "password > <password>",
            r#"Put it into the vault and change it there, since it has been seen. For a one-time code link an account that holds its secret: `(TOTP) <logonaccount\password>`."#,
        ),
        Code::PreconnectValue => rows(
            "`&name&` is filled in by a Preconnect DLL of CyberArk, and there is none here.",
            "otp > &MfaCode&",
            "username > <username>",
            r#"For a one-time code write `(TOTP) <logonaccount\password>`, with `(Encoding=raw)` where the DLL used the bytes of the text."#,
        ),
        Code::SearchByNeeded => rows(
            "A locator looks like XPath or CSS, and without `SearchBy` it is searched as an id, a name and a class, which it will not be.",
            "//button > (Button)",
            "//button > (Button) (SearchBy=xpath)",
            "Add `(SearchBy=xpath)` or `(SearchBy=css)` at the end of the row; `--fix` does.",
        ),
        Code::WaitRow => rows(
            "A row waits for time: too long on a good day, too short on a bad one.",
            r#"(Wait=5s)
otp > <username>"#,
            "otp > <username> (Timeout=20s)",
            "Remove it: every row waits until its own element is ready. Where a page needs longer, give the row that waits for it a `(Timeout=20s)`.",
        ),
        Code::NoValidation => files(
            "No row says how a successful sign-in looks, or the last checkpoint has none. Without one every outcome is `unclear`, which is never success.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  username > <username>
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
WebFormFields: |
  username > <username>
  home > (Validation) (SearchBy=id)
"#,
            "Add a `(Validation)` row for something that only a signed-in page has, and that is always there: a menu, a log-out button.",
        ),
        Code::TextValidation => rows(
            "A validation looks for a text, which is another one in another language, and changes with the next version.",
            "Welcome > (Validation) (SearchBy=text)",
            "user-menu > (Validation) (SearchBy=id)",
            "Name an element by its id or class, or the page by its path: `https://<address>/dashboard* > (Validation) (SearchBy=url)`.",
        ),
        Code::BroadPattern => files(
            "A pattern of URLs fits more than is meant. A `*` stands for any text, `/` too: one in `AllowedURLs` before the path lets the session go to any host, and a validation that fits the login page is always true.",
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  AllowedURLs: [https://*.acme.example/*]
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            r#"ConnectorId: acme
TargetSettings:
  LogonURL: https://<address>/login
  AllowedURLs: [https://www.acme.example/*]
WebFormFields: |
  home > (Validation) (SearchBy=id)
"#,
            "Write each host out, and `*` only in the path. For a validation write the path of a page behind the sign-in.",
        ),
        Code::UnreachableRow => rows(
            "A row of a checkpoint decides nothing, because another one always shows first: failures come before validations, both in the order of the file, and a text is also found within a longer one.",
            r#"error > (Failure=refused)
error > (Failure=wrong password)"#,
            "error > (Failure=wrong password)",
            "Remove it, or let the two rows look for different elements; the narrower one goes first.",
        ),
        Code::InvalidLocator => rows(
            "A CSS selector or an XPath is one that no browser can read, or that finds no elements. Browsers have XPath 1.0: no `ends-with()`, no `lower-case()`, no `matches()`; and CSS has no `:contains()`.",
            "button:contains(Next) > (Button) (SearchBy=css)",
            "Next > (Button) (SearchBy=text)",
            "Look at the place that is named. Where a browser says so at run time, its own words are printed with it.",
        ),
        Code::DuplicateId => case(
            "Two connectors have the same `ConnectorId`. The record names a connector by its id, and two could not be told apart.",
            "`a.yaml` and `copy-of-a.yaml` both say `ConnectorId: acme`.",
            "Give one of them another id, the name of its file. An id is looked at across all files of one `doorward check`.",
        ),
        // The codes of a session are asked for there.
        session => super::session::explanation(session),
    }
}
