//! What may a fuzzer feed? Doors to private parts, in builds for fuzzing only.

use http::HeaderMap;

use crate::error::ErrorBody;
use crate::{Timestamp, sign};

/// Reads a body as that of an error.
pub fn error_body(body: &[u8]) {
    let found = ErrorBody::read(&HeaderMap::new(), body);
    for text in [found.code, found.message, found.request_id].into_iter().flatten() {
        assert!(text.chars().count() <= 1025 && !text.chars().any(char::is_control));
    }
}

/// Reads a text as a time.
pub fn timestamp(text: &str) {
    let timestamp = Timestamp::from(text);
    let _ = timestamp.time();
    assert_eq!(timestamp.as_str(), text);
}

/// Brings a path and a query into canonical form; doing so twice changes nothing more.
pub fn canonical(text: &str) {
    let path = sign::canonical_path(text);
    assert!(path.is_ascii() && path.ends_with('/'));
    assert_eq!(sign::canonical_path(&path), path);
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    assert!(sign::canonical_query(pairs).is_ascii());
}
