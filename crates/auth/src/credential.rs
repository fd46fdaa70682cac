//! Who are we? What a request is authenticated with.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::HeaderValue;

use crate::clock::milliseconds;
use crate::error::Error;
use crate::secret::Secret;
use crate::sign::SigningKey;

/// A key pair or a token, until when it is valid, and the project that it belongs to.
#[derive(Clone)]
pub struct Credential {
    kind: Kind,
    expires: Option<SystemTime>,
    project_id: Option<String>,
    refusals: Arc<Refusals>,
}

/// Wrong signatures in a row, shared by all copies of a credential.
///
/// More than five lock the access key for five minutes, for everybody who uses it (page api-sign-0001). So after four
/// nothing is sent for as long: a wrong secret key must not lock a key that others use rightly.
#[derive(Default)]
struct Refusals {
    in_a_row: AtomicU32,
    /// When the rest ends, in milliseconds of the clock's elapsed time.
    rest_until: AtomicU64,
}

/// Wrong signatures in a row after which a key rests.
const REFUSALS_BEFORE_REST: u32 = 4;
/// How long a key rests; as long as the gateway would lock it.
const REST: Duration = Duration::from_secs(5 * 60);

/// The two ways to authenticate.
#[derive(Clone)]
pub(crate) enum Kind {
    /// Requests are signed.
    AccessKey { key: SigningKey, security_token: Option<Secret> },
    /// Requests carry a token.
    Token(Secret),
}

impl Credential {
    /// An access key with its secret key.
    ///
    /// # Errors
    /// When one of them is empty or holds something that cannot be part of a header, such as the end of a line.
    pub fn access_key(access_key: impl Into<String>, secret_key: impl Into<Secret>) -> Result<Self, Error> {
        let (access_key, secret_key) = (access_key.into(), secret_key.into());
        check("access key", &access_key)?;
        check("secret key", secret_key.expose())?;
        Ok(Self::new(Kind::AccessKey { key: SigningKey::new(access_key, &secret_key), security_token: None }))
    }

    /// Adds the security token that belongs to a temporary access key.
    ///
    /// # Errors
    /// When the token is empty or cannot be part of a header, or when the credential is no access key.
    pub fn with_security_token(self, token: impl Into<Secret>) -> Result<Self, Error> {
        let token = token.into();
        check("security token", token.expose())?;
        match self.kind {
            Kind::AccessKey { key, .. } => {
                Ok(Self { kind: Kind::AccessKey { key, security_token: Some(token) }, ..self })
            }
            Kind::Token(_) => Err(Error::configuration(
                "a security token belongs to a temporary access key, but the credential is a user token",
            )),
        }
    }

    /// A user token, for the header `X-Auth-Token`.
    ///
    /// # Errors
    /// When the token is empty or cannot be part of a header.
    pub fn token(token: impl Into<Secret>) -> Result<Self, Error> {
        let token = token.into();
        check("user token", token.expose())?;
        Ok(Self::new(Kind::Token(token)))
    }

    fn new(kind: Kind) -> Self {
        Self { kind, expires: None, project_id: None, refusals: Arc::default() }
    }

    /// Says until when it is valid. Without this it is valid forever.
    #[must_use]
    pub fn expiring(self, expires: SystemTime) -> Self {
        Self { expires: Some(expires), ..self }
    }

    /// Says which project it belongs to. Calls work in it where no other is set.
    #[must_use]
    pub fn in_project(self, project_id: impl Into<String>) -> Self {
        Self { project_id: Some(project_id.into()), ..self }
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(crate) fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    pub(crate) fn project_id(&self) -> Option<&str> {
        self.project_id.as_deref()
    }

    /// Whether it is a user token.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self.kind, Kind::Token(_))
    }

    /// Refuses to send anything while the key rests.
    pub(crate) fn check_rest(&self, elapsed: Duration) -> Result<(), Error> {
        let left = self.refusals.rest_until.load(Ordering::Relaxed).saturating_sub(milliseconds(elapsed));
        if left == 0 {
            return Ok(());
        }
        Err(Error::no_credential(format!(
            "the last signatures with this access key were refused, and more would lock it for everybody: nothing is sent for another {} seconds; check the secret key",
            left.div_ceil(1000)
        )))
    }

    /// Counts a signature that was accepted or refused.
    pub(crate) fn note_signature(&self, accepted: bool, elapsed: Duration) {
        if accepted {
            self.refusals.in_a_row.store(0, Ordering::Relaxed);
        } else if self.refusals.in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= REFUSALS_BEFORE_REST {
            self.refusals.rest_until.store(milliseconds(elapsed + REST), Ordering::Relaxed);
        }
    }

    /// The parts that must not be seen in what a server repeats.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        let parts = match &self.kind {
            Kind::AccessKey { key, security_token } => {
                [Some(key.access_key()), security_token.as_ref().map(Secret::expose)]
            }
            Kind::Token(token) => [Some(token.expose()), None],
        };
        parts.into_iter().flatten()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            Kind::AccessKey { security_token: None, .. } => "Credential(access key ***)",
            Kind::AccessKey { .. } => "Credential(temporary access key ***)",
            Kind::Token(_) => "Credential(token ***)",
        })
    }
}

/// A header value that is not printed.
pub(crate) fn sensitive(name: &str, value: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Error::configuration(format!("the {name} cannot be part of a header")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Refuses what would be cut off, or would end the header that it is put into.
fn check(what: &str, value: &str) -> Result<(), Error> {
    let problem = if value.is_empty() {
        "is empty"
    } else if value.trim() != value {
        "has a blank or the end of a line at one of its ends; remove it"
    } else if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        "holds a character that cannot be part of a header; check how it was read"
    } else if what == "access key" && value.contains([' ', ',', '=']) {
        "holds a blank, a comma or an equals sign, which no access key has; check that it is not the whole pair"
    } else {
        return Ok(());
    };
    Err(Error::configuration(format!("the {what} {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_sent_is_refused_by_name_and_not_repeated() {
        for (access_key, secret_key, named) in [
            ("", "SKSKSK", "access key is empty"),
            ("AKAKAK", "", "secret key is empty"),
            ("AKAKAK\n", "SKSKSK", "access key has a blank"),
            ("AKAKAK", "SKSKSK\n", "secret key has a blank"),
            ("AK\r\nX-Evil: 1", "SKSKSK", "access key holds a character"),
            ("AK, Signature", "SKSKSK", "access key holds a blank"),
        ] {
            let error = Credential::access_key(access_key, secret_key).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
            assert!(!error.contains("AKAKAK") && !error.contains("SKSKSK"), "{error}");
        }
    }

    #[test]
    fn printing_shows_no_part_of_it() {
        let key = Credential::access_key("AKAKAK", "SKSKSK").unwrap().with_security_token("STSTST").unwrap();
        for printed in [format!("{key:?}"), format!("{:#?}", Credential::token("TOKTOK").unwrap())] {
            assert!(!["AKAKAK", "SKSKSK", "STSTST", "TOKTOK"].iter().any(|part| printed.contains(part)), "{printed}");
        }
    }
}
