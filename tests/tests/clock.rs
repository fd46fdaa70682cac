//! A wrong clock is corrected from the server's, once, and never blindly.

use std::time::{Duration, SystemTime};

use huaweicloud_auth::{Auth, Clock as _, Retry};
use integration_tests::faults::{Fault, FaultProxy};
use integration_tests::{TestClock, auth};
use mock_cloud::{INSTANCE_ID, MockCloud, PROJECT_ID};
use swr_client::Client;

const NOW: Duration = Duration::from_secs(1_800_000_000);
const HOUR: Duration = Duration::from_secs(3600);

/// A client whose clock shows `ours` and a cloud whose clock shows `theirs`.
async fn scene(ours: SystemTime, theirs: SystemTime) -> (MockCloud, FaultProxy, Client) {
    let cloud = MockCloud::builder().clock(move || theirs).start().await.unwrap();
    let proxy = FaultProxy::start(&cloud.url()).await.unwrap();
    let retry = Retry::off().attempt_timeout(HOUR).deadline(HOUR);
    let clock = TestClock::new(ours, Duration::from_secs(60));
    let swr = Client::builder(auth(&cloud).unwrap()).endpoint(proxy.url()).retry(retry).clock(clock).build().unwrap();
    (cloud, proxy, swr)
}

#[tokio::test]
async fn a_clock_that_is_behind_or_ahead_is_corrected_once_for_all_calls() {
    let now = SystemTime::UNIX_EPOCH + NOW;
    for ours in [now - 2 * HOUR, now + 2 * HOUR] {
        let (cloud, _proxy, swr) = scene(ours, now).await;
        // Even a create, even without retries: a refused signature was certainly not processed.
        swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
        swr.clone().create_instance_temp_credential(INSTANCE_ID).await.unwrap();
        let statuses: Vec<u16> = cloud.received().iter().map(|received| received.status).collect();
        assert_eq!(statuses, [401, 201, 201], "the correction was not kept");
    }
}

#[tokio::test]
async fn a_clock_within_the_tolerance_is_left_alone() {
    let now = SystemTime::UNIX_EPOCH + NOW;
    for ours in [now - Duration::from_secs(14 * 60), now + Duration::from_secs(14 * 60)] {
        let (cloud, _proxy, swr) = scene(ours, now).await;
        swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
        assert_eq!(cloud.received().len(), 1);
    }
}

/// A refusal with this server time in its text and this header, as the gateway words it.
fn expired(server_time: &str, header: &str) -> Fault {
    let body = format!(
        r#"{{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: calc ak sk signature fail:signature expired{server_time}"}}"#
    );
    Fault::Instead(
        format!("HTTP/1.1 401 Unauthorized\r\n{header}content-length: {}\r\n\r\n{body}", body.len()).into_bytes(),
    )
}

#[tokio::test]
async fn a_server_without_a_time_in_its_text_is_believed_by_its_date() {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let (cloud, proxy, swr) = scene(now - 2 * HOUR, now).await;
    proxy.next([expired("", "date: Fri, 15 Jan 2027 08:00:00 GMT\r\n")]);
    swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    assert_eq!(cloud.received().len(), 1);
}

#[tokio::test]
async fn a_server_that_contradicts_itself_is_followed_once() {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let (_cloud, proxy, swr) = scene(now, now).await;
    let times = ["20270115T100000Z", "20270115T120000Z", "20270115T140000Z"];
    proxy.next(times.map(|time| expired(&format!(", server time:{time}"), "")));
    let error = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
    assert!(error.is_auth() && !error.is_outcome_unknown(), "{error:?}");
    assert!(error.to_string().contains("set this machine's clock"), "{error}");
    assert_eq!(proxy.counts().requests, 2);
}

#[tokio::test]
async fn a_refusal_without_any_time_is_final() {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let (_cloud, proxy, swr) = scene(now, now).await;
    proxy.next([expired("", ""), expired("", "date: nonsense\r\n")]);
    for _ in 0..2 {
        assert!(swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err().is_auth());
    }
    assert_eq!(proxy.counts().requests, 2);
}

#[tokio::test]
async fn a_server_time_that_is_ours_changes_nothing() {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let (_cloud, proxy, swr) = scene(now, now).await;
    proxy.next([expired(", server time:20270115T080000Z", "")]);
    assert!(swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err().is_auth());
    assert_eq!(proxy.counts().requests, 1);
}

#[tokio::test]
async fn a_wrong_secret_key_does_not_lock_the_access_key_for_others() {
    let clock = TestClock::new(SystemTime::UNIX_EPOCH + NOW, Duration::from_secs(60));
    let server_clock = clock.clone();
    let cloud = MockCloud::builder().clock(move || server_clock.now()).start().await.unwrap();
    let client = |secret_key: &str| {
        let auth = Auth::ak_sk(cloud.access_key(), secret_key).unwrap().project(PROJECT_ID);
        let retry = Retry::new().attempt_timeout(HOUR).deadline(HOUR);
        Client::builder(auth).endpoint(cloud.url()).retry(retry).clock(clock.clone()).build().unwrap()
    };
    let (wrong, right) = (client("wrong"), client(cloud.secret_key()));
    for call in 0..10 {
        let error = wrong.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
        assert!(error.is_auth() && !error.is_outcome_unknown(), "{error}");
        assert_eq!(error.attempts(), u32::from(call < 4), "{error}");
    }
    assert_eq!(cloud.received().len(), 4, "more wrong signatures were sent than are safe");
    right.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    // After the rest it is tried once, and rests again.
    clock.advance(Duration::from_secs(300));
    for _ in 0..3 {
        wrong.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
    }
    assert_eq!(cloud.received().len(), 6);
}

#[tokio::test]
async fn the_clock_of_the_test_starts_where_the_tests_say() {
    let clock = TestClock::new(SystemTime::UNIX_EPOCH + NOW, HOUR);
    assert_eq!(huaweicloud_auth::sign::SigningDate::new(clock.now()).as_str(), "20270115T080000Z");
}
