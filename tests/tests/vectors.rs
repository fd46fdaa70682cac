//! Our signatures are those of the official signers, step by step.
//!
//! `vectors/official.json` was made by the official Python signer, `vectors/published.json` holds the worked example
//! of the documentation and the fixed vectors of the official Go and Java test suites.

use huaweicloud_auth::Secret;
use huaweicloud_auth::sign::{self, SigningKey, Unsigned};
use serde_json::Value;

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn official() -> Vec<Value> {
    vectors(include_str!("../vectors/official.json")).as_array().unwrap().clone()
}

fn published() -> Value {
    vectors(include_str!("../vectors/published.json"))
}

/// A scalar as a client writes it into a query.
fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn query(vector: &Value) -> String {
    let pairs = vector["query"].as_array().unwrap().iter().flat_map(|pair| {
        let values = pair[1].as_array().cloned().unwrap_or_else(|| vec![pair[1].clone()]);
        values.into_iter().map(move |value| (scalar(&pair[0]), scalar(&value)))
    });
    sign::canonical_query(pairs)
}

fn signed(vector: &Value, headers: &Value) -> sign::Signed {
    let mut headers: Vec<(String, String)> = headers
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().unwrap().to_owned()))
        .filter(|(name, _)| sign::is_signable(name))
        .collect();
    headers.sort();
    let date = headers.iter().find(|(name, _)| name == sign::DATE_HEADER).unwrap().1.parse().unwrap();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let unsigned = Unsigned {
        method: vector["method"].as_str().unwrap(),
        path: vector["path"].as_str().unwrap(),
        query: &query(vector),
        headers: &headers,
        body: vector["body"].as_str().unwrap().as_bytes(),
    };
    let key = SigningKey::new(vector["ak"].as_str().unwrap(), &Secret::from(vector["sk"].as_str().unwrap()));
    sign::sign(&unsigned, &key, &date)
}

/// What was sent holds header values as the wire shows them: UTF-8 bytes, each as one character.
fn as_signed(sent: &Value) -> Value {
    let unwired = sent.as_object().unwrap().iter().map(|(name, value)| {
        let bytes: Vec<u8> = value.as_str().unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        (name.clone(), Value::String(String::from_utf8(bytes).unwrap()))
    });
    Value::Object(unwired.collect())
}

#[test]
fn every_step_equals_the_official_signers() {
    let ours: Vec<Value> = official().into_iter().filter(|vector| vector["algorithm"] == sign::ALGORITHM).collect();
    assert_eq!(ours.len(), 17);
    for vector in ours {
        let name = &vector["name"];
        let signed = signed(&vector, &as_signed(&vector["sent_headers"]));
        assert_eq!(signed.canonical_request, vector["canonical_request"].as_str().unwrap(), "{name}");
        assert_eq!(signed.authorization, vector["authorization"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn every_step_equals_the_published_ones() {
    let published = published();
    let ours = published["sign"].as_array().unwrap().iter().filter(|vector| vector["algorithm"] == sign::ALGORITHM);
    let mut count = 0;
    for vector in ours {
        let source = &vector["source"];
        let signed = signed(vector, &vector["signed_headers"]);
        assert_eq!(signed.canonical_request, vector["canonical_request"].as_str().unwrap(), "{source}");
        assert_eq!(signed.string_to_sign, vector["string_to_sign"].as_str().unwrap(), "{source}");
        let signature = format!("Signature={}", vector["signature"].as_str().unwrap());
        assert!(signed.authorization.ends_with(&signature), "{source}");
        count += 1;
    }
    assert_eq!(count, 8);
}

#[test]
fn a_query_is_brought_into_the_published_form() {
    let published = published();
    for vector in published["canonical_query"].as_array().unwrap() {
        assert_eq!(query(vector), vector["canonical_query"].as_str().unwrap(), "{}", vector["source"]);
    }
}
