//! How does a call become an answer? Authenticate, send, and try again where that is safe.

use std::time::Duration;

use crate::clock::{milliseconds, within};
use crate::credential::Credential;
use crate::error::{Error, ErrorKind, Rejection, difference};
use crate::retry;
use crate::runtime::{Call, Operation};
use crate::transport::Inner;
use crate::wire::{self, Answer};

/// Sends a call until it succeeds, fails for good, or runs out of time. Says how many attempts it took.
pub(crate) async fn execute(transport: &Inner, call: &Call) -> Result<(Answer, u32), Error> {
    let mut attempts = 0;
    let limit = transport.retry.time_for_all();
    let finished = within(&*transport.clock, limit, attempt_until_final(transport, call, &mut attempts)).await;
    let result = finished.unwrap_or_else(|| {
        let error = Error::timeout(limit, "of the whole call");
        // Time may have run out before anything was sent: while a credential was fetched.
        let nothing_sent = (true, false);
        let verdict = if attempts == 0 { nothing_sent } else { retry::verdict(&call.operation().method, &error) };
        Err(error.with_outcome(verdict))
    });
    match result {
        Ok(answer) => Ok((answer, attempts)),
        Err(error) => Err(error.with_operation(call.operation().id, attempts)),
    }
}

async fn attempt_until_final(transport: &Inner, call: &Call, attempts: &mut u32) -> Result<Answer, Error> {
    let operation = call.operation();
    let start = transport.clock.elapsed();
    let mut corrections = Corrections::default();
    let mut counted = 0;
    call.check(transport.auth.project_id())?;
    loop {
        let credential = transport.auth.credential(&transport.clock).await?;
        credential.check_rest(transport.clock.elapsed())?;
        let project = transport.auth.project_id().or(credential.project_id());
        let request = call.request(&transport.endpoint, project)?;
        *attempts += 1;
        counted += 1;
        let error = match attempt(transport, operation, request, &credential).await {
            Ok(answer) => {
                let (attempt, status) = (*attempts, answer.status.as_u16());
                tracing::debug!(operation = operation.id, attempt, status, "call succeeded");
                return Ok(answer);
            }
            Err(error) => error,
        };
        if let Some(corrected) = corrections.correct(transport, &credential, &error) {
            counted -= 1;
            log(operation.id, *attempts, &error, Some(corrected), None);
            continue;
        }
        let elapsed = transport.clock.elapsed().saturating_sub(start);
        let Some(wait) = transport.retry.wait(counted, &error, elapsed, transport.clock.jitter()) else {
            log(operation.id, *attempts, &error, None, None);
            return Err(error);
        };
        log(operation.id, *attempts, &error, Some("waiting"), Some(wait));
        transport.clock.sleep(wait).await;
    }
}

/// One attempt: signed anew, within its own time limit.
async fn attempt(
    transport: &Inner,
    operation: &Operation,
    mut request: reqwest::Request,
    credential: &Credential,
) -> Result<Answer, Error> {
    let signed = transport.auth.authorize_at(&mut request, credential, transport.clock.now())?;
    let limit = transport.retry.time_for_an_attempt();
    let sent = wire::send(&transport.http, request, transport.max_answer_bytes, &*transport.clock);
    let result = within(&*transport.clock, limit, sent).await;
    let result = result.unwrap_or_else(|| Err(Error::timeout(limit, "of one attempt")));
    note_signature(transport, credential, &result);
    let error = match result {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let verdict = retry::verdict(&operation.method, &error);
    let theirs = error.canonical_request_of_server();
    let difference = signed.as_ref().and_then(|signed| difference(signed.canonical_request(), &theirs?));
    let secrets = credential.parts().chain(signed.as_ref().map(|signed| signed.signature()));
    Err(error.with_outcome(verdict).with_signature_difference(difference).without_secrets(secrets))
}

/// Remembers with a key whether its signature was accepted, where the answer says so.
fn note_signature(transport: &Inner, credential: &Credential, result: &Result<Answer, Error>) {
    let accepted = match result {
        Ok(_) => true,
        Err(error) => match error.rejection() {
            Some(Rejection::SignatureMismatch | Rejection::KeyLocked) => false,
            // Any other answer may come from a host that never looked at the signature.
            _ => return,
        },
    };
    credential.note_signature(accepted, transport.clock.elapsed());
}

/// What a refused authentication made us correct in this call; each thing once.
#[derive(Default)]
struct Corrections {
    clock: bool,
    credential: bool,
}

impl Corrections {
    /// Corrects what the server says is wrong, and names it; nothing when another attempt would fail alike.
    ///
    /// A refused authentication was certainly not processed, so even a create can be sent again.
    fn correct(&mut self, transport: &Inner, credential: &Credential, error: &Error) -> Option<&'static str> {
        match error.rejection()? {
            Rejection::ClockSkew { server_time: Some(time) } if !self.clock => {
                self.clock = true;
                let learned = transport.auth.learn_server_time(*time, transport.clock.now());
                learned.then_some("clock corrected")
            }
            Rejection::TokenExpired | Rejection::TokenInvalid | Rejection::Other
                if credential.is_token() && !self.credential =>
            {
                self.credential = true;
                transport.auth.invalidate(credential).then_some("token renewed")
            }
            _ => None,
        }
    }
}

/// One event for each failed attempt: what happened and what comes next.
fn log(operation: &str, attempt: u32, error: &Error, next: Option<&str>, wait: Option<Duration>) {
    let status = error.status().map(|status| status.as_u16());
    let wait_ms = wait.map(milliseconds);
    let request_id = error.request_id();
    match next {
        Some(next) => tracing::warn!(operation, attempt, status, wait_ms, request_id, %error, "attempt failed, {next}"),
        None if error.kind() == ErrorKind::Argument => {}
        None => tracing::debug!(operation, attempt, status, request_id, %error, "attempt failed for good"),
    }
}
