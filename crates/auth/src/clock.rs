//! What time is it, and how does a call wait? The one place where time enters.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

/// A future that can be sent to another thread; what `dyn` traits return.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Time and chance, as a call sees them. Tests pass their own, so that none of them waits.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day, for the date of a signature.
    fn now(&self) -> SystemTime;

    /// Time since some fixed moment; it never goes back, whatever happens to the time of day.
    fn elapsed(&self) -> Duration;

    /// A future that is ready once the duration has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<()>;

    /// A random number from 0 to 1, for the jitter of a back-off.
    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}

/// The machine's clock, and the timer of [tokio].
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        static START: std::sync::OnceLock<tokio::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(tokio::time::Instant::now).elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A duration as a number that an atomic can hold.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Waits for `work`, but no longer than `limit`; nothing when time ran out first.
pub(crate) async fn within<T>(clock: &dyn Clock, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    let mut alarm = clock.sleep(limit);
    std::future::poll_fn(|context| {
        if let std::task::Poll::Ready(value) = work.as_mut().poll(context) {
            return std::task::Poll::Ready(Some(value));
        }
        alarm.as_mut().poll(context).map(|()| None)
    })
    .await
}
