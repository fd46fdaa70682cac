//! Every documented answer is read, and no answer that should not be is taken for a success.

use std::fs;
use std::path::Path;
use std::time::Duration;

use huaweicloud_auth::{Auth, ErrorKind, Retry};
use integration_tests::{World, auth, clients};
use mock_cloud::{INSTANCE_ID, MockCloud, PROJECT_ID};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A server that answers everything alike, and clients for it.
async fn answering(template: ResponseTemplate) -> (MockServer, swr_client::Client, aom_client::Client) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    let auth = Auth::ak_sk("AK", "SK").unwrap().project(PROJECT_ID);
    let (swr, aom) = clients(&server.uri(), &auth, &Retry::off()).unwrap();
    (server, swr, aom)
}

fn json(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_owned(), "application/json")
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/fixtures").join(name);
    fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn the_examples_of_the_pages_are_read() {
    let (_server, _, aom) = answering(json(200, &fixture("aom/list-access-code.200.json"))).await;
    let code = aom.list_access_code().await.unwrap().access_codes.remove(0);
    assert_eq!(code.create_at, Some(1_700_796_457_506_243_016));
    assert_eq!(
        code.created().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap(),
        Duration::from_nanos(1_700_796_457_506_243_016)
    );
    assert!(code.access_code.expose().starts_with("b***OOJpV"));
    assert_eq!(code.status.unwrap().as_str(), "enable");

    let (_server, swr, _) = answering(json(201, &fixture("swr/create-instance-temp-credential.201.json"))).await;
    let credential = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    assert_eq!((credential.auth_token.expose(), credential.user_id.as_str()), ("abc123xyz789", "test_user_123"));

    let (_server, swr, _) = answering(json(201, &fixture("swr/create-instance-lt-credential.201.json"))).await;
    let credential = swr.create_instance_lt_credential(INSTANCE_ID, "token_name").await.unwrap();
    assert_eq!(credential.expire_date.unwrap().as_str(), "2023-10-21T15:30:00Z");

    let (_server, swr, _) = answering(json(200, &fixture("swr/list-instance-lt-credentials.200.json"))).await;
    let list = swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap();
    assert_eq!((list.total, list.auth_tokens.len()), (Some(2), 2));
    assert_eq!(list.auth_tokens[0].created_at.as_ref().unwrap().as_str(), "2021-03-16T03:05:41.863418Z");
}

#[tokio::test]
async fn the_request_of_the_page_is_what_is_sent() {
    let (server, swr, _) = answering(json(201, &fixture("swr/create-instance-lt-credential.201.json"))).await;
    swr.create_instance_lt_credential(INSTANCE_ID, "token_name").await.unwrap();
    let request = server.received_requests().await.unwrap().remove(0);
    let documented: serde_json::Value =
        serde_json::from_str(&fixture("swr/create-instance-lt-credential.request.json")).unwrap();
    assert_eq!(request.body_json::<serde_json::Value>().unwrap(), documented);
    assert_eq!(request.url.path(), format!("/v2/{PROJECT_ID}/instances/{INSTANCE_ID}/long-term-credential"));
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["x-project-id"], PROJECT_ID);
}

#[tokio::test]
async fn a_post_without_a_body_says_that_its_length_is_zero() {
    let (server, swr, _) = answering(json(201, &fixture("swr/create-instance-temp-credential.201.json"))).await;
    swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    let request = server.received_requests().await.unwrap().remove(0);
    assert_eq!(request.headers["content-length"], "0");
    assert_eq!(request.headers["content-type"], "application/json");
}

#[tokio::test]
async fn no_header_is_sent_that_nobody_asked_for() {
    let (server, _, aom) = answering(json(200, "{}")).await;
    aom.list_access_code().await.unwrap();
    let request = server.received_requests().await.unwrap().remove(0);
    let mut names: Vec<&str> = request.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "authorization", "content-type", "host", "x-project-id", "x-sdk-date"]);
}

#[tokio::test]
async fn every_documented_error_status_is_told_with_its_parts() {
    let World { cloud, swr, .. } = World::start().await.unwrap();
    for (status, code) in [
        (400, "SVCSTG.SWR.4000014"),
        (401, "SVCSTG.SWR.4010000"),
        (403, "SVCSTG.SWR.4030170"),
        (404, "SVCSTG.SWR.4040004"),
        (500, "SVCSTG.SWR.5000001"),
    ] {
        for operation in 0..3 {
            cloud.fail_next(http::StatusCode::from_u16(status).unwrap());
            let error = match operation {
                0 => swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err(),
                1 => swr.create_instance_lt_credential(INSTANCE_ID, "name").await.unwrap_err(),
                _ => swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap_err(),
            };
            assert_eq!(error.status().unwrap(), status, "{error}");
            assert_eq!(error.code(), Some(code), "{error}");
            assert_eq!(error.request_id().map(str::len), Some(32), "{error}");
            assert_eq!(error.is_auth(), status == 401);
            assert_eq!(error.is_forbidden(), status == 403);
            assert_eq!(error.is_not_found(), status == 404);
            assert_eq!(error.encoded_authorization_message().is_some(), status == 403);
        }
    }
    assert_eq!(cloud.created(), []);
}

#[tokio::test]
async fn a_wrong_key_is_told_with_the_gateways_reason() {
    let cloud = MockCloud::start().await.unwrap();
    let auth = Auth::ak_sk(cloud.access_key(), "wrong").unwrap().project(PROJECT_ID);
    let (_, aom) = clients(&cloud.url(), &auth, &Retry::new()).unwrap();
    let error = aom.list_access_code().await.unwrap_err();
    assert_eq!(error.code(), Some("APIGW.0301"));
    assert!(error.is_auth() && !error.is_retryable());
    assert!(error.to_string().contains("check that the secret key belongs to the access key"), "{error}");
    assert_eq!(cloud.received().len(), 1, "a wrong signature was repeated");
}

#[tokio::test]
async fn a_signature_that_was_changed_on_the_way_is_compared_line_by_line() {
    let theirs = format!("canonicalRequest:GET|/v1/{PROJECT_ID}/access-code/||content-type:text/plain|host:other|");
    let body = format!(r#"{{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail, {theirs}"}}"#);
    let (_server, _, aom) = answering(json(401, &body)).await;
    let error = aom.list_access_code().await.unwrap_err();
    let difference = error.signature_difference().unwrap();
    assert!(
        difference.contains(
            "line 4: we signed `content-type:application/json`, the gateway computed `content-type:text/plain`"
        ),
        "{difference}"
    );
    assert!(difference.contains("line 5: we signed `host:127.0.0.1:"), "{difference}");

    // A wrong key alone makes no line differ.
    let cloud = MockCloud::start().await.unwrap();
    let auth = Auth::ak_sk(cloud.access_key(), "wrong").unwrap().project(PROJECT_ID);
    let (_, aom) = clients(&cloud.url(), &auth, &Retry::off()).unwrap();
    assert_eq!(aom.list_access_code().await.unwrap_err().signature_difference(), None);
}

#[tokio::test]
async fn projects_and_instances_that_do_not_exist_are_told_apart() {
    let cloud = MockCloud::builder().project(PROJECT_ID).instance(INSTANCE_ID).start().await.unwrap();
    let (swr, _) = clients(&cloud.url(), &auth(&cloud).unwrap(), &Retry::off()).unwrap();
    assert!(swr.create_instance_temp_credential("other").await.unwrap_err().is_not_found());
    assert!(swr.create_instance_temp_credential(INSTANCE_ID).project_id("other").await.unwrap_err().is_forbidden());
    swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
}

#[tokio::test]
async fn a_success_status_other_than_the_documented_one_loses_no_secret() {
    for status in [200, 201, 202] {
        let (_server, swr, _) = answering(json(status, &fixture("swr/create-instance-temp-credential.201.json"))).await;
        let credential = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
        assert_eq!(credential.auth_token.expose(), "abc123xyz789");
    }
}

#[tokio::test]
async fn an_odd_date_or_a_new_field_loses_no_secret() {
    let body = r#"{"auth_token":"p","user_id":"u","created_at":"yesterday","expire_date":"","new":{"x":[1]}}"#;
    let (_server, swr, _) = answering(json(201, body)).await;
    let credential = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    assert_eq!(credential.auth_token.expose(), "p");
    assert_eq!(credential.created_at.as_ref().unwrap().as_str(), "yesterday");
    assert_eq!(credential.created_at.unwrap().time(), None);
}

#[tokio::test]
async fn an_odd_type_or_a_byte_order_mark_beside_a_password_loses_no_secret() {
    let body = "\u{feff}{\"auth_token\":\"p\",\"user_id\":\"u\",\"created_at\":1697815800,\"expire_date\":{\"x\":[]},\"token_id\":7}";
    let (_server, swr, _) = answering(json(201, body)).await;
    let credential = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    assert_eq!((credential.auth_token.expose(), credential.user_id.as_str()), ("p", "u"));
    assert!(credential.created_at.is_none() && credential.expire_date.is_none() && credential.token_id.is_none());
    // What can be asked for again is held to its types.
    let (_server, swr, _) = answering(json(200, r#"{"auth_tokens":[{"token_id":7}],"total":1}"#)).await;
    assert_eq!(swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap_err().kind(), ErrorKind::Answer);
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error() {
    for body in [
        "",
        "<html>ok</html>",
        r#"{"access_codes":[{"access_code":"x""#,
        r#"{"access_codes":7}"#,
        r#"{"access_codes":[{}]}"#,
        r#"{"access_codes":[{"access_code":""}]}"#,
        r#"{"error_code":"AOM.0403","error_msg":"no"}"#,
        "null",
        "[]7",
    ] {
        let (_server, swr, aom) = answering(json(200, body)).await;
        assert_eq!(aom.list_access_code().await.unwrap_err().kind(), ErrorKind::Answer, "{body}");
        let error = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Answer, "{body}");
        assert!(error.is_outcome_unknown(), "{error}");
    }
    let (_server, swr, _) = answering(ResponseTemplate::new(204)).await;
    assert!(swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err().is_outcome_unknown());
}

#[tokio::test]
async fn an_unknown_status_value_of_a_code_is_kept() {
    let (_server, _, aom) = answering(json(200, r#"{"access_codes":[{"access_code":"c","status":"frozen"}]}"#)).await;
    let code = aom.list_access_code().await.unwrap().access_codes.remove(0);
    assert_eq!(code.status, Some(aom_client::types::AccessCodeStatus::Other("frozen".to_owned())));
}
