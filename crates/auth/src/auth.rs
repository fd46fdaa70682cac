//! How does a request prove who sends it? Credentials and project, shared by all clients.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue, header};
use zeroize::Zeroizing;

use crate::cache::Cache;
use crate::calendar;
use crate::clock::{Clock, SystemClock};
use crate::credential::{Credential, Kind, sensitive};
use crate::environment::{Environment, ProcessEnvironment};
use crate::error::Error;
use crate::provider::{self, CredentialProvider};
use crate::secret::Secret;
use crate::sign::{self, SigningDate, Unsigned};

const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const X_PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");
const X_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");
const X_SDK_DATE: HeaderName = HeaderName::from_static(sign::DATE_HEADER);
const X_SDK_CONTENT_SHA256: HeaderName = HeaderName::from_static(sign::CONTENT_HASH_HEADER);
const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Headers that a proxy may change or remove on the way, so that a signature over them could break.
const CHANGED_ON_THE_WAY: [&str; 19] = [
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "keep-alive",
    "max-forwards",
    "pragma",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// Credentials and the project to work in: set once, shared by all clients, cheap to clone.
///
/// ```
/// use huaweicloud_auth::Auth;
/// let signed = Auth::ak_sk("AKEXAMPLE", "SKEXAMPLE")?.project("project id");
/// let with_token = Auth::token("MIIF...")?.project("project id");
/// assert_eq!(signed.project_id(), Some("project id"));
/// # Ok::<(), huaweicloud_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct Auth {
    source: Source,
    project: Option<Arc<str>>,
    /// Seconds by which the server's clock is ahead of ours, as far as we know; learned from a refused signature.
    clock_skew: Arc<AtomicI64>,
}

/// Where the credential is.
#[derive(Clone)]
enum Source {
    /// It never changes.
    Fixed(Arc<Credential>),
    /// It is fetched and renewed.
    Renewed(Arc<Cache>),
}

/// What a refused signature is looked into with: canonical request and header Authorization. Overwritten when
/// dropped, because a security token is part of the one, and a signature of the other.
pub(crate) struct Evidence(Zeroizing<String>, Zeroizing<String>);

impl Evidence {
    pub(crate) fn canonical_request(&self) -> &str {
        &self.0
    }

    /// The signature alone, in hexadecimal digits.
    pub(crate) fn signature(&self) -> &str {
        self.1.rsplit('=').next().unwrap_or_default()
    }
}

impl Auth {
    /// Signs each request with an access key (AK) and its secret key (SK).
    ///
    /// # Errors
    /// When a key is empty or holds something that cannot be sent, such as the end of a line.
    pub fn ak_sk(access_key: impl Into<String>, secret_key: impl Into<Secret>) -> Result<Self, Error> {
        Credential::access_key(access_key, secret_key).map(Self::new)
    }

    /// Sends a user token in the header `X-Auth-Token`.
    ///
    /// # Errors
    /// When the token is empty or holds something that cannot be sent, such as the end of a line.
    pub fn token(token: impl Into<Secret>) -> Result<Self, Error> {
        Credential::token(token).map(Self::new)
    }

    /// Reads `HUAWEICLOUD_SDK_AK` and `HUAWEICLOUD_SDK_SK`, or `CLOUD_SDK_AK` and `CLOUD_SDK_SK`; with
    /// `HUAWEICLOUD_SDK_SECURITY_TOKEN` for temporary keys and `HUAWEICLOUD_SDK_PROJECT_ID` for the project.
    ///
    /// # Errors
    /// When no pair is set, or only half of one; the message says what was looked for.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_environment(&ProcessEnvironment)
    }

    /// The same as [`Auth::from_env`], with variables from elsewhere.
    ///
    /// # Errors
    /// As [`Auth::from_env`].
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Error> {
        provider::environment::read(environment).map(Self::new)
    }

    /// Authenticates with a credential that is already there.
    #[must_use]
    pub fn new(credential: Credential) -> Self {
        Self::from_source(Source::Fixed(Arc::new(credential)))
    }

    /// Authenticates with credentials that a provider fetches, and renews them before they expire. All clones share
    /// them. Nothing is fetched before the first call.
    #[must_use]
    pub fn provider(provider: impl CredentialProvider) -> Self {
        Self::from_source(Source::Renewed(Arc::new(Cache::new(Arc::new(provider)))))
    }

    fn from_source(source: Source) -> Self {
        Self { source, project: None, clock_skew: Arc::default() }
    }

    /// Adds the security token that belongs to a temporary access key; it is sent and signed.
    ///
    /// # Errors
    /// When the token is empty or cannot be sent, or when the credential is a user token or comes from a provider.
    pub fn security_token(mut self, token: impl Into<Secret>) -> Result<Self, Error> {
        let Source::Fixed(credential) = &self.source else {
            return Err(Error::configuration("a provider fetches security tokens itself; none can be added to it"));
        };
        self.source = Source::Fixed(Arc::new(Credential::clone(credential).with_security_token(token)?));
        Ok(self)
    }

    /// Sets the project that calls work in where they name no other.
    #[must_use]
    pub fn project(mut self, project_id: impl AsRef<str>) -> Self {
        self.project = Some(Arc::from(project_id.as_ref()));
        self
    }

    /// The project that was set.
    #[must_use]
    pub fn project_id(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Authenticates a request of your own: adds the headers that prove who sends it, and brings its query into
    /// canonical form. On an error the request is unchanged.
    ///
    /// This is the way to call an API that has no client here, and to build a middleware. Authenticate each attempt
    /// anew, because a signature carries its time.
    ///
    /// ```
    /// # async fn example(auth: huaweicloud_auth::Auth) -> Result<(), Box<dyn std::error::Error>> {
    /// use huaweicloud_auth::reqwest::{Client, Method, Request};
    /// let url = "https://swr-api.cn-north-4.myhuaweicloud.com/v2/manage/namespaces".parse()?;
    /// let mut request = Request::new(Method::GET, url);
    /// auth.authorize(&mut request).await?;
    /// let answer = Client::new().execute(request).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When no credential can be fetched, the body is a stream, which cannot be signed, or the URL has no host.
    pub async fn authorize(&self, request: &mut reqwest::Request) -> Result<(), Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let credential = self.credential(&clock).await?;
        self.authorize_at(request, &credential, clock.now()).map(|_| ())
    }

    /// Authenticates a request at a time of this machine's clock; returns the signature, where there is one.
    pub(crate) fn authorize_at(
        &self,
        request: &mut reqwest::Request,
        credential: &Credential,
        now: SystemTime,
    ) -> Result<Option<Evidence>, Error> {
        let mut added = Vec::with_capacity(6);
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            added.push((header::CONTENT_TYPE, APPLICATION_JSON));
        }
        if let Some(project) = self.project_id().or(credential.project_id())
            && !request.headers().contains_key(X_PROJECT_ID)
        {
            added.push((X_PROJECT_ID, header_value("project id", project)?));
        }
        match credential.kind() {
            Kind::Token(token) => {
                added.push((X_AUTH_TOKEN, sensitive("user token", token.expose())?));
                commit(request, added, None);
                Ok(None)
            }
            Kind::AccessKey { key, security_token } => {
                if let Some(token) = security_token {
                    added.push((X_SECURITY_TOKEN, sensitive("security token", token.expose())?));
                }
                let date = SigningDate::new(self.corrected(now));
                added.push((X_SDK_DATE, header_value("date", date.as_str())?));
                let query = canonical_query(request.url());
                let signed = signature(request, &mut added, query.as_deref(), key, &date)?;
                added.push((header::AUTHORIZATION, sensitive("signature", &signed.authorization)?));
                commit(request, added, query.as_deref());
                Ok(Some(Evidence(Zeroizing::new(signed.canonical_request), Zeroizing::new(signed.authorization))))
            }
        }
    }

    /// Learns the server's clock from its answer. Says whether that changes the time of the next signature enough to
    /// be worth another attempt.
    pub(crate) fn learn_server_time(&self, server: SystemTime, now: SystemTime) -> bool {
        /// A correction below this cannot be what a server refuses: it allows 15 minutes.
        const WORTH_IT: u64 = 60;
        let skew = calendar::unix_seconds(server).saturating_sub(calendar::unix_seconds(now));
        let before = self.clock_skew.swap(skew, Ordering::Relaxed);
        skew.abs_diff(before) >= WORTH_IT
    }

    /// The server's time, as far as we know, when this machine's clock shows `now`.
    fn corrected(&self, now: SystemTime) -> SystemTime {
        let skew = self.clock_skew.load(Ordering::Relaxed);
        let distance = Duration::from_secs(skew.unsigned_abs());
        let corrected = if skew < 0 { now.checked_sub(distance) } else { now.checked_add(distance) };
        corrected.unwrap_or(now)
    }

    /// A credential that can be used now.
    pub(crate) async fn credential(&self, clock: &Arc<dyn Clock>) -> Result<Arc<Credential>, Error> {
        match &self.source {
            Source::Fixed(credential) => Ok(Arc::clone(credential)),
            Source::Renewed(cache) => cache.credential(clock).await,
        }
    }

    /// Forgets a credential that a server refused. Says whether there may be another one.
    pub(crate) fn invalidate(&self, credential: &Credential) -> bool {
        match &self.source {
            Source::Fixed(_) => false,
            Source::Renewed(cache) => {
                cache.invalidate(credential);
                true
            }
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Auth");
        match &self.source {
            Source::Fixed(credential) => debug.field("credential", credential),
            Source::Renewed(cache) => debug.field("credential", cache),
        };
        debug.field("project", &self.project).finish()
    }
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| Error::configuration(format!("the {name} cannot be part of a header")))
}

/// The query of a URL in canonical form; nothing when the URL has none.
fn canonical_query(url: &reqwest::Url) -> Option<String> {
    url.query().map(|_| sign::canonical_query(url.query_pairs()))
}

/// Signs what is sent: the request's own headers, those that authentication adds, and the host.
fn signature(
    request: &reqwest::Request,
    added: &mut Vec<(HeaderName, HeaderValue)>,
    query: Option<&str>,
    key: &sign::SigningKey,
    date: &SigningDate,
) -> Result<sign::Signed, Error> {
    let body = match request.body().map(|body| body.as_bytes()) {
        None => &[],
        Some(Some(bytes)) => bytes,
        Some(None) => return Err(Error::argument("body", "a stream cannot be signed; give the whole body")),
    };
    let content_type = request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    if !sign::is_payload_signed(content_type.unwrap_or_default()) {
        added.push((X_SDK_CONTENT_SHA256, HeaderValue::from_static(sign::UNSIGNED_PAYLOAD)));
    }
    let host = host(request.url())?;
    let own = request.headers().iter().filter(|(name, _)| {
        sign::is_signable(name.as_str())
            && !CHANGED_ON_THE_WAY.contains(&name.as_str())
            && *name != header::HOST
            && !name.as_str().starts_with("x-forwarded-")
            && !added.iter().any(|(new, _)| new == *name)
            // Intermediaries may join the values of a repeated header, each in its own way.
            && request.headers().get_all(*name).iter().nth(1).is_none()
    });
    let new = added.iter().map(|(name, value)| (name, value));
    let mut headers: Vec<(&str, &[u8])> =
        own.chain(new).map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    headers.push((header::HOST.as_str(), host.as_bytes()));
    headers.sort_unstable();
    let unsigned = Unsigned {
        method: request.method().as_str(),
        path: request.url().path(),
        query: query.unwrap_or_default(),
        headers: &headers,
        body,
    };
    Ok(sign::sign(&unsigned, key, date))
}

/// The host as it is sent: with the port, unless it is the scheme's default.
fn host(url: &reqwest::Url) -> Result<String, Error> {
    let host = url.host_str().ok_or_else(|| Error::argument("url", "it has no host"))?;
    Ok(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Changes the request, once nothing can fail any more.
fn commit(request: &mut reqwest::Request, added: Vec<(HeaderName, HeaderValue)>, query: Option<&str>) {
    if let Some(query) = query {
        request.url_mut().set_query(Some(query));
    }
    for (name, value) in added {
        request.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, url: &str) -> reqwest::Request {
        reqwest::Request::new(method.parse().unwrap(), url.parse().unwrap())
    }

    fn authorize(auth: &Auth, request: &mut reqwest::Request) -> Result<Option<Evidence>, Error> {
        let Source::Fixed(credential) = &auth.source else { panic!("no fixed credential") };
        auth.authorize_at(request, credential, SystemTime::UNIX_EPOCH)
    }

    fn signed_headers(request: &reqwest::Request) -> String {
        let authorization = request.headers()["authorization"].to_str().unwrap().to_owned();
        let (_, after) = authorization.split_once("SignedHeaders=").unwrap();
        after.split(',').next().unwrap().to_owned()
    }

    #[test]
    fn headers_that_proxies_change_are_not_signed() {
        let mut request = request("GET", "https://h.example/p");
        for name in ["user-agent", "accept", "x-forwarded-for", "via", "x_under"] {
            request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static("v"));
        }
        request.headers_mut().insert("enterprise-project-id", HeaderValue::from_static("e"));
        let auth = Auth::ak_sk("AK", "SK").unwrap().project("p");
        authorize(&auth, &mut request).unwrap();
        assert_eq!(signed_headers(&request), "content-type;enterprise-project-id;host;x-project-id;x-sdk-date");
    }

    #[test]
    fn the_signed_query_is_the_one_that_is_sent() {
        let mut request = request("GET", "https://h.example/p?b=x+y&a=%7e&a=1");
        authorize(&Auth::ak_sk("AK", "SK").unwrap(), &mut request).unwrap();
        assert_eq!(request.url().query(), Some("a=1&a=~&b=x%20y"));
    }

    #[test]
    fn a_security_token_is_sent_and_signed_and_secrets_are_marked() {
        let mut request = request("POST", "https://h.example:8443/p");
        let auth = Auth::ak_sk("AK", "SK").unwrap().security_token("STS").unwrap();
        let evidence = authorize(&auth, &mut request).unwrap().unwrap();
        let canonical = evidence.canonical_request();
        assert_eq!(signed_headers(&request), "content-type;host;x-sdk-date;x-security-token");
        assert!(canonical.contains("\nhost:h.example:8443\n"), "{canonical}");
        assert!(request.headers()["x-security-token"].is_sensitive());
        assert!(request.headers()["authorization"].is_sensitive());
    }

    #[test]
    fn a_token_is_sent_without_a_signature() {
        let mut request = request("GET", "https://h.example/p");
        authorize(&Auth::token("TOKEN").unwrap(), &mut request).unwrap();
        assert_eq!(request.headers()["x-auth-token"], "TOKEN");
        assert!(request.headers()["x-auth-token"].is_sensitive());
        assert!(!request.headers().contains_key("authorization"));
    }

    #[test]
    fn a_request_that_cannot_be_signed_is_unchanged() {
        let mut request = request("POST", "data:text/plain,x?b=1&a=2");
        let before = format!("{request:?}");
        assert!(authorize(&Auth::ak_sk("AK", "SK").unwrap(), &mut request).is_err());
        assert_eq!(format!("{request:?}"), before);
    }

    #[test]
    fn a_body_that_is_no_json_is_sent_as_unsigned() {
        let mut request = request("POST", "https://h.example/p");
        request.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
        *request.body_mut() = Some("abc".into());
        let auth = Auth::ak_sk("AK", "SK").unwrap();
        let evidence = authorize(&auth, &mut request).unwrap().unwrap();
        let canonical = evidence.canonical_request();
        assert_eq!(request.headers()["x-sdk-content-sha256"], "UNSIGNED-PAYLOAD");
        assert!(canonical.ends_with("\nUNSIGNED-PAYLOAD"), "{canonical}");
    }

    #[test]
    fn the_servers_clock_is_learned_in_both_directions() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for server in [now + Duration::from_secs(7200), now - Duration::from_secs(7200)] {
            let auth = Auth::ak_sk("AK", "SK").unwrap();
            assert!(auth.learn_server_time(server, now));
            assert_eq!(auth.corrected(now), server);
            // The same time once more is no news.
            assert!(!auth.learn_server_time(server, now));
        }
    }
}
