//! A user token of IAM, obtained with a password and renewed before its 24 hours end.
//!
//! Source: IAM API reference, `POST /v3/auth/tokens`.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::CredentialProvider;
use crate::clock::{Clock, within};
use crate::credential::Credential;
use crate::error::Error;
use crate::region::{Region, Service};
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::transport::{http_client, parse_endpoint};
use crate::wire;

const IAM: Service = Service { id: "iam", endpoint: "https://iam.{region}.{domain}" };
/// How long IAM may take for a token.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// A token with a catalogue can be large; this one is asked for without.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Obtains user tokens with the name and password of an IAM user.
///
/// ```
/// use huaweicloud_auth::{Auth, Region, Scope, UserToken};
/// let source = UserToken::new("account name", "user name", "password", Scope::project_name("cn-north-4"))
///     .region(&Region::new("cn-north-4"))?;
/// let auth = Auth::provider(source);
/// # Ok::<(), huaweicloud_auth::Error>(())
/// ```
///
/// The token's project is the one that calls work in, unless another is set. Nothing is sent before the first call.
/// IAM locks an account after repeated wrong passwords, so each call sends a refused password once and no more.
pub struct UserToken {
    endpoint: String,
    domain: String,
    user: String,
    password: Secret,
    passcode: Option<Secret>,
    scope: Scope,
    http: OnceLock<reqwest::Client>,
}

/// What a token is valid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scope {
    project: ScopedProject,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum ScopedProject {
    Id(String),
    Name(String),
}

impl Scope {
    /// The project with this ID.
    pub fn project_id(id: impl Into<String>) -> Self {
        // An enum with one value is an object with one key, as IAM wants it.
        Self { project: ScopedProject::Id(id.into()) }
    }

    /// The project with this name; the project of a region has the region's name.
    pub fn project_name(name: impl Into<String>) -> Self {
        Self { project: ScopedProject::Name(name.into()) }
    }
}

impl UserToken {
    /// A source for the user `user` of the account `domain`, at the global endpoint of IAM.
    pub fn new(domain: impl Into<String>, user: impl Into<String>, password: impl Into<Secret>, scope: Scope) -> Self {
        Self {
            endpoint: "https://iam.myhuaweicloud.com".to_owned(),
            domain: domain.into(),
            user: user.into(),
            password: password.into(),
            passcode: None,
            scope,
            http: OnceLock::new(),
        }
    }

    /// Uses the endpoint of a region; the token is valid in that region only.
    ///
    /// # Errors
    /// When the region's name cannot be part of a host name.
    pub fn region(mut self, region: &Region) -> Result<Self, Error> {
        self.endpoint = region.endpoint(&IAM)?;
        Ok(self)
    }

    /// Uses an explicit endpoint, for example `https://iam.myhuaweicloud.eu`.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// Adds the code of a virtual MFA device. IAM accepts a code for a short time only, so such a token lives once: when
    /// it is to be renewed, IAM refuses the old code.
    #[must_use]
    pub fn mfa_passcode(mut self, passcode: impl Into<Secret>) -> Self {
        self.passcode = Some(passcode.into());
        self
    }

    /// What asks for a token.
    fn request(&self) -> Result<reqwest::Request, Error> {
        let mut url = parse_endpoint(&self.endpoint, false)?;
        url.set_path(&format!("{}/v3/auth/tokens", url.path().trim_end_matches('/')));
        url.set_query(Some("nocatalog=true"));
        let user =
            |password, passcode| User { name: &self.user, domain: Named { name: &self.domain }, password, passcode };
        let identity = Identity {
            methods: if self.passcode.is_some() { &["password", "totp"] } else { &["password"] },
            password: Of { user: user(Some(self.password.expose()), None) },
            totp: self.passcode.as_ref().map(|passcode| Of { user: user(None, Some(passcode.expose())) }),
        };
        let body = Body { auth: Authentication { identity, scope: &self.scope } };
        // Large enough never to grow, which would leave bytes of the password behind.
        let mut json = Zeroizing::new(Vec::with_capacity(4096));
        serde_json::to_writer(&mut *json, &body)
            .map_err(|_| Error::no_credential("the request for a user token has no form in JSON"))?;
        let mut request = reqwest::Request::new(Method::POST, url);
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf8"));
        // The bytes hold the password, and are overwritten when they have been sent.
        *request.body_mut() = Some(Bytes::from_owner(json).into());
        Ok(request)
    }

    /// What must not be seen in what IAM repeats.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.password).chain(&self.passcode).map(Secret::expose)
    }

    fn http(&self) -> Result<&reqwest::Client, Error> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = http_client(&parse_endpoint(&self.endpoint, false)?, false)?;
        Ok(self.http.get_or_init(|| client))
    }
}

/// The body that asks for a token. It borrows the secrets, so that no copy of them is made on the way.
#[derive(Serialize)]
struct Body<'a> {
    auth: Authentication<'a>,
}

#[derive(Serialize)]
struct Authentication<'a> {
    identity: Identity<'a>,
    scope: &'a Scope,
}

#[derive(Serialize)]
struct Identity<'a> {
    methods: &'a [&'a str],
    password: Of<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totp: Option<Of<'a>>,
}

#[derive(Serialize)]
struct Of<'a> {
    user: User<'a>,
}

#[derive(Serialize)]
struct User<'a> {
    name: &'a str,
    domain: Named<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passcode: Option<&'a str>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

/// The part of IAM's answer that matters here.
#[derive(Deserialize)]
struct Answer {
    token: Token,
}

#[derive(Deserialize)]
struct Token {
    expires_at: Timestamp,
    project: Option<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

impl CredentialProvider for UserToken {
    fn name(&self) -> &'static str {
        "user token"
    }

    async fn provide(&self, clock: &dyn Clock) -> Result<Credential, Error> {
        let failed = |error: &dyn fmt::Display| Error::no_credential(format!("no user token from IAM: {error}"));
        let send = wire::send(self.http()?, self.request()?, MAX_ANSWER_BYTES, clock);
        let answer = within(clock, TIME_LIMIT, send)
            .await
            .ok_or_else(|| failed(&format_args!("no complete answer within {TIME_LIMIT:?}")))?
            .map_err(|error| failed(&error.without_secrets(self.secrets())))?;
        let token = answer.headers.get("x-subject-token").and_then(|value| value.to_str().ok());
        let token = token.ok_or_else(|| failed(&"the answer has no header X-Subject-Token"))?;
        // The error of the decoder could repeat values.
        let told: Answer =
            serde_json::from_slice(&answer.body).map_err(|_| failed(&"the answer's body is not the documented one"))?;
        let expires = told.token.expires_at.time();
        let expires = expires.ok_or_else(|| failed(&"the answer's expires_at is no time"))?;
        let credential = Credential::token(token)?.expiring(expires);
        Ok(match told.token.project {
            Some(project) => credential.in_project(project.id),
            None => credential,
        })
    }
}

impl fmt::Debug for UserToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserToken")
            .field("endpoint", &self.endpoint)
            .field("domain", &self.domain)
            .field("user", &self.user)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
