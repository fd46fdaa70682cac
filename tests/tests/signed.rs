//! What was signed is what is sent: a server that computes the signature from the raw request accepts any request.

use huaweicloud_auth::reqwest::{Method, Request, Url};
use integration_tests::auth;
use mock_cloud::{MockCloud, PROJECT_ID};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Decoded pairs of a query.
type Query = Vec<(String, String)>;
/// Headers: an index into some names, and a value.
type Headers = Vec<(usize, Vec<u8>)>;

/// A request of a caller's own, with anything that can be in a URL or a header.
fn requests() -> impl Strategy<Value = (Query, Headers)> {
    let pair = (".{1,8}", ".{0,12}");
    let header =
        (0usize..4, proptest::collection::vec(prop_oneof![Just(b' '), Just(b'\t'), 33u8..127, 128u8..=255], 0..20));
    (proptest::collection::vec(pair, 0..5), proptest::collection::vec(header, 0..4))
}

#[test]
fn any_request_of_ones_own_is_accepted_as_it_was_signed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(MockCloud::start()).unwrap();
    let auth = auth(&cloud).unwrap();
    let http = huaweicloud_auth::http_client_builder().unwrap().no_proxy().build().unwrap();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(256) });
    let result = runner.run(&requests(), |(query, headers)| {
        let mut url = Url::parse(&format!("{}/v1/{PROJECT_ID}/access-code", cloud.url())).unwrap();
        if !query.is_empty() {
            // The form that reqwest gives a query: a blank is a plus.
            url.query_pairs_mut().extend_pairs(&query);
        }
        let mut request = Request::new(Method::GET, url);
        for (name, value) in headers {
            let name = ["x-one", "x-Two", "enterprise-project-id", "x_three"][name];
            request.headers_mut().insert(
                http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                http::HeaderValue::from_bytes(&value).unwrap(),
            );
        }
        let status = runtime.block_on(async {
            auth.authorize(&mut request).await.unwrap();
            http.execute(request).await.unwrap().status().as_u16()
        });
        // The stand-in does not know the parameters, but only after it has accepted the signature.
        let expected = if query.is_empty() { 200 } else { 400 };
        if status == expected { Ok(()) } else { Err(TestCaseError::fail(format!("status {status}"))) }
    });
    result.unwrap();
}
