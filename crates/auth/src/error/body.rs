//! What does an error's body say? Reads every shape that the services, their gateway and IAM are known to send.

use std::fmt;

use http::HeaderMap;
use serde_json::{Map, Value};

/// Most characters of a text that a server wrote.
const LONGEST_TEXT: usize = 1024;
/// How deep a reason may be wrapped.
const DEEPEST: usize = 4;

/// Headers with the ID of a request, the most specific first.
const REQUEST_ID_HEADERS: [&str; 2] = ["x-request-id", "x-iam-trace-id"];
const CODES: [&str; 4] = ["error_code", "errorCode", "code", "error"];
const MESSAGES: [&str; 6] = ["error_msg", "errorMsg", "error_message", "errorMessage", "message", "error_description"];
const REQUEST_IDS: [&str; 3] = ["request_id", "requestId", "trace_id"];

/// What a server said about a failed call.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) encoded_authorization_message: Option<String>,
}

impl fmt::Debug for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorBody")
            .field("code", &self.code)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl ErrorBody {
    /// Reads what there is; anything unreadable is left out.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let mut found = Self::default();
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            found.look_into(&value, DEEPEST);
        }
        // The header is set by the outermost gateway and is what the support asks for.
        found.request_id = request_id_of(headers).or(found.request_id);
        found
    }

    /// Whether a successful answer holds the reason of a failure all the same.
    pub(crate) fn of_failure(body: &[u8]) -> Option<Self> {
        let found = Self::read(&HeaderMap::new(), body);
        // Some AOM answers carry a code that says success.
        let failed = found.code.as_ref().is_some_and(|code| !code.ends_with("2000000"));
        (failed && found.message.is_some()).then_some(found)
    }

    /// Whether neither code nor message was found.
    pub(crate) fn is_silent(&self) -> bool {
        self.code.is_none() && self.message.is_none()
    }

    /// Replaces a secret wherever it stands.
    pub(crate) fn hide(&mut self, secret: &str) {
        let texts = [&mut self.code, &mut self.message, &mut self.request_id, &mut self.encoded_authorization_message];
        for text in texts.into_iter().flatten().filter(|text| text.contains(secret)) {
            *text = text.replace(secret, "***");
        }
    }

    /// Takes what is still missing from a value: its own fields first, then what it wraps.
    fn look_into(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Object(object) => {
                self.take(object);
                if depth > 0 && (self.code.is_none() || self.message.is_none()) {
                    let wrapped = ["error", "errors"].into_iter().filter_map(|name| object.get(name));
                    let others = object.values().filter(|value| value.is_object());
                    for value in wrapped.chain(others) {
                        self.look_into(value, depth - 1);
                    }
                }
            }
            Value::Array(items) if depth > 0 => {
                if let Some(first) = items.first() {
                    self.look_into(first, depth - 1);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, object: &Map<String, Value>) {
        // Code and message belong together: a code of the outer object must not meet a message of an inner one.
        let (code, message) = (first_text(object, &CODES), first_text(object, &MESSAGES));
        if self.is_silent() {
            (self.code, self.message) = (code, message);
        } else if self.message.is_none() && self.code == code {
            self.message = message;
        }
        if self.request_id.is_none() {
            self.request_id = first_text(object, &REQUEST_IDS);
        }
        if self.encoded_authorization_message.is_none() {
            self.encoded_authorization_message = object
                .get("encoded_authorization_message")
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(|text| text.chars().filter(|character| !character.is_control()).collect());
        }
    }
}

/// ID of the request, from the headers of its answer.
pub(crate) fn request_id_of(headers: &HeaderMap) -> Option<String> {
    REQUEST_ID_HEADERS
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .find(|value| !value.trim().is_empty())
        .map(clean)
}

/// The first of some fields that holds a text or a number.
fn first_text(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::String(text) if !text.trim().is_empty() => Some(clean(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A server's text as one line of bounded length.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned: String = text
        .trim()
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(LONGEST_TEXT + 1)
        .collect();
    if let Some((end, _)) = cleaned.char_indices().nth(LONGEST_TEXT) {
        cleaned.truncate(end);
        cleaned.push('…');
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(body: &str) -> (Option<String>, Option<String>, Option<String>) {
        let found = ErrorBody::read(&HeaderMap::new(), body.as_bytes());
        (found.code, found.message, found.request_id)
    }

    fn some(code: &str, message: &str, request_id: Option<&str>) -> (Option<String>, Option<String>, Option<String>) {
        (Some(code.to_owned()), Some(message.to_owned()), request_id.map(str::to_owned))
    }

    #[test]
    fn every_documented_shape_is_read() {
        for (body, expected) in [
            (r#"{"error_code":"SVCSTG.SWR.4010000","error_msg":"m"}"#, some("SVCSTG.SWR.4010000", "m", None)),
            (
                r#"{"errors":[{"errorCode":"A","errorMessage":"old","detail":""}],"error_code":"B","error_msg":"new","details":[{"error_code":"C","error_msg":"d"}]}"#,
                some("B", "new", None),
            ),
            (
                r#"{"errors":[{"errorCode":"SVCSTG.SWR.1","errorMessage":"m","detail":"d"}]}"#,
                some("SVCSTG.SWR.1", "m", None),
            ),
            (r#"[{"errorCode":"SVCSTG.SWR.1","errorMessage":"m","detail":"d"}]"#, some("SVCSTG.SWR.1", "m", None)),
            (
                r#"{"error_code":"AOM.0403","error_msg":"m","error_type":"t","trace_id":"7"}"#,
                some("AOM.0403", "m", Some("7")),
            ),
            (r#"{"error_code":"AOM.0403","error_msg":"m","http_code":403}"#, some("AOM.0403", "m", None)),
            (r#"{"error_code":"AOM.0403","error_message":"m"}"#, some("AOM.0403", "m", None)),
            (r#"{"errorCode":"SVCSTG_AMS_4000001","errorMessage":"m"}"#, some("SVCSTG_AMS_4000001", "m", None)),
            (r#"{"error_msg":"m","error_code":"APIGW.0301","request_id":"r"}"#, some("APIGW.0301", "m", Some("r"))),
            (r#"{"error":{"code":401,"message":"m","title":"Unauthorized"}}"#, some("401", "m", None)),
            (r#"{"error":{"code":"IAM.1","message":"m","title":"Unauthorized"}}"#, some("IAM.1", "m", None)),
            (
                r#"{"errors":[{"code":"DENIED","message":"Authenticate Error"}]}"#,
                some("DENIED", "Authenticate Error", None),
            ),
            (r#"{"data":{"error_code":"X.1","error_msg":"m"}}"#, some("X.1", "m", None)),
            ("<html><body>Bad Gateway</body></html>", (None, None, None)),
            ("", (None, None, None)),
            (r#"{"error_code":"SVC"#, (None, None, None)),
            ("null", (None, None, None)),
            ("[]", (None, None, None)),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
    }

    #[test]
    fn a_header_names_the_request_before_the_body_does() {
        let headers: HeaderMap = [("x-request-id", "from-header")]
            .into_iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect();
        let found = ErrorBody::read(&headers, br#"{"error_code":"A","error_msg":"m","request_id":"from-body"}"#);
        assert_eq!(found.request_id.as_deref(), Some("from-header"));
    }

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        let (_, message, _) =
            read(&format!(r#"{{"error_code":"A","error_msg":"line\nbreak\u001b[31m{}"}}"#, "é".repeat(5000)));
        let message = message.unwrap();
        assert!(!message.chars().any(char::is_control));
        assert_eq!(message.chars().count(), LONGEST_TEXT + 1);
    }

    #[test]
    fn a_secret_that_a_server_repeats_is_hidden_everywhere() {
        let body =
            br#"{"error_code":"S","error_msg":"got S and S","request_id":"r-S","encoded_authorization_message":"S"}"#;
        let mut found = ErrorBody::read(&HeaderMap::new(), body);
        found.hide("S");
        assert_eq!(found.message.as_deref(), Some("got *** and ***"));
        assert_eq!(found.code.as_deref(), Some("***"));
        assert_eq!(found.request_id.as_deref(), Some("r-***"));
        assert_eq!(found.encoded_authorization_message.as_deref(), Some("***"));
    }

    #[test]
    fn a_success_that_is_a_failure_is_found_and_a_success_code_is_not() {
        assert!(ErrorBody::of_failure(br#"{"error_code":"AOM.0403","error_msg":"forbidden"}"#).is_some());
        assert!(ErrorBody::of_failure(br#"{"errorCode":"SVCSTG_AMS_2000000","errorMessage":"success"}"#).is_none());
        assert!(ErrorBody::of_failure(br#"{"access_codes":[]}"#).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(body in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = ErrorBody::read(&HeaderMap::new(), &body);
        }

        #[test]
        fn any_json_like_text_is_read_without_panic(body in r#"[\[\]{}":,a-z0-9_ \\]{0,200}"#) {
            let _ = ErrorBody::read(&HeaderMap::new(), body.as_bytes());
        }
    }
}
