//! Is this request from whom it says? What the API gateway does before a service sees a request.
//!
//! The signature is computed again from the raw request, with code of its own. Source: pages
//! devg-apisign/api-sign-algorithm and api-sign-0001.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest as _, Sha256};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const ALGORITHM: &str = "SDK-HMAC-SHA256";
/// How far the date of a signature may be from the server's.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(15 * 60);
/// More wrong signatures than this in a row lock an access key.
const WRONG_SIGNATURES: u32 = 5;
/// How long a key stays locked.
const LOCKED_FOR: Duration = Duration::from_secs(5 * 60);
/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request as it arrived.
pub(crate) struct Raw<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Whom the gateway knows.
#[derive(Default)]
pub(crate) struct Gateway {
    keys: BTreeMap<String, Key>,
    tokens: BTreeMap<String, Option<SystemTime>>,
}

struct Key {
    secret: String,
    security_token: Option<String>,
    wrong: u32,
    locked_until: Option<SystemTime>,
}

impl Gateway {
    /// Accepts an access key; a temporary one with its security token.
    pub(crate) fn add_key(&mut self, access_key: &str, secret: &str, security_token: Option<&str>) {
        let key = Key {
            secret: secret.to_owned(),
            security_token: security_token.map(str::to_owned),
            wrong: 0,
            locked_until: None,
        };
        self.keys.insert(access_key.to_owned(), key);
    }

    /// Accepts a user token, until it expires.
    pub(crate) fn add_token(&mut self, token: &str, expires: Option<SystemTime>) {
        self.tokens.insert(token.to_owned(), expires);
    }

    /// Accepts no token any more that expires.
    pub(crate) fn revoke_tokens(&mut self) {
        self.tokens.retain(|_, expires| expires.is_none());
    }

    /// Who sends a request: an access key, or nothing for a token. The error is the gateway's reason to refuse.
    pub(crate) fn identify(&mut self, request: &Raw<'_>, now: SystemTime) -> Result<Option<String>, String> {
        if let Some(authorization) = text(request.headers, "authorization") {
            return self.verify(request, authorization, now).map(Some);
        }
        let token = text(request.headers, "x-auth-token").ok_or("x-auth-token not found")?;
        match self.tokens.get(token) {
            None => Err("decrypt token fail".to_owned()),
            Some(Some(expires)) if *expires <= now => Err(format!("token expires, expires_at: {}", basic(*expires))),
            Some(_) => Ok(None),
        }
    }

    fn verify(&mut self, request: &Raw<'_>, authorization: &str, now: SystemTime) -> Result<String, String> {
        let parts = authorization.strip_prefix(ALGORITHM).and_then(|rest| parts(rest.strip_prefix(' ')?));
        let Some((access_key, signed_headers, signature)) = parts else {
            return Err("verify aksk signature fail, the header Authorization has another form".to_owned());
        };
        let Some(key) = self.keys.get_mut(access_key) else {
            return Err(format!("Get secretKey failed,ak:{access_key},err:ak not exist"));
        };
        if key.locked_until.is_some_and(|until| now < until) {
            return Err("AK access failed to reach the limit,forbidden.".to_owned());
        }
        let date = text(request.headers, "x-sdk-date").unwrap_or_default();
        check_date(date, now)?;
        if key.security_token.as_deref() != text(request.headers, "x-security-token") {
            return Err("verify aksk signature fail, the security token is not the key's".to_owned());
        }
        let canonical = canonical_request(request, signed_headers);
        let string_to_sign = format!("{ALGORITHM}\n{date}\n{}", hex(&Sha256::digest(&canonical)));
        let signed = signed_headers.split(';').any(|name| name == "x-sdk-date");
        if signed && is_signature(&key.secret, &string_to_sign, signature) {
            key.wrong = 0;
            return Ok(access_key.to_owned());
        }
        key.wrong += 1;
        if key.wrong > WRONG_SIGNATURES {
            (key.wrong, key.locked_until) = (0, Some(now + LOCKED_FOR));
        }
        let canonical = String::from_utf8_lossy(&canonical).replace('\n', "|");
        Err(format!("verify aksk signature fail, canonicalRequest:{canonical}"))
    }
}

/// Access key, signed headers and signature of the header Authorization.
fn parts(fields: &str) -> Option<(&str, &str, &str)> {
    let mut fields = fields.split(", ");
    let access_key = fields.next()?.strip_prefix("Access=")?;
    let signed_headers = fields.next()?.strip_prefix("SignedHeaders=")?;
    let signature = fields.next()?.strip_prefix("Signature=")?;
    fields.next().is_none().then_some((access_key, signed_headers, signature))
}

fn check_date(date: &str, now: SystemTime) -> Result<(), String> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let signed = PrimitiveDateTime::parse(date, format)
        .map_err(|_| "verify aksk signature fail, the header X-Sdk-Date has another form".to_owned())?;
    let distance = (OffsetDateTime::from(now) - signed.assume_utc()).unsigned_abs();
    if distance > CLOCK_TOLERANCE {
        return Err(format!(
            "calc ak sk signature fail:signature expired, signature time:{date},server time:{}",
            basic(now)
        ));
    }
    Ok(())
}

fn canonical_request(request: &Raw<'_>, signed_headers: &str) -> Vec<u8> {
    let encode = |bytes: &[u8]| percent_encode(bytes, RESERVED).to_string();
    let mut path: String = request
        .path
        .split('/')
        .map(|segment| encode(&percent_decode_str(segment).collect::<Vec<u8>>()))
        .collect::<Vec<_>>()
        .join("/");
    if !path.ends_with('/') {
        path.push('/');
    }
    let mut query: Vec<(Vec<u8>, Vec<u8>)> = request
        .query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode_str(name).collect(), percent_decode_str(value).collect())
        })
        .collect();
    query.sort();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();

    let mut canonical = format!("{}\n{path}\n{}\n", request.method, query.join("&")).into_bytes();
    for name in signed_headers.split(';') {
        canonical.extend_from_slice(format!("{name}:").as_bytes());
        let value = request.headers.get(name).map(|value| value.as_bytes()).unwrap_or_default();
        let trimmed = std::str::from_utf8(value).map_or_else(|_| value.trim_ascii(), |text| text.trim().as_bytes());
        canonical.extend_from_slice(trimmed);
        canonical.push(b'\n');
    }
    let named = text(request.headers, "x-sdk-content-sha256").filter(|_| !request.body.is_empty());
    let hash = named.map_or_else(|| hex(&Sha256::digest(request.body)), str::to_owned);
    canonical.extend_from_slice(format!("\n{signed_headers}\n{hash}").as_bytes());
    canonical
}

fn is_signature(secret: &str, string_to_sign: &str, signature: &str) -> bool {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    hex(&mac.chain_update(string_to_sign.as_bytes()).finalize().into_bytes()) == signature
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A time as `20240102T030405Z`.
fn basic(time: SystemTime) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from(time).format(format).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the documentation.
    #[test]
    fn the_published_signature_is_accepted_and_another_one_is_not() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static("application/json"));
        headers.insert("host", http::HeaderValue::from_static("service.region.example.com"));
        headers.insert("x-sdk-date", http::HeaderValue::from_static("20191115T033655Z"));
        let authorization = "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe";
        headers.insert("authorization", http::HeaderValue::from_static(authorization));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_573_789_015);
        let mut gateway = Gateway::default();
        gateway.add_key("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc", None);
        let mut raw = Raw {
            method: "GET",
            path: "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
            query: "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
            headers: &headers,
            body: b"",
        };
        assert_eq!(gateway.identify(&raw, now), Ok(Some("QTWAOYTTINDUT2QVKYUC".to_owned())));
        raw.query = "limit=3&marker=13551d6b-755d-4757-b956-536f674975c0";
        assert!(gateway.identify(&raw, now).unwrap_err().starts_with("verify aksk signature fail"));
        let late = now + CLOCK_TOLERANCE + Duration::from_secs(1);
        assert!(gateway.identify(&raw, late).unwrap_err().contains("server time:20191115T035156Z"));
    }

    #[test]
    fn wrong_signatures_in_a_row_lock_the_key_for_five_minutes() {
        let headers: HeaderMap = [
            ("x-sdk-date", "20191115T033655Z"),
            ("authorization", "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=00"),
        ]
        .into_iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
        .collect();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_573_789_015);
        let mut gateway = Gateway::default();
        gateway.add_key("AK", "SK", None);
        let raw = Raw { method: "GET", path: "/", query: "", headers: &headers, body: b"" };
        for _ in 0..=WRONG_SIGNATURES {
            assert!(gateway.identify(&raw, now).unwrap_err().starts_with("verify aksk"));
        }
        assert!(gateway.identify(&raw, now).unwrap_err().contains("reach the limit"));
        assert!(gateway.identify(&raw, now + LOCKED_FOR).unwrap_err().starts_with("verify aksk"));
    }

    #[test]
    fn a_token_is_accepted_until_it_expires() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let mut gateway = Gateway::default();
        gateway.add_token("T", Some(now));
        let mut headers = HeaderMap::new();
        let identify = |gateway: &mut Gateway, headers: &HeaderMap, now| {
            gateway.identify(&Raw { method: "GET", path: "/", query: "", headers, body: b"" }, now)
        };
        assert_eq!(identify(&mut gateway, &headers, now), Err("x-auth-token not found".to_owned()));
        headers.insert("x-auth-token", http::HeaderValue::from_static("T"));
        assert_eq!(identify(&mut gateway, &headers, now - Duration::from_secs(1)), Ok(None));
        assert!(identify(&mut gateway, &headers, now).unwrap_err().starts_with("token expires"));
        headers.insert("x-auth-token", http::HeaderValue::from_static("other"));
        assert_eq!(identify(&mut gateway, &headers, now), Err("decrypt token fail".to_owned()));
    }
}
