//! Who may have a token? The part of IAM that hands user tokens out.
//!
//! Source: IAM API reference, `POST /v3/auth/tokens`.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::gateway::Gateway;
use crate::state::{microseconds, secret};

/// Path of the operation.
pub(crate) const TOKENS_PATH: &str = "/v3/auth/tokens";
/// Documented name of the operation.
pub(crate) const CREATE_TOKEN: &str = "KeystoneCreateUserTokenByPassword";

/// The users that IAM knows.
pub(crate) struct Identity {
    /// Passwords by account and user name.
    users: BTreeMap<(String, String), String>,
    pub(crate) token_life: Duration,
}

impl Default for Identity {
    fn default() -> Self {
        Self { users: BTreeMap::new(), token_life: Duration::from_secs(24 * 60 * 60) }
    }
}

impl Identity {
    pub(crate) fn add_user(&mut self, domain: &str, name: &str, password: &str) {
        self.users.insert((domain.to_owned(), name.to_owned()), password.to_owned());
    }

    /// Hands a token out, which the gateway accepts from then on.
    pub(crate) fn create_token(&self, body: &[u8], gateway: &mut Gateway, now: SystemTime, request_id: &str) -> Answer {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let user = &request["auth"]["identity"]["password"]["user"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (domain, name) = (text(&user["domain"]["name"]), text(&user["name"]));
        let known = self.users.get(&(domain.clone(), name.clone()));
        if known.is_none() || known.map(String::as_str) != user["password"].as_str() {
            // IAM answers in the shape of OpenStack, with a number for a code.
            let message = "The username or password is wrong.";
            let error = json!({ "error": { "code": 401, "message": message, "title": "Unauthorized" } });
            return answer::json(StatusCode::UNAUTHORIZED, &error, request_id);
        }
        let scope = &request["auth"]["scope"]["project"];
        // A project that is asked for by name has the ID that tests use.
        let project = scope["id"].as_str().unwrap_or(crate::PROJECT_ID);
        let token = secret(200);
        let expires = now + self.token_life;
        gateway.add_token(&token, Some(expires));
        let told = json!({ "token": {
            "expires_at": microseconds(expires),
            "issued_at": microseconds(now),
            "methods": ["password"],
            "project": { "id": project, "name": scope["name"] },
            "user": { "name": name, "domain": { "name": domain } },
        } });
        let mut answer = answer::json(StatusCode::CREATED, &told, request_id);
        if let Ok(value) = HeaderValue::from_str(&token) {
            answer.headers_mut().insert("x-subject-token", value);
        }
        answer
    }
}
