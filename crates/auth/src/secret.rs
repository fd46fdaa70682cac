//! How is a secret held so that it cannot leak by accident?

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A text that must not be seen: a password, a secret key, a token.
///
/// It is never printed and cannot be serialised, and its memory is overwritten when it is dropped. Reading it takes
/// a call that says so:
///
/// ```
/// let password = huaweicloud_auth::Secret::from("abc123xyz789");
/// assert_eq!(format!("{password:?} {password}"), "Secret(***) ***");
/// assert_eq!(password.expose(), "abc123xyz789");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself. Whoever copies it must take care of the copy.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text has no characters, so that there is nothing secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_shows_nothing_of_it() {
        let secret = Secret::from("s3cr3t");
        for printed in
            [format!("{secret}"), format!("{secret:?}"), format!("{secret:#?}"), format!("{:?}", Some(&secret))]
        {
            assert!(!printed.contains("s3cr3t"), "{printed}");
        }
    }

    #[test]
    fn the_text_comes_back_when_asked_for() {
        let secret: Secret = serde_json::from_str(r#""a\nb""#).unwrap();
        assert_eq!(secret.expose(), "a\nb");
    }
}
