//! Is the answer what the call promises? Decodes it, and lets no failure pass as a success.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;
use serde_json::error::Category;

use super::Call;
use crate::error::{Error, ErrorBody};
use crate::retry;
use crate::wire::Answer as Raw;

/// What an operation answers.
pub trait Answer: DeserializeOwned {
    /// Names of its documented fields.
    const FIELDS: &'static [&'static str];

    /// Whether nothing of what is documented was in the answer, so that it may be something else altogether.
    fn is_hollow(&self) -> bool;
}

/// What [`not_empty`] says; its texts hold no value, so they can be shown.
const EMPTY: &str = "a field that must not be empty is empty";

/// Decodes an answer. The error never shows a value of the body, which may hold a secret.
pub(super) fn decode<T: Answer>(call: &Call, answer: &Raw) -> Result<T, Error> {
    let problem = match serde_json::from_slice::<T>(without_mark(&answer.body)) {
        Ok(value) if !value.is_hollow() => return Ok(value),
        Ok(value) => match foreign::<T>(&answer.body) {
            None => return Ok(value),
            Some(problem) => problem,
        },
        Err(error) => describe(&error),
    };
    let error = Error::answer(answer.status, &answer.headers, format!("the answer cannot be used: {problem}"));
    let verdict = retry::verdict(&call.operation().method, &error);
    Err(error.with_outcome(verdict))
}

/// A body without the byte order mark that some servers put before JSON.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// What is wrong with a body in which nothing documented was found; nothing when it is just empty.
fn foreign<T: Answer>(body: &[u8]) -> Option<String> {
    if let Some(failure) = ErrorBody::of_failure(body) {
        let (code, message) = (failure.code.unwrap_or_default(), failure.message.unwrap_or_default());
        return Some(format!("it says success by its status, but failure in its body: {code}: {message}"));
    }
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else { return None };
    let documented = object.keys().any(|key| T::FIELDS.contains(&key.as_str()));
    (!object.is_empty() && !documented).then(|| "it has none of the documented fields".to_owned())
}

/// What is wrong with a body, without any of its values.
fn describe(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    match error.classify() {
        Category::Eof => format!("it ends too early, at {place}"),
        Category::Syntax | Category::Io => format!("it is not JSON, from {place}"),
        // These two texts hold names from the spec only; all others may hold values.
        Category::Data if text.starts_with(EMPTY) => format!("{EMPTY}, before {place}"),
        Category::Data => match text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
            Some((field, _)) => format!("the field `{field}` is missing, before {place}"),
            None => format!("a field has another type than documented, before {place}"),
        },
    }
}

/// Reads a text that must not be empty.
///
/// # Errors
/// When it is.
pub fn not_empty<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + MayBeEmpty,
    D: Deserializer<'de>,
{
    let text = T::deserialize(deserializer)?;
    if text.is_empty() { Err(D::Error::custom(EMPTY)) } else { Ok(text) }
}

/// A text that [`not_empty`] can look at.
pub trait MayBeEmpty {
    /// Whether it has no characters.
    fn is_empty(&self) -> bool;
}

impl MayBeEmpty for String {
    fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl MayBeEmpty for crate::Secret {
    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

impl MayBeEmpty for crate::Timestamp {
    fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

/// Reads `null` as an empty collection.
///
/// # Errors
/// When the value is neither `null` nor a collection.
pub fn null_as_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a detail beside a password that is answered only once: nothing where the value has another type than
/// documented, because the password must not be lost over it.
///
/// # Errors
/// When the value is no JSON at all.
pub fn if_readable<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    Value::deserialize(deserializer).map(|value| T::deserialize(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::runtime::Operation;
    use http::{HeaderMap, Method, StatusCode};
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    #[derive(Debug, serde::Deserialize)]
    struct Created {
        #[serde(deserialize_with = "not_empty")]
        auth_token: Secret,
    }

    impl Answer for Created {
        const FIELDS: &'static [&'static str] = &["auth_token"];
        fn is_hollow(&self) -> bool {
            false
        }
    }

    #[derive(Debug, serde::Deserialize)]
    struct List {
        #[serde(default, deserialize_with = "null_as_default")]
        items: Vec<i64>,
    }

    impl Answer for List {
        const FIELDS: &'static [&'static str] = &["items"];
        fn is_hollow(&self) -> bool {
            self.items.is_empty()
        }
    }

    static POST: Operation = Operation { id: "Create", method: Method::POST, path: "/" };
    static GET: Operation = Operation { id: "List", method: Method::GET, path: "/" };

    fn answer(body: &[u8]) -> Raw {
        Raw { status: StatusCode::CREATED, headers: HeaderMap::new(), body: Zeroizing::new(body.to_vec()) }
    }

    #[test]
    fn a_create_without_its_password_is_an_error_that_says_what_may_exist() {
        for body in [
            r"{}",
            r#"{"auth_token":null}"#,
            r#"{"auth_token":""}"#,
            r#"{"auth_token":7}"#,
            "",
            "<html>",
            r#"{"auth_token":"s3cr"#,
            "[]",
            "null",
        ] {
            let error = decode::<Created>(&Call::new(&POST), &answer(body.as_bytes())).unwrap_err();
            assert!(error.is_outcome_unknown(), "{body}: {error}");
            assert!(!error.is_retryable(), "{body}: {error}");
            assert!(error.to_string().contains("may exist"), "{error}");
        }
        assert_eq!(
            decode::<Created>(&Call::new(&POST), &answer(br#"{"auth_token":"p"}"#)).unwrap().auth_token.expose(),
            "p"
        );
    }

    #[test]
    fn no_value_of_a_body_is_in_an_error() {
        for body in [
            r#"{"auth_token":{"x":"s3cr3t"}}"#,
            r#"{"auth_token":["s3cr3t"]}"#,
            r#"{"auth_token":"s3cr3t"#,
            r#""s3cr3t""#,
            r#"{"auth_token":"s3cr3t",,}"#,
        ] {
            let error = decode::<Created>(&Call::new(&POST), &answer(body.as_bytes())).unwrap_err();
            assert!(!format!("{error} {error:?} {error:#?}").contains("s3cr3t"), "{error:?}");
        }
    }

    #[test]
    fn a_missing_null_or_empty_list_is_an_empty_list() {
        for body in [
            "{}",
            r#"{"items":null}"#,
            r#"{"items":[]}"#,
            r#"{"items":[],"new":1}"#,
            r#"{"error_code":"SVCSTG_AMS_2000000","error_msg":"ok","items":[]}"#,
        ] {
            assert!(decode::<List>(&Call::new(&GET), &answer(body.as_bytes())).is_ok(), "{body}");
        }
    }

    #[test]
    fn a_failure_or_a_stranger_is_no_empty_list() {
        for body in [
            r#"{"error_code":"AOM.0403","error_msg":"forbidden"}"#,
            r#"{"message":"hello"}"#,
            r#"{"items":7}"#,
            "null",
            "",
        ] {
            assert!(decode::<List>(&Call::new(&GET), &answer(body.as_bytes())).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = decode::<Created>(&Call::new(&POST), &answer(&body));
            let _ = decode::<List>(&Call::new(&GET), &answer(&body));
        }
    }
}
