//! Why was the authentication refused? The gateway has one code for many reasons and tells them apart by text.
//!
//! Source: pages devg-apisign/api-sign-0001 and api-sign-0003.

use std::time::SystemTime;

use http::StatusCode;

use super::body::ErrorBody;
use crate::calendar;

/// A reason why an authentication was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// The signature is not the one that the gateway computed.
    SignatureMismatch,
    /// Too many wrong signatures in a row.
    KeyLocked,
    /// The gateway does not know the access key.
    KeyUnknown,
    /// The time of the signature is too far from the server's.
    ClockSkew {
        /// The server's time, where it says so.
        server_time: Option<SystemTime>,
    },
    /// The token was valid once.
    TokenExpired,
    /// The token was never valid here.
    TokenInvalid,
    /// There was no token and no signature.
    Missing,
    /// Another reason, or none was given.
    Other,
}

impl Rejection {
    /// The reason, when the answer refuses the authentication.
    pub(super) fn of(status: StatusCode, body: &ErrorBody) -> Option<Self> {
        if status != StatusCode::UNAUTHORIZED {
            return None;
        }
        let text = body.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        let says = |part: &str| text.contains(part);
        Some(if says("signature expired") {
            Self::ClockSkew { server_time: server_time(&text) }
        } else if says("failed to reach the limit") {
            Self::KeyLocked
        } else if says("ak not exist") {
            Self::KeyUnknown
        } else if says("verify aksk signature fail") || says("signature fail") {
            Self::SignatureMismatch
        } else if says("token expires") || says("token expired") || says("token has expired") {
            Self::TokenExpired
        } else if says("decrypt token fail") {
            Self::TokenInvalid
        } else if says("x-auth-token not found") {
            Self::Missing
        } else {
            Self::Other
        })
    }

    /// What a person can do about it.
    pub(super) fn advice(&self) -> Option<&'static str> {
        match self {
            Self::SignatureMismatch => Some(
                "check that the secret key belongs to the access key, and that no proxy changes the request; more than five wrong signatures in a row lock the access key for five minutes",
            ),
            Self::KeyLocked => Some(
                "more than five wrong signatures in a row locked the access key: wait five minutes, and check the secret key",
            ),
            Self::KeyUnknown => Some("check the access key, and that it belongs to this partition of the cloud"),
            Self::ClockSkew { .. } => Some("set this machine's clock: it may differ by at most 15 minutes"),
            Self::TokenExpired => Some("obtain a new token"),
            Self::TokenInvalid => {
                Some("a token of a regional endpoint is valid in its region only: obtain one for this region")
            }
            Self::Missing => Some(
                "the request arrived without X-Auth-Token and without a signature: check that no proxy removes headers",
            ),
            Self::Other => None,
        }
    }
}

/// The time in `server time:20230527T020608Z`; `text` is in lower case.
fn server_time(text: &str) -> Option<SystemTime> {
    let (_, after) = text.split_once("server time:")?;
    calendar::parse_basic(&after.trim_start().get(..16)?.to_ascii_uppercase())
}

/// The canonical request that a gateway appends to its message, with `|` for each end of line.
pub(super) fn canonical_request(message: &str) -> Option<String> {
    let (_, canonical) = message.split_once("canonicalRequest:")?;
    Some(canonical.trim().replace('|', "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(message: &str) -> Rejection {
        let body = ErrorBody { message: Some(message.to_owned()), ..ErrorBody::default() };
        Rejection::of(StatusCode::UNAUTHORIZED, &body).unwrap()
    }

    #[test]
    fn the_documented_texts_are_told_apart() {
        let prefix = "Incorrect IAM authentication information: ";
        for (text, expected) in [
            ("verify aksk signature fail, signature is wrong", Rejection::SignatureMismatch),
            ("AK access failed to reach the limit,forbidden.", Rejection::KeyLocked),
            ("Get secretKey failed,ak:AKX,err:ak not exist", Rejection::KeyUnknown),
            ("decrypt token fail", Rejection::TokenInvalid),
            ("x-auth-token not found", Rejection::Missing),
            ("token expires, expires_at: 2024-01-01T00:00:00Z", Rejection::TokenExpired),
            ("calc ak sk signature fail:signature expired", Rejection::ClockSkew { server_time: None }),
            ("something new", Rejection::Other),
        ] {
            assert_eq!(reason(&format!("{prefix}{text}")), expected, "{text}");
        }
    }

    #[test]
    fn the_servers_time_is_read() {
        let told = reason("signature expired, signature time:20230527T000431Z,server time:20230527T020608Z");
        assert_eq!(told, Rejection::ClockSkew { server_time: calendar::parse_basic("20230527T020608Z") });
        let odd = reason("signature expired, server time:2023é527T020608Z");
        assert_eq!(odd, Rejection::ClockSkew { server_time: None });
    }

    #[test]
    fn the_gateways_canonical_request_gets_its_lines_back() {
        let message =
            "verify aksk signature fail, canonicalRequest:GET|/test/||host:h|x-sdk-date:d||host;x-sdk-date|abc";
        assert_eq!(canonical_request(message).unwrap(), "GET\n/test/\n\nhost:h\nx-sdk-date:d\n\nhost;x-sdk-date\nabc");
    }
}
