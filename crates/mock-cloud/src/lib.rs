//! A local stand-in for the credential APIs of Huawei Cloud SWR and AOM, for tests and for development without an
//! account.
//!
//! It is a real HTTP server on 127.0.0.1: it verifies each signature or token as the API gateway does, checks paths,
//! queries and bodies against the spec, keeps what was created, and answers the documented errors.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let cloud = mock_cloud::MockCloud::start().await?;
//! println!("point your client at {} with the key {}", cloud.url(), cloud.access_key());
//! assert!(cloud.received().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! The program of the same name does the same for clients in other languages.
//!
//! # What it does not do
//! It knows the operations of the spec and no others, it forgets everything when it stops, and its secrets are
//! random but not fit to protect anything.

mod answer;
mod contract;
mod gateway;
mod identity;
mod operations;
mod server;
mod state;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use server::{Cloud, Shared};

pub use server::Received;
pub use state::Created;

/// Access key that is accepted where none is named.
pub const ACCESS_KEY: &str = "AKEXAMPLEMOCKCLOUD01";
/// Secret key of [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "SkExampleMockCloud+/0123456789abcdefghij";
/// A project, for those who need one.
pub const PROJECT_ID: &str = "0123456789abcdef0123456789abcdef";
/// An instance, for those who need one.
pub const INSTANCE_ID: &str = "0241f1da-7cbb-11eb-8050-fa163ed64718";

/// A running stand-in. It stops when it is dropped.
pub struct MockCloud {
    address: SocketAddr,
    access_key: String,
    secret_key: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// Settings of a stand-in.
#[must_use = "a builder does nothing until `start` is called"]
pub struct Builder {
    listen: SocketAddr,
    key: Option<(String, String)>,
    cloud: Cloud,
    clock: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

impl MockCloud {
    /// Starts on a free port of 127.0.0.1 with the key [`ACCESS_KEY`]; any project and instance exist.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Settings to start with.
    pub fn builder() -> Builder {
        Builder {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            key: None,
            cloud: Cloud::default(),
            clock: Box::new(machine_time),
        }
    }

    /// Where it listens, for example `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The access key that it accepts.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The secret key of the access key.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// The requests that arrived, oldest first; the last 100,000 are remembered.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.cloud().received.iter().cloned().collect()
    }

    /// All registry credentials that were created, oldest first, with their passwords.
    #[must_use]
    pub fn created(&self) -> Vec<Created> {
        self.shared.cloud().state.created().to_vec()
    }

    /// Accepts another access key; a temporary one with its security token.
    pub fn add_key(&self, access_key: &str, secret_key: &str, security_token: Option<&str>) {
        self.shared.cloud().gateway.add_key(access_key, secret_key, security_token);
    }

    /// Accepts a user token, until it expires.
    pub fn add_token(&self, token: &str, expires: Option<SystemTime>) {
        self.shared.cloud().gateway.add_token(token, expires);
    }

    /// Takes all tokens back that it handed out, as IAM does when a password is changed.
    pub fn revoke_tokens(&self) {
        self.shared.cloud().gateway.revoke_tokens();
    }

    /// Answers the next authenticated request with an error instead of carrying it out. Calls add up.
    pub fn fail_next(&self, status: StatusCode) {
        self.shared.cloud().failures.push_back(status);
    }

    /// Runs until the server ends by itself, which it does not.
    pub async fn wait(mut self) {
        // It ends with an error only when it was aborted or panicked; there is nothing left to do then.
        let _ = (&mut self.task).await;
    }
}

impl Drop for MockCloud {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Builder {
    /// Listens on this address; port 0 takes a free one.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Accepts this key pair instead of [`ACCESS_KEY`].
    pub fn key(mut self, access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.key = Some((access_key.into(), secret_key.into()));
        self
    }

    /// Accepts a user token as well.
    pub fn token(mut self, token: impl AsRef<str>) -> Self {
        self.cloud.gateway.add_token(token.as_ref(), None);
        self
    }

    /// Lets an IAM user of an account obtain tokens with a password, at `POST /v3/auth/tokens`.
    pub fn user(mut self, domain: &str, name: &str, password: &str) -> Self {
        self.cloud.identity.add_user(domain, name, password);
        self
    }

    /// How long the tokens live that it hands out; 24 hours by default.
    pub fn token_life(mut self, life: Duration) -> Self {
        self.cloud.identity.token_life = life;
        self
    }

    /// Makes this and other named projects the only ones: all others are answered with 403.
    pub fn project(mut self, project_id: impl Into<String>) -> Self {
        self.cloud.state.projects.insert(project_id.into());
        self
    }

    /// Makes this and other named instances the only ones: all others are answered with 404.
    pub fn instance(mut self, instance_id: impl Into<String>) -> Self {
        self.cloud.state.instances.insert(instance_id.into());
        self
    }

    /// Takes the time from elsewhere, so that a test can set the server's clock.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Starts.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(mut self) -> io::Result<MockCloud> {
        let (access_key, secret_key) = self.key.unwrap_or_else(|| (ACCESS_KEY.to_owned(), SECRET_KEY.to_owned()));
        self.cloud.gateway.add_key(&access_key, &secret_key, None);
        let listener = TcpListener::bind(self.listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { cloud: Mutex::new(self.cloud), clock: self.clock });
        let task = tokio::spawn(server::serve(listener, Arc::clone(&shared)));
        Ok(MockCloud { address, access_key, secret_key, shared, task })
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
fn machine_time() -> SystemTime {
    SystemTime::now()
}
