//! Words: the keywords and options of the row language, in the spelling that the documents use.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every one, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in a row.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The one that `word` means, case aside.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.word().eq_ignore_ascii_case(word))
            }
        }
    };
}

words! {
    /// A keyword: what a row does, where it does not type a value.
    Keyword {
        /// `(Button)`.
        Button = "Button",
        /// `(Click)`.
        Click = "Click",
        /// `(ScriptClick)`.
        ScriptClick = "ScriptClick",
        /// `(TOTP) <secret>`.
        Totp = "TOTP",
        /// `(Select) option`.
        Select = "Select",
        /// `(Check)`.
        Check = "Check",
        /// `(Uncheck)`.
        Uncheck = "Uncheck",
        /// `(Press=key)`, with or without a locator.
        Press = "Press",
        /// `(Frame)`, or `(Frame=top)` without a locator.
        Frame = "Frame",
        /// `(Validation)`.
        Validation = "Validation",
        /// `(Failure=cause)`.
        Failure = "Failure",
        /// `(Wait=2s)`, without a locator.
        Wait = "Wait",
        /// `(Navigate=url)`, without a locator.
        Navigate = "Navigate",
        /// `(Handover=text)`, without a locator.
        Handover = "Handover",
    }
}

words! {
    /// An option: how a row finds its element and how long it waits; for `(TOTP)` also the code's parameters.
    OptionName {
        /// `(SearchBy=css)`.
        SearchBy = "SearchBy",
        /// `(Timeout=5s)`.
        Timeout = "Timeout",
        /// `(Optional)`.
        Optional = "Optional",
        /// `(Sealed)`.
        Sealed = "Sealed",
        /// `(Nth=2)`.
        Nth = "Nth",
        /// `(Digits=6)`.
        Digits = "Digits",
        /// `(Period=30s)`.
        Period = "Period",
        /// `(Algorithm=SHA1)`.
        Algorithm = "Algorithm",
        /// `(Encoding=base32)`.
        Encoding = "Encoding",
    }
}

impl Keyword {
    /// Whether it can stand in a row without a locator.
    pub fn stands_alone(self) -> bool {
        matches!(self, Self::Press | Self::Frame | Self::Wait | Self::Navigate | Self::Handover)
    }

    /// Whether it can stand in a row with a locator.
    pub fn takes_locator(self) -> bool {
        !matches!(self, Self::Wait | Self::Navigate | Self::Handover)
    }
}
