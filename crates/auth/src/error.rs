//! What went wrong, and what can the caller do about it?

mod body;
mod difference;
mod rejection;

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

pub(crate) use body::ErrorBody;
pub(crate) use difference::difference;
pub(crate) use rejection::Rejection;

/// Everything that can go wrong with a call.
///
/// Its text is one line that says what happened and what to do:
///
/// ```text
/// 403 Forbidden: SVCSTG.SWR.4030170: Insufficient permissions (request 5f2a...)
/// ```
///
/// The parts can be asked for: [`kind`](Self::kind), [`status`](Self::status), [`code`](Self::code),
/// [`request_id`](Self::request_id) and the others. It never holds the body of an answer, a credential or a signature.
pub struct Error(Box<Inner>);

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument was refused; nothing was sent.
    Argument,
    /// A client or its credentials cannot be set up; nothing was sent.
    Configuration,
    /// There are no credentials; nothing was sent.
    Credential,
    /// No connection could be made; nothing was sent.
    Connect,
    /// The connection broke when the request may have arrived already.
    Interrupted,
    /// Time ran out when the request may have arrived already.
    Timeout,
    /// The service, or the gateway before it, answered with an error.
    Service,
    /// The answer is a redirect, which is never followed: credentials stay with the host that they are for.
    Redirect,
    /// The call succeeded, but its answer cannot be read.
    Answer,
    /// The answer is larger than the limit.
    TooLarge,
}

struct Inner {
    kind: ErrorKind,
    /// What happened, where no service said it.
    what: String,
    operation: Option<&'static str>,
    status: Option<StatusCode>,
    body: ErrorBody,
    rejection: Option<Rejection>,
    retry_after: Option<Duration>,
    signature_difference: Option<String>,
    attempts: u32,
    /// Whether the same call may be sent again without doing its work twice.
    retryable: bool,
    /// Whether something may have been created that nobody knows of.
    outcome_unknown: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            what: what.into(),
            operation: None,
            status: None,
            body: ErrorBody::default(),
            rejection: None,
            retry_after: None,
            signature_difference: None,
            attempts: 0,
            retryable: false,
            outcome_unknown: false,
            source: None,
        }))
    }

    /// An argument named `name` breaks a rule.
    pub(crate) fn argument(name: &str, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Argument, format!("the argument `{name}` was refused before sending: {problem}"))
    }

    pub(crate) fn configuration(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, what)
    }

    /// There is no credential: the answer of a [`CredentialProvider`](crate::CredentialProvider) that has none. The
    /// text says what was looked for and what to do, and holds no secret.
    #[must_use]
    pub fn no_credential(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Credential, what)
    }

    pub(crate) fn redirected() -> Self {
        Self::new(
            ErrorKind::Redirect,
            "the HTTP client followed a redirect, and the answer is from another address; build it with redirect(Policy::none())",
        )
    }

    pub(crate) fn connect(source: reqwest::Error) -> Self {
        let mut error = Self::new(
            ErrorKind::Connect,
            "no connection could be made, so nothing was sent; check the endpoint, the network and the proxy",
        );
        error.0.source = Some(Box::new(source.without_url()));
        error
    }

    pub(crate) fn interrupted(source: reqwest::Error) -> Self {
        let mut error = Self::new(ErrorKind::Interrupted, "the connection broke after the request may have been sent");
        error.0.source = Some(Box::new(source.without_url()));
        error
    }

    pub(crate) fn timeout(limit: Duration, whose: &str) -> Self {
        Self::new(ErrorKind::Timeout, format!("no complete answer within {limit:?}, the limit {whose}"))
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            ErrorKind::TooLarge,
            format!("the answer is larger than the limit of {limit} bytes and was not read further"),
        )
    }

    /// An answer with a status other than 2xx; the body is read for what it says and then dropped.
    pub(crate) fn service(status: StatusCode, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Self {
        let kind = if status.is_redirection() { ErrorKind::Redirect } else { ErrorKind::Service };
        let mut error = Self::new(kind, "");
        error.0.body = ErrorBody::read(headers, body);
        if kind == ErrorKind::Redirect {
            error.0.what = "the answer is a redirect, which is not followed; check the endpoint".to_owned();
        } else if error.0.body.is_silent() {
            error.0.what = format!("the answer says no reason ({})", describe(headers, body));
        }
        error.0.rejection = Rejection::of(status, &error.0.body);
        error.0.retry_after = retry_after(headers, now);
        error.0.status = Some(status);
        error
    }

    /// A successful answer that is not what the call promises.
    pub(crate) fn answer(status: StatusCode, headers: &HeaderMap, problem: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Answer, problem);
        error.0.body.request_id = body::request_id_of(headers);
        error.0.status = Some(status);
        error
    }

    pub(crate) fn with_operation(mut self, operation: &'static str, attempts: u32) -> Self {
        self.0.operation = Some(operation);
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode, headers: &HeaderMap) -> Self {
        self.0.body.request_id = body::request_id_of(headers);
        self.0.status = Some(status);
        self
    }

    /// Adds what [`verdict`](crate::retry::verdict) said.
    pub(crate) fn with_outcome(mut self, (retryable, outcome_unknown): (bool, bool)) -> Self {
        self.0.retryable = retryable;
        self.0.outcome_unknown = outcome_unknown;
        self
    }

    pub(crate) fn with_signature_difference(mut self, difference: Option<String>) -> Self {
        self.0.signature_difference = difference;
        self
    }

    /// Adds the server's time to a rejection that lacks it.
    pub(crate) fn with_server_time(mut self, time: Option<SystemTime>) -> Self {
        if let Some(Rejection::ClockSkew { server_time }) = &mut self.0.rejection {
            *server_time = server_time.or(time);
        }
        self
    }

    /// Replaces secrets that a server repeats in its message.
    pub(crate) fn without_secrets<'a>(mut self, secrets: impl Iterator<Item = &'a str>) -> Self {
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            self.0.body.hide(secret);
            if let Some(difference) = &mut self.0.signature_difference {
                *difference = difference.replace(secret, "***");
            }
        }
        self
    }

    /// What a server said about an authentication that it refused.
    pub(crate) fn rejection(&self) -> Option<&Rejection> {
        self.0.rejection.as_ref()
    }

    /// The canonical request that a gateway computed itself, where it sent one.
    pub(crate) fn canonical_request_of_server(&self) -> Option<String> {
        rejection::canonical_request(self.0.body.message.as_deref()?)
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// HTTP status of the answer; nothing when there was none.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Error code of the service or gateway, for example `SVCSTG.SWR.4030170` or `APIGW.0301`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.body.code.as_deref()
    }

    /// Error message of the service or gateway, with control characters removed and at most 1,024 characters.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.body.message.as_deref()
    }

    /// ID under which the service can find the request, from the answer's header or body. Name it to the support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.body.request_id.as_deref()
    }

    /// The encrypted reason why a permission is missing; the STS API `decode-authorization-message` decrypts it.
    #[must_use]
    pub fn encoded_authorization_message(&self) -> Option<&str> {
        self.0.body.encoded_authorization_message.as_deref()
    }

    /// How long the service asks to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Documented name of the operation, for example `ListAccessCode`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// How often the request was sent, or sending it was tried; 0 when it was refused before.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Where the gateway's canonical request differs from ours, line by line; nothing when the gateway sent none.
    #[must_use]
    pub fn signature_difference(&self) -> Option<&str> {
        self.0.signature_difference.as_deref()
    }

    /// Whether the same call may succeed later, and sending it again cannot do its work twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the call may have created something although it failed. Look before you try again.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Whether the credentials are missing or were not accepted (status 401).
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.0.kind == ErrorKind::Credential || self.0.status == Some(StatusCode::UNAUTHORIZED)
    }

    /// Whether the credentials were accepted but lack a permission (status 403).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.0.status == Some(StatusCode::FORBIDDEN)
    }

    /// Whether the thing does not exist: status 404, but not when the gateway does not know the API itself.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        let unknown_api = self.code().is_some_and(|code| matches!(code, "APIGW.0101" | "APIG.0101"));
        self.0.status == Some(StatusCode::NOT_FOUND) && !unknown_api
    }

    /// Whether the service limits the rate of calls (status 429).
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.0.status == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether time ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { what, status, body, rejection, attempts, outcome_unknown, .. } = &*self.0;
        let mut separator = "";
        if let Some(status) = status {
            write!(f, "{status}")?;
            separator = ": ";
        }
        for part in [body.code.as_deref(), body.message.as_deref(), Some(what.as_str())].into_iter().flatten() {
            if !part.is_empty() {
                write!(f, "{separator}{part}")?;
                separator = ": ";
            }
        }
        let request = body.request_id.as_ref().map(|id| format!("request {id}"));
        let attempts = (*attempts > 1).then(|| format!("{attempts} attempts"));
        let details: Vec<String> = [request, attempts].into_iter().flatten().collect();
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        if let Some(advice) = rejection.as_ref().and_then(Rejection::advice) {
            write!(f, "; {advice}")?;
        }
        if *outcome_unknown {
            f.write_str("; what the call creates may exist now: look before you send it again")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("attempts", &self.0.attempts)
            .field("text", &self.to_string())
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// How long an answer asks to wait: `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()),
    }
}

/// What an answer without a readable reason looks like, from outside.
fn describe(headers: &HeaderMap, body: &[u8]) -> String {
    if body.is_empty() {
        return "an empty body".to_owned();
    }
    let kind = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(body::clean);
    format!("{} bytes of {}", body.len(), kind.unwrap_or_else(|| "an unknown type".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Error {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>();
        Error::service(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() <= 64);
    }

    #[test]
    fn the_text_is_one_line_with_what_a_person_needs() {
        let error = service(
            403,
            &[("x-request-id", "5f2a")],
            r#"{"error_code":"SVCSTG.SWR.4030170","error_msg":"Insufficient permissions"}"#,
        );
        assert_eq!(error.to_string(), "403 Forbidden: SVCSTG.SWR.4030170: Insufficient permissions (request 5f2a)");
    }

    #[test]
    fn an_answer_without_a_reason_keeps_status_and_request_id_but_not_its_body() {
        let error = service(502, &[("x-request-id", "r1"), ("content-type", "text/html")], "<html>secret</html>");
        assert_eq!(
            error.to_string(),
            "502 Bad Gateway: the answer says no reason (19 bytes of text/html) (request r1)"
        );
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        assert_eq!(service(429, &[("retry-after", "7")], "").retry_after(), Some(Duration::from_secs(7)));
        let date = service(503, &[("retry-after", "Thu, 01 Jan 1970 00:01:40 GMT")], "");
        assert_eq!(date.retry_after(), Some(Duration::from_secs(100)));
        for odd in ["-1", "soon", "1.5", ""] {
            assert_eq!(service(429, &[("retry-after", odd)], "").retry_after(), None, "{odd}");
        }
    }

    #[test]
    fn an_api_that_the_gateway_does_not_know_is_no_missing_thing() {
        assert!(service(404, &[], r#"{"error_code":"SVCSTG.SWR.4040004","error_msg":"x"}"#).is_not_found());
        assert!(!service(404, &[], r#"{"error_code":"APIGW.0101","error_msg":"x"}"#).is_not_found());
    }
}
