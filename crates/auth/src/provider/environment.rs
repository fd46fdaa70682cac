//! Credentials from environment variables.

use crate::credential::Credential;
use crate::environment::Environment;
use crate::error::Error;

/// Names of a key pair, in the order in which they are looked up: the official SDKs' own, then those of the sample
/// programs on the API pages.
const PAIRS: [(&str, &str); 2] = [("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"), ("CLOUD_SDK_AK", "CLOUD_SDK_SK")];
const SECURITY_TOKEN: &str = "HUAWEICLOUD_SDK_SECURITY_TOKEN";
const PROJECT_ID: &str = "HUAWEICLOUD_SDK_PROJECT_ID";

/// The credential in an environment, with its project.
///
/// # Errors
/// When no pair is set, or only half of one; the message names the variables.
pub(crate) fn read(environment: &dyn Environment) -> Result<Credential, Error> {
    for (ak, sk) in PAIRS {
        let (access_key, secret_key) = match (environment.variable(ak), environment.variable(sk)) {
            (Some(access_key), Some(secret_key)) => (access_key, secret_key),
            (None, None) => continue,
            (Some(_), None) => return Err(half(ak, sk)),
            (None, Some(_)) => return Err(half(sk, ak)),
        };
        tracing::debug!(access_key = ak, secret_key = sk, "credential found in the environment");
        let mut credential = Credential::access_key(access_key, secret_key)?;
        if let Some(token) = environment.variable(SECURITY_TOKEN) {
            credential = credential.with_security_token(token)?;
        }
        return Ok(match environment.variable(PROJECT_ID) {
            Some(project_id) => credential.in_project(project_id),
            None => credential,
        });
    }
    let names: Vec<String> = PAIRS.iter().map(|(ak, sk)| format!("{ak} and {sk}")).collect();
    Err(Error::no_credential(format!(
        "no credential found: looked for the environment variables {}; set one pair, or pass Auth::ak_sk or Auth::token",
        names.join(", then ")
    )))
}

fn half(set: &str, missing: &str) -> Error {
    Error::no_credential(format!("half a credential found: {set} is set, but {missing} is not; set both or none"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::credential::Kind;

    fn key(variables: &[(&'static str, &'static str)]) -> Result<(String, bool, Option<String>), String> {
        let environment: BTreeMap<_, _> = variables.iter().copied().collect();
        let credential = read(&environment).map_err(|error| error.to_string())?;
        let project = credential.project_id().map(str::to_owned);
        match credential.kind() {
            Kind::AccessKey { key, security_token } => {
                Ok((key.access_key().to_owned(), security_token.is_some(), project))
            }
            Kind::Token(_) => Err("a token".to_owned()),
        }
    }

    #[test]
    fn the_official_names_come_first() {
        let both = [
            ("HUAWEICLOUD_SDK_AK", "A1"),
            ("HUAWEICLOUD_SDK_SK", "S1"),
            ("CLOUD_SDK_AK", "A2"),
            ("CLOUD_SDK_SK", "S2"),
        ];
        assert_eq!(key(&both), Ok(("A1".to_owned(), false, None)));
        assert_eq!(key(&both[2..]), Ok(("A2".to_owned(), false, None)));
    }

    #[test]
    fn a_security_token_and_a_project_come_along() {
        let all = [
            ("HUAWEICLOUD_SDK_AK", "A1"),
            ("HUAWEICLOUD_SDK_SK", "S1"),
            ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "T1"),
            ("HUAWEICLOUD_SDK_PROJECT_ID", "P1"),
        ];
        assert_eq!(key(&all), Ok(("A1".to_owned(), true, Some("P1".to_owned()))));
    }

    #[test]
    fn half_a_pair_says_which_half_is_missing() {
        assert!(key(&[("HUAWEICLOUD_SDK_AK", "A1")]).unwrap_err().contains("but HUAWEICLOUD_SDK_SK is not"));
        assert!(key(&[("CLOUD_SDK_SK", "S1")]).unwrap_err().contains("but CLOUD_SDK_AK is not"));
        // An empty variable is one that is not set.
        assert!(key(&[("CLOUD_SDK_AK", ""), ("CLOUD_SDK_SK", "S1")]).unwrap_err().contains("but CLOUD_SDK_AK is not"));
    }

    #[test]
    fn nothing_says_what_was_looked_for() {
        let error = key(&[]).unwrap_err();
        for part in ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "CLOUD_SDK_AK", "CLOUD_SDK_SK", "Auth::ak_sk"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
