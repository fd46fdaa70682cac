//! Access codes for the Prometheus instances of Huawei Cloud AOM.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), aom_client::Error> {
//! use aom_client::{Auth, Client, Region};
//!
//! let auth = Auth::ak_sk("AKEXAMPLE", "SKEXAMPLE")?.project("0123456789abcdef0123456789abcdef");
//! let aom = Client::new(Region::new("cn-north-4"), auth)?;
//! for code in aom.list_access_code().await?.access_codes {
//!     println!("{:?} since {:?}", code.status, code.created());
//!     let bearer = code.access_code.expose();
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The rooms
//! - [`Client`]: how a client is made, and one method per operation.
//! - [`requests`]: what can be set on a request before it is awaited.
//! - [`types`]: what is answered.
//! - [`Error`]: what can go wrong. [`Retry`]: when a call is sent again.
//!
//! # Features
//! `rustls` (default) or `native-tls`; see `huaweicloud_auth`.

mod access_code;

#[rustfmt::skip]
mod generated;

pub use generated::{Client, SERVICE, requests, types};
pub use huaweicloud_auth::{Auth, ClientBuilder, Error, ErrorKind, Region, Retry, Secret, Timestamp};
