//! What cannot be right is refused before anything is sent.

use huaweicloud_auth::{Auth, Error, ErrorKind};
use integration_tests::World;
use mock_cloud::INSTANCE_ID;

/// The error is about the argument `name`, and nothing was sent.
fn assert_refused(error: &Error, name: &str) {
    assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
    assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    assert_eq!(error.attempts(), 0);
}

#[tokio::test]
async fn a_path_parameter_never_leads_to_another_path() {
    let World { cloud, swr, aom } = World::start().await.unwrap();
    for bad in ["", ".", "..", "a/b", "a\\b", "a\nb", "../../x", "/", "\\"] {
        assert_refused(&swr.create_instance_temp_credential(bad).await.unwrap_err(), "instance_id");
        assert_refused(&swr.create_instance_lt_credential(bad, "name").await.unwrap_err(), "instance_id");
        assert_refused(&swr.list_instance_lt_credentials(bad).await.unwrap_err(), "instance_id");
        assert_refused(&swr.update_instance_lt_credential(bad, "id", true).await.unwrap_err(), "instance_id");
        assert_refused(&swr.update_instance_lt_credential(INSTANCE_ID, bad, true).await.unwrap_err(), "credential_id");
        assert_refused(&swr.delete_instance_lt_credential(INSTANCE_ID, bad).await.unwrap_err(), "credential_id");
        assert_refused(&aom.list_access_code().project_id(bad).await.unwrap_err(), "project_id");
    }
    assert_eq!(cloud.received(), []);
    for (odd, sent) in [("X#", "X%23"), ("a?b=c", "a%3Fb%3Dc"), ("%2e%2e", "%252e%252e"), ("é ü", "%C3%A9%20%C3%BC")]
    {
        swr.create_instance_temp_credential(odd).await.unwrap();
        let created = cloud.created().pop().unwrap();
        assert_eq!(created.instance_id, odd);
        let path = cloud.received().pop().unwrap().path;
        assert!(path.ends_with(&format!("/instances/{sent}/temp-credential")), "{path}");
    }
}

#[tokio::test]
async fn a_name_outside_the_rule_is_refused_with_the_rule() {
    let World { cloud, swr, .. } = World::start().await.unwrap();
    let long = "a".repeat(65);
    for bad in ["", "A", "a b", ".a", "a.", "a..b", "a._b", "-", "é", "a\n", long.as_str()] {
        let error = swr.create_instance_lt_credential(INSTANCE_ID, bad).await.unwrap_err();
        assert_refused(&error, "name");
        assert!(error.to_string().contains("1 to 64 characters: lowercase letters and digits"), "{error}");
    }
    assert_eq!(cloud.received(), []);
    for good in ["a", "a.b_c-d", "0", &long[..64]] {
        swr.create_instance_lt_credential(INSTANCE_ID, good).await.unwrap();
    }
}

#[tokio::test]
async fn a_limit_outside_its_range_is_refused() {
    let World { cloud, swr, .. } = World::start().await.unwrap();
    for bad in [0, 101, u64::MAX] {
        let list = swr.list_instance_lt_credentials(INSTANCE_ID).limit(bad);
        let error = list.clone().await.unwrap_err();
        assert_refused(&error, "limit");
        assert!(error.to_string().contains("from 1 to 100"), "{error}");
        assert_refused(&list.stream().try_next().await.unwrap_err(), "limit");
    }
    assert_eq!(cloud.received(), []);
}

#[tokio::test]
async fn a_missing_project_is_named_before_anything_is_sent() {
    let World { cloud, .. } = World::start().await.unwrap();
    let auth = Auth::ak_sk(cloud.access_key(), cloud.secret_key()).unwrap();
    let aom = aom_client::Client::builder(auth).endpoint(cloud.url()).build().unwrap();
    let error = aom.list_access_code().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("no project ID"), "{error}");
    assert_eq!(cloud.received(), []);
}
