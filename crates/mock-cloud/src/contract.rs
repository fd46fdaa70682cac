//! What does the spec allow? Routes, and the check of what a client sends, from the generated copies of the spec.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};

/// All operations of all services, read once.
pub(crate) static CONTRACT: LazyLock<Contract> =
    LazyLock::new(|| Contract::read(&[include_str!("generated/aom.json"), include_str!("generated/swr.json")]));

/// The operations that the stand-in knows.
pub(crate) struct Contract {
    operations: Vec<Operation>,
}

/// One operation of a spec.
pub(crate) struct Operation {
    /// Documented name.
    pub(crate) id: String,
    method: Method,
    path: Vec<Segment>,
    query: BTreeMap<String, Parameter>,
    body: Option<Validator>,
}

enum Segment {
    Literal(String),
    Parameter(String),
}

struct Parameter {
    kind: String,
    required: bool,
    validator: Validator,
}

/// What a client asks for, once it is known to be allowed.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// Decoded parts of the path.
    pub(crate) path: BTreeMap<String, String>,
    /// Query parameters with their types.
    pub(crate) query: BTreeMap<String, Value>,
    /// Body; null when there is none.
    pub(crate) body: Value,
}

impl Contract {
    /// Reads specs in JSON. What cannot be read is left out; the tests see to it that nothing is.
    fn read(specs: &[&str]) -> Self {
        let specs = specs.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
        let operations = specs.flat_map(|spec| {
            let paths = spec["paths"].as_object().cloned().unwrap_or_default();
            paths
                .iter()
                .flat_map(|(path, item)| {
                    let methods = item.as_object().cloned().unwrap_or_default();
                    methods
                        .iter()
                        .filter_map(|(method, operation)| Operation::read(&spec, path, method, operation))
                        .collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        });
        Self { operations: operations.collect() }
    }

    /// Names of all operations.
    #[cfg(test)]
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().map(|operation| operation.id.as_str())
    }

    /// The operation at a raw path, with the decoded parts of the path.
    pub(crate) fn find(&self, method: &Method, raw_path: &str) -> Option<(&Operation, BTreeMap<String, String>)> {
        self.operations
            .iter()
            .filter(|operation| operation.method == *method)
            .find_map(|operation| Some((operation, operation.matches(raw_path)?)))
    }
}

impl Operation {
    fn read(spec: &Value, path: &str, method: &str, operation: &Value) -> Option<Self> {
        let segments = path.split('/').skip(1).map(|segment| {
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) => Segment::Parameter(name.to_owned()),
                None => Segment::Literal(segment.to_owned()),
            }
        });
        let mut query = BTreeMap::new();
        for listed in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolve(spec, listed);
            if parameter["in"] == "query" {
                let schema = resolve(spec, &parameter["schema"]);
                let parameter_of = Parameter {
                    kind: schema["type"].as_str()?.to_owned(),
                    required: parameter["required"] == true,
                    validator: validator(spec, schema)?,
                };
                query.insert(parameter["name"].as_str()?.to_owned(), parameter_of);
            }
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = if schema.is_null() { None } else { Some(validator(spec, schema)?) };
        Some(Self {
            id: operation["operationId"].as_str()?.to_owned(),
            method: method.to_ascii_uppercase().parse().ok()?,
            path: segments.collect(),
            query,
            body,
        })
    }

    /// The decoded parameters of a path, when the path is this operation's.
    fn matches(&self, raw_path: &str) -> Option<BTreeMap<String, String>> {
        let parts: Vec<&str> = raw_path.strip_prefix('/')?.split('/').collect();
        if parts.len() != self.path.len() {
            return None;
        }
        let mut found = BTreeMap::new();
        for (segment, part) in self.path.iter().zip(parts) {
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Parameter(name) if !part.is_empty() => {
                    found.insert(name.clone(), decode(part)?);
                }
                _ => return None,
            }
        }
        Some(found)
    }

    /// Checks query and body; the error says what is wrong.
    pub(crate) fn arguments(
        &self,
        path: BTreeMap<String, String>,
        raw_query: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<Arguments, String> {
        let query = self.query(raw_query)?;
        let body = self.body(content_type, body)?;
        Ok(Arguments { path, query, body })
    }

    fn query(&self, raw_query: &str) -> Result<BTreeMap<String, Value>, String> {
        let mut found = BTreeMap::new();
        for pair in raw_query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                return Err(format!("the query {pair} is no UTF-8"));
            };
            let parameter = self.query.get(&name).ok_or_else(|| format!("the query parameter {name} is unknown"))?;
            let typed = parameter.typed(&value).ok_or_else(|| format!("{name} is no {}: {value}", parameter.kind))?;
            if let Err(error) = parameter.validator.validate(&typed) {
                return Err(format!("{name}: {error}"));
            }
            if found.insert(name.clone(), typed).is_some() {
                return Err(format!("the query parameter {name} is given twice"));
            }
        }
        let missing = self.query.iter().find(|(name, parameter)| parameter.required && !found.contains_key(*name));
        match missing {
            Some((name, _)) => Err(format!("the query parameter {name} is missing")),
            None => Ok(found),
        }
    }

    fn body(&self, content_type: &str, body: &[u8]) -> Result<Value, String> {
        let Some(validator) = &self.body else {
            return if body.is_empty() {
                Ok(Value::Null)
            } else {
                Err("a body was sent, but none is expected".to_owned())
            };
        };
        if !content_type.starts_with("application/json") {
            return Err(format!("the content type is {content_type:?}, not application/json"));
        }
        let value: Value = serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))?;
        if let Some(error) = validator.iter_errors(&value).next() {
            return Err(format!("{}: {error}", error.instance_path()));
        }
        Ok(value)
    }
}

impl Parameter {
    /// A text of a query as the type that the spec gives it.
    fn typed(&self, text: &str) -> Option<Value> {
        match self.kind.as_str() {
            "integer" => text.parse::<i64>().ok().map(|number| json!(number)),
            "number" => text.parse::<f64>().ok().map(|number| json!(number)),
            "boolean" => text.parse::<bool>().ok().map(|flag| json!(flag)),
            _ => Some(json!(text)),
        }
    }
}

/// What a reference refers to.
fn resolve<'a>(spec: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"].as_str().and_then(|reference| spec.pointer(reference.strip_prefix('#')?)).unwrap_or(value)
}

/// A validator of a schema, with the shared schemas that it refers to.
fn validator(spec: &Value, schema: &Value) -> Option<Validator> {
    let mut root = schema.clone();
    root.as_object_mut()?.insert("components".to_owned(), json!({ "schemas": spec["components"]["schemas"] }));
    jsonschema::draft4::new(&root).ok()
}

/// Undoes percent-encoding; a plus is a plus.
pub(crate) fn decode(text: &str) -> Option<String> {
    Some(percent_encoding::percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_specs_is_read() {
        for text in [include_str!("generated/aom.json"), include_str!("generated/swr.json")] {
            let spec: Value = serde_json::from_str(text).unwrap();
            for (path, item) in spec["paths"].as_object().unwrap() {
                for (method, operation) in item.as_object().unwrap() {
                    let read = Operation::read(&spec, path, method, operation).unwrap();
                    assert!(CONTRACT.operations.iter().any(|known| known.id == read.id), "{path}");
                }
            }
        }
    }

    #[test]
    fn an_empty_part_of_a_path_matches_nothing() {
        assert!(CONTRACT.find(&Method::GET, "/v1/p/access-code").is_some());
        for path in ["/v1//access-code", "/v1/p/access-code/", "/v1/p/q/access-code", "v1/p/access-code", ""] {
            assert!(CONTRACT.find(&Method::GET, path).is_none(), "{path}");
        }
        assert!(CONTRACT.find(&Method::POST, "/v1/p/access-code").is_none());
    }
}
