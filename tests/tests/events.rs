//! What was tried again can be seen: one event for each attempt that failed.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use huaweicloud_auth::{Clock as _, Retry, SystemClock};
use integration_tests::faults::{Fault, FaultProxy};
use integration_tests::{TestClock, auth};
use mock_cloud::{INSTANCE_ID, MockCloud};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
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
