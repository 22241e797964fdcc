//! The codes that come up when a session is asked for or runs.

use super::{Code, Explanation, case};

pub(super) fn explanation(code: Code) -> Explanation {
    match code {
        Code::MissingParameter => case(
            "A parameter without a default was not given at connect.",
            "The connector declares `UserParameters: { Region: {} }`, and `doorward connect` had no `--param Region=…`.",
            "Give it: `--param Region=eu`; or give it a `Default` in the connector.",
        ),
        Code::NotReady => case(
            r#"The element of a row was found, but did not become ready in time. What it waits for is in connectors/README.md, under "What a row waits for"."#,
            "The button stays disabled, a banner for cookies covers it, or it goes aside whenever the mouse comes near.",
            "Read what was seen, which is printed with it. Put a row before this one that does what the page waits for, such as `accept-cookies > (Click) (Optional)`; or give the row a `(Timeout=30s)`.",
        ),
        Code::NotFound => case(
            "No element matched in time.",
            "The row looks for the id `user`, and the page has `username`.",
            "Compare the locator with what the page has, which is printed with it. Is it in a frame? Then enter that first: `login-frame > (Frame)`.",
        ),
        Code::AmbiguousLocator => case(
            "Several elements matched where there must be one. Which one is meant is not guessed.",
            "`Sign in > (Button) (SearchBy=text)`, and the page has two such buttons.",
            "Make the locator narrower, with the help of the candidates that are printed; or take one of them by `(Nth=2)`.",
        ),
        Code::ForeignOrigin => case(
            "The page is not of an origin that secrets may be typed into. Nothing was typed.",
            "The sign-in went on to `https://sso.acme.example`, and the connector names `https://acme.example` alone.",
            "If the page is the right one, add its origin to `AllowedOrigins`. If not, find out why you were led there.",
        ),
        Code::NotSealable => case(
            "A row is sealed, and the page sends what is typed there in a way that no secret can be put into.",
            "The page hashes or encrypts the password, packs it, sends it through a WebSocket, in a URL, or twice.",
            "Say `Injection: Typed`, or `(Sealed=no)` in that row: the page is then typed the secret itself. What the site was \
             sent instead of it, it may have counted as a wrong password.",
        ),
        Code::SecretDiverted => case(
            "A page was about to send a sealed secret to an origin that it may not go to. The request was stopped, the \
             session ended, and it is on record as `ExfiltrationDenied`.",
            "A script that does not belong to the application copies what is typed into the password field.",
            "If the application does sign in there, add the origin to `AllowedOrigins`. If not, tell whoever runs the \
             application; the secret has not left, unless the message speaks of a redirect.",
        ),
        Code::AlwaysReplaced => case(
            "The field was replaced by the page every time that it was typed into.",
            "A framework renders the form anew with each key.",
            "Put a row before this one that lets the page come to rest, such as a click into the field; and report it, please.",
        ),
        Code::InsecureOrigin => case(
            "A page would be sent secrets over plain `http`.",
            "The address of the account makes `LogonURL` an `http` URL of another machine.",
            "Let the application have TLS; or, where it has none, add `AllowInsecure: Yes`, which every activity row then shows.",
        ),
        Code::HandoverWithoutWindow => case(
            "A row needs a person at the window, and there is no window.",
            "A connector with `(Handover=…)` was run with `--headless`.",
            "Run it without `--headless`; or make the row `(Optional)` by another way to sign in.",
        ),
        Code::NotATotpSecret => case(
            "What the `(TOTP)` row names is no secret of one-time codes.",
            "The logon account holds a password where the seed belongs.",
            "Put the seed, or the whole `otpauth://` URI, into the account. A seed that is not base32 needs `(Encoding=hex)` or `(Encoding=raw)`.",
        ),
        Code::OptionNotFound => case(
            "A select has no such option, or several.",
            "`domain > (Select) <domain>`, and the list has other names.",
            "Write the text of the option as the page has it; those that it has are printed.",
        ),
        Code::PropertyMissing => case(
            "The account has no value for a placeholder.",
            "A row types `<domain>`, and the account has no domain.",
            "Add the property to the account, or make the row `(Optional)` where the page does not need it.",
        ),
        Code::PropertyProtected => case(
            "A value that the vault protects would leave the fields of a page.",
            "`LogonURL: https://<host>/`, and `host` is a protected field of the entry.",
            "Unprotect it in the vault if it is no secret; otherwise keep it out of URLs and locators.",
        ),
        Code::SecretEmpty => case(
            "The value of a secret is empty. Nothing was typed.",
            "The entry has no password.",
            "Set it in the vault. `doorward account show NAME` says which values an account has.",
        ),
        Code::SiteUnreachable => case(
            "The site did not answer, or not as a site.",
            "The name is not known to DNS, the connection is refused, the certificate has expired.",
            "Read what the browser said, which is printed with it; open the address in your own browser from the same machine.",
        ),
        Code::StrayedFocus => case(
            "The focus went into a foreign frame while a value was typed, and the rest of it was not typed.",
            "A frame of an advertisement took the focus.",
            "Try it again; if it stays, enter a frame or close what opens before the row.",
        ),
        Code::UntypableCharacter => case(
            "This browser cannot be sent a character of the value.",
            "A remote browser without a side channel, and a password with a tab in it.",
            "Use a Chromium that doorward starts, which has no such limit; or change the password.",
        ),
        Code::ValueCut => case(
            "The field kept a part of the value only, so it was not submitted.",
            "The field has `maxlength=20`, and the password is longer.",
            "Change the password to one that the application takes; is the locator that of the right field?",
        ),
        Code::WrongAddress => case(
            "A URL that a template makes is none.",
            "`https://<address>/`, and the account's address is `https://acme.example`.",
            "Correct the address of the account: here it is the host alone, without scheme and path.",
        ),
        Code::Refused => case(
            "The site said no: a `(Failure=cause)` row showed. This is a result, and no fault of the connector.",
            "The password in the vault is not the one of the application.",
            "Correct what the cause names before another try: sites lock accounts.",
        ),
        Code::Unclear => case(
            "Neither a validation nor a failure showed, so nobody knows. It is never taken for success.",
            "The page after the sign-in is another one than the connector knows.",
            "If the sign-in did succeed, name something of that page in a `(Validation)` row; if it was refused, name the message in a `(Failure=cause)` row.",
        ),
        // Those of `check` do not come here: `at_run_time` tells the two apart.
        Code::InvalidYaml
        | Code::DuplicateKey
        | Code::UnknownKey
        | Code::MissingKey
        | Code::InvalidValue
        | Code::InvalidUrl
        | Code::InvalidOrigin
        | Code::InsecureUrl
        | Code::UnknownCapability
        | Code::CapabilityNotDeclared
        | Code::CapabilityUnused
        | Code::NoRows
        | Code::UnquotedRow
        | Code::UnclearComment
        | Code::MissingOperator
        | Code::UnclearOperator
        | Code::EmptyPart
        | Code::UnbalancedParenthesis
        | Code::UnknownKeyword
        | Code::InvalidAction
        | Code::UnknownOption
        | Code::OptionNotAllowed
        | Code::InvalidOption
        | Code::UnknownObject
        | Code::UnknownProperty
        | Code::UnknownParameter
        | Code::MalformedPlaceholder
        | Code::SecretOutsideField
        | Code::LiteralSecret
        | Code::PreconnectValue
        | Code::SearchByNeeded
        | Code::WaitRow
        | Code::NoValidation
        | Code::TextValidation
        | Code::BroadPattern
        | Code::UnreachableRow
        | Code::InvalidLocator
        | Code::DuplicateId => super::check::explanation(code),
        Code::InvalidPolicy
        | Code::PolicyMismatch
        | Code::MissingPolicyId
        | Code::DuplicatePolicyId
        | Code::DoubtfulPolicy => super::policy::explanation(code),
    }
}
