//! Every way to call an operation works, over a real socket and with real signatures.

use std::pin::Pin;

use futures_core::Stream;
use huaweicloud_auth::{Auth, ErrorKind, Region};
use integration_tests::World;
use mock_cloud::{INSTANCE_ID, MockCloud, PROJECT_ID};
use swr_client::types::LongTermCredentialSummary;

fn is_send<T: Send + 'static>(value: T) -> T {
    value
}

#[tokio::test]
async fn a_temporary_credential_is_what_the_server_created() {
    let World { cloud, swr, .. } = World::start().await.unwrap();
    let credential = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    let created = &cloud.created()[0];
    assert_eq!(credential.auth_token.expose(), created.auth_token);
    assert_eq!(credential.user_id, created.user_id);
    assert_eq!(credential.token_id.as_deref(), Some(created.token_id.as_str()));
    let life =
        credential.expire_date.unwrap().time().unwrap().duration_since(credential.created_at.unwrap().time().unwrap());
    assert_eq!(life.unwrap().as_secs(), 24 * 60 * 60);
}

#[tokio::test]
async fn a_long_term_credential_is_created_once_and_listed_without_its_password() {
    let World { cloud, swr, .. } = World::start().await.unwrap();
    let credential = swr.create_instance_lt_credential(INSTANCE_ID, "ci-bot").await.unwrap();
    assert_eq!(credential.auth_token.expose(), cloud.created()[0].auth_token);
    let list = swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap();
    assert_eq!(list.total, Some(1));
    assert_eq!(list.auth_tokens[0].name.as_deref(), Some("ci-bot"));
    assert_eq!(list.auth_tokens[0].token_id, credential.token_id);
    assert_eq!(list.auth_tokens[0].enable, Some(true));
}

#[tokio::test]
async fn a_long_term_credential_is_disabled_enabled_and_deleted() {
    let World { cloud, swr, .. } = World::start().await.unwrap();
    let id = swr.create_instance_lt_credential(INSTANCE_ID, "ci-bot").await.unwrap().token_id.unwrap();
    for enable in [false, true] {
        swr.update_instance_lt_credential(INSTANCE_ID, &id, enable).await.unwrap();
        let list = swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap();
        assert_eq!(list.auth_tokens[0].enable, Some(enable));
    }
    swr.delete_instance_lt_credential(INSTANCE_ID, &id).await.unwrap();
    assert_eq!(swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap().total, Some(0));
    assert!(cloud.created()[0].deleted);
    assert!(swr.delete_instance_lt_credential(INSTANCE_ID, &id).await.unwrap_err().is_not_found());
    assert!(swr.update_instance_lt_credential(INSTANCE_ID, &id, true).await.unwrap_err().is_not_found());
    // The name is free again.
    swr.create_instance_lt_credential(INSTANCE_ID, "ci-bot").await.unwrap();
}

#[tokio::test]
async fn access_codes_keep_all_digits_of_their_time() {
    let World { cloud: _cloud, aom, .. } = World::start().await.unwrap();
    let codes = aom.list_access_code().await.unwrap().access_codes;
    assert_eq!(codes.len(), 2);
    for code in codes {
        assert_eq!(code.access_code.expose().len(), 64);
        assert_eq!(code.create_at.unwrap() % 2, 1, "the last digit was lost");
        assert!(code.created().is_some());
        assert_eq!(code.status, Some(aom_client::types::AccessCodeStatus::Enable));
    }
}

#[tokio::test]
async fn a_stream_reads_all_pages_to_the_end() {
    let World { cloud, swr, .. } = World::start().await.unwrap();
    for number in 0..7 {
        swr.create_instance_lt_credential(INSTANCE_ID, format!("name-{number}")).await.unwrap();
    }
    let mut all = swr.list_instance_lt_credentials(INSTANCE_ID).limit(3).stream();
    let mut names = Vec::new();
    while let Some(credential) = all.try_next().await.unwrap() {
        names.push(credential.name.unwrap());
    }
    names.sort();
    assert_eq!(names, (0..7).map(|number| format!("name-{number}")).collect::<Vec<_>>());
    let lists: Vec<String> = cloud.received().into_iter().filter(|r| r.method == "GET").map(|r| r.query).collect();
    assert_eq!(lists, ["limit=3&offset=0", "limit=3&offset=3", "limit=3&offset=6"]);
}

#[tokio::test]
async fn a_stream_is_a_stream_for_stream_libraries() {
    let World { cloud: _cloud, swr, .. } = World::start().await.unwrap();
    swr.create_instance_lt_credential(INSTANCE_ID, "one").await.unwrap();
    let stream = swr.list_instance_lt_credentials(INSTANCE_ID).stream();
    let mut stream: Pin<Box<dyn Stream<Item = Result<LongTermCredentialSummary, _>> + Send>> = Box::pin(stream);
    let first = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await;
    assert_eq!(first.unwrap().unwrap().name.as_deref(), Some("one"));
}

#[tokio::test]
async fn offset_and_limit_travel_together() {
    let World { cloud, swr, .. } = World::start().await.unwrap();
    swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap();
    swr.list_instance_lt_credentials(INSTANCE_ID).limit(5).await.unwrap();
    swr.list_instance_lt_credentials(INSTANCE_ID).offset(100).self_only(false).await.unwrap();
    let queries: Vec<String> = cloud.received().into_iter().map(|received| received.query).collect();
    assert_eq!(queries, ["", "limit=5&offset=0", "limit=100&offset=100&self_only=false"]);
}

#[tokio::test]
async fn a_call_can_name_another_project_than_the_credentials_do() {
    let World { cloud, swr, aom } = World::start().await.unwrap();
    swr.create_instance_temp_credential(INSTANCE_ID).project_id("other").await.unwrap();
    aom.list_access_code().send().await.unwrap();
    assert_eq!(cloud.created()[0].project_id, "other");
    assert!(cloud.received()[1].path.contains(PROJECT_ID));
}

#[tokio::test]
async fn a_request_can_be_sent_to_another_task() {
    let World { cloud: _cloud, swr, .. } = World::start().await.unwrap();
    let request = is_send(swr.create_instance_temp_credential(INSTANCE_ID));
    let future = is_send(request.into_future());
    tokio::spawn(future).await.unwrap().unwrap();
    let mut stream = is_send(swr.list_instance_lt_credentials(INSTANCE_ID).stream());
    tokio::spawn(async move { stream.try_next().await }).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_token_authenticates_as_a_signature_does() {
    let cloud = MockCloud::builder().token("TOKEN").start().await.unwrap();
    let auth = Auth::token("TOKEN").unwrap().project(PROJECT_ID);
    let aom = aom_client::Client::builder(auth).endpoint(cloud.url()).build().unwrap();
    assert_eq!(aom.list_access_code().await.unwrap().access_codes.len(), 2);
    assert_eq!(cloud.received()[0].access_key, None);
}

#[tokio::test]
async fn a_security_token_is_sent_with_temporary_keys() {
    let cloud = MockCloud::start().await.unwrap();
    cloud.add_key("TEMPORARY", "SK", Some("STS/token+with==chars"));
    let auth = Auth::ak_sk("TEMPORARY", "SK").unwrap().project(PROJECT_ID);
    let without = aom_client::Client::builder(auth.clone()).endpoint(cloud.url()).build().unwrap();
    assert!(without.list_access_code().await.unwrap_err().is_auth());
    let auth = auth.security_token("STS/token+with==chars").unwrap();
    let with = aom_client::Client::builder(auth).endpoint(cloud.url()).build().unwrap();
    with.list_access_code().await.unwrap();
}

#[tokio::test]
async fn a_caller_can_bring_an_http_client() {
    let cloud = MockCloud::start().await.unwrap();
    let http = huaweicloud_auth::http_client_builder().unwrap().no_proxy().build().unwrap();
    let auth = integration_tests::auth(&cloud).unwrap();
    let swr = swr_client::Client::builder(auth).endpoint(cloud.url()).http_client(http).build().unwrap();
    swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
}

#[tokio::test]
async fn a_client_for_a_region_is_made_without_sending_anything() {
    let auth = Auth::ak_sk("AK", "SK").unwrap();
    for region in ["cn-north-4", "eu-west-101", "xx-future-9"] {
        swr_client::Client::new(Region::new(region), auth.clone()).unwrap();
    }
    let error = swr_client::Client::new(Region::new("evil.example/"), auth).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_request_of_ones_own_can_be_authorized() {
    let cloud = MockCloud::start().await.unwrap();
    let url = format!("{}/v1/{PROJECT_ID}/access-code", cloud.url()).parse().unwrap();
    let mut request = huaweicloud_auth::reqwest::Request::new(http::Method::GET, url);
    integration_tests::auth(&cloud).unwrap().authorize(&mut request).await.unwrap();
    let http = huaweicloud_auth::http_client_builder().unwrap().no_proxy().build().unwrap();
    assert_eq!(http.execute(request).await.unwrap().status(), 200);
}
