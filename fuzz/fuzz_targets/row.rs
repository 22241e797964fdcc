//! Rows, and whole connectors with the row in them.
#![no_main]

#[path = "../harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|text: &str| {
    harness::row(text);
    harness::file(&format!(
        "ConnectorId: a\nTargetSettings: {{ LogonURL: 'https://a' }}\nWebFormFields: |\n  {text}\n"
    ));
});
