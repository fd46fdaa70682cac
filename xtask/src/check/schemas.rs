//! Is every type one that all readers of the spec understand alike?

use super::Report;
use crate::model::{AdditionalProperties, Schema};

/// Formats with a meaning that every tool shares.
const STRING_FORMATS: [&str; 4] = ["byte", "date-time", "password", "uuid"];
/// Endings of names that hold a secret.
const SECRET_NAMES: [&str; 14] = [
    "password",
    "passwd",
    "passcode",
    "secret",
    "secret_key",
    "secret_access_key",
    "private_key",
    "access_code",
    "access_token",
    "auth_token",
    "id_token",
    "refresh_token",
    "security_token",
    "session_token",
];

/// Checks the shared schemas and those inside parameters.
pub(super) fn check(report: &mut Report<'_>) {
    let spec = report.spec;
    for (name, schema) in &spec.document.components.schemas {
        let place = format!("components > schemas > {name}");
        shared_name(report, &place, name);
        if schema.reference.is_none() {
            report.described(&place, schema.description.as_deref());
        }
        self::schema(report, &place, schema, Position::Shared);
    }
}

/// Where a schema stands, which decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// A component of its own.
    Shared,
    /// A property of an object, the items of an array or the values of a map.
    Inside,
    /// The type of a parameter.
    Parameter,
}

/// Checks one schema and what is inside it.
pub(super) fn schema(report: &mut Report<'_>, place: &str, schema: &Schema, position: Position) {
    if let Some(reference) = &schema.reference {
        report.refers(place, reference, "schemas");
        if *schema != (Schema { reference: schema.reference.clone(), ..Schema::default() }) {
            report.refuse(
                place,
                "keywords stand beside `$ref`; readers of OpenAPI 3.0 ignore them",
                "let `$ref` stand alone, and write the rest into the shared schema",
            );
        }
        return;
    }
    report.sourced(place, &schema.source);
    unwanted(report, place, schema);
    match schema.kind.as_deref() {
        Some("object") => object(report, place, schema, position),
        Some("array") => array(report, place, schema, position),
        Some("string") => string(report, place, schema),
        Some("integer") => integer(report, place, schema),
        Some("number") => known_format(report, place, schema, &["double"]),
        Some("boolean") => known_format(report, place, schema, &[]),
        Some(other) => report.refuse(
            place,
            format!("`{other}` is no type"),
            "write object, array, string, integer, number or boolean",
        ),
        None => report.refuse(place, "there is no `type`", "write the type, or a `$ref`"),
    }
}

/// Keywords that some tools drop, break on, or turn into clients that a new value breaks.
fn unwanted(report: &mut Report<'_>, place: &str, schema: &Schema) {
    for (keyword, present) in
        [("allOf", schema.all_of.is_some()), ("anyOf", schema.any_of.is_some()), ("oneOf", schema.one_of.is_some())]
    {
        if present {
            report.refuse(
                place,
                format!("`{keyword}` is generated wrongly by several tools"),
                "write one plain type; for a string that may grow, list what is known in `x-hwc-known-values`",
            );
        }
    }
    if schema.choices.is_some() {
        report.refuse(
            place,
            "a closed `enum` turns a new value into a lost answer",
            "list what is known in `x-hwc-known-values`",
        );
    }
    if schema.default.is_some() {
        report.refuse(
            place,
            "clients fill a `default` in and send it",
            "describe what the server does in the description, and write `x-hwc-server-default` on the parameter",
        );
    }
    if schema.additional_properties == Some(AdditionalProperties::Allowed(false)) {
        report.refuse(place, "`additionalProperties: false` makes clients break on a new field", "remove it");
    }
    if schema.additional_properties == Some(AdditionalProperties::Allowed(true)) {
        report.refuse(
            place,
            "`additionalProperties: true` says nothing: unknown fields are ignored anyway",
            "remove it, or name the schema of a map's values",
        );
    }
}

fn object(report: &mut Report<'_>, place: &str, schema: &Schema, position: Position) {
    known_format(report, place, schema, &[]);
    let is_map = matches!(schema.additional_properties, Some(AdditionalProperties::Values(_)));
    if position == Position::Parameter || (position == Position::Inside && !is_map) {
        report.refuse(
            place,
            "an object stands inside another schema; tools invent a name for it, each another one",
            "make it a shared schema and refer to it",
        );
        return;
    }
    if let Some(AdditionalProperties::Values(values)) = &schema.additional_properties {
        if !schema.properties.is_empty() {
            report.refuse(place, "it is an object and a map at once", "keep `properties` or `additionalProperties`");
        }
        self::schema(report, &format!("{place} > additionalProperties"), values, Position::Inside);
    } else if schema.properties.is_empty() {
        report.refuse(place, "the object has no properties", "describe its properties");
    }
    for name in &schema.required {
        if !schema.properties.contains_key(name) {
            report.refuse(
                place,
                format!("`required` names `{name}`, which is no property"),
                "correct the name, or add the property",
            );
        }
    }
    for (name, property) in &schema.properties {
        let place = format!("{place} > properties > {name}");
        if property.reference.is_none() {
            report.described(&place, property.description.as_deref());
        }
        secret(report, &place, name, property);
        self::schema(report, &place, property, Position::Inside);
    }
}

/// A property that holds a secret says so, and other languages' clients mask it.
fn secret(report: &mut Report<'_>, place: &str, name: &str, property: &Schema) {
    let holds_one = SECRET_NAMES
        .iter()
        .any(|secret| name.strip_suffix(secret).is_some_and(|before| before.is_empty() || before.ends_with('_')));
    if holds_one && property.kind.as_deref() == Some("string") && property.format.as_deref() != Some("password") {
        report.refuse(
            place,
            "it is named like a secret but is plain text, so clients print it",
            "write `format: password`, or another name if it is none",
        );
    }
}

fn array(report: &mut Report<'_>, place: &str, schema: &Schema, position: Position) {
    if position == Position::Parameter {
        report.refuse(place, "a parameter is an array", "the services use none; teach the generator first");
    }
    match &schema.items {
        Some(items) => self::schema(report, &format!("{place} > items"), items, Position::Inside),
        None => report.refuse(place, "the array has no `items`", "write the type of its items"),
    }
}

fn string(report: &mut Report<'_>, place: &str, schema: &Schema) {
    known_format(report, place, schema, &STRING_FORMATS);
    if let Some(format) = &schema.lenient_format
        && format != "date-time"
    {
        report.refuse(place, format!("`x-hwc-format: {format}` is unknown"), "write date-time, or remove it");
    }
    if let Some(pattern) = &schema.pattern {
        if let Err(error) = regex_lite::Regex::new(pattern) {
            report.refuse(place, format!("the pattern does not compile: {error}"), "correct the pattern");
        }
        if schema.rule.is_none() {
            report.refuse(place, "a pattern alone is no message for a person", "say in `x-hwc-rule` what it demands");
        }
    }
    if let (Some(min), Some(max)) = (schema.min_length, schema.max_length)
        && min > max
    {
        report.refuse(place, "minLength is greater than maxLength", "correct one of them");
    }
    if let Some(known) = &schema.known_values
        && (known.is_empty() || known.keys().any(String::is_empty))
    {
        report.refuse(place, "`x-hwc-known-values` is empty or has an empty value", "list the values, or remove it");
    }
}

fn integer(report: &mut Report<'_>, place: &str, schema: &Schema) {
    match schema.format.as_deref() {
        Some("int64") => {}
        Some("int32") => {
            if schema.minimum.is_some_and(|minimum| minimum != 1) || schema.maximum.is_some() {
                report.refuse(
                    place,
                    "a `maximum`, or a `minimum` other than 1, is dropped silently for int32 by some generators",
                    "write `format: int64`, or put the bound into the description",
                );
            }
        }
        Some(other) => report.refuse(place, format!("`{other}` is no format of an integer"), "write int64"),
        None => report.refuse(
            place,
            "the integer has no format, which is 32 bits in Go and Java and overflows",
            "write `format: int64`",
        ),
    }
    if let (Some(minimum), Some(maximum)) = (schema.minimum, schema.maximum)
        && minimum > maximum
    {
        report.refuse(place, "minimum is greater than maximum", "correct one of them");
    }
}

fn known_format(report: &mut Report<'_>, place: &str, schema: &Schema, known: &[&str]) {
    if let Some(format) = &schema.format
        && !known.contains(&format.as_str())
    {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        report.refuse(
            place,
            format!("`{format}` is no format of this type that every tool knows"),
            format!("known formats: {known}"),
        );
    }
}

/// Schemas are nouns: names made from operations collide with those that generators make.
fn shared_name(report: &mut Report<'_>, place: &str, name: &str) {
    if !name.starts_with(|first: char| first.is_ascii_uppercase()) || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        report.refuse(place, "the name is not in PascalCase", "write it like TempCredential");
    }
    let operations = report.spec.document.paths.values().flat_map(|item| item.operations());
    let collides = operations.filter_map(|(_, operation)| operation.operation_id.as_deref()).any(|id| {
        name.strip_prefix(id).is_some_and(|rest| matches!(rest, "" | "Request" | "Response" | "RequestBody" | "Body"))
    });
    if collides {
        report.refuse(
            place,
            "the name is made from an operation's and collides in several generators",
            "name it with a noun, and put the official model name into `x-hwc-model`",
        );
    }
}
