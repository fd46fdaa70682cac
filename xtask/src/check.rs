//! May this spec be published and generated from? Each rule has one place, and each finding names its mend.

mod examples;
mod operations;
mod schemas;
mod text;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::load::Spec;
use crate::model::Source;

/// Something in a spec that must be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The spec file.
    pub file: String,
    /// Where in the file, as keys joined with ` > `.
    pub place: String,
    /// What is wrong, and why that is bad.
    pub problem: String,
    /// What to do.
    pub mend: String,
    /// Whether clients can be generated all the same.
    pub severity: Severity,
}

/// How far a finding reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing is generated until it is mended.
    Refused,
    /// Clients can be generated, but the spec is not ready to be published.
    Incomplete,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  {}\n  mend: {}", self.file, self.place, self.problem, self.mend)
    }
}

/// Checks all specs of a project; `folder` is the one that fixtures are relative to.
#[must_use]
pub fn check(specs: &[Spec], folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fixtures = BTreeSet::new();
    for spec in specs {
        let mut report = Report { spec, findings: &mut findings };
        text::check(&mut report);
        document(&mut report);
        operations::check(&mut report);
        schemas::check(&mut report);
        examples::check(&mut report, folder, &mut fixtures);
    }
    shared_components(specs, &mut findings);
    examples::orphaned_fixtures(folder, &fixtures, &mut findings);
    findings
}

/// Collects the findings of one spec.
struct Report<'a> {
    spec: &'a Spec,
    findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    fn refuse(&mut self, place: &str, problem: impl Into<String>, mend: impl Into<String>) {
        self.add(Severity::Refused, place, problem.into(), mend.into());
    }

    fn incomplete(&mut self, place: &str, problem: impl Into<String>, mend: impl Into<String>) {
        self.add(Severity::Incomplete, place, problem.into(), mend.into());
    }

    fn add(&mut self, severity: Severity, place: &str, problem: String, mend: String) {
        self.findings.push(Finding { file: self.spec.file.clone(), place: place.to_owned(), problem, mend, severity });
    }

    /// Demands a description that says something.
    fn described(&mut self, place: &str, description: Option<&str>) {
        if description.is_none_or(|text| text.trim().is_empty()) {
            self.refuse(place, "there is no description", "add `description:` with what a caller must know");
        }
    }

    /// Demands source marks that say something.
    fn sourced(&mut self, place: &str, sources: &[Source]) {
        for source in sources {
            if source.fact.trim().is_empty() || source.note.trim().is_empty() {
                self.refuse(
                    place,
                    "a source mark has an empty `fact` or `note`",
                    "say which fact is meant, and which page, SDK or reason stands behind it",
                );
            }
        }
    }

    /// Demands that a reference leads to a component of this file.
    fn refers(&mut self, place: &str, reference: &str, section: &str) {
        let known = crate::load::local(reference, section).is_some_and(|name| {
            let components = &self.spec.document.components;
            match section {
                "parameters" => components.parameters.contains_key(name),
                "responses" => components.responses.contains_key(name),
                _ => components.schemas.contains_key(name),
            }
        });
        if !reference.starts_with('#') {
            self.refuse(
                place,
                format!("`{reference}` refers to another file; several tools drop or break such an operation"),
                format!("copy the component into this file and refer to `#/components/{section}/...`"),
            );
        } else if !known {
            self.refuse(
                place,
                format!("`{reference}` refers to nothing"),
                format!("add the component, or refer to one that is in `#/components/{section}/`"),
            );
        }
    }
}

/// What concerns a file as a whole.
fn document(report: &mut Report<'_>) {
    let document = &report.spec.document;
    if document.openapi != "3.0.3" {
        report.refuse(
            "openapi",
            format!("the version is {}", document.openapi),
            "write 3.0.3: every tool that we know of reads it",
        );
    }
    report.described("info", Some(&document.info.description));
    for tag in &document.tags {
        report.described(&format!("tags > {}", tag.name), tag.description.as_deref());
    }
    match document.servers.as_slice() {
        [server] => {
            report.sourced("servers", &server.source);
            for variable in ["region", "domain"] {
                if !server.variables.contains_key(variable) || !server.url.contains(&format!("{{{variable}}}")) {
                    report.refuse(
                        "servers",
                        format!("the endpoint has no variable `{variable}`"),
                        "write https://service.{region}.{domain} and give both variables a default",
                    );
                }
            }
            for (name, variable) in &server.variables {
                let place = format!("servers > variables > {name}");
                report.described(&place, variable.description.as_deref());
                if variable.choices.is_some() {
                    report.refuse(
                        &place,
                        "the values are a closed `enum`, so a new region is an error",
                        "remove `enum` and name examples in the description",
                    );
                }
            }
        }
        _ => report.refuse("servers", "there is not exactly one server", "write one server with variables"),
    }
    security(report);
    unused_components(report);
}

/// The two ways to authenticate.
fn security(report: &mut Report<'_>) {
    let document = &report.spec.document;
    for (name, scheme) in &document.components.security_schemes {
        let place = format!("components > securitySchemes > {name}");
        report.described(&place, scheme.description.as_deref());
        report.sourced(&place, &scheme.source);
        let header = scheme.name.as_deref().unwrap_or_default();
        if scheme.kind == "apiKey" && header.eq_ignore_ascii_case("Authorization") {
            report.refuse(
                &place,
                "an apiKey named Authorization makes some clients send a token in two headers",
                "write `type: http` and `scheme: SDK-HMAC-SHA256`",
            );
        }
        let known = match scheme.kind.as_str() {
            "http" => scheme.scheme.is_some(),
            "apiKey" => scheme.location.as_deref() == Some("header") && !header.is_empty(),
            _ => false,
        };
        if !known {
            report.refuse(
                &place,
                "the scheme is neither `http` with a `scheme` nor `apiKey` in a named header",
                "describe the signature as `http`, the token as `apiKey` in the header X-Auth-Token",
            );
        }
    }
    let operations = document.paths.values().flat_map(|item| item.operations());
    let listed = operations.flat_map(|(_, operation)| operation.security.iter().flatten());
    let unknown: BTreeSet<&String> = document
        .security
        .iter()
        .chain(listed)
        .flat_map(|requirement| requirement.keys())
        .filter(|name| !document.components.security_schemes.contains_key(*name))
        .collect();
    for name in unknown {
        report.refuse(
            "security",
            format!("`{name}` is no security scheme"),
            "name one of components > securitySchemes",
        );
    }
    if document.security.is_empty() {
        report.refuse("security", "no way to authenticate is named", "list AkSk and Token");
    }
}

/// Components that nothing refers to.
fn unused_components(report: &mut Report<'_>) {
    let document = &report.spec.document;
    let components = &document.components;
    let sections: [(&str, Vec<&String>); 3] = [
        ("parameters", components.parameters.keys().collect()),
        ("responses", components.responses.keys().collect()),
        ("schemas", components.schemas.keys().collect()),
    ];
    let references = references(&report.spec.json);
    for (section, names) in sections {
        for name in names {
            if !references.contains(format!("#/components/{section}/{name}").as_str()) {
                report.refuse(
                    &format!("components > {section} > {name}"),
                    "nothing refers to it",
                    "remove it, or refer to it",
                );
            }
        }
    }
}

fn references(value: &serde_json::Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::Object(map) => {
                found.extend(map.get("$ref").and_then(serde_json::Value::as_str));
                open.extend(map.values());
            }
            serde_json::Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// A component that two files define under one name must be the same, so that a reader learns it once.
fn shared_components(specs: &[Spec], findings: &mut Vec<Finding>) {
    for (index, later) in specs.iter().enumerate() {
        for earlier in &specs[..index] {
            let (a, b) = (&earlier.document.components, &later.document.components);
            let differing = differing("securitySchemes", &a.security_schemes, &b.security_schemes)
                .chain(differing("parameters", &a.parameters, &b.parameters))
                .chain(differing("responses", &a.responses, &b.responses))
                .chain(differing("schemas", &a.schemas, &b.schemas));
            findings.extend(differing.map(|place| Finding {
                file: later.file.clone(),
                place,
                problem: format!("{} defines another component under the same name", earlier.file),
                mend: "make both equal, or give one another name".to_owned(),
                severity: Severity::Refused,
            }));
        }
    }
}

fn differing<'a, T: PartialEq>(
    section: &'a str,
    a: &'a indexmap::IndexMap<String, T>,
    b: &'a indexmap::IndexMap<String, T>,
) -> impl Iterator<Item = String> + 'a {
    b.iter()
        .filter(|(name, component)| a.get(*name).is_some_and(|other| other != *component))
        .map(move |(name, _)| format!("components > {section} > {name}"))
}
