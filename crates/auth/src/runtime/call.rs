//! What is one call? The parts that generated code collects, and the request that they make.

use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use reqwest::Url;

use crate::error::Error;
use crate::sign::push_encoded;

/// What all calls of one operation share.
#[derive(Debug)]
pub struct Operation {
    /// Documented name.
    pub id: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Template of the path, for example `/v1/{project_id}/access-code`.
    pub path: &'static str,
}

/// Name of the path parameter that authentication knows.
const PROJECT_ID: &str = "project_id";

/// One call before it is sent.
pub struct Call {
    operation: &'static Operation,
    project_id: Option<String>,
    path: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Call {
    /// A call of an operation, without parameters.
    #[must_use]
    pub fn new(operation: &'static Operation) -> Self {
        Self {
            operation,
            project_id: None,
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Sets the project, instead of the one that was set with the credentials.
    ///
    /// # Errors
    /// When the ID could change the path.
    pub fn project_id(&mut self, project_id: Option<String>) -> Result<(), Error> {
        if let Some(project_id) = &project_id {
            check_segment(PROJECT_ID, project_id)?;
        }
        self.project_id = project_id;
        Ok(())
    }

    /// Sets a part of the path.
    ///
    /// # Errors
    /// When the value could change the path.
    pub fn path(&mut self, name: &'static str, value: &impl ToString) -> Result<(), Error> {
        let value = value.to_string();
        check_segment(name, &value)?;
        self.path.push((name, value));
        Ok(())
    }

    /// Adds a query parameter, if there is a value.
    pub fn query(&mut self, name: &'static str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.query.push((name, value.to_string()));
        }
    }

    /// Adds a header, if there is a value.
    ///
    /// # Errors
    /// When the value cannot be part of a header.
    pub fn header(&mut self, name: &'static str, value: Option<impl fmt::Display>) -> Result<(), Error> {
        let Some(value) = value else { return Ok(()) };
        let refuse = || Error::argument(name, "it holds a character that cannot be part of a header");
        let value = HeaderValue::from_str(&value.to_string()).map_err(|_| refuse())?;
        self.headers.push((HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?, value));
        Ok(())
    }

    /// Sets the body.
    ///
    /// # Errors
    /// When a value has no form in JSON.
    pub fn json(&mut self, body: &impl serde::Serialize) -> Result<(), Error> {
        let json = serde_json::to_vec(body).map_err(|_| Error::argument("body", "it cannot be written as JSON"))?;
        self.body = Bytes::from(json);
        Ok(())
    }

    pub(crate) fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The project of this call, or else that of the credentials.
    fn project<'a>(&'a self, default: Option<&'a str>) -> Option<&'a str> {
        self.project_id.as_deref().or(default)
    }

    /// Refuses what no credential could mend, before one is fetched.
    pub(crate) fn check(&self, default_project: Option<&str>) -> Result<(), Error> {
        self.project(default_project).map_or(Ok(()), |project| check_segment(PROJECT_ID, project))
    }

    /// The URL of this call. Each part of the path is encoded once, so that it stays one part.
    fn url(&self, endpoint: &Url, default_project: Option<&str>) -> Result<Url, Error> {
        let mut path = endpoint.path().trim_end_matches('/').as_bytes().to_vec();
        for segment in self.operation.path.split('/').skip(1) {
            path.push(b'/');
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                None => path.extend_from_slice(segment.as_bytes()),
                Some(PROJECT_ID) => push_encoded(&mut path, self.required_project(default_project)?.as_bytes()),
                Some(name) => {
                    let value = self.path.iter().find(|(known, _)| *known == name);
                    let (_, value) = value.ok_or_else(|| Error::argument(name, "it is not set"))?;
                    push_encoded(&mut path, value.as_bytes());
                }
            }
        }
        let mut url = endpoint.clone();
        // Percent-encoding leaves ASCII only.
        url.set_path(&String::from_utf8(path).unwrap_or_default());
        if !self.query.is_empty() {
            url.set_query(Some(&crate::sign::canonical_query(self.query.iter().map(|(name, value)| (*name, value)))));
        }
        Ok(url)
    }

    fn required_project<'a>(&'a self, default: Option<&'a str>) -> Result<&'a str, Error> {
        let project = self.project(default).ok_or_else(|| {
            Error::configuration(
                "no project ID: set it once with Auth::project or HUAWEICLOUD_SDK_PROJECT_ID, or for one call with project_id()",
            )
        })?;
        check_segment(PROJECT_ID, project)?;
        Ok(project)
    }

    /// The request of this call, not yet authenticated.
    pub(crate) fn request(&self, endpoint: &Url, default_project: Option<&str>) -> Result<reqwest::Request, Error> {
        let url = self.url(endpoint, default_project)?;
        let mut request = reqwest::Request::new(self.operation.method.clone(), url);
        let headers = request.headers_mut();
        headers.extend(self.headers.iter().cloned());
        if let Some(project) = self.project(default_project) {
            let value = HeaderValue::from_str(project)
                .map_err(|_| Error::argument(PROJECT_ID, "it holds a character that cannot be part of a header"))?;
            headers.insert("x-project-id", value);
        }
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.clone().into());
        } else if matches!(self.operation.method, Method::POST | Method::PUT | Method::PATCH) {
            // Gateways refuse such a request without a length.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(request)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}

/// Refuses a value that could lead to another path, whatever a server or proxy does to it.
fn check_segment(name: &str, value: &str) -> Result<(), Error> {
    let problem = if value.is_empty() {
        "it is empty"
    } else if matches!(value, "." | "..") {
        "it is a step in the path and would lead to another resource"
    } else if value.contains(['/', '\\']) {
        "it holds a slash or backslash and would lead to another resource"
    } else if value.chars().any(char::is_control) {
        "it holds a control character"
    } else {
        return Ok(());
    };
    Err(Error::argument(name, problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    static OPERATION: Operation =
        Operation { id: "Test", method: Method::DELETE, path: "/v2/{project_id}/things/{id}" };

    fn path_for(id: &str) -> Result<String, Error> {
        let mut call = Call::new(&OPERATION);
        call.path("id", &id)?;
        let endpoint = Url::parse("https://h.example").unwrap();
        call.url(&endpoint, Some("p")).map(|url| url.path().to_owned())
    }

    #[test]
    fn a_value_that_would_change_the_path_is_refused_by_name() {
        for value in ["", ".", "..", "a/b", "a\\b", "a\nb", "\0"] {
            let error = path_for(value).unwrap_err().to_string();
            assert!(error.contains("`id`"), "{error}");
        }
    }

    #[test]
    fn a_value_with_marks_of_a_url_stays_one_part_of_the_path() {
        assert_eq!(path_for("X#").unwrap(), "/v2/p/things/X%23");
        assert_eq!(path_for("a?b=c").unwrap(), "/v2/p/things/a%3Fb%3Dc");
        assert_eq!(path_for("%2e%2e").unwrap(), "/v2/p/things/%252e%252e");
        assert_eq!(path_for("...").unwrap(), "/v2/p/things/...");
    }

    #[test]
    fn a_missing_project_is_named() {
        let mut call = Call::new(&OPERATION);
        call.path("id", &"x").unwrap();
        let error = call.url(&Url::parse("https://h.example").unwrap(), None).unwrap_err().to_string();
        assert!(error.contains("no project ID"), "{error}");
    }

    #[test]
    fn a_path_of_the_endpoint_stays_in_front() {
        let mut call = Call::new(&OPERATION);
        call.path("id", &"x").unwrap();
        let url = call.url(&Url::parse("https://h.example/base").unwrap(), Some("p")).unwrap();
        assert_eq!(url.as_str(), "https://h.example/base/v2/p/things/x");
    }

    proptest! {
        #[test]
        fn any_value_is_refused_or_stays_one_part_of_the_path(value in ".*") {
            if let Ok(path) = path_for(&value) {
                let parts: Vec<&str> = path.split('/').collect();
                prop_assert_eq!(&parts[..4], &["", "v2", "p", "things"]);
                prop_assert_eq!(parts.len(), 5);
                prop_assert!(!matches!(parts[4], "" | "." | ".."));
            }
        }
    }
}
