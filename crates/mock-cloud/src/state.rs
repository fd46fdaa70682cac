//! What exists in the cloud? Credentials and access codes, by project.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Long-term credentials expire after ten years, as the example of the page shows.
const TEN_YEARS: Duration = Duration::from_secs(3653 * 24 * 60 * 60);

/// What exists, and what may exist.
#[derive(Default)]
pub(crate) struct State {
    /// The only projects that exist; all do when none is named.
    pub(crate) projects: BTreeSet<String>,
    /// The only instances that exist; all do when none is named.
    pub(crate) instances: BTreeSet<String>,
    credentials: Vec<Created>,
    access_codes: BTreeMap<String, Vec<Value>>,
}

/// A registry credential that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Project that it belongs to.
    pub project_id: String,
    /// Instance that it opens.
    pub instance_id: String,
    /// Name; nothing for a temporary credential.
    pub name: Option<String>,
    /// ID of the credential.
    pub token_id: String,
    /// User name for the registry.
    pub user_id: String,
    /// Password for the registry.
    pub auth_token: String,
    /// Whether it can be used.
    pub enable: bool,
    /// Whether it was deleted.
    pub deleted: bool,
    created: SystemTime,
    expires: SystemTime,
}

impl Created {
    fn new(project_id: &str, instance_id: &str, name: Option<&str>, now: SystemTime, life: Duration) -> Self {
        Self {
            project_id: project_id.to_owned(),
            instance_id: instance_id.to_owned(),
            name: name.map(str::to_owned),
            token_id: uuid(),
            user_id: hexadecimal(32),
            auth_token: secret(64),
            enable: true,
            deleted: false,
            created: now,
            expires: now + life,
        }
    }

    /// Whether it is a long-term credential of an instance that was not deleted.
    fn is_long_term_of(&self, project: &str, instance: &str) -> bool {
        self.name.is_some() && !self.deleted && self.project_id == project && self.instance_id == instance
    }

    /// The answer of the call that creates it.
    fn with_password(&self) -> Value {
        json!({
            "auth_token": self.auth_token,
            "created_at": seconds(self.created),
            "expire_date": seconds(self.expires),
            "token_id": self.token_id,
            "user_id": self.user_id,
        })
    }

    /// An item of the list.
    fn without_password(&self) -> Value {
        json!({
            "created_at": microseconds(self.created),
            "enable": self.enable,
            "expire_date": microseconds(self.expires),
            "instance_id": self.instance_id,
            "name": self.name,
            "token_id": self.token_id,
            "user_id": self.user_id,
        })
    }
}

impl State {
    /// All credentials that were ever created, oldest first.
    pub(crate) fn created(&self) -> &[Created] {
        &self.credentials
    }

    pub(crate) fn create_temporary(&mut self, project: &str, instance: &str, now: SystemTime) -> Value {
        let credential = Created::new(project, instance, None, now, DAY);
        let answer = credential.with_password();
        self.credentials.push(credential);
        answer
    }

    /// Creates a long-term credential; nothing when the name is taken.
    pub(crate) fn create_long_term(
        &mut self,
        project: &str,
        instance: &str,
        name: &str,
        now: SystemTime,
    ) -> Option<Value> {
        if self.long_term(project, instance).any(|credential| credential.name.as_deref() == Some(name)) {
            return None;
        }
        let credential = Created::new(project, instance, Some(name), now, TEN_YEARS);
        let answer = credential.with_password();
        self.credentials.push(credential);
        Some(answer)
    }

    /// One page of the long-term credentials, newest first.
    pub(crate) fn list_long_term(&self, project: &str, instance: &str, offset: usize, limit: usize) -> Value {
        let all: Vec<&Created> = self.long_term(project, instance).collect();
        let page: Vec<Value> =
            all.iter().rev().skip(offset).take(limit).map(|credential| credential.without_password()).collect();
        json!({ "auth_tokens": page, "total": all.len() })
    }

    /// Enables or disables a long-term credential; says whether there is one.
    pub(crate) fn enable_long_term(&mut self, project: &str, instance: &str, id: &str, enable: bool) -> bool {
        let found = self.find_long_term(project, instance, id);
        if let Some(credential) = found {
            credential.enable = enable;
            return true;
        }
        false
    }

    /// Deletes a long-term credential; says whether there was one.
    pub(crate) fn delete_long_term(&mut self, project: &str, instance: &str, id: &str) -> bool {
        let found = self.find_long_term(project, instance, id);
        if let Some(credential) = found {
            credential.deleted = true;
            credential.enable = false;
            return true;
        }
        false
    }

    fn find_long_term(&mut self, project: &str, instance: &str, id: &str) -> Option<&mut Created> {
        self.credentials
            .iter_mut()
            .find(|credential| credential.is_long_term_of(project, instance) && credential.token_id == id)
    }

    fn long_term<'a>(&'a self, project: &'a str, instance: &'a str) -> impl Iterator<Item = &'a Created> {
        self.credentials.iter().filter(move |credential| credential.is_long_term_of(project, instance))
    }

    /// The access codes of a project; each project has two from the start, because only the console creates them.
    pub(crate) fn access_codes(&mut self, project: &str, now: SystemTime) -> Value {
        let codes = self.access_codes.entry(project.to_owned()).or_insert_with(|| {
            let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let nanoseconds = u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX);
            let code = |age: u64| {
                json!({
                    "access_code": secret(64),
                    "access_code_id": hexadecimal(32),
                    // Odd, so that a reader who rounds is found out.
                    "create_at": nanoseconds.saturating_sub(age) | 1,
                    "status": "enable",
                })
            };
            vec![code(0), code(3_600_000_000_000)]
        });
        json!({ "access_codes": codes })
    }
}

/// A text that stands for a password or token.
pub(crate) fn secret(length: usize) -> String {
    random(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
}

fn hexadecimal(length: usize) -> String {
    random(b"0123456789abcdef", length)
}

fn random(alphabet: &[u8], length: usize) -> String {
    (0..length).map(|_| char::from(alphabet[fastrand::usize(..alphabet.len())])).collect()
}

fn uuid() -> String {
    let digits = hexadecimal(32);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn seconds(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    time.replace_nanosecond(0).unwrap_or(time).format(&Rfc3339).unwrap_or_default()
}

pub(crate) fn microseconds(time: SystemTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    OffsetDateTime::from(time).format(format).unwrap_or_default()
}
