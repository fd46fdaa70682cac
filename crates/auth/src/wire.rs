//! How does one request become one answer? Sends it once, and reads what comes back up to a limit.

use http::{HeaderMap, StatusCode};
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::error::{Error, Rejection};

/// A successful answer, not yet decoded.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Sends a request and reads its answer; anything but a success is an error.
pub(crate) async fn send(
    http: &reqwest::Client,
    request: reqwest::Request,
    max_answer_bytes: usize,
    clock: &dyn Clock,
) -> Result<Answer, Error> {
    let asked = request.url().clone();
    let mut response = http
        .execute(request)
        .await
        .map_err(|error| if error.is_connect() { Error::connect(error) } else { Error::interrupted(error) })?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    if *response.url() != asked {
        // Only a client that a caller brought follows redirects.
        return Err(Error::redirected().with_status(status, &headers));
    }
    let body = match read(&mut response, max_answer_bytes).await {
        Ok(body) => body,
        Err(error) if status.is_success() => return Err(error.with_status(status, &headers)),
        // The status of a failure says enough, whatever became of its body.
        Err(_) => Zeroizing::default(),
    };
    if status.is_success() {
        return Ok(Answer { status, headers, body });
    }
    let error = Error::service(status, &headers, &body, clock.now());
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

/// The time that an answer was made at.
fn date(headers: &HeaderMap) -> Option<std::time::SystemTime> {
    httpdate::parse_http_date(headers.get(http::header::DATE)?.to_str().ok()?).ok()
}
