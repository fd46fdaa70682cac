//! Would another YAML reader see other values? Rules that need the file's text.

use super::Report;

/// Finds plain scalars that YAML 1.1 readers take for something other than text.
pub(super) fn check(report: &mut Report<'_>) {
    for (index, line) in report.spec.text.lines().enumerate() {
        let line = line.trim_start().trim_start_matches("- ");
        let Some((key, value)) = line.split_once(": ") else { continue };
        if key.starts_with('#') || key.contains(' ') {
            continue;
        }
        let value = value.split(" #").next().unwrap_or_default().trim();
        let place = format!("line {}", index + 1);
        if looks_like_a_date(value) {
            report.refuse(
                &place,
                format!("the timestamp {value} is not quoted; some readers turn it into another type"),
                format!("write '{value}' in quotes"),
            );
        }
        if ["yes", "no", "on", "off"].contains(&value.to_ascii_lowercase().as_str()) {
            report.refuse(
                &place,
                format!("{value} is not quoted; some readers turn it into a boolean"),
                format!("write '{value}' in quotes, or true or false"),
            );
        }
    }
}

fn looks_like_a_date(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && bytes.get(10).is_none_or(|byte| matches!(byte, b'T' | b't' | b' '))
}
