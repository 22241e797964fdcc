//! Operations: what those who run doorward see of it, and the files that they begin with.

mod examples;
mod metrics;
mod ready;
mod samples;
mod traces;
