//! What will be generated? The spec in Rust's words, with every reference resolved.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use heck::{ToPascalCase as _, ToSnakeCase as _};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::load::Spec;
use crate::model::{self, AdditionalProperties, Document, Schema};

/// One client.
pub(super) struct Service {
    /// Name of the service, for example `swr`.
    pub(super) name: String,
    /// Title of the API.
    pub(super) title: String,
    /// What the API is for.
    pub(super) description: String,
    /// Template of the endpoint, for example `https://swr-api.{region}.{domain}`.
    pub(super) endpoint: String,
    /// Its operations, in the spec's order.
    pub(super) operations: Vec<Operation>,
    /// The types of requests and answers, in the spec's order.
    pub(super) types: Vec<Type>,
}

/// One operation.
pub(super) struct Operation {
    /// Documented name, for example `ListAccessCode`; also the name of the request type.
    pub(super) id: String,
    /// Name of the method, for example `list_access_code`.
    pub(super) method_name: Ident,
    /// HTTP method in capitals.
    pub(super) http_method: String,
    /// Template of the path.
    pub(super) path: String,
    /// One sentence.
    pub(super) summary: String,
    /// What a caller must know.
    pub(super) description: String,
    /// Address of the page.
    pub(super) page: Option<(String, String)>,
    /// Identity policy action.
    pub(super) action: Option<String>,
    /// Whether it should no longer be used.
    pub(super) deprecated: bool,
    /// Whether the path names a project, which authentication knows.
    pub(super) in_project: bool,
    /// What a caller sets, required things first.
    pub(super) fields: Vec<Field>,
    /// Type of the body.
    pub(super) body: Option<Ident>,
    /// Type of the answer; nothing where there is no body.
    pub(super) answer: Option<Ident>,
    /// Success status and its meaning.
    pub(super) success: (String, String),
    /// Documented errors: status and meaning.
    pub(super) errors: Vec<(String, String)>,
    /// How pages follow one another.
    pub(super) pages: Option<Pages>,
}

/// How a paged list is read to its end.
pub(super) struct Pages {
    /// Field with the items of a page.
    pub(super) items: Ident,
    /// Type of an item.
    pub(super) item: RustType,
    /// Field with the number of all items.
    pub(super) total: Ident,
    /// Whether that field is always there.
    pub(super) total_required: bool,
    /// Offset where none is set.
    pub(super) offset: u64,
    /// Limit where none is set.
    pub(super) limit: u64,
}

/// Where a field travels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
    /// In the JSON body.
    Body,
    /// In an answer.
    Answer,
}

/// A parameter, or a property of a body or answer.
pub(super) struct Field {
    /// Name on the wire.
    pub(super) wire: String,
    /// Name in Rust.
    pub(super) ident: Ident,
    /// Type of one value.
    pub(super) rust: RustType,
    /// Where it travels.
    pub(super) place: Place,
    /// Whether it must be there.
    pub(super) required: bool,
    /// What it means.
    pub(super) description: String,
    /// A value.
    pub(super) example: Option<Value>,
    /// What a value must fulfil.
    pub(super) limits: Limits,
}

/// What a value must fulfil.
#[derive(Default)]
pub(super) struct Limits {
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) pattern: Option<String>,
    pub(super) rule: Option<String>,
    pub(super) minimum: Option<i64>,
    pub(super) maximum: Option<i64>,
}

/// A Rust type.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum RustType {
    Text,
    Secret,
    Timestamp,
    Unsigned,
    Signed,
    Small,
    Float,
    Bool,
    /// A type of this spec.
    Named(Ident),
    List(Box<RustType>),
    Map(Box<RustType>),
}

impl RustType {
    /// The type as code inside the module `requests`; `types` names the module with the spec's own types.
    pub(super) fn tokens(&self, types: &TokenStream) -> TokenStream {
        match self {
            Self::Text => quote! { String },
            Self::Secret => quote! { huaweicloud_auth::Secret },
            Self::Timestamp => quote! { huaweicloud_auth::Timestamp },
            Self::Unsigned => quote! { u64 },
            Self::Signed => quote! { i64 },
            Self::Small => quote! { i32 },
            Self::Float => quote! { f64 },
            Self::Bool => quote! { bool },
            Self::Named(name) => quote! { #types #name },
            Self::List(item) => {
                let item = item.tokens(types);
                quote! { Vec<#item> }
            }
            Self::Map(value) => {
                let value = value.tokens(types);
                quote! { std::collections::BTreeMap<String, #value> }
            }
        }
    }

    /// Whether a caller may give anything that turns into the type.
    pub(super) fn takes_into(&self) -> bool {
        matches!(self, Self::Text | Self::Secret | Self::Timestamp | Self::Named(_))
    }
}

/// A type of the spec.
pub(super) struct Type {
    /// Name of the type.
    pub(super) ident: Ident,
    /// What it is.
    pub(super) description: String,
    /// Name in the official SDKs.
    pub(super) model: Option<String>,
    /// Whether it is sent.
    pub(super) sent: bool,
    /// Whether it is received.
    pub(super) received: bool,
    /// Whether it is the answer of a create and holds a secret, of which it is the only copy.
    pub(super) only_copy: bool,
    /// Its shape.
    pub(super) shape: Shape,
}

impl Type {
    fn holds_a_secret(&self) -> bool {
        matches!(&self.shape, Shape::Struct(fields) if fields.iter().any(|field| field.rust == RustType::Secret))
    }
}

/// The shape of a type.
pub(super) enum Shape {
    /// A struct.
    Struct(Vec<Field>),
    /// A string that may grow: name, value and meaning of each known value.
    Open(Vec<(Ident, String, String)>),
    /// Another name for a type.
    Alias(RustType),
}

impl Service {
    /// Resolves a spec that has passed the check.
    pub(super) fn new(spec: &Spec) -> Result<Self> {
        let document = &spec.document;
        let mut operations = Vec::new();
        for (path, item) in &document.paths {
            for (method, operation) in item.operations() {
                let id = operation.operation_id.as_deref().unwrap_or_default();
                operations.push(
                    self::operation(document, path, method, operation)
                        .with_context(|| format!("in the operation {id} ({method} {path})"))?,
                );
            }
        }
        let roots = |body: fn(&model::Operation, &Document) -> Option<String>| {
            let found = document.paths.values().flat_map(|item| item.operations());
            reachable(document, found.filter_map(|(_, operation)| body(operation, document)))
        };
        let sent = roots(|operation, _| {
            Some(operation.request_body.as_ref()?.content.values().next()?.schema.target()?.to_owned())
        });
        let received = roots(|operation, document| Some(success(document, operation)?.2?.target()?.to_owned()));
        let mut types = Vec::new();
        for (name, schema) in &document.components.schemas {
            let (sent, received) = (sent.contains(name), received.contains(name));
            if sent || received {
                types.push(
                    self::named_type(document, name, schema, sent, received)
                        .with_context(|| format!("in components > schemas > {name}"))?,
                );
            }
        }
        let created: Vec<&Ident> = operations
            .iter()
            .filter(|operation: &&Operation| operation.http_method == "POST")
            .filter_map(|operation| operation.answer.as_ref())
            .collect();
        for named in &mut types {
            named.only_copy = created.contains(&&named.ident) && named.holds_a_secret();
        }
        let server = document.servers.first().context("no server is described")?;
        Ok(Self {
            name: spec.name.clone(),
            title: document.info.title.clone(),
            description: document.info.description.clone(),
            endpoint: server.url.clone(),
            operations,
            types,
        })
    }
}

/// Status, meaning and schema of the success answer.
fn success<'a>(
    document: &'a Document,
    operation: &'a model::Operation,
) -> Option<(&'a str, &'a str, Option<&'a Schema>)> {
    let (status, listed) = operation.responses.iter().find(|(status, _)| status.starts_with('2'))?;
    let response = document.response(listed)?;
    let schema = response.content.values().next().map(|body| &body.schema);
    Some((status, response.description.as_deref().unwrap_or_default(), schema))
}

/// The names of shared schemas that can be reached from some of them.
fn reachable(document: &Document, roots: impl Iterator<Item = String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = roots.collect();
    while let Some(name) = open.pop() {
        let Some(schema) = document.components.schemas.get(&name) else { continue };
        if !found.insert(name) {
            continue;
        }
        let mut inner: Vec<&Schema> = schema.properties.values().collect();
        inner.extend(schema.items.as_deref());
        if let Some(AdditionalProperties::Values(values)) = &schema.additional_properties {
            inner.push(values);
        }
        while let Some(schema) = inner.pop() {
            open.extend(schema.target().map(str::to_owned));
            inner.extend(schema.items.as_deref());
            if let Some(AdditionalProperties::Values(values)) = &schema.additional_properties {
                inner.push(values);
            }
        }
    }
    found
}

fn operation(document: &Document, path: &str, method: &str, operation: &model::Operation) -> Result<Operation> {
    let id = operation.operation_id.clone().context("there is no operationId")?;
    let mut fields = Vec::new();
    let mut in_project = false;
    for listed in &operation.parameters {
        let parameter = document.parameter(listed).context("a parameter refers to nothing")?;
        let schema = parameter.schema.as_ref().context("a parameter has no schema")?;
        let wire = parameter.name.clone().context("a parameter has no name")?;
        let place = match parameter.location.as_deref() {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            Some("header") => Place::Header,
            other => bail!("a parameter is in {other:?}"),
        };
        if place == Place::Path && wire == "project_id" {
            in_project = true;
            continue;
        }
        let description = parameter.description.clone();
        let mut field = self::field(document, wire, schema, place, parameter.required, description)?;
        field.example = parameter.example.clone().or(field.example);
        fields.push(field);
    }
    let mut body = None;
    if let Some(schema) = operation.request_body.as_ref().and_then(|body| body.content.values().next()) {
        let name = schema.schema.target().context("the body is no shared schema")?;
        let object = document.schema(&schema.schema).context("the body refers to nothing")?;
        fields.extend(properties(document, object, Place::Body)?);
        body = Some(type_name(name));
    }
    fields.sort_by_key(|field| !field.required);
    let (status, meaning, schema) = success(document, operation).context("there is no success answer")?;
    let pages = match &operation.pagination {
        Some(pagination) => {
            let list = schema.and_then(|schema| document.schema(schema)).context("a paged list has no answer")?;
            Some(pages(document, operation, pagination, list)?)
        }
        None => None,
    };
    let errors = operation.responses.iter().filter(|(status, _)| !status.starts_with('2'));
    Ok(Operation {
        method_name: field_name(&id),
        http_method: method.to_owned(),
        path: path.to_owned(),
        summary: operation.summary.clone().unwrap_or_default(),
        description: operation.description.clone().unwrap_or_default(),
        page: operation
            .external_docs
            .as_ref()
            .map(|docs| (docs.description.clone().unwrap_or_else(|| id.clone()), docs.url.clone())),
        action: operation.action.clone(),
        deprecated: operation.deprecated,
        in_project,
        fields,
        body,
        answer: schema.and_then(Schema::target).map(type_name),
        success: (status.to_owned(), meaning.to_owned()),
        errors: errors
            .filter_map(|(status, listed)| {
                Some((status.clone(), document.response(listed)?.description.clone().unwrap_or_default()))
            })
            .collect(),
        pages,
        id,
    })
}

fn pages(
    document: &Document,
    operation: &model::Operation,
    pagination: &model::Pagination,
    list: &Schema,
) -> Result<Pages> {
    let default = |name: &str| {
        operation
            .parameters
            .iter()
            .filter_map(|listed| document.parameter(listed))
            .find(|parameter| parameter.name.as_deref() == Some(name))
            .and_then(|parameter| parameter.server_default.as_ref()?.as_u64())
            .with_context(|| format!("{name} has no x-hwc-server-default"))
    };
    let items = list.properties.get(&pagination.items).context("x-hwc-pagination names no items")?;
    let RustType::List(item) = rust_type(document, items, false)? else {
        bail!("x-hwc-pagination names items that are no array");
    };
    Ok(Pages {
        items: field_name(&pagination.items),
        item: *item,
        total: field_name(&pagination.total),
        total_required: list.required.contains(&pagination.total),
        offset: default("offset")?,
        limit: default("limit")?,
    })
}

fn properties(document: &Document, object: &Schema, place: Place) -> Result<Vec<Field>> {
    object
        .properties
        .iter()
        .map(|(name, schema)| {
            let required = object.required.contains(name);
            field(document, name.clone(), schema, place, required, schema.description.clone())
        })
        .collect()
}

fn field(
    document: &Document,
    wire: String,
    schema: &Schema,
    place: Place,
    required: bool,
    description: Option<String>,
) -> Result<Field> {
    let resolved = document.schema(schema).context("a reference leads nowhere")?;
    Ok(Field {
        ident: field_name(&wire),
        rust: rust_type(document, schema, place != Place::Answer).with_context(|| format!("in `{wire}`"))?,
        place,
        required,
        description: description.or_else(|| resolved.description.clone()).unwrap_or_default(),
        example: schema.example.clone().or_else(|| resolved.example.clone()),
        limits: Limits {
            min_length: resolved.min_length,
            max_length: resolved.max_length,
            pattern: resolved.pattern.clone(),
            rule: resolved.rule.clone(),
            minimum: resolved.minimum,
            maximum: resolved.maximum,
        },
        wire,
    })
}

fn named_type(document: &Document, name: &str, schema: &Schema, sent: bool, received: bool) -> Result<Type> {
    let shape = match schema.kind.as_deref() {
        Some("object") if schema.additional_properties.is_none() => {
            let place = if received { Place::Answer } else { Place::Body };
            Shape::Struct(properties(document, schema, place)?)
        }
        Some("string") if schema.known_values.is_some() => Shape::Open(
            schema
                .known_values
                .iter()
                .flatten()
                .map(|(value, meaning)| (variant_name(value), value.clone(), meaning.clone()))
                .collect(),
        ),
        _ => Shape::Alias(plain_type(document, schema, sent && !received)?),
    };
    Ok(Type {
        ident: type_name(name),
        description: schema.description.clone().unwrap_or_default(),
        model: schema.model.clone(),
        sent,
        received,
        only_copy: false,
        shape,
    })
}

/// The type of a schema where it is used; `given` says that a caller gives the value.
fn rust_type(document: &Document, schema: &Schema, given: bool) -> Result<RustType> {
    let Some(name) = schema.target() else { return plain_type(document, schema, given) };
    let target = document.schema(schema).context("a reference leads nowhere")?;
    let is_type = target.kind.as_deref() == Some("object") || target.known_values.is_some();
    if is_type { Ok(RustType::Named(type_name(name))) } else { rust_type(document, target, given) }
}

fn plain_type(document: &Document, schema: &Schema, given: bool) -> Result<RustType> {
    let format = schema.format.as_deref().or(schema.lenient_format.as_deref());
    Ok(match (schema.kind.as_deref(), format) {
        (Some("string"), Some("password")) => RustType::Secret,
        (Some("string"), Some("date-time")) => RustType::Timestamp,
        (Some("string"), _) => RustType::Text,
        (Some("integer"), Some("int32")) => RustType::Small,
        // What a caller gives cannot be negative where the spec says so; what a server sends may surprise.
        (Some("integer"), _) if given && schema.minimum.is_some_and(|least| least >= 0) => RustType::Unsigned,
        (Some("integer"), _) => RustType::Signed,
        (Some("number"), _) => RustType::Float,
        (Some("boolean"), _) => RustType::Bool,
        (Some("array"), _) => {
            let items = schema.items.as_deref().context("an array has no items")?;
            RustType::List(Box::new(rust_type(document, items, given)?))
        }
        (Some("object"), _) => match &schema.additional_properties {
            Some(AdditionalProperties::Values(values)) => RustType::Map(Box::new(rust_type(document, values, given)?)),
            _ => bail!("an object stands inside another schema"),
        },
        (kind, _) => bail!("the type {kind:?} is not supported"),
    })
}

fn type_name(name: &str) -> Ident {
    Ident::new(&name.to_pascal_case(), Span::call_site())
}

/// A field or method name; keywords of Rust get a trailing underscore.
fn field_name(name: &str) -> Ident {
    let name = name.to_snake_case();
    let name = if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name };
    let keyword = syn::parse_str::<Ident>(&name).is_err();
    Ident::new(&if keyword { format!("{name}_") } else { name }, Span::call_site())
}

/// A variant name; what cannot stand first gets a `V`, and `Other` is taken.
fn variant_name(value: &str) -> Ident {
    let name = value.to_pascal_case();
    let plain =
        name.starts_with(|first: char| first.is_ascii_alphabetic()) && !matches!(name.as_str(), "Other" | "Self");
    Ident::new(&if plain { name } else { format!("V{name}") }, Span::call_site())
}
