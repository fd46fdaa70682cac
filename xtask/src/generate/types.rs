//! The types of bodies: what is sent can be serialised, what is received can be deserialised, and nothing more.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::docs::{doc, text};
use super::plan::{Field, RustType, Service, Shape, Type};

/// The module `types`.
pub(super) fn types(service: &Service) -> TokenStream {
    let types = service.types.iter().map(named_type);
    let answers = service.operations.iter().filter_map(|operation| operation.answer.as_ref());
    let answers: BTreeSet<String> = answers.map(ToString::to_string).collect();
    let answers = service.types.iter().filter(|named| answers.contains(&named.ident.to_string())).map(answer);
    quote! {
        /// What is sent and what is answered.
        pub mod types {
            use huaweicloud_auth::runtime;
            #(#types)*
            #(#answers)*
        }
    }
}

/// What the runtime must know of a whole answer, to tell it from a stranger.
fn answer(named: &Type) -> TokenStream {
    let Shape::Struct(fields) = &named.shape else { return TokenStream::new() };
    let ident = &named.ident;
    let names = fields.iter().map(|field| &field.wire);
    // Without a required field the answer would not have been decoded at all.
    let hollow = if fields.iter().any(|field| field.required) {
        quote! { false }
    } else {
        let empty = fields.iter().map(|field| {
            let ident = &field.ident;
            if is_collection(field) {
                quote! { self.#ident.is_empty() }
            } else {
                quote! { self.#ident.is_none() }
            }
        });
        quote! { #(#empty)&&* }
    };
    quote! {
        impl runtime::Answer for #ident {
            const FIELDS: &'static [&'static str] = &[#(#names),*];

            fn is_hollow(&self) -> bool {
                #hollow
            }
        }
    }
}

fn is_collection(field: &Field) -> bool {
    matches!(field.rust, RustType::List(_) | RustType::Map(_))
}

fn named_type(named: &Type) -> TokenStream {
    let model = named.model.as_ref().map(|model| format!("The official SDKs call it `{model}`."));
    let doc = doc(&[text(&named.description), model.unwrap_or_default()]);
    let ident = &named.ident;
    match &named.shape {
        Shape::Struct(fields) => structure(named, &doc, fields),
        Shape::Open(values) => open_enum(named, &doc, values),
        Shape::Alias(rust) => {
            let rust = rust.tokens(&TokenStream::new());
            quote! { #doc pub type #ident = #rust; }
        }
    }
}

fn structure(named: &Type, doc: &TokenStream, fields: &[Field]) -> TokenStream {
    let ident = &named.ident;
    let deserialize = named.received.then(|| quote! { serde::Deserialize, });
    let serialize = named.sent.then(|| quote! { serde::Serialize, });
    let non_exhaustive = named.received.then(|| quote! { #[non_exhaustive] });
    let fields = fields.iter().map(|field| self::field(named, field));
    quote! {
        #doc
        #[derive(Clone, Debug, #deserialize #serialize)]
        #non_exhaustive
        pub struct #ident { #(#fields)* }
    }
}

fn field(named: &Type, field: &Field) -> TokenStream {
    let ident = &field.ident;
    let secret = (field.rust == RustType::Secret)
        .then(|| "It is a secret: printing it shows nothing; read it with `expose()`.".to_owned());
    let example = match &field.example {
        Some(example) if secret.is_none() => format!("Example: `{}`", example_text(example)),
        _ => String::new(),
    };
    let doc = doc(&[text(&field.description), secret.unwrap_or_default(), example]);
    let rust = field.rust.tokens(&TokenStream::new());
    let rename = (*ident != field.wire).then(|| {
        let wire = &field.wire;
        quote! { #[serde(rename = #wire)] }
    });
    // A missing collection is an empty one where it is received; where it is sent, it is left out.
    let (attribute, rust) = if field.required {
        let not_empty = matches!(field.rust, RustType::Text | RustType::Secret) && field.limits.min_length.is_some();
        let attribute =
            (named.received && not_empty).then(|| quote! { #[serde(deserialize_with = "runtime::not_empty")] });
        (attribute, rust)
    } else if is_collection(field) && named.received {
        (Some(quote! { #[serde(default, deserialize_with = "runtime::null_as_default")] }), rust)
    } else if named.only_copy {
        (Some(quote! { #[serde(default, deserialize_with = "runtime::if_readable")] }), quote! { Option<#rust> })
    } else if named.sent {
        (Some(quote! { #[serde(skip_serializing_if = "Option::is_none")] }), quote! { Option<#rust> })
    } else {
        (None, quote! { Option<#rust> })
    };
    quote! { #doc #rename #attribute pub #ident: #rust, }
}

/// A string that may grow: the known values by name, any other as it came.
fn open_enum(named: &Type, doc: &TokenStream, values: &[(proc_macro2::Ident, String, String)]) -> TokenStream {
    let ident = &named.ident;
    let variants: Vec<_> = values.iter().map(|(variant, _, _)| variant).collect();
    let texts: Vec<_> = values.iter().map(|(_, value, _)| value).collect();
    let docs = values.iter().map(|(_, value, meaning)| self::doc(&[format!("`{value}`: {}", text(meaning))]));
    let from = format_ident!("from");
    let deserialize = named.received.then(|| {
        quote! {
            impl<'de> serde::Deserialize<'de> for #ident {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    <String as serde::Deserialize>::deserialize(deserializer).map(Self::#from)
                }
            }
        }
    });
    let serialize = named.sent.then(|| {
        quote! {
            impl serde::Serialize for #ident {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }
        }
    });
    quote! {
        #doc
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #ident {
            #(#docs #variants,)*
            /// A value that this version does not know.
            Other(String),
        }

        impl #ident {
            /// The value as the service writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #texts,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for #ident {
            fn from(text: String) -> Self {
                match text.as_str() {
                    #(#texts => Self::#variants,)*
                    _ => Self::Other(text),
                }
            }
        }

        impl From<&str> for #ident {
            fn from(text: &str) -> Self {
                Self::from(text.to_owned())
            }
        }

        impl std::fmt::Display for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        #deserialize
        #serialize
    }
}

/// An example as a reader of JSON would write it, without the quotes of a text.
pub(super) fn example_text(example: &serde_json::Value) -> String {
    match example {
        serde_json::Value::String(text) => text.replace('`', "'"),
        other => other.to_string(),
    }
}
