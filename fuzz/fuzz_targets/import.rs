//! Sources of other systems: what is not refused becomes connectors that load.
#![no_main]

#[path = "../harness.rs"]
#[allow(dead_code, reason = "each target calls its part of it")]
mod harness;

libfuzzer_sys::fuzz_target!(|text: &str| {
    harness::import(text);
});
