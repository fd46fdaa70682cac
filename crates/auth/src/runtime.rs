//! Which names does generated code call? The seam between the generated clients and this crate.
//!
//! Nothing here is meant to be called by hand; it may change together with the generator.

mod call;
mod check;
mod decode;
mod pages;

pub use call::{Call, Operation};
pub use check::{Pattern, check_range, check_text};
pub use decode::{Answer, if_readable, not_empty, null_as_default};
pub use http::Method;
pub use pages::{ItemStream, Page, together};

pub use crate::clock::BoxFuture;
pub use crate::region::Service;
pub use crate::transport::Transport;

use crate::error::Error;
use crate::execute::execute;

impl Transport {
    /// Sends a call and decodes its answer.
    ///
    /// # Errors
    /// When the call fails, or when its answer is not what it promises.
    pub async fn call<T: Answer>(&self, call: Call) -> Result<T, Error> {
        let (answer, attempts) = execute(&self.0, &call).await?;
        decode::decode(&call, &answer).map_err(|error| error.with_operation(call.operation().id, attempts))
    }

    /// Sends a call whose answer has no body.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn call_without_answer(&self, call: Call) -> Result<(), Error> {
        execute(&self.0, &call).await.map(|_| ())
    }
}
