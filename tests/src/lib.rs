//! What the integration tests share: a cloud with its clients, a clock that the test sets, a proxy that breaks
//! connections, and the soak.

pub mod faults;
pub mod soak;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime};

use huaweicloud_auth::{Auth, BoxFuture, Clock, Error, Retry};
use mock_cloud::MockCloud;

/// The README's code is compiled with the tests.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;

/// A cloud and clients that it accepts.
pub struct World {
    /// The cloud.
    pub cloud: MockCloud,
    /// Client for SWR.
    pub swr: swr_client::Client,
    /// Client for AOM.
    pub aom: aom_client::Client,
}

impl World {
    /// A cloud that accepts everything, and clients that send each call once.
    ///
    /// # Errors
    /// When no port can be opened or a client cannot be built.
    pub async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let cloud = MockCloud::start().await?;
        let auth = auth(&cloud)?;
        let (swr, aom) = clients(&cloud.url(), &auth, &Retry::off())?;
        Ok(Self { cloud, swr, aom })
    }
}

/// Credentials that a cloud accepts, with a project.
///
/// # Errors
/// When the cloud's keys cannot be sent.
pub fn auth(cloud: &MockCloud) -> Result<Auth, Error> {
    Ok(Auth::ak_sk(cloud.access_key(), cloud.secret_key())?.project(mock_cloud::PROJECT_ID))
}

/// Clients for an endpoint.
///
/// # Errors
/// When they cannot be built.
pub fn clients(url: &str, auth: &Auth, retry: &Retry) -> Result<(swr_client::Client, aom_client::Client), Error> {
    let swr = swr_client::Client::builder(auth.clone()).endpoint(url).retry(retry.clone()).build()?;
    let aom = aom_client::Client::builder(auth.clone()).endpoint(url).retry(retry.clone()).build()?;
    Ok((swr, aom))
}

/// Lets everything happen that is already under way: other tasks, and connections of this machine.
pub async fn settle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

/// What was logged, to be read after a test. Clones write to the same place.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A clock that stands still until the test moves it. Short sleeps end at once and move it by their length, so that
/// back-offs take no time; long ones, which are time limits, end when the test moves the clock past them.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<Hands>>);

struct Hands {
    start: SystemTime,
    elapsed: Duration,
    short: Duration,
    slept: Vec<Duration>,
    sleepers: Vec<Waker>,
}

impl TestClock {
    /// A clock that shows `start`, for which sleeps of up to `short` are short.
    #[must_use]
    pub fn new(start: SystemTime, short: Duration) -> Self {
        let hands = Hands { start, elapsed: Duration::ZERO, short, slept: Vec::new(), sleepers: Vec::new() };
        Self(Arc::new(Mutex::new(hands)))
    }

    /// Moves the clock on, and wakes who slept that long.
    pub fn advance(&self, duration: Duration) {
        let mut hands = self.hands();
        hands.elapsed += duration;
        hands.sleepers.drain(..).for_each(Waker::wake);
    }

    /// The short sleeps so far.
    #[must_use]
    pub fn slept(&self) -> Vec<Duration> {
        self.hands().slept.clone()
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestClock")
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        let hands = self.hands();
        hands.start + hands.elapsed
    }

    fn elapsed(&self) -> Duration {
        self.hands().elapsed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        let clock = self.clone();
        let end = {
            let mut hands = clock.hands();
            let end = hands.elapsed.saturating_add(duration);
            if duration <= hands.short {
                hands.slept.push(duration);
                hands.elapsed = end;
            }
            end
        };
        Box::pin(std::future::poll_fn(move |context| {
            let mut hands = clock.hands();
            if hands.elapsed >= end {
                return Poll::Ready(());
            }
            hands.sleepers.push(context.waker().clone());
            Poll::Pending
        }))
    }

    /// The middle, so that a back-off is half of its bound.
    fn jitter(&self) -> f64 {
        0.5
    }
}
