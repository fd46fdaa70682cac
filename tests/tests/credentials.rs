//! Credentials that expire are fetched once, shared, renewed in time, and never guessed.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use huaweicloud_auth::{Auth, ErrorKind, Retry, Scope, UserToken};
use integration_tests::faults::{Fault, FaultProxy};
use integration_tests::{TestClock, clients, settle};
use mock_cloud::{INSTANCE_ID, MockCloud, PROJECT_ID};

const PASSWORD: &str = "IamPassword0123456789";
const LIFE: Duration = Duration::from_secs(1800);

struct Scene {
    cloud: MockCloud,
    /// Before IAM only.
    iam: FaultProxy,
    clock: TestClock,
    swr: swr_client::Client,
}

async fn scene() -> Scene {
    let clock = TestClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000), Duration::from_secs(10));
    let server_clock = clock.clone();
    let builder = MockCloud::builder().user("account", "user", PASSWORD).token_life(LIFE);
    let cloud = builder.clock(move || huaweicloud_auth::Clock::now(&server_clock)).start().await.unwrap();
    let iam = FaultProxy::start(&cloud.url()).await.unwrap();
    let source = UserToken::new("account", "user", PASSWORD, Scope::project_name("cn-north-4")).endpoint(iam.url());
    let retry = Retry::off().attempt_timeout(Duration::from_secs(1000)).deadline(Duration::from_secs(1000));
    let builder = swr_client::Client::builder(Auth::provider(source)).endpoint(cloud.url()).retry(retry);
    let swr = builder.clock(clock.clone()).build().unwrap();
    Scene { cloud, iam, clock, swr }
}

#[tokio::test]
async fn a_credential_is_fetched_once_and_not_once_per_call() {
    let scene = scene().await;
    for _ in 0..5 {
        scene.swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    }
    assert_eq!(scene.iam.counts().requests, 1);
    // The token says which project it is for.
    assert_eq!(scene.cloud.created()[0].project_id, PROJECT_ID);
}

#[tokio::test]
async fn sixteen_tasks_at_first_use_fetch_once() {
    let scene = Arc::new(scene().await);
    let tasks = (0..16).map(|_| {
        let swr = scene.swr.clone();
        tokio::spawn(async move { swr.create_instance_temp_credential(INSTANCE_ID).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(scene.iam.counts().requests, 1);
    assert_eq!(scene.cloud.created().len(), 16);
}

#[tokio::test]
async fn a_malformed_answer_of_the_identity_service_is_an_error() {
    let ok = "HTTP/1.1 201 Created\r\n";
    let body = r#"{"token":{"expires_at":"2027-01-15T09:00:00.000000Z"}}"#;
    let answers = [
        "garbage".to_owned(),
        format!("{ok}content-length: 6\r\n\r\n<html>"),
        format!("{ok}content-length: 0\r\n\r\n"),
        format!("{ok}content-length: {}\r\n\r\n{body}", body.len()),
        format!("{ok}x-subject-token: T\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("{ok}x-subject-token: T\r\ncontent-length: 4\r\n\r\nnull"),
        format!("{ok}x-subject-token: \r\ncontent-length: {}\r\n\r\n{body}", body.len()),
        format!("{ok}x-subject-token: T\r\ncontent-length: 35\r\n\r\n{{\"token\":{{\"expires_at\":\"tomorrow\"}}}}"),
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n".to_owned(),
    ];
    for answer in answers {
        let scene = scene().await;
        scene.iam.next([Fault::Replace(answer.clone().into_bytes())]);
        let error = scene.swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Credential | ErrorKind::Configuration), "{answer:?}: {error:?}");
        assert!(!format!("{error:?}").contains(PASSWORD));
        assert_eq!(scene.cloud.created(), []);
        // The next call asks again: an error is not kept.
        scene.swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    }
}

#[tokio::test]
async fn an_identity_service_that_hangs_is_an_error_that_names_the_source() {
    let scene = scene().await;
    scene.iam.next([Fault::Stall]);
    let call = scene.swr.create_instance_temp_credential(INSTANCE_ID).into_future();
    let error = tokio::select! {
        result = call => result.unwrap_err(),
        () = async { loop { scene.iam.reached().await; scene.clock.advance(Duration::from_secs(20)); } } => unreachable!(),
    };
    assert!(error.is_auth() && error.to_string().contains("no user token from IAM"), "{error}");
}

#[tokio::test]
async fn time_that_runs_out_before_anything_was_sent_leaves_no_doubt() {
    let scene = scene().await;
    scene.iam.next([Fault::Stall]);
    let source = UserToken::new("account", "user", PASSWORD, Scope::project_id("p")).endpoint(scene.iam.url());
    let retry = Retry::new().attempt_timeout(Duration::from_secs(15)).deadline(Duration::from_secs(15));
    let builder = swr_client::Client::builder(Auth::provider(source)).endpoint(scene.cloud.url()).retry(retry);
    let swr = builder.clock(scene.clock.clone()).build().unwrap();
    let error = tokio::select! {
        result = swr.create_instance_temp_credential(INSTANCE_ID).into_future() => result.unwrap_err(),
        () = async { loop { scene.iam.reached().await; scene.clock.advance(Duration::from_secs(15)); } } => unreachable!(),
    };
    assert!(error.is_timeout() && error.is_retryable() && !error.is_outcome_unknown(), "{error:?}");
    assert_eq!(error.attempts(), 0);
}

#[tokio::test]
async fn a_wrong_password_is_asked_for_once() {
    let cloud = MockCloud::builder().user("account", "user", PASSWORD).start().await.unwrap();
    let source = UserToken::new("account", "user", "AnotherPassword", Scope::project_id("p")).endpoint(cloud.url());
    let (swr, _) = clients(&cloud.url(), &Auth::provider(source), &Retry::new()).unwrap();
    let error = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
    assert!(error.to_string().contains("The username or password is wrong."), "{error}");
    assert_eq!(cloud.received().len(), 1);
}

#[tokio::test]
async fn a_token_that_is_taken_back_is_renewed_once() {
    let scene = scene().await;
    scene.swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    scene.cloud.revoke_tokens();
    scene.swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    assert_eq!(scene.iam.counts().requests, 2);
    assert_eq!(scene.cloud.created().len(), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_an_error() {
    let cloud =
        MockCloud::builder().user("account", "user", PASSWORD).token_life(Duration::ZERO).start().await.unwrap();
    let source = UserToken::new("account", "user", PASSWORD, Scope::project_id("p")).endpoint(cloud.url());
    let (swr, _) = clients(&cloud.url(), &Auth::provider(source), &Retry::new()).unwrap();
    let error = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
    assert!(error.is_auth() && !error.is_outcome_unknown(), "{error}");
    let calls = cloud.received().iter().filter(|received| received.path.contains("instances")).count();
    assert_eq!(calls, 2, "a refused token was sent more than twice");
}

#[tokio::test]
async fn a_fixed_token_that_expired_is_an_error_that_says_so() {
    let cloud = MockCloud::start().await.unwrap();
    cloud.add_token("OLD", Some(SystemTime::UNIX_EPOCH));
    let (swr, _) = clients(&cloud.url(), &Auth::token("OLD").unwrap().project(PROJECT_ID), &Retry::new()).unwrap();
    let error = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
    assert!(error.to_string().contains("obtain a new token"), "{error}");
    assert_eq!(cloud.received().len(), 1);
}

#[tokio::test]
async fn nothing_is_fetched_in_a_constructor() {
    let scene = scene().await;
    drop(scene.swr.create_instance_temp_credential(INSTANCE_ID));
    settle().await;
    assert_eq!(scene.iam.counts().connections, 0);
}
