//! Can every operation be called safely from every language?

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase as _;

use super::schemas::{self, Position};
use super::{Report, Severity};
use crate::model::{AdditionalProperties, Document, Operation, Parameter, Response, Schema};

/// Headers that authentication and transport own.
const OWNED_HEADERS: [&str; 5] = ["x-auth-token", "authorization", "content-type", "accept", "content-length"];
/// Names that every generated request uses itself.
const OWN_SETTERS: [&str; 4] = ["client", "send", "stream", "into_future"];

/// Checks the operations and the parameters and responses that they share.
pub(super) fn check(report: &mut Report<'_>) {
    let document = &report.spec.document;
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for (path, item) in &document.paths {
        let place = format!("paths > {path}");
        path_template(report, &place, path);
        if item.parameters.is_some() {
            report.refuse(&place, "parameters stand on the path", "write them on each operation");
        }
        for (method, operation) in item.operations() {
            let place = format!("{place} > {}", method.to_lowercase());
            let id = operation.operation_id.as_deref().unwrap_or_default();
            if let Some(first) = ids.insert(id.to_snake_case(), place.clone()) {
                report.refuse(&place, format!("operationId `{id}` is taken by {first}"), "give it another name");
            }
            self::operation(report, &place, path, operation);
        }
    }
    for (name, parameter) in &document.components.parameters {
        self::parameter(report, &format!("components > parameters > {name}"), parameter);
    }
    for (name, response) in &document.components.responses {
        self::response(report, &format!("components > responses > {name}"), response);
    }
    one_error_schema(report);
}

fn path_template(report: &mut Report<'_>, place: &str, path: &str) {
    let clean = path.starts_with('/')
        && !path.ends_with('/')
        && path.split('/').skip(1).all(|segment| {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(segment);
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        });
    if !clean {
        report.refuse(
            place,
            "the path has an empty segment, a query, or a segment that is only partly a parameter",
            "write /literal/{parameter}/literal",
        );
    }
}

fn operation(report: &mut Report<'_>, place: &str, path: &str, operation: &Operation) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    if !id.starts_with(|first: char| first.is_ascii_uppercase()) || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        report.refuse(
            place,
            format!("operationId `{id}` is not a documented name in PascalCase"),
            "write the name of the API reference, like ListAccessCode: people search for it",
        );
    }
    report.sourced(place, &operation.source);
    report.described(place, operation.description.as_deref());
    if operation.summary.as_deref().is_none_or(|summary| summary.trim().is_empty()) {
        report.refuse(place, "there is no summary", "add `summary:` with one sentence");
    }
    if operation.external_docs.is_none() {
        report.incomplete(place, "the page is not named", "add `externalDocs:` with the address of the page");
    }
    for tag in &operation.tags {
        if !report.spec.document.tags.iter().any(|known| known.name == *tag) {
            report.refuse(place, format!("the tag `{tag}` is not described"), "add it to `tags` at the top");
        }
    }
    parameters(report, place, path, operation);
    request_body(report, place, operation);
    responses(report, place, operation);
    pagination(report, place, operation);
    names(report, place, operation);
}

fn parameters(report: &mut Report<'_>, place: &str, path: &str, operation: &Operation) {
    let document = &report.spec.document;
    let mut seen = BTreeSet::new();
    let mut in_path = BTreeSet::new();
    for (index, listed) in operation.parameters.iter().enumerate() {
        let place = format!("{place} > parameters > {index}");
        match &listed.reference {
            Some(reference) => report.refers(&place, reference, "parameters"),
            None => parameter(report, &place, listed),
        }
        let Some(parameter) = document.parameter(listed) else { continue };
        let (name, location) = (parameter.name.as_deref(), parameter.location.as_deref());
        if !seen.insert((name, location)) {
            report.refuse(&place, "the parameter is listed twice", "remove one of the two");
        }
        if location == Some("path") {
            in_path.insert(name.unwrap_or_default());
        }
    }
    let in_template: BTreeSet<&str> = path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')))
        .collect();
    for name in in_template.symmetric_difference(&in_path) {
        report.refuse(
            place,
            format!("`{name}` is in the path or in the parameters, but not in both"),
            "write it as {name} in the path and as a parameter with `in: path`",
        );
    }
}

fn parameter(report: &mut Report<'_>, place: &str, parameter: &Parameter) {
    report.described(place, parameter.description.as_deref());
    report.sourced(place, &parameter.source);
    let name = parameter.name.as_deref().unwrap_or_default();
    let place = &format!("{place} ({name})");
    if name.is_empty() {
        report.refuse(place, "the parameter has no name", "add `name:`");
    }
    let Some(schema) = &parameter.schema else {
        report.refuse(place, "the parameter has no schema", "add `schema:`");
        return;
    };
    match parameter.location.as_deref() {
        Some("path") => {
            if !parameter.required {
                report.refuse(place, "a path parameter is not required", "write `required: true`");
            }
            if schema.reference.is_none() {
                report.refuse(
                    place,
                    "a path parameter has a schema of its own; generators make a type for each such place",
                    "refer to a shared schema like ProjectId",
                );
            }
        }
        Some("query") => {}
        Some("header") => {
            if OWNED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                report.refuse(
                    place,
                    format!("the header {name} would become an argument of every generated method"),
                    "remove it: authentication stands in `securitySchemes`, media types stand in `content`",
                );
            }
        }
        _ => report.refuse(place, "`in` is not path, query or header", "write one of the three"),
    }
    schemas::schema(report, place, schema, Position::Parameter);
    let kind = report.spec.document.schema(schema).and_then(|schema| schema.kind.as_deref());
    if schema.format.as_deref() == Some("password") {
        report.refuse(place, "a secret is a parameter, which proxies and servers log", "send it in another way");
    }
    if matches!(kind, Some("object" | "array")) {
        report.refuse(place, "the parameter is not a single value", "use a string, integer, number or boolean");
    }
}

/// The schema of a body, which must be JSON and a shared schema.
fn body_schema<'a>(
    report: &mut Report<'_>,
    place: &str,
    content: &'a indexmap::IndexMap<String, crate::model::MediaType>,
) -> Option<&'a Schema> {
    let (media_type, body) = content.first()?;
    if content.len() > 1 || media_type != "application/json" {
        report.refuse(place, "the body is not application/json alone", "write one media type, application/json");
    }
    match &body.schema.reference {
        Some(_) => schemas::schema(report, place, &body.schema, Position::Inside),
        None => report.refuse(
            place,
            "the body has an inline schema; some generators merge such schemas silently",
            "make it a shared schema and refer to it",
        ),
    }
    Some(&body.schema)
}

fn request_body(report: &mut Report<'_>, place: &str, operation: &Operation) {
    let Some(body) = &operation.request_body else { return };
    let place = &format!("{place} > requestBody");
    report.described(place, body.description.as_deref());
    report.sourced(place, &body.source);
    if !body.required {
        report.refuse(place, "the body is optional, so that a client may send none", "write `required: true`");
    }
    if body.content.is_empty() {
        report.refuse(place, "the body has no content", "add `content:`, or remove the body");
    }
    let document = &report.spec.document;
    if let Some(schema) = body_schema(report, place, &body.content)
        && document.schema(schema).is_some_and(|schema| schema.kind.as_deref() != Some("object"))
    {
        report.refuse(place, "the body is not an object", "its properties become arguments: make it an object");
    }
    let sent = body.content.values().flat_map(|body| properties(document, &body.schema));
    let secrets: Vec<String> = sent
        .filter(|property| property.schema.format.as_deref() == Some("password"))
        .map(|property| format!("{place} > {}", property.place))
        .collect();
    for place in secrets {
        report.refuse(
            &place,
            "a secret is sent in a body, but a secret cannot be serialised, so that none leaks by accident",
            "no documented operation needs it; teach the generator and the runtime first",
        );
    }
}

/// A property that can be reached from a schema.
struct Property<'a> {
    /// Where it is, below the schema.
    place: String,
    /// Whether its object always has it.
    required: bool,
    /// Its type, with its reference resolved.
    schema: &'a Schema,
}

/// All properties that can be reached from a schema, each shared schema once.
fn properties<'a>(document: &'a Document, schema: &'a Schema) -> Vec<Property<'a>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(String::new(), schema)];
    while let Some((place, listed)) = open.pop() {
        let shared_again = listed.target().is_some_and(|name| !seen.insert(name));
        let Some(object) = document.schema(listed).filter(|_| !shared_again) else { continue };
        for (name, listed) in &object.properties {
            let place = if place.is_empty() { name.clone() } else { format!("{place} > {name}") };
            open.push((place.clone(), listed));
            if let Some(schema) = document.schema(listed) {
                found.push(Property { place, required: object.required.contains(name), schema });
            }
        }
        if let Some(items) = object.items.as_deref() {
            open.push((place, items));
        } else if let Some(AdditionalProperties::Values(values)) = &object.additional_properties {
            open.push((place, values));
        }
    }
    found
}

fn responses(report: &mut Report<'_>, place: &str, operation: &Operation) {
    let successes = operation.responses.keys().filter(|status| status.starts_with('2')).count();
    if successes != 1 {
        report.refuse(
            place,
            format!("there are {successes} success answers; several, or a body beside 204, cannot be typed"),
            "describe one success answer",
        );
    }
    for range in ["4XX", "5XX"] {
        if !operation.responses.contains_key(range) {
            report.refuse(
                place,
                format!("errors other than the documented ones have no shape: {range} is missing"),
                format!("add '{range}' with the shared error schema"),
            );
        }
    }
    for (status, listed) in &operation.responses {
        let place = format!("{place} > responses > {status}");
        let known = matches!(status.as_str(), "4XX" | "5XX")
            || (status.len() == 3 && status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)));
        if status == "default" {
            report.refuse(
                &place,
                "`default` beside a typed success breaks or mistypes several generators",
                "write 4XX and 5XX",
            );
        } else if !known {
            report.refuse(&place, "it is no status", "write three digits, 4XX or 5XX");
        }
        match &listed.reference {
            Some(reference) => report.refers(&place, reference, "responses"),
            None => response(report, &place, listed),
        }
        let Some(response) = report.spec.document.response(listed) else { continue };
        if status.starts_with('2') {
            success(report, &place, status, response);
        }
    }
}

fn response(report: &mut Report<'_>, place: &str, response: &Response) {
    report.described(place, response.description.as_deref());
    report.sourced(place, &response.source);
    body_schema(report, place, &response.content);
}

/// An answer that a client turns into a value.
fn success(report: &mut Report<'_>, place: &str, status: &str, response: &Response) {
    if status == "204" && !response.content.is_empty() {
        report.refuse(place, "204 has a body", "remove `content:`, or write another status");
    }
    let document = &report.spec.document;
    let received = response.content.values().flat_map(|body| properties(document, &body.schema));
    for Property { place: below, required, schema } in received {
        let place = format!("{place} > {below}");
        let kind = schema.kind.as_deref();
        if kind == Some("array") && !schema.nullable {
            report.refuse(
                &place,
                "an array of an answer is not nullable; services send null for an empty one and clients crash",
                "write `nullable: true`",
            );
        }
        if kind == Some("string") && required && schema.min_length.is_none() {
            report.refuse(
                &place,
                "a required text of an answer may be empty, which is as good as missing",
                "write `minLength: 1`, or remove it from `required`",
            );
        }
    }
}

/// All errors share one schema with a body, so that one type reads them all.
fn one_error_schema(report: &mut Report<'_>) {
    let document = &report.spec.document;
    let mut first: Option<Option<&str>> = None;
    for (path, item) in &document.paths {
        for (method, operation) in item.operations() {
            let errors = operation.responses.iter().filter(|(status, _)| !status.starts_with('2'));
            for (status, listed) in errors {
                let Some(response) = document.response(listed) else { continue };
                let schema = response.content.values().next().and_then(|body| body.schema.target());
                let wanted = *first.get_or_insert(schema);
                let place = format!("paths > {path} > {} > responses > {status}", method.to_lowercase());
                if schema.is_none() {
                    report.refuse(&place, "the error has no body", "give it the shared error schema");
                } else if wanted.is_some() && wanted != schema {
                    report.refuse(
                        &place,
                        format!("the error has another schema than {}", wanted.unwrap_or_default()),
                        "let all errors share one schema",
                    );
                }
            }
        }
    }
}

fn pagination(report: &mut Report<'_>, place: &str, operation: &Operation) {
    let document = &report.spec.document;
    let query =
        |name: &str| {
            operation.parameters.iter().filter_map(|listed| document.parameter(listed)).find(|parameter| {
                parameter.location.as_deref() == Some("query") && parameter.name.as_deref() == Some(name)
            })
        };
    let (offset, limit) = (query("offset"), query("limit"));
    let Some(pagination) = &operation.pagination else {
        if offset.is_some() && limit.is_some() {
            report.refuse(
                place,
                "the list has offset and limit, but nothing says how its pages follow one another",
                "add `x-hwc-pagination` with the properties that hold the items and the total",
            );
        }
        return;
    };
    for (name, parameter) in [("offset", offset), ("limit", limit)] {
        if parameter.and_then(|parameter| parameter.server_default.as_ref()).and_then(|v| v.as_u64()).is_none() {
            report.refuse(
                place,
                format!("a paged list has no query parameter {name} with `x-hwc-server-default`"),
                "add it: the two are sent together, and the default stands in for the one that is not given",
            );
        }
    }
    let answer = operation
        .responses
        .iter()
        .find(|(status, _)| status.starts_with('2'))
        .and_then(|(_, listed)| document.response(listed))
        .and_then(|response| response.content.values().next())
        .and_then(|body| document.schema(&body.schema));
    let kind = |name: &str| answer.and_then(|schema| schema.properties.get(name)).and_then(|p| p.kind.as_deref());
    if kind(&pagination.items) != Some("array") || kind(&pagination.total) != Some("integer") {
        report.refuse(
            place,
            "`x-hwc-pagination` does not name an array and an integer of the answer",
            "correct `items` and `total`",
        );
    }
}

/// Parameters and properties of the body become arguments and setters of one request.
fn names(report: &mut Report<'_>, place: &str, operation: &Operation) {
    let document = &report.spec.document;
    let parameters = operation.parameters.iter().filter_map(|listed| document.parameter(listed)?.name.as_deref());
    let body = operation.request_body.as_ref().and_then(|body| body.content.values().next());
    let properties = body
        .and_then(|body| document.schema(&body.schema))
        .into_iter()
        .flat_map(|schema| schema.properties.keys().map(String::as_str));
    let mut taken: BTreeSet<String> = OWN_SETTERS.into_iter().map(str::to_owned).collect();
    let clashes: Vec<&str> = parameters.chain(properties).filter(|name| !taken.insert(name.to_snake_case())).collect();
    for name in clashes {
        report.add(
            Severity::Refused,
            place,
            format!("`{name}` is the name of two things that a caller sets, or of a method that every request has"),
            "rename the property in a schema of its own, or teach the generator".to_owned(),
        );
    }
}
