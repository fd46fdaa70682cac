//! May we try again, and when?

use std::time::Duration;

use http::{Method, StatusCode};

use crate::error::{Error, ErrorKind};

/// When a call is sent again, and how long it may take.
///
/// A call is sent again only where that cannot do its work twice. What decides is what happened, before any answer
/// is decoded:
///
/// | what happened | GET, PUT, DELETE | POST |
/// |---|---|---|
/// | no connection could be made | again | again |
/// | the connection broke, or the attempt took too long, after sending began | again | final: it may have worked |
/// | 429 | again | again |
/// | 503 with `Retry-After` | again | again |
/// | 500, 502, 504, or 503 without `Retry-After` | again | final: it may have worked |
/// | 401 because the clock is wrong | once, with the server's time | once, with the server's time |
/// | 400, 403, 404 and other errors of the caller | final | final |
/// | any other answer: a redirect, a success that cannot be read | final | final: it may have worked |
///
/// The wait before the next attempt is random between zero and a bound that doubles from `back_off`'s first value to
/// its last (full jitter), and never shorter than what `Retry-After` asks for. A wait that would not end before the
/// deadline is not begun: the error is returned at once.
///
/// "It may have worked" is what [`Error::is_outcome_unknown`](crate::Error::is_outcome_unknown) tells.
///
/// ```
/// use std::time::Duration;
/// use huaweicloud_auth::Retry;
/// let patient = Retry::new().attempts(6).deadline(Duration::from_secs(300));
/// let never = Retry::off();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    attempts: u32,
    first: Duration,
    last: Duration,
    attempt_timeout: Duration,
    deadline: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 4,
            first: Duration::from_millis(500),
            last: Duration::from_secs(8),
            attempt_timeout: Duration::from_secs(20),
            deadline: Duration::from_secs(60),
        }
    }
}

impl Retry {
    /// The default: 4 attempts, back-off from 0.5 to 8 seconds, 20 seconds for an attempt, 60 for the whole call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One attempt only; the time limits stay.
    #[must_use]
    pub fn off() -> Self {
        Self::default().attempts(1)
    }

    /// How often a call is sent at most; 0 counts as 1. A correction of the clock is not counted.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Bound of the random wait before the second attempt, and the greatest bound that it doubles to.
    #[must_use]
    pub fn back_off(mut self, first: Duration, last: Duration) -> Self {
        (self.first, self.last) = (first, last);
        self
    }

    /// How long one attempt may take, from connecting to the last byte of the answer.
    #[must_use]
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// How long the whole call may take, with all attempts and waits.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    pub(crate) fn time_for_an_attempt(&self) -> Duration {
        self.attempt_timeout
    }

    pub(crate) fn time_for_all(&self) -> Duration {
        self.deadline
    }

    /// How long to wait before the next attempt after `attempt` failed; nothing when it was the last.
    ///
    /// `jitter` is a random number from 0 to 1, `elapsed` the time since the call began.
    pub(crate) fn wait(&self, attempt: u32, error: &Error, elapsed: Duration, jitter: f64) -> Option<Duration> {
        if attempt >= self.attempts || !error.is_retryable() {
            return None;
        }
        let doublings = 2u32.saturating_pow(attempt.saturating_sub(1));
        let bound = self.first.saturating_mul(doublings).min(self.last);
        let random = bound.mul_f64(jitter.clamp(0.0, 1.0));
        let wait = random.max(error.retry_after().unwrap_or_default());
        (elapsed.saturating_add(wait) < self.deadline).then_some(wait)
    }
}

/// What a failed attempt means for the next one, by the table in [`Retry`]'s documentation: whether sending it again
/// is safe and may help, and whether it may have done its work although it failed.
pub(crate) fn verdict(method: &Method, error: &Error) -> (bool, bool) {
    let repeatable = *method != Method::POST && *method != Method::PATCH;
    match error.kind() {
        ErrorKind::Connect => (true, false),
        ErrorKind::Interrupted | ErrorKind::Timeout => (repeatable, !repeatable),
        ErrorKind::Service => {
            let status = error.status().unwrap_or_default();
            let refused_unprocessed = status == StatusCode::TOO_MANY_REQUESTS
                || (status == StatusCode::SERVICE_UNAVAILABLE && error.retry_after().is_some());
            let passing = matches!(status.as_u16(), 500 | 502 | 503 | 504);
            // Only an error of the caller says that nothing was done.
            let unknown = !repeatable && !refused_unprocessed && !status.is_client_error();
            (refused_unprocessed || (passing && repeatable), unknown)
        }
        // A redirect may lead to what was created, and a success that cannot be read has been processed.
        ErrorKind::Redirect | ErrorKind::Answer | ErrorKind::TooLarge => (false, !repeatable),
        ErrorKind::Argument | ErrorKind::Configuration | ErrorKind::Credential => (false, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use std::time::SystemTime;

    fn answered(status: u16, retry_after: Option<&'static str>) -> Error {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert("retry-after", http::HeaderValue::from_static(value));
        }
        Error::service(StatusCode::from_u16(status).unwrap(), &headers, b"", SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn the_table_is_kept() {
        let timeout = || Error::timeout(Duration::from_secs(1), "of an attempt");
        for (error, get, post) in [
            (timeout(), (true, false), (false, true)),
            (answered(429, None), (true, false), (true, false)),
            (answered(503, Some("1")), (true, false), (true, false)),
            (answered(503, None), (true, false), (false, true)),
            (answered(500, None), (true, false), (false, true)),
            (answered(502, None), (true, false), (false, true)),
            (answered(504, None), (true, false), (false, true)),
            (answered(501, None), (false, false), (false, true)),
            (answered(400, None), (false, false), (false, false)),
            (answered(401, None), (false, false), (false, false)),
            (answered(404, None), (false, false), (false, false)),
            (answered(409, None), (false, false), (false, false)),
            (answered(302, None), (false, false), (false, true)),
            (answered(101, None), (false, false), (false, true)),
            (answered(999, None), (false, false), (false, true)),
            (Error::answer(StatusCode::CREATED, &HeaderMap::new(), "x"), (false, false), (false, true)),
            (Error::too_large(1), (false, false), (false, true)),
            (Error::argument("a", "b"), (false, false), (false, false)),
        ] {
            assert_eq!(verdict(&Method::GET, &error), get, "GET {error}");
            assert_eq!(verdict(&Method::DELETE, &error), get, "DELETE {error}");
            assert_eq!(verdict(&Method::POST, &error), post, "POST {error}");
        }
    }

    #[test]
    fn the_back_off_doubles_up_to_its_bound_and_is_jittered_fully() {
        let retry =
            Retry::new().attempts(9).back_off(Duration::from_secs(1), Duration::from_secs(5)).deadline(Duration::MAX);
        let error = answered(429, None).with_outcome((true, false));
        let wait = |attempt, jitter| retry.wait(attempt, &error, Duration::ZERO, jitter).unwrap();
        assert_eq!([1, 2, 3, 4, 8].map(|attempt| wait(attempt, 1.0).as_secs()), [1, 2, 4, 5, 5]);
        assert_eq!(wait(3, 0.0), Duration::ZERO);
        assert_eq!(wait(3, 0.5), Duration::from_secs(2));
        assert_eq!(retry.wait(9, &error, Duration::ZERO, 1.0), None);
    }

    #[test]
    fn retry_after_is_obeyed_up_to_the_deadline_and_not_beyond() {
        let retry = Retry::new().deadline(Duration::from_secs(30));
        let error = answered(429, Some("20")).with_outcome((true, false));
        assert_eq!(retry.wait(1, &error, Duration::from_secs(5), 0.0), Some(Duration::from_secs(20)));
        assert_eq!(retry.wait(1, &error, Duration::from_secs(15), 0.0), None);
        let forever = answered(429, Some("18446744073709551615")).with_outcome((true, false));
        assert_eq!(retry.wait(1, &forever, Duration::from_secs(1), 0.0), None);
    }

    #[test]
    fn off_means_one_attempt() {
        let error = answered(429, None).with_outcome((true, false));
        assert_eq!(Retry::off().wait(1, &error, Duration::ZERO, 0.0), None);
    }
}
