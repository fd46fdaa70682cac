//! Credentials go to the configured host and nowhere else, and nothing else is touched.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Output};

use huaweicloud_auth::{Auth, Error, ErrorKind, Retry};
use integration_tests::{World, clients, settle};
use mock_cloud::{INSTANCE_ID, MockCloud, PROJECT_ID};
use swr_client::Client;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

fn some_auth() -> Auth {
    Auth::ak_sk("AK", "SK").unwrap().security_token("STS").unwrap().project(PROJECT_ID)
}

#[tokio::test]
async fn a_redirect_is_an_error_and_its_target_hears_nothing() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&elsewhere).await;
    for status in [301, 302, 303, 307, 308] {
        let server = MockServer::start().await;
        let redirect = ResponseTemplate::new(status).insert_header("location", elsewhere.uri());
        Mock::given(any()).respond_with(redirect).mount(&server).await;
        let (swr, aom) = clients(&server.uri(), &some_auth(), &Retry::new()).unwrap();
        assert_eq!(aom.list_access_code().await.unwrap_err().kind(), ErrorKind::Redirect);
        let error = swr.create_instance_lt_credential(INSTANCE_ID, "name").await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Redirect, status));
        assert_eq!(server.received_requests().await.unwrap().len(), 2, "a redirect was tried again");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_from_another_address_is_an_error() {
    let elsewhere = MockServer::start().await;
    let body = r#"{"auth_token":"p","user_id":"u","access_codes":[]}"#;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string(body)).mount(&elsewhere).await;
    let server = MockServer::start().await;
    let redirect = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    Mock::given(any()).respond_with(redirect).mount(&server).await;
    // A client of the caller's own that follows redirects, against the advice.
    let http = huaweicloud_auth::http_client_builder().unwrap().no_proxy();
    let http = http.redirect(huaweicloud_auth::reqwest::redirect::Policy::limited(3)).build().unwrap();
    let swr = Client::builder(some_auth()).endpoint(server.uri()).http_client(http).build().unwrap();
    let error = swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect, "{error}");
    assert!(error.to_string().contains("redirect(Policy::none())"), "{error}");
}

#[tokio::test]
async fn plain_http_is_for_this_machine_unless_asked_for_by_name() {
    let build = |endpoint: &str| Client::builder(some_auth()).endpoint(endpoint).build();
    for endpoint in
        ["http://swr-api.cn-north-4.myhuaweicloud.com", "http://10.0.0.1:8080", "http://127.0.0.1.evil.example"]
    {
        let error: Error = build(endpoint).unwrap_err();
        assert!(error.to_string().contains("allow_plain_http()"), "{error}");
    }
    build("http://127.0.0.1:1").unwrap();
    build("https://127.0.0.1:1").unwrap();
    Client::builder(some_auth()).endpoint("http://10.0.0.1:8080").allow_plain_http().build().unwrap();
}

/// What a child process does: every operation, against a cloud of its own.
#[tokio::test]
#[ignore = "runs in a child process, with an environment of its own"]
async fn child_calls_everything() {
    let World { cloud: _cloud, swr, aom } = World::start().await.unwrap();
    swr.create_instance_temp_credential(INSTANCE_ID).await.unwrap();
    swr.create_instance_lt_credential(INSTANCE_ID, "name").await.unwrap();
    swr.list_instance_lt_credentials(INSTANCE_ID).await.unwrap();
    aom.list_access_code().await.unwrap();
}

/// This program, to run one of the tests for children.
fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", test]);
    command
}

/// Demands that a child ran its test, and that it passed.
fn assert_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn no_file_is_written_no_netrc_is_read_and_this_machine_needs_no_proxy() {
    let home = std::env::temp_dir().join(format!("home-of-a-test-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join(".netrc"), "machine 127.0.0.1 login someone password else\n").unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let output = child("child_calls_everything")
        .env_clear()
        .env("HOME", &home)
        .env("HTTP_PROXY", &address)
        .env("http_proxy", &address)
        .env("ALL_PROXY", &address)
        .output()
        .unwrap();
    assert_passed(&output);
    let files: Vec<_> = std::fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    std::fs::remove_dir_all(&home).unwrap();
    assert_eq!(files, [".netrc"], "a file was written");
    assert!(proxy.accept().is_err(), "a call to this machine went through a proxy");
}

/// What a child process does: one call to a host that only a proxy could reach.
#[tokio::test]
#[ignore = "runs in a child process, with an environment of its own"]
async fn child_calls_a_far_host() {
    let builder = Client::builder(some_auth()).endpoint("http://far.invalid").allow_plain_http().retry(Retry::off());
    let direct = std::env::args().any(|argument| argument == "direct");
    let client = if direct { builder.no_proxy() } else { builder }.build().unwrap();
    assert!(client.create_instance_temp_credential(INSTANCE_ID).await.is_err());
}

/// Whether a proxy named in the environment hears of a call.
fn proxy_is_used(mode: &str) -> bool {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = proxy.accept().unwrap();
        let mut first = [0; 4];
        stream.read_exact(&mut first).is_ok() && &first == b"POST"
    });
    let output = child("child_calls_a_far_host")
        .arg(mode)
        .env("HTTP_PROXY", format!("http://{address}"))
        .env("http_proxy", format!("http://{address}"))
        .output()
        .unwrap();
    assert_passed(&output);
    // Ends the thread, if the child did not come.
    drop(std::net::TcpStream::connect(address));
    heard.join().unwrap()
}

#[test]
fn a_proxy_of_the_environment_is_used_and_can_be_turned_off() {
    assert!(proxy_is_used("child_calls_a_far_host"));
    assert!(!proxy_is_used("direct"));
}

#[tokio::test]
async fn nothing_is_sent_by_making_clients() {
    let cloud = MockCloud::start().await.unwrap();
    let auth = integration_tests::auth(&cloud).unwrap();
    let (swr, aom) = clients(&cloud.url(), &auth, &Retry::new()).unwrap();
    drop((
        swr.create_instance_temp_credential(INSTANCE_ID),
        swr.list_instance_lt_credentials(INSTANCE_ID).stream(),
        aom.list_access_code(),
    ));
    settle().await;
    assert_eq!(cloud.received(), []);
}
