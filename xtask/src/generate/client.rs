//! The client: how it is made, and one method per operation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::docs::{doc, text};
use super::plan::{Field, Operation, Place, RustType, Service};
use super::requests::{argument, limits_text};
use super::types::example_text;

/// The struct `Client` and the endpoint of its service.
pub(super) fn client(service: &Service) -> TokenStream {
    let (name, endpoint) = (&service.name, &service.endpoint);
    let doc = doc(&[
        format!("{}: the client.", text(&service.title)),
        text(&service.description),
        "It is cheap to clone; clones share connections and credentials.".to_owned(),
    ]);
    let methods = service.operations.iter().map(|operation| method(service, operation));
    quote! {
        use huaweicloud_auth::{Auth, ClientBuilder, Error, Region, runtime};

        /// The service that this client talks to, and where its endpoints are.
        pub const SERVICE: runtime::Service = runtime::Service { id: #name, endpoint: #endpoint };

        #doc
        #[derive(Clone, Debug)]
        pub struct Client {
            transport: runtime::Transport,
        }

        impl Client {
            /// A client for the public endpoint of a region.
            ///
            /// # Errors
            /// When the region's name cannot be part of a host name, or the TLS library cannot be set up.
            pub fn new(region: Region, auth: Auth) -> Result<Self, Error> {
                Self::builder(auth).region(region).build()
            }

            /// A client with an explicit endpoint, your own [`reqwest::Client`](huaweicloud_auth::reqwest::Client)
            /// or other settings.
            pub fn builder(auth: Auth) -> ClientBuilder<Self> {
                ClientBuilder::new(SERVICE, auth)
            }

            #(#methods)*
        }

        impl From<runtime::Transport> for Client {
            fn from(transport: runtime::Transport) -> Self {
                Self { transport }
            }
        }
    }
}

fn method(service: &Service, operation: &Operation) -> TokenStream {
    let (name, request) = (&operation.method_name, format_ident!("{}", operation.id));
    let required: Vec<&Field> = operation.fields.iter().filter(|field| field.required).collect();
    let arguments = required.iter().map(|field| argument(field).0);
    let stored = operation.fields.iter().filter(|field| field.place != Place::Body).map(value);
    let project = operation.in_project.then(|| quote! { project_id: None, });
    let body = operation.body.as_ref().map(|body| {
        let values = operation.fields.iter().filter(|field| field.place == Place::Body).map(value);
        quote! { body: types::#body { #(#values)* }, }
    });
    let deprecated = operation.deprecated.then(|| quote! { #[deprecated] });
    let doc = method_doc(service, operation, &required);
    quote! {
        #doc
        #deprecated
        pub fn #name(&self, #(#arguments),*) -> requests::#request {
            requests::#request {
                transport: self.transport.clone(),
                #project
                #(#stored)*
                #body
            }
        }
    }
}

fn value(field: &Field) -> TokenStream {
    let ident = &field.ident;
    if !field.required {
        return quote! { #ident: None, };
    }
    let (_, value) = argument(field);
    if field.rust.takes_into() {
        quote! { #ident: #value, }
    } else {
        quote! { #ident, }
    }
}

fn method_doc(service: &Service, operation: &Operation, required: &[&Field]) -> TokenStream {
    let arguments: Vec<String> = required
        .iter()
        .map(|field| {
            let limits = limits_text(field);
            let limits = if limits.is_empty() { limits } else { format!(" {limits}") };
            format!("- `{}`: {}{limits}", field.ident, text(&field.description))
        })
        .collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("{}\n", arguments.join("\n")) };
    let (status, meaning) = &operation.success;
    let errors: Vec<String> =
        operation.errors.iter().map(|(status, meaning)| format!("- {status}: {}", text(meaning))).collect();
    let action = operation.action.as_ref().map(|action| format!(" The caller needs the permission `{action}`."));
    let page = operation.page.as_ref().map(|(title, url)| format!("Page: [{}]({url})", text(title)));
    doc(&[
        text(&operation.summary),
        text(&operation.description),
        arguments,
        example(service, operation, required),
        format!(
            "Sends `{} {}`, and answers {status}: {}{}",
            operation.http_method,
            operation.path,
            text(meaning),
            action.unwrap_or_default(),
        ),
        format!(
            "# Errors\nWhen an argument is refused, which happens before anything is sent, or the service answers:\n{}\n",
            errors.join("\n")
        ),
        page.unwrap_or_default(),
    ])
}

/// A call with the spec's own example values, which compiles as a test.
fn example(service: &Service, operation: &Operation, required: &[&Field]) -> String {
    let arguments: Option<Vec<String>> = required
        .iter()
        .map(|field| {
            let example = field.example.as_ref()?;
            match field.rust {
                RustType::Text | RustType::Secret | RustType::Timestamp | RustType::Named(_) => {
                    example.as_str().map(|_| format!("\"{}\"", example_text(example).escape_default()))
                }
                RustType::List(_) | RustType::Map(_) => None,
                _ => Some(example.to_string()),
            }
        })
        .collect();
    let Some(arguments) = arguments else { return String::new() };
    let client = format!("{}_client", service.name);
    let binding = if operation.answer.is_some() { "let answer = " } else { "" };
    format!(
        "```no_run\n# async fn example(client: {client}::Client) -> Result<(), {client}::Error> {{\n\
         {binding}client.{}({}).await?;\n# Ok(())\n# }}\n```",
        operation.method_name,
        arguments.join(", "),
    )
}
