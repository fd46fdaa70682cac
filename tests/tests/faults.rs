//! Whatever happens to a connection, one create call creates at most once, and says so when it does not know.

use std::time::{Duration, SystemTime};

use huaweicloud_auth::{Auth, Error, ErrorKind, Retry};
use integration_tests::faults::{Fault, FaultProxy};
use integration_tests::{TestClock, auth};
use mock_cloud::{INSTANCE_ID, MockCloud};
use swr_client::Client;
use swr_client::types::{LongTermCredential, LongTermCredentialList};

/// Far beyond every back-off, so that only the test's own hand on the clock ends an attempt.
const ATTEMPT: Duration = Duration::from_secs(1_000);
const DEADLINE: Duration = Duration::from_secs(10_000);

struct Scene {
    cloud: MockCloud,
    proxy: FaultProxy,
    clock: TestClock,
    swr: Client,
}

impl Scene {
    async fn new() -> Self {
        Self::with(Retry::new().attempt_timeout(ATTEMPT).deadline(DEADLINE), |auth| auth).await
    }

    async fn with(retry: Retry, change: impl FnOnce(Auth) -> Auth) -> Self {
        let clock =
            TestClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000), Duration::from_secs(60));
        let server_clock = clock.clone();
        let builder = MockCloud::builder().clock(move || huaweicloud_auth::Clock::now(&server_clock));
        let cloud = builder.start().await.unwrap();
        let proxy = FaultProxy::start(&cloud.url()).await.unwrap();
        let auth = change(auth(&cloud).unwrap());
        let builder = Client::builder(auth).endpoint(proxy.url()).retry(retry).clock(clock.clone());
        let swr = builder.max_answer_bytes(1 << 20).build().unwrap();
        Self { cloud, proxy, clock, swr }
    }

    async fn create(&self) -> Result<LongTermCredential, Error> {
        self.swr.create_instance_lt_credential(INSTANCE_ID, "name").await
    }

    async fn list(&self) -> Result<LongTermCredentialList, Error> {
        self.swr.list_instance_lt_credentials(INSTANCE_ID).await
    }

    /// Runs a call that stalls once or more, and moves the clock past an attempt's time limit each time.
    async fn while_stalling<T>(&self, call: impl Future<Output = T>) -> T {
        // A promise that is broken must end the test, not make it wait forever.
        let call = tokio::time::timeout(Duration::from_secs(60), call);
        tokio::select! {
            value = call => value.expect("the call does not end"),
            () = async { loop {
                self.proxy.reached().await;
                self.clock.advance(ATTEMPT);
            } } => unreachable!(),
        }
    }
}

/// Every fault, with what a list makes of it when it happens once: success after a retry, or an error of this kind.
fn faults() -> Vec<(Fault, Result<(), ErrorKind>)> {
    let html = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>".to_vec();
    let empty = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec();
    let redirect =
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec();
    let secret_error = br#"HTTP/1.1 200 OK
content-type: application/json

{"error_code":"AOM.0403","error_msg":"no"}"#;
    let failure_as_success = String::from_utf8(secret_error.to_vec()).unwrap().replace('\n', "\r\n").into_bytes();
    vec![
        (Fault::Pass, Ok(())),
        (Fault::ResetDuringRequest, Ok(())),
        (Fault::CloseBeforeServer, Ok(())),
        (Fault::ResetAfterServer, Ok(())),
        (Fault::CloseAfterServer, Ok(())),
        (Fault::Truncate, Ok(())),
        (Fault::ResetInAnswer, Ok(())),
        (Fault::Stall, Ok(())),
        (Fault::Drip, Ok(())),
        (Fault::InformationFirst, Ok(())),
        (Fault::Replace(b"\x00\xff garbage \r\n\r\n".to_vec()), Ok(())),
        (Fault::Replace(b"HTTP/1.1 9999 What\r\n\r\n".to_vec()), Ok(())),
        (
            Fault::Replace(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n".to_vec()),
            Err(ErrorKind::Service),
        ),
        (Fault::Replace(html), Err(ErrorKind::Answer)),
        (Fault::Replace(empty), Err(ErrorKind::Answer)),
        (Fault::Replace(failure_as_success), Err(ErrorKind::Answer)),
        (Fault::Replace(redirect.clone()), Err(ErrorKind::Redirect)),
        (Fault::Instead(redirect), Err(ErrorKind::Redirect)),
        (Fault::Huge { bytes: 256 << 20, announced: true }, Err(ErrorKind::TooLarge)),
        (Fault::Huge { bytes: 256 << 20, announced: false }, Err(ErrorKind::TooLarge)),
        (Fault::status("429 Too Many Requests", ""), Ok(())),
        (Fault::status("429 Too Many Requests", "retry-after: 3\r\n"), Ok(())),
        (Fault::status("503 Service Unavailable", ""), Ok(())),
        (Fault::status("503 Service Unavailable", "retry-after: 3\r\n"), Ok(())),
        (Fault::status("500 Internal Server Error", ""), Ok(())),
        (Fault::status("502 Bad Gateway", ""), Ok(())),
        (Fault::status("504 Gateway Timeout", ""), Ok(())),
        (Fault::status("501 Not Implemented", ""), Err(ErrorKind::Service)),
        (Fault::status("304 Not Modified", ""), Err(ErrorKind::Redirect)),
        (Fault::status("418 I'm a teapot", ""), Err(ErrorKind::Service)),
        (Fault::status("407 Proxy Authentication Required", ""), Err(ErrorKind::Service)),
        (Fault::status("599 Odd", ""), Err(ErrorKind::Service)),
        (Fault::status("999 Odder", ""), Err(ErrorKind::Service)),
        (
            Fault::Instead(b"HTTP/1.1 409 Conflict\r\ncontent-length: 9\r\n\r\n{\"error\"}".to_vec()),
            Err(ErrorKind::Service),
        ),
    ]
}

#[tokio::test]
async fn a_list_survives_what_passes_and_reports_what_does_not() {
    for (fault, expected) in faults() {
        let scene = Scene::new().await;
        scene.proxy.next([fault.clone()]);
        let result = scene.while_stalling(scene.list()).await;
        match (&result, expected) {
            (Ok(list), Ok(())) => assert_eq!(list.total, Some(0), "{fault:?}"),
            (Err(error), Err(kind)) => assert_eq!(error.kind(), kind, "{fault:?}: {error:?}"),
            _ => panic!("{fault:?}: {result:?}"),
        }
    }
}

#[tokio::test]
async fn one_create_call_creates_at_most_once_and_a_lost_secret_is_told() {
    for (fault, _) in faults() {
        let scene = Scene::new().await;
        scene.proxy.next([fault.clone()]);
        let result = scene.while_stalling(scene.create()).await;
        let created = scene.cloud.created();
        assert!(created.len() <= 1, "{fault:?} made one call create {}", created.len());
        match result {
            Ok(credential) => assert_eq!(credential.auth_token.expose(), created[0].auth_token, "{fault:?}"),
            Err(error) => {
                assert!(created.is_empty() || error.is_outcome_unknown(), "{fault:?}: {error}");
                assert_eq!(error.is_outcome_unknown(), error.to_string().contains("may exist"), "{error}");
                assert!(!error.to_string().contains("password"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_create_is_sent_again_only_when_it_was_certainly_not_processed() {
    for (fault, requests) in [
        (Fault::status("429 Too Many Requests", ""), 2),
        (Fault::status("503 Service Unavailable", "retry-after: 1\r\n"), 2),
        (Fault::status("503 Service Unavailable", ""), 1),
        (Fault::status("500 Internal Server Error", ""), 1),
        (Fault::status("502 Bad Gateway", ""), 1),
        (Fault::ResetDuringRequest, 1),
        (Fault::CloseBeforeServer, 1),
        (Fault::ResetAfterServer, 1),
        (Fault::Truncate, 1),
        (Fault::Stall, 1),
        (Fault::Drip, 1),
    ] {
        let scene = Scene::new().await;
        scene.proxy.next([fault.clone()]);
        let result = scene.while_stalling(scene.create()).await;
        assert_eq!(scene.proxy.counts().requests, requests, "{fault:?}: {result:?}");
        assert_eq!(result.is_ok(), requests == 2, "{fault:?}: {result:?}");
    }
}

#[tokio::test]
async fn a_create_is_not_sent_again_because_a_kept_connection_died() {
    for fault in [Fault::CloseBeforeServer, Fault::ResetDuringRequest, Fault::CloseAfterServer, Fault::ResetAfterServer]
    {
        let scene = Scene::new().await;
        // The first call leaves a connection that the second one uses.
        scene.proxy.next([Fault::Pass, fault.clone()]);
        scene.list().await.unwrap();
        let error = scene.create().await.unwrap_err();
        assert_eq!(scene.proxy.counts().connections, 1, "{fault:?}: the connection was not kept");
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{fault:?}: {error:?}");
        assert!(error.is_outcome_unknown() && !error.is_retryable(), "{fault:?}: {error}");
        assert_eq!(scene.proxy.counts().requests, 2, "{fault:?}: sent again");
        assert!(scene.cloud.created().len() <= 1);
    }
}

#[tokio::test]
async fn a_create_is_sent_again_when_no_connection_could_be_made() {
    // A port that nobody listens on: opened, learned and closed again.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let clock = TestClock::new(SystemTime::UNIX_EPOCH, Duration::from_secs(60));
    let auth = Auth::ak_sk("AK", "SK").unwrap().project("p");
    let swr = Client::builder(auth)
        .endpoint(format!("http://{free}"))
        .clock(clock)
        .retry(Retry::new().attempt_timeout(ATTEMPT).deadline(DEADLINE))
        .build()
        .unwrap();
    let error = swr.create_instance_lt_credential(INSTANCE_ID, "name").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.attempts(), 4);
    assert!(error.is_retryable() && !error.is_outcome_unknown());
    assert!(error.to_string().contains("4 attempts"), "{error}");
}

#[tokio::test]
async fn an_error_that_stays_ends_after_the_configured_attempts() {
    let scene = Scene::with(Retry::new().attempts(3).attempt_timeout(ATTEMPT).deadline(DEADLINE), |auth| auth).await;
    scene.proxy.next((0..9).map(|_| Fault::status("503 Service Unavailable", "x-request-id: r-1\r\n")));
    let error = scene.list().await.unwrap_err();
    assert_eq!((error.attempts(), scene.proxy.counts().requests), (3, 3));
    assert_eq!(error.request_id(), Some("r-1"));
    assert!(error.is_retryable());
    // Half of 0.5 and of 1 second: the jitter of the test's clock is one half.
    let slept: Vec<_> = scene.clock.slept();
    assert_eq!(slept, [Duration::from_millis(250), Duration::from_millis(500)]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_tells_all_attempts_that_led_to_it() {
    let scene = Scene::new().await;
    let html = b"HTTP/1.1 200 OK\r\nx-request-id: r-2\r\ncontent-length: 6\r\n\r\n<html>".to_vec();
    scene.proxy.next([Fault::status("503 Service Unavailable", ""), Fault::Replace(html)]);
    let error = scene.list().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Answer, 2), "{error:?}");
    assert_eq!((error.operation(), error.request_id()), (Some("ListInstanceLtCredentials"), Some("r-2")));
}

#[tokio::test]
async fn no_retry_means_one_request() {
    let scene = Scene::with(Retry::off().attempt_timeout(ATTEMPT).deadline(DEADLINE), |auth| auth).await;
    scene.proxy.next([Fault::status("429 Too Many Requests", "")]);
    assert!(scene.list().await.unwrap_err().is_throttled());
    assert_eq!(scene.proxy.counts().requests, 1);
}

#[tokio::test]
async fn retry_after_is_obeyed_and_one_beyond_the_deadline_ends_the_call_at_once() {
    let scene = Scene::new().await;
    scene.proxy.next([Fault::status("429 Too Many Requests", "retry-after: 30\r\n")]);
    scene.list().await.unwrap();
    assert_eq!(scene.clock.slept(), [Duration::from_secs(30)]);

    let scene = Scene::new().await;
    scene.proxy.next([Fault::status("429 Too Many Requests", "retry-after: 36000\r\n")]);
    let error = scene.while_stalling(scene.list()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(36_000)));
    assert!(scene.clock.slept().is_empty());
    assert_eq!(scene.proxy.counts().requests, 1);
}

#[tokio::test]
async fn the_deadline_of_the_whole_call_ends_a_dripping_answer() {
    for retry in [
        Retry::new().attempt_timeout(DEADLINE * 2).deadline(ATTEMPT),
        Retry::new().attempt_timeout(ATTEMPT).deadline(ATTEMPT),
    ] {
        let scene = Scene::with(retry, |auth| auth).await;
        scene.proxy.next([Fault::Drip, Fault::Drip]);
        let error = scene.while_stalling(scene.list()).await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        let scene = Scene::with(Retry::new().attempt_timeout(DEADLINE * 2).deadline(ATTEMPT), |auth| auth).await;
        scene.proxy.next([Fault::Drip]);
        let error = scene.while_stalling(scene.create()).await.unwrap_err();
        assert!(error.is_timeout() && error.is_outcome_unknown(), "{error:?}");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_nothing_behind() {
    let scene = Scene::new().await;
    scene.proxy.next([Fault::Stall]);
    tokio::select! {
        result = scene.create() => panic!("{result:?}"),
        () = scene.proxy.reached() => {}
    }
    // The connection of the dropped call is closed; nothing is sent by itself afterwards.
    let mut patience = 1_000_000;
    while scene.proxy.counts().open > 0 && patience > 0 {
        patience -= 1;
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.proxy.counts().open, 0, "a connection was left behind");
    assert_eq!(scene.proxy.counts().requests, 1);
    scene.list().await.unwrap();
}

#[tokio::test]
async fn each_attempt_is_signed_with_its_own_time() {
    let scene = Scene::new().await;
    scene.proxy.next([Fault::Stall, Fault::Stall]);
    // Each attempt takes 1,000 seconds by the clock of both sides; a signature older than 900 is refused.
    scene.while_stalling(scene.list()).await.unwrap();
    assert!(scene.cloud.received().iter().all(|received| received.status == 200), "{:?}", scene.cloud.received());
    assert_eq!(scene.cloud.received().len(), 3);
}

#[tokio::test]
async fn an_error_keeps_its_status_when_its_body_breaks_off() {
    let broken = b"HTTP/1.1 409 Conflict\r\nx-request-id: r-9\r\ncontent-length: 99\r\n\r\n{\"error_code".to_vec();
    for listing in [true, false] {
        let scene = Scene::new().await;
        scene.proxy.next([Fault::Replace(broken.clone())]);
        let error = if listing { scene.list().await.unwrap_err() } else { scene.create().await.unwrap_err() };
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Service, 409), "{error:?}");
        assert_eq!(error.request_id(), Some("r-9"));
        assert_eq!(scene.proxy.counts().requests, 1);
    }
}

#[tokio::test]
async fn many_calls_share_few_connections() {
    let scene = Scene::new().await;
    for _ in 0..20 {
        scene.list().await.unwrap();
    }
    assert_eq!(scene.proxy.counts().connections, 1);
}
