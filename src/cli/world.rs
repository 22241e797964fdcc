//! The world of a command: the configuration, its vaults, the person who asks, the runtime.
