//! What is the signature of this request, at this time, with this key?
//!
//! The algorithm is SDK-HMAC-SHA256, as the page [AK/SK signing algorithm] describes it. Everything here is pure: no
//! clock, no input or output, no environment. [`sign`] returns what to send together with the canonical request and
//! the string to sign, so that a mismatch can be compared line by line with what a server computed.
//!
//! ```
//! use huaweicloud_auth::{Secret, sign::{SigningDate, SigningKey, Unsigned, sign}};
//! let key = SigningKey::new("AK", &Secret::from("SK"));
//! let signed = sign(
//!     &Unsigned {
//!         method: "GET",
//!         path: "/v1/project/access-code",
//!         query: "",
//!         headers: &[("host", b"aom.cn-north-4.myhuaweicloud.com"), ("x-sdk-date", b"20240102T030405Z")],
//!         body: b"",
//!     },
//!     &key,
//!     &"20240102T030405Z".parse::<SigningDate>()?,
//! );
//! assert!(signed.authorization.starts_with("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature="));
//! # Ok::<(), huaweicloud_auth::Error>(())
//! ```
//!
//! [AK/SK signing algorithm]: https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm.html

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::calendar;
use crate::error::Error;
use crate::secret::Secret;

/// Name of the algorithm, in the string to sign and in the header Authorization.
pub const ALGORITHM: &str = "SDK-HMAC-SHA256";
/// Header with the time of the signature.
pub const DATE_HEADER: &str = "x-sdk-date";
/// Header that replaces the hash of the body.
pub const CONTENT_HASH_HEADER: &str = "x-sdk-content-sha256";
/// Value of [`CONTENT_HASH_HEADER`] for a body that is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// An access key, with its secret key prepared for signing.
#[derive(Clone)]
pub struct SigningKey {
    access_key: String,
    mac: Hmac<Sha256>,
}

impl SigningKey {
    /// Prepares a key pair; a key of any length is accepted.
    #[must_use]
    pub fn new(access_key: impl Into<String>, secret_key: &Secret) -> Self {
        // HMAC takes keys of any length, so the fallback is never used; it only avoids a panic in the types.
        let mac =
            Hmac::new_from_slice(secret_key.expose().as_bytes()).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Self { access_key: access_key.into(), mac }
    }

    /// The access key, which names the pair.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

/// A request as it will be sent.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// Method in capitals.
    pub method: &'a str,
    /// Path of the URL, percent-encoded or not; see [`canonical_path`].
    pub path: &'a str,
    /// Query in canonical form; see [`canonical_query`].
    pub query: &'a str,
    /// The headers to sign: names in lower case, sorted, each once; see [`is_signable`].
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Body; empty when there is none.
    pub body: &'a [u8],
}

/// A signature, and the steps that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Value of the header Authorization.
    pub authorization: String,
    /// The canonical request; header values that are no UTF-8 are shown with replacement characters.
    pub canonical_request: String,
    /// The string to sign.
    pub string_to_sign: String,
}

/// The time of a signature, in the form of the header `X-Sdk-Date`: `20240102T030405Z`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningDate(String);

impl SigningDate {
    /// The second that a time falls into.
    #[must_use]
    pub fn new(time: SystemTime) -> Self {
        Self(calendar::format_basic(time))
    }

    /// The date as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SigningDate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        calendar::parse_basic(text)
            .map(Self::new)
            .ok_or_else(|| Error::argument("date", format_args!("{text:?} is no date like 20240102T030405Z")))
    }
}

impl fmt::Display for SigningDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Signs a request. The date is also to be sent, as the header `X-Sdk-Date`.
#[must_use]
pub fn sign(request: &Unsigned<'_>, key: &SigningKey, date: &SigningDate) -> Signed {
    let canonical_request = canonical_request(request);
    let string_to_sign = string_to_sign(&canonical_request, date.as_str());
    let signature = key.mac.clone().chain_update(&string_to_sign).finalize().into_bytes();
    let mut authorization = Vec::with_capacity(320);
    authorization.extend_from_slice(ALGORITHM.as_bytes());
    authorization.extend_from_slice(b" Access=");
    authorization.extend_from_slice(key.access_key.as_bytes());
    authorization.extend_from_slice(b", SignedHeaders=");
    push_names(&mut authorization, request.headers);
    authorization.extend_from_slice(b", Signature=");
    push_hex(&mut authorization, &signature);
    Signed {
        authorization: text(authorization),
        canonical_request: text(canonical_request),
        string_to_sign: text(string_to_sign),
    }
}

/// Whether a header can be signed: names with an underscore are left out, as the official SDKs do.
#[must_use]
pub fn is_signable(name: &str) -> bool {
    !name.contains('_')
}

/// Whether a body of this content type is signed; others are sent with [`UNSIGNED_PAYLOAD`].
#[must_use]
pub fn is_payload_signed(content_type: &str) -> bool {
    content_type.is_empty()
        || content_type.starts_with("application/json")
        || content_type.starts_with("application/bson")
}

/// A path as it is signed: each segment decoded and encoded once, with a slash at the end.
///
/// ```
/// assert_eq!(huaweicloud_auth::sign::canonical_path("/a b/%E4%B8%AD/~x*(1)"), "/a%20b/%E4%B8%AD/~x%2A%281%29/");
/// ```
#[must_use]
pub fn canonical_path(path: &str) -> String {
    let mut canonical = Vec::with_capacity(path.len() + 16);
    push_path(&mut canonical, path);
    text(canonical)
}

/// A query as it is signed and sent: decoded pairs, sorted by name and then by value, and encoded once.
///
/// ```
/// let query = huaweicloud_auth::sign::canonical_query([("b", ""), ("a", "x y+z"), ("a", "1")]);
/// assert_eq!(query, "a=1&a=x%20y%2Bz&b=");
/// ```
pub fn canonical_query<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> String {
    let mut pairs: Vec<(N, V)> = pairs.into_iter().collect();
    pairs.sort_by(|(a_name, a_value), (b_name, b_value)| {
        (a_name.as_ref(), a_value.as_ref()).cmp(&(b_name.as_ref(), b_value.as_ref()))
    });
    let mut query = Vec::new();
    for (name, value) in &pairs {
        if !query.is_empty() {
            query.push(b'&');
        }
        push_encoded(&mut query, name.as_ref().as_bytes());
        query.push(b'=');
        push_encoded(&mut query, value.as_ref().as_bytes());
    }
    text(query)
}

/// The six parts of a request that a signature covers, one per line; headers take a line each.
fn canonical_request(request: &Unsigned<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(request.method.as_bytes());
    text.push(b'\n');
    push_path(&mut text, request.path);
    text.push(b'\n');
    text.extend_from_slice(request.query.as_bytes());
    text.push(b'\n');
    for (name, value) in request.headers {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        text.extend_from_slice(trimmed(value));
        text.push(b'\n');
    }
    text.push(b'\n');
    push_names(&mut text, request.headers);
    text.push(b'\n');
    push_payload_hash(&mut text, request);
    text
}

/// The hash of the body, or what a header says in its place. An empty body is always hashed, as the official
/// signers do.
fn push_payload_hash(text: &mut Vec<u8>, request: &Unsigned<'_>) {
    let named = request.headers.iter().find(|(name, _)| *name == CONTENT_HASH_HEADER);
    match named {
        Some((_, hash)) if !request.body.is_empty() => text.extend_from_slice(trimmed(hash)),
        _ => push_hex(text, &Sha256::digest(request.body)),
    }
}

fn string_to_sign(canonical_request: &[u8], date: &str) -> Vec<u8> {
    let mut text = Vec::with_capacity(ALGORITHM.len() + date.len() + 66);
    text.extend_from_slice(ALGORITHM.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(date.as_bytes());
    text.push(b'\n');
    push_hex(&mut text, &Sha256::digest(canonical_request));
    text
}

/// Bytes as a text; what is no UTF-8 becomes replacement characters.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn push_path(text: &mut Vec<u8>, path: &str) {
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            text.push(b'/');
        }
        // Most segments need no encoding, and then hold nothing to decode either.
        if segment.bytes().all(is_unreserved) {
            text.extend_from_slice(segment.as_bytes());
        } else {
            push_encoded(text, &decoded(segment));
        }
    }
    if !path.ends_with('/') {
        text.push(b'/');
    }
}

/// Undoes percent-encoding; a percent sign without two hexadecimal digits stands for itself.
fn decoded(segment: &str) -> Vec<u8> {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let pair =
            bytes.get(index + 1..index + 3).and_then(|pair| Some(hex_value(pair[0])? << 4 | hex_value(pair[1])?));
        match pair {
            Some(byte) if bytes[index] == b'%' => {
                decoded.push(byte);
                index += 3;
            }
            _ => {
                decoded.push(bytes[index]);
                index += 1;
            }
        }
    }
    decoded
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
pub(crate) fn push_encoded(text: &mut Vec<u8>, raw: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in raw {
        if is_unreserved(byte) {
            text.push(byte);
        } else {
            text.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}

/// Whether RFC 3986 lets a byte stand for itself everywhere.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// A header value without blanks at its ends.
fn trimmed(value: &[u8]) -> &[u8] {
    match std::str::from_utf8(value) {
        Ok(text) => text.trim().as_bytes(),
        Err(_) => value.trim_ascii(),
    }
}

fn push_names(text: &mut Vec<u8>, headers: &[(&str, &[u8])]) {
    for (index, (name, _)) in headers.iter().enumerate() {
        if index > 0 {
            text.push(b';');
        }
        text.extend_from_slice(name.as_bytes());
    }
}

fn push_hex(text: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_not_printed() {
        let key = SigningKey::new("AKAKAK", &Secret::from("SKSKSK"));
        let printed = format!("{key:?}");
        assert!(!printed.contains("AKAKAK") && !printed.contains("SKSKSK"), "{printed}");
    }

    #[test]
    fn an_encoded_slash_stays_inside_its_segment() {
        assert_eq!(canonical_path("/a%2Fb/c"), "/a%2Fb/c/");
    }

    #[test]
    fn a_percent_sign_without_digits_stands_for_itself() {
        assert_eq!(canonical_path("/100%/%zz/%4"), "/100%25/%25zz/%254/");
    }

    #[test]
    fn an_empty_path_is_the_root() {
        assert_eq!(canonical_path(""), "/");
        assert_eq!(canonical_path("/"), "/");
    }

    proptest! {
        #[test]
        fn a_canonical_path_is_ascii_and_stays_the_same(path in "/.*") {
            let once = canonical_path(&path);
            prop_assert!(once.is_ascii());
            prop_assert_eq!(canonical_path(&once), once);
        }

        #[test]
        fn a_canonical_query_can_be_read_back(mut pairs in proptest::collection::vec((".+", ".*"), 0..6)) {
            let url = reqwest::Url::parse(&format!("http://h/?{}", canonical_query(pairs.clone()))).unwrap();
            let read: Vec<(String, String)> = url.query_pairs().map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
            pairs.sort();
            prop_assert_eq!(read, pairs);
        }
    }
}
