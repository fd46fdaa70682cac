//! What was tried again can be seen: one event for each attempt that failed.

use std::time::Duration;

use huaweicloud_auth::{Clock as _, Retry, SystemClock};
use integration_tests::faults::{Fault, FaultProxy};
use integration_tests::{Log, TestClock, auth};
use mock_cloud::{INSTANCE_ID, MockCloud};

#[tokio::test]
async fn an_attempt_that_is_followed_by_another_is_a_warning_with_its_parts() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::WARN)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());

    let cloud = MockCloud::start().await.unwrap();
    let proxy = FaultProxy::start(&cloud.url()).await.unwrap();
    let clock = TestClock::new(SystemClock.now(), Duration::from_secs(60));
    let retry = Retry::new().attempt_timeout(Duration::from_secs(1000)).deadline(Duration::from_secs(1000));
    let swr = swr_client::Client::builder(auth(&cloud).unwrap())
        .endpoint(proxy.url())
        .retry(retry)
        .clock(clock)
        .build()
        .unwrap();
    proxy.next([Fault::status("503 Service Unavailable", "x-request-id: r-17\r\n")]);
    swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap();

    let log = log.text();
    assert_eq!(log.lines().count(), 1, "{log}");
    for part in [
        "WARN",
        "attempt failed, waiting",
        "operation=\"ListInstanceLtCredentials\"",
        "attempt=1",
        "status=503",
        "wait_ms=250",
        "request_id=\"r-17\"",
    ] {
        assert!(log.contains(part), "{part} is missing in {log}");
    }
}
