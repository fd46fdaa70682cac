//! How does a call become an answer? Authenticate, send, read, and try again where that is safe.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode, header};
use zeroize::Zeroizing;

use crate::clock::within;
use crate::error::{Error, ErrorKind, Rejection};
use crate::retry;
use crate::runtime::Call;
use crate::transport::Inner;

/// A successful answer, not yet decoded.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Sends a call until it succeeds, fails for good, or runs out of time.
pub(crate) async fn execute(transport: &Inner, call: &Call) -> Result<Answer, Error> {
    let mut attempts = 0;
    let limit = transport.retry.time_for_all();
    let finished = within(&*transport.clock, limit, attempt_until_final(transport, call, &mut attempts)).await;
    let result = finished.unwrap_or_else(|| {
        let error = Error::timeout(limit, "of the whole call");
        let (retryable, unknown) = retry::verdict(&call.operation().method, &error);
        Err(error.with_outcome(retryable, unknown))
    });
    result.map_err(|error| error.with_operation(call.operation().id, attempts))
}

async fn attempt_until_final(transport: &Inner, call: &Call, attempts: &mut u32) -> Result<Answer, Error> {
    let operation = call.operation();
    let start = transport.clock.elapsed();
    let mut clock_corrected = false;
    let mut counted = 0;
    let url = call.url(&transport.endpoint, transport.auth.project_id())?;
    loop {
        *attempts += 1;
        counted += 1;
        let error = match attempt(transport, call, &url).await {
            Ok(answer) => {
                tracing::debug!(
                    operation = operation.id,
                    attempt = *attempts,
                    status = answer.status.as_u16(),
                    "call succeeded"
                );
                return Ok(answer);
            }
            Err(error) => error,
        };
        if !clock_corrected && is_clock_corrected(transport, &error) {
            clock_corrected = true;
            counted -= 1;
            log(operation.id, *attempts, &error, Some("clock corrected"), None);
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
async fn attempt(transport: &Inner, call: &Call, url: &reqwest::Url) -> Result<Answer, Error> {
    let mut request = call.request(url.clone(), transport.auth.project_id())?;
    let signed = transport.auth.authorize_at(&mut request, transport.clock.now())?;
    let limit = transport.retry.time_for_an_attempt();
    let result = within(&*transport.clock, limit, send(transport, request)).await;
    let error = match result {
        Some(Ok(answer)) => return Ok(answer),
        Some(Err(error)) => error,
        None => Error::timeout(limit, "of one attempt"),
    };
    let (retryable, unknown) = retry::verdict(&call.operation().method, &error);
    let theirs = error.canonical_request_of_server();
    let difference = signed.as_ref().and_then(|signed| difference(&signed.canonical_request, &theirs?));
    let secrets = transport.auth.credential().parts().chain(signed.as_ref().map(|signed| signed.signature()));
    Err(error.with_outcome(retryable, unknown).with_signature_difference(difference).without_secrets(secrets))
}

/// Sends a request and reads its answer; anything but a success is an error.
async fn send(transport: &Inner, request: reqwest::Request) -> Result<Answer, Error> {
    let mut response = transport
        .http
        .execute(request)
        .await
        .map_err(|error| if error.is_connect() { Error::connect(error) } else { Error::interrupted(error) })?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let body = match read(&mut response, transport.max_answer_bytes).await {
        Ok(body) => body,
        Err(error) if status.is_success() => return Err(error.with_status(status, &headers)),
        // The status of a failure says enough, whatever became of its body.
        Err(_) => Zeroizing::default(),
    };
    if status.is_success() {
        return Ok(Answer { status, headers, body });
    }
    let error = Error::service(status, &headers, &body, transport.clock.now());
    if matches!(error.rejection(), Some(Rejection::ClockSkew { server_time: None })) {
        return Err(error.with_server_time(date(&headers)));
    }
    Err(error)
}

/// Reads a body up to a limit, and leaves no copy of it behind.
async fn read(response: &mut reqwest::Response, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(Error::too_large(limit));
    }
    // At most `limit`, which is a usize.
    let mut body = Zeroizing::new(Vec::with_capacity((announced as usize).max(1024)));
    while let Some(chunk) = response.chunk().await.map_err(Error::interrupted)? {
        if chunk.len() > limit - body.len() {
            return Err(Error::too_large(limit));
        }
        if chunk.len() > body.capacity() - body.len() {
            // Growing in place could leave the old bytes in freed memory.
            let mut larger = Zeroizing::new(Vec::with_capacity((body.len() + chunk.len()) * 2));
            larger.extend_from_slice(&body);
            body = larger;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether the answer says that our clock is wrong, and following the server's would change the next signature.
fn is_clock_corrected(transport: &Inner, error: &Error) -> bool {
    match error.rejection() {
        Some(Rejection::ClockSkew { server_time: Some(time) }) => {
            transport.auth.learn_server_time(*time, transport.clock.now())
        }
        _ => false,
    }
}

/// The time that an answer was made at.
fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()
}

/// The lines in which two canonical requests differ. Values of headers that hold secrets are not shown.
fn difference(ours: &str, theirs: &str) -> Option<String> {
    let (mut ours, mut theirs) = (ours.lines(), theirs.lines());
    let mut lines = Vec::new();
    for number in 1.. {
        let (our, their) = (ours.next(), theirs.next());
        if our.is_none() && their.is_none() {
            break;
        }
        if our != their {
            let show = |line: Option<&str>| line.map_or_else(|| "nothing".to_owned(), shown);
            lines.push(format!("line {number}: we signed {}, the gateway computed {}", show(our), show(their)));
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn shown(line: &str) -> String {
    const SECRET_HEADERS: [&str; 3] = ["x-security-token", "x-auth-token", "authorization"];
    match line.split_once(':') {
        Some((name, _)) if SECRET_HEADERS.contains(&name) => format!("`{name}:***`"),
        _ => format!("`{}`", line.escape_debug()),
    }
}

/// One event for each failed attempt: what happened and what comes next.
fn log(operation: &str, attempt: u32, error: &Error, next: Option<&str>, wait: Option<std::time::Duration>) {
    let status = error.status().map(|status| status.as_u16());
    let wait_ms = wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    let request_id = error.request_id();
    match next {
        Some(next) => tracing::warn!(operation, attempt, status, wait_ms, request_id, %error, "attempt failed, {next}"),
        None if error.kind() == ErrorKind::Argument => {}
        None => tracing::debug!(operation, attempt, status, request_id, %error, "attempt failed for good"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_line_and_hides_secrets() {
        let ours = "GET\n/a/\n\nhost:h\nx-security-token:OURS\n";
        let theirs = "GET\n/b/\n\nhost:h\nx-security-token:THEIRS\nmore";
        let text = difference(ours, theirs).unwrap();
        assert!(text.contains("line 2: we signed `/a/`, the gateway computed `/b/`"), "{text}");
        assert!(text.contains("line 6: we signed nothing, the gateway computed `more`"), "{text}");
        assert!(!text.contains("OURS") && !text.contains("THEIRS"), "{text}");
        assert_eq!(difference(ours, ours), None);
    }
}
