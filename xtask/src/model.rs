//! What may a spec file say? The part of OpenAPI 3.0 that the project uses, as strict types.
//!
//! Every struct refuses a keyword that it does not know, so a misspelt or unsupported keyword is an error with its
//! line and column. Keywords that are known but unwanted are here too, so that [`crate::check`] can say why.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

/// One spec file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// Version of OpenAPI; only 3.0.3 is accepted.
    pub openapi: String,
    /// Title, version and description.
    pub info: Info,
    /// Where the pages are.
    pub external_docs: Option<ExternalDocs>,
    /// Where the service is; exactly one, with variables.
    pub servers: Vec<Server>,
    /// The ways to authenticate that every operation accepts.
    pub security: Vec<IndexMap<String, Vec<String>>>,
    /// Groups of operations.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// The operations by path.
    pub paths: IndexMap<String, PathItem>,
    /// What operations share.
    pub components: Components,
}

/// Title, version and description of a spec.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Info {
    /// Name of the API.
    pub title: String,
    /// Version of the spec file.
    pub version: String,
    /// What the API is for.
    pub description: String,
    /// Who maintains the spec file.
    pub contact: Option<Contact>,
    /// Licence of the spec file.
    pub license: Option<License>,
}

/// Who maintains a spec file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Their name.
    pub name: String,
}

/// Licence of a spec file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    /// Name, as an SPDX expression.
    pub name: String,
    /// Its text.
    pub url: Option<String>,
}

/// A link to a page.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ExternalDocs {
    /// Title of the page.
    pub description: Option<String>,
    /// Its address.
    pub url: String,
}

/// Where a service is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Template of the endpoint.
    pub url: String,
    /// What the endpoint is.
    pub description: Option<String>,
    /// Parts of the template.
    #[serde(default)]
    pub variables: IndexMap<String, ServerVariable>,
    /// Where the facts come from that are not on the page.
    #[serde(default, rename = "x-hwc-source")]
    pub source: Vec<Source>,
}

/// A part of an endpoint's template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerVariable {
    /// Value where none is given.
    pub default: String,
    /// What it selects.
    pub description: Option<String>,
    /// A closed list of values; unwanted, because regions are added.
    #[serde(rename = "enum")]
    pub choices: Option<Vec<String>>,
}

/// A group of operations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Name of the group.
    pub name: String,
    /// What its operations have in common.
    pub description: Option<String>,
}

/// The operations of one path.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathItem {
    /// Operation for the method GET.
    pub get: Option<Operation>,
    /// Operation for the method PUT.
    pub put: Option<Operation>,
    /// Operation for the method POST.
    pub post: Option<Operation>,
    /// Operation for the method DELETE.
    pub delete: Option<Operation>,
    /// Operation for the method PATCH.
    pub patch: Option<Operation>,
    /// Parameters of all operations; unwanted, each operation lists its own.
    pub parameters: Option<Vec<Parameter>>,
}

impl PathItem {
    /// The operations with their methods in capitals.
    pub fn operations(&self) -> impl Iterator<Item = (&'static str, &Operation)> {
        [("GET", &self.get), ("PUT", &self.put), ("POST", &self.post), ("DELETE", &self.delete), ("PATCH", &self.patch)]
            .into_iter()
            .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
    }
}

/// One thing that the API can do.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operation {
    /// Name as documented, for example `ListAccessCode`.
    pub operation_id: Option<String>,
    /// Groups that it belongs to.
    #[serde(default)]
    pub tags: Vec<String>,
    /// One sentence.
    pub summary: Option<String>,
    /// What a caller must know.
    pub description: Option<String>,
    /// Page that it was written from.
    pub external_docs: Option<ExternalDocs>,
    /// What it takes besides a body.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// What it takes as a body.
    pub request_body: Option<RequestBody>,
    /// What it answers, by status.
    pub responses: IndexMap<String, Response>,
    /// Ways to authenticate, where they differ from the document's.
    pub security: Option<Vec<IndexMap<String, Vec<String>>>>,
    /// Whether it should no longer be used.
    #[serde(default)]
    pub deprecated: bool,
    /// Identity policy action that a caller needs.
    #[serde(rename = "x-hwc-action")]
    pub action: Option<String>,
    /// How its pages follow one another.
    #[serde(rename = "x-hwc-pagination")]
    pub pagination: Option<Pagination>,
    /// Where the facts come from that are not on the page.
    #[serde(default, rename = "x-hwc-source")]
    pub source: Vec<Source>,
}

/// How a list operation with `offset` and `limit` names its results.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pagination {
    /// Property of the answer that holds the items of a page.
    pub items: String,
    /// Property of the answer that holds the number of all items.
    pub total: String,
}

/// A parameter in the path, the query or a header; or a reference to a shared one.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// Reference to a shared parameter; stands alone.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// Name on the wire.
    pub name: Option<String>,
    /// `path`, `query` or `header`.
    #[serde(rename = "in")]
    pub location: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether a caller must give it.
    #[serde(default)]
    pub required: bool,
    /// Its type.
    pub schema: Option<Schema>,
    /// A value as a caller would give it.
    pub example: Option<Value>,
    /// What the server takes where it is not given.
    #[serde(rename = "x-hwc-server-default")]
    pub server_default: Option<Value>,
    /// Where the facts come from that are not on the page.
    #[serde(default, rename = "x-hwc-source")]
    pub source: Vec<Source>,
}

/// What an operation takes as a body.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RequestBody {
    /// What it is for.
    pub description: Option<String>,
    /// Whether a caller must give it.
    #[serde(default)]
    pub required: bool,
    /// Its schema by media type.
    pub content: IndexMap<String, MediaType>,
    /// Where the facts come from that are not on the page.
    #[serde(default, rename = "x-hwc-source")]
    pub source: Vec<Source>,
}

/// What an operation answers with one status; or a reference to a shared answer.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Reference to a shared response; stands alone.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// When it is answered.
    pub description: Option<String>,
    /// Its schema by media type; nothing where there is no body.
    #[serde(default)]
    pub content: IndexMap<String, MediaType>,
    /// Where the facts come from that are not on the page.
    #[serde(default, rename = "x-hwc-source")]
    pub source: Vec<Source>,
}

/// A body of one media type.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct MediaType {
    /// Its type.
    pub schema: Schema,
    /// A whole body.
    pub example: Option<Value>,
    /// File with the exact bytes of the page's example, relative to the spec's folder.
    #[serde(rename = "x-hwc-fixture")]
    pub fixture: Option<String>,
}

/// The type of a value; or a reference to a shared one.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schema {
    /// Reference to a shared schema; stands alone.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// `object`, `array`, `string`, `integer`, `number` or `boolean`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Closer kind of a string or number.
    pub format: Option<String>,
    /// What the value means.
    pub description: Option<String>,
    /// A value.
    pub example: Option<Value>,
    /// Whether `null` may stand in its place.
    #[serde(default)]
    pub nullable: bool,
    /// Properties that are always there.
    #[serde(default)]
    pub required: Vec<String>,
    /// Properties of an object.
    #[serde(default)]
    pub properties: IndexMap<String, Schema>,
    /// Values of an object used as a map.
    pub additional_properties: Option<AdditionalProperties>,
    /// Items of an array.
    pub items: Option<Box<Schema>>,
    /// Fewest characters of a string.
    pub min_length: Option<u64>,
    /// Most characters of a string.
    pub max_length: Option<u64>,
    /// Regular expression of a string.
    pub pattern: Option<String>,
    /// Least number.
    pub minimum: Option<i64>,
    /// Greatest number.
    pub maximum: Option<i64>,
    /// Closed list of values; unwanted.
    #[serde(rename = "enum")]
    pub choices: Option<Vec<Value>>,
    /// Value where none is given; unwanted.
    pub default: Option<Value>,
    /// Combination of schemas; unwanted.
    pub all_of: Option<Vec<Schema>>,
    /// Combination of schemas; unwanted.
    pub any_of: Option<Vec<Schema>>,
    /// Combination of schemas; unwanted.
    pub one_of: Option<Vec<Schema>>,
    /// Type of the text where a format would make other languages' clients too strict.
    #[serde(rename = "x-hwc-format")]
    pub lenient_format: Option<String>,
    /// Name of the model in the official SDKs.
    #[serde(rename = "x-hwc-model")]
    pub model: Option<String>,
    /// Documented values of a string that may grow, with their meanings.
    #[serde(rename = "x-hwc-known-values")]
    pub known_values: Option<IndexMap<String, String>>,
    /// What `pattern` demands, for people.
    #[serde(rename = "x-hwc-rule")]
    pub rule: Option<String>,
    /// Where the facts come from that are not on the page.
    #[serde(default, rename = "x-hwc-source")]
    pub source: Vec<Source>,
}

/// What an object may hold besides its properties.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum AdditionalProperties {
    /// Anything, or nothing.
    Allowed(bool),
    /// Values of one type: the object is a map.
    Values(Box<Schema>),
}

/// What operations share.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Components {
    /// Ways to authenticate.
    #[serde(default)]
    pub security_schemes: IndexMap<String, SecurityScheme>,
    /// Shared parameters.
    #[serde(default)]
    pub parameters: IndexMap<String, Parameter>,
    /// Shared responses.
    #[serde(default)]
    pub responses: IndexMap<String, Response>,
    /// Shared types.
    #[serde(default)]
    pub schemas: IndexMap<String, Schema>,
}

/// A way to authenticate.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct SecurityScheme {
    /// `http` or `apiKey`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Scheme of the Authorization header, for `http`.
    pub scheme: Option<String>,
    /// Where the key is sent, for `apiKey`.
    #[serde(rename = "in")]
    pub location: Option<String>,
    /// Name of the header, for `apiKey`.
    pub name: Option<String>,
    /// How it works.
    pub description: Option<String>,
    /// Where the facts come from that are not on the page.
    #[serde(default, rename = "x-hwc-source")]
    pub source: Vec<Source>,
}

/// Where a fact comes from that is not on the operation's page.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The fact.
    pub fact: String,
    /// Its kind of source.
    pub from: SourceKind,
    /// Which page or SDK, or why it was inferred or chosen.
    pub note: String,
}

/// A kind of source.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Another official page, or a newer copy of the same one.
    Page,
    /// The official SDKs or tools.
    Sdk,
    /// Concluded from examples or siblings; nobody confirms it.
    Inferred,
    /// A decision of this spec where the sources leave something open.
    Choice,
    /// A third party.
    Other,
}
