//! The browser: driver processes, WebDriver, readiness, frames, the DevTools side channel.
