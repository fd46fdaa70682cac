//! One type per operation: what a caller may still set, how it is awaited, and how it becomes a call.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::docs::{doc, text};
use super::plan::{Field, Operation, Pages, Place, RustType, Service};

/// The module `requests`.
pub(super) fn requests(service: &Service) -> TokenStream {
    let requests = service.operations.iter().map(request);
    quote! {
        /// Requests that can still be adjusted, and are sent by awaiting them.
        pub mod requests {
            use huaweicloud_auth::{Error, runtime};
            use super::types;
            #(#requests)*
        }
    }
}

fn request(operation: &Operation) -> TokenStream {
    let ident = format_ident!("{}", operation.id);
    let doc = doc(&[format!(
        "Request of [`Client::{}`](super::Client::{}): await it, or adjust it first.",
        operation.method_name, operation.method_name
    )]);
    let stored: Vec<_> = operation.fields.iter().filter(|field| field.place != Place::Body).collect();
    let declarations = stored.iter().map(|field| {
        let (ident, rust) = (&field.ident, stored_type(field));
        quote! { pub(super) #ident: #rust, }
    });
    let project = operation.in_project.then(|| quote! { pub(super) project_id: Option<String>, });
    let body = operation.body.as_ref().map(|body| quote! { pub(super) body: types::#body, });
    let setters = operation.fields.iter().filter(|field| !field.required).map(setter);
    let project_setter = operation.in_project.then(|| {
        quote! {
            /// Project to work in, instead of the one that was set with the credentials.
            pub fn project_id(mut self, project_id: impl Into<String>) -> Self {
                self.project_id = Some(project_id.into());
                self
            }
        }
    });
    let (id, path, method) = (&operation.id, &operation.path, format_ident!("{}", operation.http_method));
    let answer = answer_type(operation);
    let send = send(operation);
    let stream = operation.pages.as_ref().map(stream);
    quote! {
        #doc
        #[derive(Clone, Debug)]
        #[must_use = "a request is sent when it is awaited"]
        pub struct #ident {
            pub(super) transport: runtime::Transport,
            #project
            #(#declarations)*
            #body
        }

        impl #ident {
            const OPERATION: runtime::Operation = runtime::Operation {
                id: #id,
                method: runtime::Method::#method,
                path: #path,
            };

            #project_setter
            #(#setters)*
            #send
            #stream
        }

        impl IntoFuture for #ident {
            type Output = Result<#answer, Error>;
            type IntoFuture = runtime::BoxFuture<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    }
}

/// The type of the answer as code.
pub(super) fn answer_type(operation: &Operation) -> TokenStream {
    match &operation.answer {
        Some(answer) => quote! { types::#answer },
        None => quote! { () },
    }
}

fn stored_type(field: &Field) -> TokenStream {
    let rust = field.rust.tokens(&quote! { types:: });
    if field.required {
        rust
    } else {
        quote! { Option<#rust> }
    }
}

/// What a caller gives for a field, and how it is turned into what is stored.
pub(super) fn argument(field: &Field) -> (TokenStream, TokenStream) {
    let (ident, rust) = (&field.ident, field.rust.tokens(&quote! { types:: }));
    if field.rust.takes_into() {
        (quote! { #ident: impl Into<#rust> }, quote! { #ident.into() })
    } else {
        (quote! { #ident: #rust }, quote! { #ident })
    }
}

fn setter(field: &Field) -> TokenStream {
    let ident = &field.ident;
    let limits = limits_text(field);
    let doc = doc(&[text(&field.description), limits]);
    let (argument, value) = argument(field);
    let target = if field.place == Place::Body {
        quote! { self.body.#ident }
    } else {
        quote! { self.#ident }
    };
    quote! {
        #doc
        pub fn #ident(mut self, #argument) -> Self {
            #target = Some(#value);
            self
        }
    }
}

/// What a value must fulfil, for a reader of the docs.
pub(super) fn limits_text(field: &Field) -> String {
    match (&field.limits.rule, field.limits.minimum, field.limits.maximum) {
        (Some(_), _, _) => "Anything else is refused before sending.".to_owned(),
        (None, Some(least), Some(most)) => {
            format!("From {least} to {most}; anything else is refused before sending.")
        }
        _ => String::new(),
    }
}

fn send(operation: &Operation) -> TokenStream {
    let checks = operation.fields.iter().filter_map(check);
    let project = operation.in_project.then(|| quote! { call.project_id(self.project_id)?; });
    let together = operation.pages.as_ref().map(|pages| {
        let (offset, limit) = defaults(pages);
        quote! { let (offset, limit) = runtime::together((self.offset, #offset), (self.limit, #limit)); }
    });
    let parts = operation.fields.iter().map(|field| {
        let (wire, ident) = (&field.wire, &field.ident);
        let paged = operation.pages.is_some() && matches!(wire.as_str(), "offset" | "limit");
        let value = if paged {
            quote! { #ident }
        } else {
            quote! { self.#ident }
        };
        let value = if field.required {
            quote! { Some(#value) }
        } else {
            value
        };
        match field.place {
            Place::Path => quote! { call.path(#wire, &self.#ident)?; },
            Place::Query => quote! { call.query(#wire, #value); },
            Place::Header => quote! { call.header(#wire, #value)?; },
            Place::Body | Place::Answer => TokenStream::new(),
        }
    });
    let body = operation.body.as_ref().map(|_| quote! { call.json(&self.body)?; });
    let answer = answer_type(operation);
    let execute = match operation.answer {
        Some(_) => quote! { self.transport.call(call).await },
        None => quote! { self.transport.call_without_answer(call).await },
    };
    quote! {
        /// Sends the request; awaiting it does the same.
        ///
        /// # Errors
        /// When an argument is refused, the credentials are missing, or the call fails; see [`Error`].
        pub async fn send(self) -> Result<#answer, Error> {
            #(#checks)*
            #together
            let mut call = runtime::Call::new(&Self::OPERATION);
            #project
            #(#parts)*
            #body
            #execute
        }
    }
}

/// Refuses a value before anything is sent.
fn check(field: &Field) -> Option<TokenStream> {
    let (wire, ident, limits) = (&field.wire, &field.ident, &field.limits);
    let owner = if field.place == Place::Body {
        quote! { self.body.#ident }
    } else {
        quote! { self.#ident }
    };
    let value = if field.required {
        quote! { Some(&#owner) }
    } else {
        quote! { #owner.as_ref() }
    };
    match field.rust {
        RustType::Unsigned | RustType::Signed | RustType::Small => {
            let (least, most) = (limits.minimum, limits.maximum);
            if most.is_none() && (least.is_none() || (least == Some(0) && field.rust == RustType::Unsigned)) {
                return None;
            }
            let bound = |bound: Option<i64>| bound.map(Literal::i64_unsuffixed);
            let least = bound(least).map_or_else(|| quote! { i64::MIN }, |least| quote! { #least });
            let most = bound(most).map_or_else(|| quote! { i64::MAX }, |most| quote! { #most });
            Some(quote! { runtime::check_range(#wire, #value, #least, #most)?; })
        }
        // An empty part of a path is refused with the other ways to change a path.
        RustType::Text if field.place != Place::Path || limits.pattern.is_some() || limits.max_length.is_some() => {
            let least = Literal::u64_unsuffixed(limits.min_length.unwrap_or(0));
            let most = limits.max_length.map(Literal::u64_unsuffixed);
            let most = most.map_or_else(|| quote! { u64::MAX }, |most| quote! { #most });
            let pattern = match (&limits.pattern, &limits.rule) {
                (Some(pattern), Some(rule)) => {
                    quote! {
                        {
                            static PATTERN: runtime::Pattern = runtime::Pattern::new(#pattern);
                            Some((&PATTERN, #rule))
                        }
                    }
                }
                _ => quote! { None },
            };
            if limits.min_length.is_none() && limits.max_length.is_none() && limits.pattern.is_none() {
                return None;
            }
            Some(quote! { runtime::check_text(#wire, #value, #least, #most, #pattern)?; })
        }
        _ => None,
    }
}

/// What offset and limit are where a caller sets none.
fn defaults(pages: &Pages) -> (Literal, Literal) {
    (Literal::u64_unsuffixed(pages.offset), Literal::u64_unsuffixed(pages.limit))
}

fn stream(pages: &Pages) -> TokenStream {
    let (items, total) = (&pages.items, &pages.total);
    let item = pages.item.tokens(&quote! { types:: });
    let (offset, limit) = defaults(pages);
    let total = if pages.total_required {
        quote! { Some(page.#total) }
    } else {
        quote! { page.#total }
    };
    quote! {
        /// All items from `offset` to the end of the list, fetched page by page while they are read.
        ///
        /// Nothing is sent before the first item is asked for. An error ends the stream.
        #[must_use = "a stream does nothing until it is read"]
        pub fn stream(self) -> runtime::ItemStream<#item> {
            let (offset, limit) = (self.offset.unwrap_or(#offset), self.limit.unwrap_or(#limit));
            runtime::ItemStream::new(offset, limit, move |offset, limit| {
                let request = self.clone().offset(offset).limit(limit);
                Box::pin(async move {
                    let page = request.send().await?;
                    Ok(runtime::Page { items: page.#items, total: #total })
                })
            })
        }
    }
}
