//! Whole files, and a locator of each kind.
#![no_main]

#[path = "../harness.rs"]
#[allow(dead_code, reason = "each target calls its part of it")]
mod harness;

libfuzzer_sys::fuzz_target!(|text: &str| {
    harness::file(text);
    for by in ["css", "xpath"] {
        harness::file(&format!(
            "ConnectorId: a\nTargetSettings: {{ LogonURL: 'https://a' }}\nWebFormFields: |\n  {text} > (Click) (SearchBy={by})\n"
        ));
    }
});
