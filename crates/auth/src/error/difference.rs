//! Where do two canonical requests differ? For a signature that a gateway did not accept.

/// The lines in which our canonical request and the gateway's differ. Values of headers that hold secrets are not
/// shown.
pub(crate) fn difference(ours: &str, theirs: &str) -> Option<String> {
    let (mut ours, mut theirs) = (ours.lines(), theirs.lines());
    let mut lines = Vec::new();
    for number in 1.. {
        let (our, their) = (ours.next(), theirs.next());
        if our.is_none() && their.is_none() {
            break;
        }
        if our != their {
            let show = |line: Option<&str>| line.map_or_else(|| "nothing".to_owned(), shown);
            lines.push(format!("line {number}: we signed {}, the gateway computed {}", show(our), show(their)));
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn shown(line: &str) -> String {
    const SECRET_HEADERS: [&str; 3] = ["x-security-token", "x-auth-token", "authorization"];
    match line.split_once(':') {
        Some((name, _)) if SECRET_HEADERS.contains(&name) => format!("`{name}:***`"),
        _ => format!("`{}`", line.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_line_and_hides_secrets() {
        let ours = "GET\n/a/\n\nhost:h\nx-security-token:OURS\n";
        let theirs = "GET\n/b/\n\nhost:h\nx-security-token:THEIRS\nmore";
        let text = difference(ours, theirs).unwrap();
        assert!(text.contains("line 2: we signed `/a/`, the gateway computed `/b/`"), "{text}");
        assert!(text.contains("line 6: we signed nothing, the gateway computed `more`"), "{text}");
        assert!(!text.contains("OURS") && !text.contains("THEIRS"), "{text}");
        assert_eq!(difference(ours, ours), None);
    }
}
