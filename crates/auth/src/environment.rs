//! What do the environment variables say? The one place where they enter.

use std::collections::BTreeMap;
use std::fmt;

/// Where settings are looked up. Tests pass a map, so that none of them depends on the machine.
pub trait Environment: fmt::Debug + Send + Sync {
    /// The value of a variable; nothing when it is not set, empty or not Unicode.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The variables of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks the process")]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

impl Environment for BTreeMap<&'static str, &'static str> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| !value.is_empty()).map(|value| (*value).to_owned())
    }
}
