//! Which host? Regions, and the endpoints that services have in them.

use std::fmt;

use crate::error::Error;

/// A region of Huawei Cloud, for example `cn-north-4`.
///
/// Any name can be used: a region that this version does not know gets the usual endpoint. Whether it is known can
/// be asked with [`Region::is_known_to`].
///
/// ```
/// use huaweicloud_auth::{Region, runtime::Service};
/// let swr = Service { id: "swr", endpoint: "https://swr-api.{region}.{domain}" };
/// assert_eq!(Region::new("eu-west-101").endpoint(&swr)?, "https://swr-api.eu-west-101.myhuaweicloud.eu");
/// # Ok::<(), huaweicloud_auth::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region(String);

/// A service, and where its endpoints are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Short name, for example `swr`.
    pub id: &'static str,
    /// Template of the endpoint, with `{region}` and `{domain}`.
    pub endpoint: &'static str,
}

/// Domain of most regions.
const DOMAIN: &str = "myhuaweicloud.com";
/// Regions on another domain. Source: region tables of the official Python and Go SDKs.
const OTHER_DOMAINS: [(&str, &str); 1] = [("eu-west-101", "myhuaweicloud.eu")];

/// Regions where a service is known to be. Source: region tables of the official Python SDK 3.1.219.
const KNOWN: [(&str, &[&str]); 2] = [
    (
        "aom",
        &[
            "ae-ad-1",
            "af-north-1",
            "af-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "cn-east-2",
            "cn-east-3",
            "cn-east-4",
            "cn-east-5",
            "cn-north-1",
            "cn-north-11",
            "cn-north-12",
            "cn-north-2",
            "cn-north-4",
            "cn-north-9",
            "cn-south-1",
            "cn-south-2",
            "cn-southwest-2",
            "cn-southwest-3",
            "la-north-2",
            "la-south-2",
            "me-east-1",
            "my-kualalumpur-1",
            "na-mexico-1",
            "ru-moscow-1",
            "ru-northwest-2",
            "sa-brazil-1",
            "tr-west-1",
        ],
    ),
    (
        "swr",
        &[
            "ae-ad-1",
            "af-north-1",
            "af-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "cn-east-2",
            "cn-east-3",
            "cn-east-4",
            "cn-east-5",
            "cn-north-1",
            "cn-north-11",
            "cn-north-12",
            "cn-north-2",
            "cn-north-4",
            "cn-north-9",
            "cn-south-1",
            "cn-south-2",
            "cn-south-4",
            "cn-southwest-2",
            "cn-southwest-3",
            "eu-west-0",
            "eu-west-101",
            "la-north-2",
            "la-south-2",
            "me-east-1",
            "my-kualalumpur-1",
            "na-mexico-1",
            "ru-moscow-1",
            "ru-northwest-2",
            "sa-brazil-1",
            "sa-peru-1",
            "tr-west-1",
        ],
    ),
];

impl Region {
    /// The region with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the official SDKs list the region for a service; nothing when this version has no list for the
    /// service. A region that is not listed may still exist.
    #[must_use]
    pub fn is_known_to(&self, service: &Service) -> Option<bool> {
        let (_, regions) = KNOWN.iter().find(|(id, _)| *id == service.id)?;
        Some(regions.contains(&self.as_str()))
    }

    /// The endpoint of a service in this region.
    ///
    /// # Errors
    /// When the name is not made of lowercase letters, digits and hyphens, and so cannot be part of a host name.
    pub fn endpoint(&self, service: &Service) -> Result<String, Error> {
        let label = !self.0.is_empty()
            && !self.0.starts_with('-')
            && !self.0.ends_with('-')
            && self.0.len() <= 63
            && self.0.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !label {
            return Err(Error::configuration(format!(
                "the region {:?} cannot be part of a host name; use lowercase letters, digits and hyphens, as in cn-north-4",
                self.0
            )));
        }
        let domain = OTHER_DOMAINS.iter().find(|(region, _)| *region == self.0).map_or(DOMAIN, |(_, domain)| domain);
        Ok(service.endpoint.replace("{region}", &self.0).replace("{domain}", domain))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AOM: Service = Service { id: "aom", endpoint: "https://aom.{region}.{domain}" };

    #[test]
    fn an_unknown_region_has_the_usual_endpoint() {
        let region = Region::new("xx-future-9");
        assert_eq!(region.is_known_to(&AOM), Some(false));
        assert_eq!(region.endpoint(&AOM).unwrap(), "https://aom.xx-future-9.myhuaweicloud.com");
    }

    #[test]
    fn a_name_that_would_change_the_host_is_refused() {
        for name in ["", "a.b", "a/b", "evil.com/", "A", "a@b", "a b", "-a", "é", "a:1"] {
            let error = Region::new(name).endpoint(&AOM).unwrap_err().to_string();
            assert!(error.contains("region"), "{error}");
        }
    }

    #[test]
    fn a_service_without_a_list_is_no_answer() {
        let other = Service { id: "other", endpoint: "https://other.{region}.{domain}" };
        assert_eq!(Region::new("cn-north-4").is_known_to(&other), None);
    }
}
