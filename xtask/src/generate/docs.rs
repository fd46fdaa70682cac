//! How does a text of the spec become a doc comment?

use proc_macro2::TokenStream;
use quote::quote;

/// Width at which doc comments are wrapped.
const WIDTH: usize = 100;

/// A doc comment: paragraphs with an empty line between them.
pub(super) fn doc(paragraphs: &[String]) -> TokenStream {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in paragraphs.iter().filter(|paragraph| !paragraph.is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        // Code blocks and lists keep their lines.
        if paragraph.contains('\n') {
            lines.extend(paragraph.lines().map(|line| format!(" {line}")));
        } else {
            lines.extend(wrap(paragraph).into_iter().map(|line| format!(" {line}")));
        }
    }
    quote! { #(#[doc = #lines])* }
}

/// Escapes what rustdoc would read as a link or as HTML.
pub(super) fn text(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for character in raw.trim().chars() {
        if matches!(character, '[' | ']' | '<' | '>' | '*' | '_' | '`') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    // An underscore inside a word needs no escape, and reads better without.
    let mut readable = String::with_capacity(escaped.len());
    let characters: Vec<char> = escaped.chars().collect();
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| characters[index]);
        let after = characters.get(index + 2);
        let inside_word = before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| c.is_alphanumeric());
        if *character == '\\' && characters.get(index + 1) == Some(&'_') && inside_word {
            continue;
        }
        readable.push(*character);
    }
    readable
}

fn wrap(paragraph: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in paragraph.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
