//! Signs, authenticates and sends requests to Huawei Cloud.
//!
//! This is the layer under the generated clients `swr-client` and `aom-client`: add one of those to call an API. Use
//! this crate directly to authenticate requests of your own:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use huaweicloud_auth::{Auth, reqwest::{Method, Request}};
//!
//! let auth = Auth::ak_sk("AKEXAMPLE", "SKEXAMPLE")?.project("0123456789abcdef0123456789abcdef");
//! let url = "https://aom.cn-north-4.myhuaweicloud.com/v1/0123456789abcdef0123456789abcdef/access-code".parse()?;
//! let mut request = Request::new(Method::GET, url);
//! auth.authorize(&mut request).await?;
//! assert!(request.headers()["authorization"].to_str()?.starts_with("SDK-HMAC-SHA256 Access=AKEXAMPLE, "));
//! # Ok(())
//! # }
//! ```
//!
//! # The rooms
//! - [`Auth`]: who are we, and in which project?
//! - [`CredentialProvider`]: where do credentials come from that expire? [`UserToken`] obtains them from IAM.
//! - [`sign`]: what is the signature of a request?
//! - [`Region`]: which host?
//! - [`Retry`]: may a call be sent again, and how long may it take?
//! - [`Error`]: what went wrong, and what can be done?
//! - [`Secret`], [`Timestamp`]: values that answers hold.
//! - [`runtime`]: what generated code calls.
//!
//! # Features
//! - `rustls` (default): TLS by rustls with the ring provider and the platform's root certificates. A provider that
//!   your program installed for the process is used instead.
//! - `native-tls`: TLS by the platform's own library.
//!
//! Without either there is no TLS of our own: bring a [`reqwest::Client`] that has it.
//!
//! # What it does not do
//! It follows no redirects, reads no `.netrc`, writes no file, and adds no header but those of authentication.

// The private rooms, in the order in which a call passes through them:
//
// runtime/call     what is one call?
// runtime/check    does an argument fulfil the spec's rule?
// transport        where are calls sent, and by which rules?
// execute          how does a call become an answer?
// cache, provider  is there a credential that can be used now, and where does the next one come from?
// credential       what is a request authenticated with?
// auth             which headers prove who sends a request?
// sign             what is its signature?
// wire             how does one request become one answer?
// error            what went wrong, and what can be done?
// retry            may we try again, and when?
// runtime/decode   is the answer what the call promises?
// runtime/pages    how is a list read to its end?
//
// Time enters in clock, variables enter in environment, dates are read and written in calendar.
mod auth;
mod cache;
mod calendar;
mod clock;
mod credential;
mod environment;
mod error;
mod execute;
mod provider;
mod region;
mod retry;
mod secret;
mod timestamp;
mod transport;
mod wire;

#[cfg(fuzzing)]
pub mod fuzzing;
pub mod runtime;
pub mod sign;

pub use reqwest;

pub use auth::Auth;
pub use clock::{BoxFuture, Clock, SystemClock};
pub use credential::Credential;
pub use environment::{Environment, ProcessEnvironment};
pub use error::{Error, ErrorKind};
pub use provider::{CredentialProvider, Scope, UserToken};
pub use region::Region;
pub use retry::Retry;
pub use secret::Secret;
pub use timestamp::Timestamp;
pub use transport::{ClientBuilder, http_client_builder};
