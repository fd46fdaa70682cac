//! Passwords for the container registries of Huawei Cloud SWR, Enterprise Edition.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), swr_client::Error> {
//! use swr_client::{Auth, Client, Region};
//!
//! let auth = Auth::ak_sk("AKEXAMPLE", "SKEXAMPLE")?.project("0123456789abcdef0123456789abcdef");
//! let swr = Client::new(Region::new("cn-north-4"), auth)?;
//! let credential = swr.create_instance_temp_credential("0241f1da-7cbb-11eb-8050-fa163ed64718").await?;
//! println!("user {}, until {:?}", credential.user_id, credential.expire_date);
//! let password = credential.auth_token.expose();
//! # Ok(())
//! # }
//! ```
//!
//! # The rooms
//! - [`Client`]: how a client is made, and one method per operation.
//! - [`requests`]: what can be set on a request before it is awaited.
//! - [`types`]: what is sent and answered.
//! - [`Error`]: what can go wrong. [`Retry`]: when a call is sent again.
//!
//! A create answers the only copy of its password. It is never sent twice where that could create two credentials,
//! and an answer without a password is an error.
//!
//! # Features
//! `rustls` (default) or `native-tls`; see `huaweicloud_auth`.

#[rustfmt::skip]
mod generated;

pub use generated::{Client, SERVICE, requests, types};
pub use huaweicloud_auth::{Auth, ClientBuilder, Error, ErrorKind, Region, Retry, Secret, Timestamp};
