//! Do the examples fit their types, and do the fixtures hold what the spec says they hold?

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Finding, Report, Severity};
use crate::model::{MediaType, Parameter, Schema};

/// Checks every example and fixture of a spec, and notes which fixtures it uses.
pub(super) fn check(report: &mut Report<'_>, folder: &Path, fixtures: &mut BTreeSet<String>) {
    let spec = report.spec;
    let document = &spec.document;
    for (name, schema) in &document.components.schemas {
        let place = format!("components > schemas > {name}");
        schema_example(report, &place, schema);
        for (name, property) in &schema.properties {
            schema_example(report, &format!("{place} > properties > {name}"), property);
        }
    }
    for (name, response) in &document.components.responses {
        for body in response.content.values() {
            self::body(report, &format!("components > responses > {name}"), body, folder, fixtures);
        }
    }
    for (name, parameter) in &document.components.parameters {
        self::parameter(report, &format!("components > parameters > {name}"), parameter);
    }
    for (path, item) in &document.paths {
        for (method, operation) in item.operations() {
            let place = format!("paths > {path} > {}", method.to_lowercase());
            for listed in operation.parameters.iter().filter(|listed| listed.reference.is_none()) {
                let name = listed.name.as_deref().unwrap_or_default();
                parameter(report, &format!("{place} > parameters > {name}"), listed);
            }
            for body in operation.request_body.iter().flat_map(|body| body.content.values()) {
                let place = format!("{place} > requestBody");
                self::body(report, &place, body, folder, fixtures);
                complete(report, &place, body);
            }
            for (status, response) in &operation.responses {
                let place = format!("{place} > responses > {status}");
                for body in response.content.values() {
                    self::body(report, &place, body, folder, fixtures);
                    complete(report, &place, body);
                }
            }
        }
    }
}

/// A body of an operation has an example, and the exact bytes of it.
fn complete(report: &mut Report<'_>, place: &str, body: &MediaType) {
    if body.example.is_none() {
        report.incomplete(place, "the body has no example", "add `example:` with the page's example");
    }
    if body.fixture.is_none() {
        report.incomplete(
            place,
            "the body has no fixture",
            "save the page's example byte for byte under spec/fixtures/ and name it in `x-hwc-fixture`",
        );
    }
}

fn parameter(report: &mut Report<'_>, place: &str, parameter: &Parameter) {
    let Some(schema) = &parameter.schema else { return };
    match &parameter.example {
        Some(example) => fits(report, place, "the example", schema, example),
        None => report.incomplete(place, "the parameter has no example", "add `example:`"),
    }
    if let Some(value) = &parameter.server_default {
        fits(report, place, "`x-hwc-server-default`", schema, value);
    }
}

fn schema_example(report: &mut Report<'_>, place: &str, schema: &Schema) {
    if let Some(example) = &schema.example {
        fits(report, place, "the example", schema, example);
    }
}

fn body(report: &mut Report<'_>, place: &str, body: &MediaType, folder: &Path, fixtures: &mut BTreeSet<String>) {
    if let Some(example) = &body.example {
        fits(report, place, "the example", &body.schema, example);
    }
    let Some(name) = &body.fixture else { return };
    fixtures.insert(name.clone());
    let contents = match fs::read_to_string(folder.join(name)) {
        Ok(contents) => contents,
        Err(error) => {
            report.refuse(
                place,
                format!("the fixture {name} cannot be read: {error}"),
                "save the page's example there, or correct the name; it is relative to spec/",
            );
            return;
        }
    };
    match serde_json::from_str::<Value>(&contents) {
        Ok(value) => {
            fits(report, place, &format!("the fixture {name}"), &body.schema, &value);
            if body.example.as_ref().is_some_and(|example| *example != value) {
                report.refuse(
                    place,
                    format!("the example and the fixture {name} differ"),
                    "write the page's example into both",
                );
            }
        }
        Err(error) => report.refuse(
            place,
            format!("the fixture {name} is no JSON: {error}"),
            "save the page's example there, byte for byte",
        ),
    }
}

/// Demands that a value is one that the schema allows.
fn fits(report: &mut Report<'_>, place: &str, what: &str, schema: &Schema, value: &Value) {
    let validator = match jsonschema::draft4::options()
        .should_validate_formats(true)
        .build(&json_schema(&report.spec.json, schema))
    {
        Ok(validator) => validator,
        // What keeps a schema from being compiled is reported by the rules on schemas.
        Err(_) => return,
    };
    let problems: Vec<String> = validator
        .iter_errors(value)
        .map(|error| {
            let path = error.instance_path().to_string();
            if path.is_empty() { error.to_string() } else { format!("{path}: {error}") }
        })
        .collect();
    if !problems.is_empty() {
        report.refuse(
            place,
            format!("{what} does not fit its schema: {}", problems.join("; ")),
            "correct the value, or the schema if the page shows such values",
        );
    }
}

/// The schema as JSON Schema: `nullable` becomes a second type, and shared schemas come along.
fn json_schema(document: &Value, schema: &Schema) -> Value {
    let mut root = match &schema.reference {
        Some(reference) => json!({ "$ref": reference }),
        None => plain(schema),
    };
    let mut schemas = document["components"]["schemas"].clone();
    nullable(&mut schemas);
    root["components"] = json!({ "schemas": schemas });
    root
}

/// The keywords that decide which values a schema without reference allows.
fn plain(schema: &Schema) -> Value {
    let mut json = json!({ "type": schema.kind });
    let keywords = [
        ("format", schema.format.as_ref().map(|format| json!(format))),
        ("minLength", schema.min_length.map(|number| json!(number))),
        ("maxLength", schema.max_length.map(|number| json!(number))),
        ("pattern", schema.pattern.as_ref().map(|pattern| json!(pattern))),
        ("minimum", schema.minimum.map(|number| json!(number))),
        ("maximum", schema.maximum.map(|number| json!(number))),
        (
            "items",
            schema.items.as_ref().map(|items| match &items.reference {
                Some(reference) => json!({ "$ref": reference }),
                None => plain(items),
            }),
        ),
        ("nullable", schema.nullable.then(|| json!(true))),
    ];
    for (name, value) in keywords {
        if let Some(value) = value {
            json[name] = value;
        }
    }
    nullable(&mut json);
    json
}

fn nullable(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("nullable") == Some(&Value::Bool(true))
                && let Some(kind) = map.get("type").cloned()
            {
                map.insert("type".to_owned(), json!([kind, "null"]));
            }
            map.values_mut().for_each(nullable);
        }
        Value::Array(items) => items.iter_mut().for_each(nullable),
        _ => {}
    }
}

/// Fixtures that no spec names any more.
pub(super) fn orphaned_fixtures(folder: &Path, used: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    let mut open = vec![folder.join("fixtures")];
    let mut files = BTreeSet::new();
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(relative) = path.strip_prefix(folder) {
                files.insert(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    for name in files.difference(used) {
        findings.push(Finding {
            file: format!("spec/{name}"),
            place: "the whole file".to_owned(),
            problem: "no spec names this fixture".to_owned(),
            mend: "name it in `x-hwc-fixture` of the body that it is an example of, or delete it".to_owned(),
            severity: Severity::Refused,
        });
    }
}
