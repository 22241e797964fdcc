//! A code: the kebab-case name of one kind of problem.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// One kind of problem; each that `check` can find has a case folder under `tests/cases/check/`, each of access
        /// policies one under `tests/cases/policy/`.
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
    /// A key stands twice in a map.
    DuplicateKey = "duplicate-key";
    /// A key that a connector does not have.
    UnknownKey = "unknown-key";
    /// A key that every connector has is not there.
    MissingKey = "missing-key";
    /// A key has a value that it cannot have.
    InvalidValue = "invalid-value";
    /// A `LogonURL`, `AllowedURLs` or `(Navigate=…)` that is no `http` or `https` URL.
    InvalidUrl = "invalid-url";
    /// One of `AllowedOrigins` that is no scheme, host and port.
    InvalidOrigin = "invalid-origin";
    /// Plain `http` to a named host, without `AllowInsecure`.
    InsecureUrl = "insecure-url";
    /// `SupportedCapabilities` names one that there is not.
    UnknownCapability = "unknown-capability";
    /// A row uses an object whose capability the connector does not declare.
    CapabilityNotDeclared = "capability-not-declared";
    /// A capability is declared and no row needs it.
    CapabilityUnused = "capability-unused";
    /// `WebFormFields` has no rows.
    NoRows = "no-rows";
    /// YAML took a row of the list for something else: it needs quotes, or the block form.
    UnquotedRow = "unquoted-row";
    /// A row that begins with `#` and may be a comment, or a comment after a row.
    UnclearComment = "unclear-comment";
    /// A row has no `>`.
    MissingOperator = "missing-operator";
    /// A row has several `>`, and its locator is none that has one.
    UnclearOperator = "unclear-operator";
    /// Nothing stands on one side of the operator.
    EmptyPart = "empty-part";
    /// The parentheses of an action do not pair.
    UnbalancedParenthesis = "unbalanced-parenthesis";
    /// A group in parentheses names no action.
    UnknownKeyword = "unknown-keyword";
    /// An action has a value that it does not take, lacks one that it needs, or stands beside another.
    InvalidAction = "invalid-action";
    /// A group in parentheses names no option.
    UnknownOption = "unknown-option";
    /// An option that this row cannot have, or not there, or not twice.
    OptionNotAllowed = "option-not-allowed";
    /// An option has a value that it cannot have.
    InvalidOption = "invalid-option";
    /// A placeholder names an object that there is not.
    UnknownObject = "unknown-object";
    /// A placeholder misspells a known property.
    UnknownProperty = "unknown-property";
    /// A placeholder or a request names a parameter that is not declared.
    UnknownParameter = "unknown-parameter";
    /// Something begins as a placeholder and is none.
    MalformedPlaceholder = "malformed-placeholder";
    /// A secret would go somewhere else than into a field.
    SecretOutsideField = "secret-outside-field";
    /// A secret is written into the connector.
    LiteralSecret = "literal-secret";
    /// `&name&` of CyberArk's Preconnect.
    PreconnectValue = "preconnect-value";
    /// A locator looks like XPath or CSS, and its row has no `SearchBy`.
    SearchByNeeded = "search-by-needed";
    /// A row waits for time and not for a condition.
    WaitRow = "wait-row";
    /// No row says how success looks, or none of the last checkpoint.
    NoValidation = "no-validation";
    /// A validation looks for a text, which depends on the language of the page.
    TextValidation = "text-validation";
    /// A pattern of URLs that fits more than is meant.
    BroadPattern = "broad-pattern";
    /// A row that another one always decides for.
    UnreachableRow = "unreachable-row";
    /// A CSS selector or an XPath that no browser can read.
    InvalidLocator = "invalid-locator";
    /// Two connectors of one run have the same `ConnectorId`.
    DuplicateId = "duplicate-id";
    /// A parameter without a default was not given at connect.
    MissingParameter = "missing-parameter";
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
    /// A page would be sent secrets over plain `http`.
    InsecureOrigin = "insecure-origin";
    /// The row needs a person at the window, and there is no window.
    HandoverWithoutWindow = "handover-without-window";
    /// The secret of a `(TOTP)` row is none.
    NotATotpSecret = "not-a-totp-secret";
    /// A value cannot be sealed: the page sends it in a way that nothing can be put into.
    NotSealable = "not-sealable";
    /// A select has no such option, or several.
    OptionNotFound = "option-not-found";
    /// The account has no value for a placeholder.
    PropertyMissing = "property-missing";
    /// A protected value would leave the fields of a page.
    PropertyProtected = "property-protected";
    /// A page was about to send a value to an origin that it may not go to.
    SecretDiverted = "secret-diverted";
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
    /// An access policy is not written as Cedar is.
    InvalidPolicy = "invalid-policy";
    /// An access policy names what there is not, or compares what does not compare.
    PolicyMismatch = "policy-mismatch";
    /// An access policy has no `@id` that the record could have.
    MissingPolicyId = "missing-policy-id";
    /// Two access policies have the same `@id`.
    DuplicatePolicyId = "duplicate-policy-id";
    /// An access policy that can never hold, or whose text is not what it looks like.
    DoubtfulPolicy = "doubtful-policy";
}

impl Code {
    /// Whether it comes up only when a session is asked for or runs, and never at `check`: the codes
    /// from [`Code::MissingParameter`] to [`Code::Unclear`].
    pub fn at_run_time(self) -> bool {
        self >= Self::MissingParameter && !self.is_of_policies()
    }

    /// Whether it is of access policies, and found by `policy check`: the codes from [`Code::InvalidPolicy`] on.
    pub fn is_of_policies(self) -> bool {
        self >= Self::InvalidPolicy
    }
}
