//! Is there a credential that can be used now, and who fetches the next one?

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::clock::{Clock, milliseconds};
use crate::credential::Credential;
use crate::error::Error;
use crate::provider::DynProvider;

/// Fetches credentials from a provider and shares them.
///
/// A credential passes through three times, each a part of its life:
///
/// | time | what a call does |
/// |---|---|
/// | fresh | uses it, without a lock |
/// | early: two fifths of its life are left, at most an hour | uses it; one of the callers starts to fetch the next |
/// | late: a twentieth is left, at most two minutes | waits for the next; while fetching fails, uses this one |
/// | expired | waits for the next; an error is the call's |
///
/// Fetches never run at the same time, and after one failed, a credential that has not expired is used for a while
/// before the next one is tried. Errors are not kept: whoever waited for a failed fetch gets its error, and the next
/// call tries again.
pub(crate) struct Cache {
    provider: Arc<dyn DynProvider>,
    current: ArcSwapOption<Entry>,
    fetching: Arc<Mutex<Failures>>,
    /// When another fetch is worth a try after one failed, in milliseconds of the clock's elapsed time.
    try_again: AtomicU64,
    failures: AtomicU64,
}

/// A credential with the times of its life.
struct Entry {
    credential: Arc<Credential>,
    early: Option<SystemTime>,
    late: Option<SystemTime>,
    expires: Option<SystemTime>,
}

/// What the last fetches came to.
#[derive(Default)]
struct Failures {
    last: Option<String>,
}

/// How long a fetch is not tried again after it failed, while there is a credential that has not expired.
const PAUSE: Duration = Duration::from_secs(10);
const EARLY_AT_MOST: Duration = Duration::from_secs(60 * 60);
const LATE_AT_MOST: Duration = Duration::from_secs(2 * 60);

impl Entry {
    fn new(credential: Credential, now: SystemTime) -> Self {
        let expires = credential.expires();
        let life = expires.map(|expires| expires.duration_since(now).unwrap_or_default());
        let before = |margin: Duration, at_most: Duration| expires?.checked_sub(margin.min(at_most));
        let early = before(life.unwrap_or_default() * 2 / 5, EARLY_AT_MOST);
        let late = before(life.unwrap_or_default() / 20, LATE_AT_MOST);
        Self { credential: Arc::new(credential), early, late, expires }
    }
}

/// Whether a time has come; one that is not set never comes.
fn reached(time: Option<SystemTime>, now: SystemTime) -> bool {
    time.is_some_and(|time| time <= now)
}

impl Cache {
    pub(crate) fn new(provider: Arc<dyn DynProvider>) -> Self {
        Self {
            provider,
            current: ArcSwapOption::empty(),
            fetching: Arc::default(),
            try_again: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// A credential that can be used now.
    pub(crate) async fn credential(self: &Arc<Self>, clock: &Arc<dyn Clock>) -> Result<Arc<Credential>, Error> {
        let now = clock.now();
        if let Some(entry) = &*self.current.load() {
            let pausing = milliseconds(clock.elapsed()) < self.try_again.load(Ordering::Relaxed);
            if !reached(entry.late, now) || (pausing && !reached(entry.expires, now)) {
                if reached(entry.early, now) && !pausing {
                    self.start_early(clock);
                }
                return Ok(Arc::clone(&entry.credential));
            }
        }
        let failures = self.failures.load(Ordering::Acquire);
        let guard = Arc::clone(&self.fetching).lock_owned().await;
        // Another caller may have fetched, or failed to, while this one waited.
        let waited = self.failures.load(Ordering::Acquire) != failures;
        let now = clock.now();
        let entry = self.current.load_full();
        if let Some(entry) = entry.filter(|entry| !reached(entry.late, now) || (waited && !reached(entry.expires, now)))
        {
            return Ok(Arc::clone(&entry.credential));
        }
        if let Some(error) = guard.last.clone().filter(|_| waited) {
            return Err(Error::no_credential(error));
        }
        self.fetch(clock, guard).await
    }

    /// Forgets a credential that a server refused, unless there is a newer one already.
    pub(crate) fn invalidate(&self, refused: &Credential) {
        let current = self.current.load_full();
        if let Some(entry) = &current
            && std::ptr::eq(&*entry.credential, refused)
        {
            self.current.compare_and_swap(&current, None);
        }
    }

    /// Starts to fetch the next credential while this one is still good, unless somebody does.
    fn start_early(self: &Arc<Self>, clock: &Arc<dyn Clock>) {
        let Ok(guard) = Arc::clone(&self.fetching).try_lock_owned() else { return };
        let (cache, clock) = (Arc::clone(self), Arc::clone(clock));
        tokio::spawn(async move {
            // A failure is logged where it happens, and the current credential is still good.
            let _ = cache.fetch(&clock, guard).await;
        });
    }

    async fn fetch(
        &self,
        clock: &Arc<dyn Clock>,
        mut guard: OwnedMutexGuard<Failures>,
    ) -> Result<Arc<Credential>, Error> {
        let now = clock.now();
        let source = self.provider.name();
        match Arc::clone(&self.provider).provide(clock).await {
            Ok(credential) => {
                guard.last = None;
                let entry = Arc::new(Entry::new(credential, now));
                let credential = Arc::clone(&entry.credential);
                self.current.store(Some(entry));
                tracing::debug!(source, "credential fetched");
                Ok(credential)
            }
            Err(error) => {
                tracing::warn!(source, %error, "no credential could be fetched");
                guard.last = Some(error.to_string());
                self.try_again.store(milliseconds(clock.elapsed() + PAUSE), Ordering::Relaxed);
                self.failures.fetch_add(1, Ordering::Release);
                let usable = self.current.load_full().filter(|entry| !reached(entry.expires, clock.now()));
                usable.map(|entry| Arc::clone(&entry.credential)).ok_or(error)
            }
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("provider", &self.provider.name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::BoxFuture;
    use crate::provider::CredentialProvider;
    use std::sync::atomic::{AtomicBool, AtomicUsize};
    use std::task::Poll;

    /// A clock that a test moves; it never wakes anybody.
    #[derive(Debug, Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + self.elapsed()
        }

        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::SeqCst))
        }

        fn sleep(&self, _: Duration) -> BoxFuture<()> {
            Box::pin(std::future::pending())
        }
    }

    /// Hands out tokens that live for a while, numbered, and counts.
    #[derive(Debug, Default)]
    struct Mint {
        life: u64,
        fetches: AtomicUsize,
        minted: AtomicUsize,
        running: AtomicUsize,
        down: AtomicBool,
    }

    impl CredentialProvider for Arc<Mint> {
        fn name(&self) -> &'static str {
            "mint"
        }

        async fn provide(&self, clock: &dyn Clock) -> Result<Credential, Error> {
            assert_eq!(self.running.fetch_add(1, Ordering::SeqCst), 0, "two fetches at a time");
            tokio::task::yield_now().await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            let number = self.fetches.fetch_add(1, Ordering::SeqCst);
            if self.down.load(Ordering::SeqCst) {
                return Err(Error::no_credential(format!("the mint is closed ({number})")));
            }
            self.minted.fetch_add(1, Ordering::SeqCst);
            Ok(Credential::token(format!("token {number}"))?.expiring(clock.now() + Duration::from_secs(self.life)))
        }
    }

    struct Scene {
        mint: Arc<Mint>,
        cache: Arc<Cache>,
        hand: Arc<Hand>,
        clock: Arc<dyn Clock>,
    }

    fn scene(life: u64) -> Scene {
        let mint = Arc::new(Mint { life, ..Mint::default() });
        let hand = Arc::new(Hand::default());
        let cache = Arc::new(Cache::new(Arc::new(Arc::clone(&mint))));
        let clock: Arc<dyn Clock> = Arc::clone(&hand) as Arc<dyn Clock>;
        Scene { mint, cache, hand, clock }
    }

    impl Scene {
        async fn get(&self) -> Result<Arc<Credential>, Error> {
            self.cache.credential(&self.clock).await
        }

        fn fetches(&self) -> usize {
            self.mint.fetches.load(Ordering::SeqCst)
        }

        fn set_down(&self, down: bool) {
            self.mint.down.store(down, Ordering::SeqCst);
        }

        fn advance(&self, seconds: u64) {
            self.hand.0.fetch_add(seconds, Ordering::SeqCst);
        }
    }

    /// What as many tasks get that ask at the same time.
    async fn get_in_tasks(scene: &Arc<Scene>, count: usize) -> Vec<Result<Arc<Credential>, Error>> {
        let ask = |scene: Arc<Scene>| async move { scene.get().await };
        let tasks: Vec<_> = (0..count).map(|_| tokio::spawn(ask(Arc::clone(scene)))).collect();
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await.unwrap());
        }
        results
    }

    #[tokio::test]
    async fn a_thousand_tasks_at_first_use_fetch_once() {
        let scene = Arc::new(scene(1800));
        for result in get_in_tasks(&scene, 1000).await {
            result.unwrap();
        }
        assert_eq!(scene.fetches(), 1);
    }

    #[tokio::test]
    async fn a_day_with_outages_needs_about_as_many_fetches_as_lifetimes_and_fails_no_call() {
        let scene = scene(1800);
        // 100 calls a minute are one every 600 milliseconds; here they are three a second.
        for second in 0..24 * 60 * 60u64 {
            // Every two hours ten minutes without an identity service, each time at another point of a life.
            scene.set_down(second > 0 && (second + second / 7200 * 137) % 7200 < 600);
            for _ in 0..3 {
                let credential = scene.get().await.unwrap();
                assert!(credential.expires().unwrap() > scene.clock.now(), "an expired credential was handed out");
            }
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            scene.advance(1);
        }
        // 48 lifetimes, of each of which three fifths are used.
        let minted = scene.mint.minted.load(Ordering::SeqCst);
        assert!((48..=80).contains(&minted), "{minted}");
        // While the service is away, it is asked every ten seconds and not by every call.
        assert!(scene.fetches() - minted <= 12 * 60, "{}", scene.fetches());
    }

    #[tokio::test]
    async fn a_short_credential_is_fetched_a_few_times_and_not_once_per_call() {
        let scene = scene(900);
        for _ in 0..900 {
            scene.get().await.unwrap();
            tokio::task::yield_now().await;
            scene.advance(1);
        }
        assert_eq!(scene.fetches(), 2);
    }

    #[tokio::test]
    async fn an_early_renewal_makes_nobody_wait() {
        let scene = scene(1000);
        scene.get().await.unwrap();
        scene.advance(700);
        let mut call = std::pin::pin!(scene.get());
        let ready = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await;
        assert!(ready, "a call waited for an early renewal");
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        assert_eq!(scene.fetches(), 2, "nobody started an early renewal");
    }

    #[tokio::test]
    async fn an_error_is_shared_by_those_who_waited_and_kept_for_nobody_else() {
        let scene = Arc::new(scene(1800));
        scene.set_down(true);
        for result in get_in_tasks(&scene, 50).await {
            assert!(result.unwrap_err().to_string().contains("the mint is closed"));
        }
        assert_eq!(scene.fetches(), 1);
        scene.set_down(false);
        scene.get().await.unwrap();
    }

    #[tokio::test]
    async fn an_expired_credential_is_never_handed_out() {
        let scene = scene(1000);
        scene.get().await.unwrap();
        scene.set_down(true);
        scene.advance(999);
        scene.get().await.unwrap();
        scene.advance(1);
        assert!(scene.get().await.is_err());
    }

    #[tokio::test]
    async fn a_refused_credential_is_replaced_and_a_newer_one_is_left_alone() {
        let scene = scene(1000);
        let refused = scene.get().await.unwrap();
        scene.cache.invalidate(&refused);
        scene.get().await.unwrap();
        scene.cache.invalidate(&refused);
        scene.get().await.unwrap();
        assert_eq!(scene.fetches(), 2);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_leaves_the_way_free() {
        let scene = scene(1000);
        {
            let mut call = std::pin::pin!(scene.get());
            std::future::poll_fn(|context| {
                assert!(call.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        scene.mint.running.store(0, Ordering::SeqCst);
        scene.get().await.unwrap();
    }
}
