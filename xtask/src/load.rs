//! Where are the specs, and do they parse?

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::model::{Document, Parameter, Response, Schema};

/// One spec file, as text and as what the text means.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Name of the service: the file's name without its ending.
    pub name: String,
    /// Path of the file, relative to the project, with forward slashes.
    pub file: String,
    /// The file's text.
    pub text: String,
    /// The text as a document.
    pub document: Document,
    /// The text as JSON, for what works on any JSON.
    pub json: Value,
}

/// Reads all spec files of the project at `root`, ordered by name.
///
/// # Errors
/// When the folder cannot be read, holds no spec, or a file does not parse; the message names file, line and column.
pub fn load_all(root: &Path) -> Result<Vec<Spec>> {
    let folder = root.join("spec");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read the folder {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "yaml")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        bail!("no spec found: {} holds no .yaml file", folder.display());
    }
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let path = folder.join(format!("{name}.yaml"));
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            parse(&name, text)
        })
        .collect()
}

/// Parses one spec file named `{name}.yaml`.
///
/// # Errors
/// When the text is no YAML, repeats a key or has a keyword that the project's specs do not use.
pub fn parse(name: &str, text: String) -> Result<Spec> {
    let file = format!("spec/{name}.yaml");
    let document = read_yaml(&file, &text)?;
    let json = read_yaml(&file, &text)?;
    Ok(Spec { name: name.to_owned(), file, text, document, json })
}

fn read_yaml<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        anyhow!(
            "{file}: {error}\n  mend: correct the spelling, remove what is repeated, or teach xtask/src/model.rs the keyword"
        )
    })
}

impl Document {
    /// The parameter itself, where `parameter` refers to a shared one.
    #[must_use]
    pub fn parameter<'a>(&'a self, parameter: &'a Parameter) -> Option<&'a Parameter> {
        match &parameter.reference {
            Some(reference) => self.components.parameters.get(local(reference, "parameters")?),
            None => Some(parameter),
        }
    }

    /// The response itself, where `response` refers to a shared one.
    #[must_use]
    pub fn response<'a>(&'a self, response: &'a Response) -> Option<&'a Response> {
        match &response.reference {
            Some(reference) => self.components.responses.get(local(reference, "responses")?),
            None => Some(response),
        }
    }

    /// The schema itself, where `schema` refers to a shared one.
    #[must_use]
    pub fn schema<'a>(&'a self, schema: &'a Schema) -> Option<&'a Schema> {
        match &schema.reference {
            Some(_) => self.components.schemas.get(schema.target()?),
            None => Some(schema),
        }
    }
}

impl Schema {
    /// Name of the shared schema that this one refers to.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        local(self.reference.as_deref()?, "schemas")
    }
}

/// The name in `#/components/{section}/{name}`.
#[must_use]
pub fn local<'a>(reference: &'a str, section: &str) -> Option<&'a str> {
    reference
        .strip_prefix("#/components/")?
        .strip_prefix(section)?
        .strip_prefix('/')
        .filter(|name| !name.is_empty() && !name.contains('/'))
}
