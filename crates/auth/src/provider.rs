//! Where do credentials come from? One file for each source.

pub(crate) mod environment;
mod user_token;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::clock::{BoxFuture, Clock};
use crate::credential::Credential;
use crate::error::Error;

pub use user_token::{Scope, UserToken};

/// A source of credentials that expire or change.
///
/// [`Auth::provider`](crate::Auth::provider) asks it when a credential is needed, never twice at the same time, and
/// keeps what it answers until that is about to expire. So a provider fetches anew each time it is asked, keeps
/// nothing, and does not try again by itself.
///
/// ```
/// use huaweicloud_auth::{Auth, Clock, Credential, CredentialProvider, Error};
///
/// #[derive(Debug)]
/// struct Vault;
///
/// impl CredentialProvider for Vault {
///     fn name(&self) -> &'static str {
///         "vault"
///     }
///
///     async fn provide(&self, clock: &dyn Clock) -> Result<Credential, Error> {
///         let in_an_hour = clock.now() + std::time::Duration::from_secs(3600);
///         Ok(Credential::access_key("AK from the vault", "SK from the vault")?.expiring(in_an_hour))
///     }
/// }
///
/// let auth = Auth::provider(Vault);
/// ```
pub trait CredentialProvider: fmt::Debug + Send + Sync + 'static {
    /// Name of the source, for messages.
    fn name(&self) -> &'static str;

    /// Fetches a credential.
    ///
    /// # Errors
    /// When there is none; the message names the source and says what to do. [`Error::no_credential`] makes one.
    fn provide(&self, clock: &dyn Clock) -> impl Future<Output = Result<Credential, Error>> + Send;
}

/// The form of a provider that can be stored.
pub(crate) trait DynProvider: Send + Sync {
    fn name(&self) -> &'static str;
    fn provide(self: Arc<Self>, clock: &Arc<dyn Clock>) -> BoxFuture<Result<Credential, Error>>;
}

impl<P: CredentialProvider> DynProvider for P {
    fn name(&self) -> &'static str {
        CredentialProvider::name(self)
    }

    fn provide(self: Arc<Self>, clock: &Arc<dyn Clock>) -> BoxFuture<Result<Credential, Error>> {
        let clock = Arc::clone(clock);
        Box::pin(async move { CredentialProvider::provide(&*self, &*clock).await })
    }
}
