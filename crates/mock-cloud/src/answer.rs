//! What does an answer look like? Bodies and headers of successes and errors.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

/// An answer as it is sent.
pub(crate) type Answer = Response<Full<Bytes>>;

/// A success or an error with a JSON body; without one when `body` is null.
pub(crate) fn json(status: StatusCode, body: &Value, request_id: &str) -> Answer {
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let mut answer = Response::new(Full::new(bytes));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    if !body.is_null() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", value);
    }
    answer
}

/// A refusal of the gateway, before the service.
pub(crate) fn gateway_error(status: StatusCode, code: &str, message: &str, request_id: &str) -> Answer {
    json(status, &json!({ "error_msg": message, "error_code": code, "request_id": request_id }), request_id)
}

/// An error of the service itself, with the documented codes.
pub(crate) fn service_error(status: StatusCode, message: &str, request_id: &str) -> Answer {
    let code = match status.as_u16() {
        400 => "SVCSTG.SWR.4000014",
        401 => "SVCSTG.SWR.4010000",
        403 => "SVCSTG.SWR.4030170",
        404 => "SVCSTG.SWR.4040004",
        409 => "SVCSTG.SWR.4090006",
        _ => "SVCSTG.SWR.5000001",
    };
    let mut body = json!({ "error_code": code, "error_msg": message });
    if status == StatusCode::FORBIDDEN {
        body["encoded_authorization_message"] = json!("ENCODEDAUTHORIZATIONMESSAGE");
    }
    json(status, &body, request_id)
}
