//! Where are calls sent, and by which rules? What a client is made of.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::auth::Auth;
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::region::{Region, Service};
use crate::retry::Retry;

/// Largest answer that is read by default: 8 MiB.
const MAX_ANSWER_BYTES: usize = 8 << 20;
/// How long making a connection may take; shorter than an attempt, because then nothing was sent for certain.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept; shorter than gateways keep theirs, because a create that meets a connection
/// that is just being closed cannot be sent again.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The way to one service: endpoint, credentials, connections and rules. Cheap to clone.
#[derive(Clone)]
pub struct Transport(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: Url,
    pub(crate) auth: Auth,
    pub(crate) retry: Retry,
    pub(crate) max_answer_bytes: usize,
    pub(crate) clock: Arc<dyn Clock>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("endpoint", &self.0.endpoint.as_str()).field("auth", &self.0.auth).finish()
    }
}

/// Settings of a client.
///
/// A region or an endpoint is needed; everything else has a default.
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder<C> {
    service: Service,
    auth: Auth,
    region: Option<Region>,
    endpoint: Option<String>,
    allow_http: bool,
    http: Option<reqwest::Client>,
    no_proxy: bool,
    retry: Retry,
    max_answer_bytes: usize,
    clock: Arc<dyn Clock>,
    client: PhantomData<fn() -> C>,
}

impl<C: From<Transport>> ClientBuilder<C> {
    /// Settings for a client of a service, with the credentials that it uses.
    pub fn new(service: Service, auth: Auth) -> Self {
        Self {
            service,
            auth,
            region: None,
            endpoint: None,
            allow_http: false,
            http: None,
            no_proxy: false,
            retry: Retry::default(),
            max_answer_bytes: MAX_ANSWER_BYTES,
            clock: Arc::new(SystemClock),
            client: PhantomData,
        }
    }

    /// Uses the public endpoint of a region.
    pub fn region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// Uses an explicit endpoint instead of a region's, for example `https://swr-api.cn-north-4.myhuaweicloud.com`.
    /// A path is put before the path of each call. Without a scheme it is https.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Allows an endpoint with `http://` that is not on this machine, where everybody on the way can read the
    /// credentials and the answers.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Uses your own HTTP client, with its proxies, certificates and connections.
    ///
    /// Build it with `redirect(Policy::none())`: a client that follows redirects resends the credentials to whatever
    /// host an answer names. [`http_client_builder`] starts from the settings that are used here otherwise.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Connects directly, whatever proxy the environment names.
    ///
    /// Without this, proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, as reqwest documents
    /// them. An endpoint on this machine is always connected directly.
    pub fn no_proxy(mut self) -> Self {
        self.no_proxy = true;
        self
    }

    /// When calls are sent again, and how long they may take.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Largest answer that is read, in bytes; 8 MiB by default.
    pub fn max_answer_bytes(mut self, limit: usize) -> Self {
        self.max_answer_bytes = limit;
        self
    }

    /// Takes time from elsewhere, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Makes the client. Nothing is sent.
    ///
    /// # Errors
    /// When neither region nor endpoint is set, when the endpoint is no https URL, or when the TLS library cannot be
    /// set up.
    pub fn build(self) -> Result<C, Error> {
        let endpoint = match (&self.endpoint, &self.region) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(region)) => region.endpoint(&self.service)?,
            (None, None) => {
                return Err(Error::configuration(format!(
                    "there is no endpoint for {}: call region() or endpoint() on the builder",
                    self.service.id
                )));
            }
        };
        let endpoint = parse_endpoint(&endpoint, self.allow_http)?;
        let http = match self.http {
            Some(client) => client,
            None => http_client(&endpoint, self.no_proxy)?,
        };
        Ok(C::from(Transport(Arc::new(Inner {
            http,
            endpoint,
            auth: self.auth,
            retry: self.retry,
            max_answer_bytes: self.max_answer_bytes,
            clock: self.clock,
        }))))
    }
}

impl<C> fmt::Debug for ClientBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("service", &self.service.id)
            .field("auth", &self.auth)
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// A [`reqwest::ClientBuilder`] with the settings that our clients use: it follows no redirects, sends no referer,
/// sends nothing twice by itself, gives up connecting after 10 seconds, and keeps unused connections for 30.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn http_client_builder() -> Result<reqwest::ClientBuilder, Error> {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT);
    with_tls(builder)
}

/// An HTTP client for an endpoint; one on this machine is always connected directly.
pub(crate) fn http_client(endpoint: &Url, no_proxy: bool) -> Result<reqwest::Client, Error> {
    let builder = http_client_builder()?;
    let builder = if no_proxy || is_loopback(endpoint) { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| Error::configuration(format!("no HTTP client could be set up: {error}")))
}

/// Sets TLS up without touching what the whole process shares.
#[cfg(feature = "rustls")]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    use rustls::crypto::{CryptoProvider, ring};
    use rustls_platform_verifier::BuilderVerifierExt as _;

    let failed = |error: rustls::Error| Error::configuration(format!("TLS could not be set up: {error}"));
    let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()));
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(failed)?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(builder.tls_backend_preconfigured(config))
}

/// TLS is what reqwest was built with, or there is none.
#[cfg(not(feature = "rustls"))]
#[allow(clippy::unnecessary_wraps, reason = "the twin can fail")]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder)
}

/// Reads an endpoint, and refuses one that would show credentials to others.
pub(crate) fn parse_endpoint(text: &str, allow_http: bool) -> Result<Url, Error> {
    let refuse = |problem: &str| Error::configuration(format!("the endpoint {text:?} {problem}"));
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url =
        Url::parse(&with_scheme).map_err(|error| refuse(&format!("is no URL ({error}); write https://host")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration("the endpoint holds a user name or password; pass credentials with Auth"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("has a query or fragment; write https://host"));
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_http || is_loopback(&url) => {}
        "http" => {
            return Err(refuse(
                "is not https, so everybody on the way could read the credentials; write https://, or call allow_plain_http() if you mean it",
            ));
        }
        _ => return Err(refuse("is neither https nor http; write https://host")),
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether a URL leads to this machine.
fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or_else(|_| host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine_is_an_endpoint() {
        for good in [
            "https://h.example",
            "h.example",
            "h.example:8443/base/",
            "http://127.0.0.1:80",
            "http://[::1]:1",
            "http://localhost:9",
        ] {
            assert!(parse_endpoint(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://h.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://h",
            "https://",
            "",
            "https://h?x=1",
            "https://h#x",
        ] {
            assert!(parse_endpoint(bad, false).is_err(), "{bad}");
        }
        assert!(parse_endpoint("http://h.example", true).is_ok());
    }

    #[test]
    fn credentials_in_an_endpoint_are_refused_and_not_repeated() {
        let error = parse_endpoint("https://user:hunter2@h.example", false).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_builder_without_endpoint_says_so() {
        struct Client;
        impl From<Transport> for Client {
            fn from(_: Transport) -> Self {
                Self
            }
        }
        let service = Service { id: "swr", endpoint: "https://swr-api.{region}.{domain}" };
        let builder = ClientBuilder::<Client>::new(service, Auth::token("t").unwrap());
        let error = builder.build().err().unwrap().to_string();
        assert!(error.contains("region() or endpoint()"), "{error}");
    }
}
