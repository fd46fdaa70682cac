//! Signs requests from standard input, to compare with a signature that was refused.
//!
//! One JSON object a line: `{"method", "url", "headers"?, "query"?, "body_base64"?, "ak", "sk", "security_token"?,
//! "project_id"?, "date"?, "algorithm"?, "id"?}`. One JSON object a line comes back: `{"id", "authorization",
//! "canonical_request", "string_to_sign", "x_sdk_date", "url"}` or `{"id", "error"}`.
//!
//! ```sh
//! echo '{"method":"GET","url":"https://h.example/p","ak":"AK","sk":"SK"}' | cargo run -p huaweicloud-auth --example sign
//! ```
//!
//! `headers` maps names to values; exactly these are signed, and those that signing adds: `Host`, `X-Sdk-Date`,
//! `X-Security-Token` and `X-Project-Id` where they are known, and `X-Sdk-Content-Sha256` for a body that is no JSON.
//! `query` is a list of decoded pairs that replaces the URL's query. `date` has the form `20240102T030405Z`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead as _, Write as _};

use base64::Engine as _;
use huaweicloud_auth::sign::{self, SigningDate, SigningKey, Unsigned};
use huaweicloud_auth::{Clock as _, Secret, SystemClock};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    id: Option<Value>,
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    query: Option<Vec<(String, String)>>,
    body_base64: Option<String>,
    ak: String,
    sk: Secret,
    security_token: Option<String>,
    project_id: Option<String>,
    date: Option<String>,
    algorithm: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Signed {
        id: Option<Value>,
        authorization: String,
        canonical_request: String,
        string_to_sign: String,
        x_sdk_date: String,
        url: String,
    },
    Refused {
        id: Option<Value>,
        error: String,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        serde_json::to_writer(&mut output, &answer(&line))?;
        output.write_all(b"\n")?;
    }
    Ok(())
}

/// Signs one line, or says why that cannot be done.
fn answer(line: &str) -> Answer {
    // The ID is read on its own, so that it comes back with an error about anything else.
    let id = serde_json::from_str::<Value>(line).ok().and_then(|line| line.get("id").cloned());
    match serde_json::from_str::<Request>(line).map_err(|error| explain(&error).into()).and_then(signed) {
        Ok(answer) => answer,
        Err(error) => Answer::Refused { id, error: error.to_string() },
    }
}

/// What is wrong with a line. Most texts of the decoder repeat values, and one of them may be a key.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") || text.starts_with("unknown field") {
        return text;
    }
    let problem =
        if error.is_data() { "a field has another type than the documented one" } else { "the line is no JSON" };
    format!("{problem}, near column {}", error.column())
}

fn signed(request: Request) -> Result<Answer, Box<dyn Error>> {
    if let Some(algorithm) = request.algorithm.filter(|algorithm| algorithm != sign::ALGORITHM) {
        return Err(format!("the algorithm {algorithm:?} is not supported; use {}", sign::ALGORITHM).into());
    }
    let (origin, host, path, query) = split(&request.url)?;
    let query = sign::canonical_query(request.query.unwrap_or(query));
    let body = base64::prelude::BASE64_STANDARD.decode(request.body_base64.unwrap_or_default())?;

    let mut headers = BTreeMap::new();
    for (name, value) in request.headers {
        let name = name.to_ascii_lowercase();
        if headers.insert(name.clone(), value).is_some() {
            return Err(format!("the header {name} is given twice").into());
        }
    }
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            headers.entry(name.to_owned()).or_insert(value);
        }
    };
    add("host", Some(host));
    add("x-project-id", request.project_id);
    add("x-security-token", request.security_token);
    add(sign::DATE_HEADER, Some(request.date.unwrap_or_else(|| SigningDate::new(SystemClock.now()).to_string())));
    if !sign::is_payload_signed(headers.get("content-type").map(String::as_str).unwrap_or_default()) {
        headers.insert(sign::CONTENT_HASH_HEADER.to_owned(), sign::UNSIGNED_PAYLOAD.to_owned());
    }
    let date = headers[sign::DATE_HEADER].trim().to_owned();
    let signable: Vec<(&str, &[u8])> = headers
        .iter()
        .filter(|(name, _)| sign::is_signable(name))
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();

    let unsigned = Unsigned {
        method: &request.method.to_ascii_uppercase(),
        path: &path,
        query: &query,
        headers: &signable,
        body: &body,
    };
    let date: SigningDate = date.parse()?;
    let signed = sign::sign(&unsigned, &SigningKey::new(request.ak, &request.sk), &date);
    let canonical_path = sign::canonical_path(&path);
    let path = if path.ends_with('/') { &canonical_path } else { canonical_path.trim_end_matches('/') };
    let separator = if query.is_empty() { "" } else { "?" };
    Ok(Answer::Signed {
        id: request.id,
        authorization: signed.authorization,
        canonical_request: signed.canonical_request,
        string_to_sign: signed.string_to_sign,
        x_sdk_date: date.to_string(),
        url: format!("{origin}{path}{separator}{query}"),
    })
}

/// Origin, host with port, path and decoded query of a URL, without the changes that browsers make to URLs.
#[allow(clippy::type_complexity, reason = "four parts of one text")]
fn split(url: &str) -> Result<(String, String, String, Vec<(String, String)>), Box<dyn Error>> {
    let (scheme, rest) = url.split_once("://").ok_or("the URL has no scheme; write https://host/path")?;
    let rest = rest.split('#').next().unwrap_or_default();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let default_port = if scheme.eq_ignore_ascii_case("http") { ":80" } else { ":443" };
    let host = host.strip_suffix(default_port).unwrap_or(host);
    if host.is_empty() {
        return Err("the URL has no host; write https://host/path".into());
    }
    // Any base serves to read a query.
    let query = huaweicloud_auth::reqwest::Url::parse(&format!("http://localhost/?{query}"))?
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    Ok((format!("{scheme}://{authority}"), host.to_owned(), path.to_owned(), query))
}
