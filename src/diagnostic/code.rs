//! A code: the kebab-case name of one kind of problem.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// One kind of problem; each has a case folder under `tests/cases/check/` or `tests/cases/stop/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that is printed: kebab-case.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    /// The file is not UTF-8, is too large, or is not a YAML document of the right shape.
    InvalidYaml = "invalid-yaml";
    /// A row uses an object whose capability the connector does not declare.
    CapabilityNotDeclared = "capability-not-declared";
    /// The row was found, but its element did not become ready in time.
    NotReady = "not-ready";
    /// No element matched in time.
    NotFound = "not-found";
    /// Several elements matched where there must be one.
    AmbiguousLocator = "ambiguous-locator";
    /// The page is not of an origin that secrets may be typed into.
    ForeignOrigin = "foreign-origin";
    /// Every time the field was replaced while it was typed into.
    AlwaysReplaced = "always-replaced";
    /// The browser could not read a locator.
    InvalidLocator = "invalid-locator";
    /// A page would be sent secrets over plain `http`.
    InsecureOrigin = "insecure-origin";
    /// The row needs a person at the window, and there is no window.
    HandoverWithoutWindow = "handover-without-window";
    /// The secret of a `(TOTP)` row is none.
    NotATotpSecret = "not-a-totp-secret";
    /// A select has no such option, or several.
    OptionNotFound = "option-not-found";
    /// The account has no value for a placeholder.
    PropertyMissing = "property-missing";
    /// A protected value would leave the fields of a page.
    PropertyProtected = "property-protected";
    /// The value of a secret is empty.
    SecretEmpty = "secret-empty";
    /// The site did not answer, or not as a site.
    SiteUnreachable = "site-unreachable";
    /// The focus went into a foreign frame while a value was typed.
    StrayedFocus = "strayed-focus";
    /// This browser cannot be sent a character of the value.
    UntypableCharacter = "untypable-character";
    /// The field kept a part of the value only.
    ValueCut = "value-cut";
    /// A URL that a template makes is none.
    WrongAddress = "wrong-address";
    /// The site said no: a `(Failure=cause)` row matched.
    Refused = "refused";
    /// Neither a validation nor a failure showed.
    Unclear = "unclear";
}
