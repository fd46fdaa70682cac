//! Does an argument fulfil the spec's rule? Asked before anything is sent.

use std::sync::OnceLock;

use regex_lite::Regex;

use crate::error::Error;

/// A regular expression of the spec, compiled when it is first needed.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern with this source.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// Whether a text fits. A pattern that does not compile fits nothing; the spec's check refuses such patterns.
    fn fits(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(self.source).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Refuses a number outside its range.
///
/// # Errors
/// When there is a value and it is below `least` or above `most`.
pub fn check_range<T: Copy + TryInto<i64>>(name: &str, value: Option<&T>, least: i64, most: i64) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    // What does not fit an i64 is above every bound that a spec can name.
    let value = (*value).try_into().unwrap_or(i64::MAX);
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let rule = match (least, most) {
        (least, i64::MAX) => format!("it must be at least {least}"),
        (i64::MIN, most) => format!("it must be at most {most}"),
        (least, most) => format!("it must be from {least} to {most}"),
    };
    Err(Error::argument(name, format_args!("it is {value}, but {rule}")))
}

/// Refuses a text of the wrong length or form. The text itself is not repeated: it might be a secret in the wrong
/// place.
///
/// # Errors
/// When there is a value and it has fewer than `least` or more than `most` characters, or does not fit the pattern.
pub fn check_text(
    name: &str,
    value: Option<&String>,
    least: u64,
    most: u64,
    pattern: Option<(&Pattern, &str)>,
) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    let length = u64::try_from(value.chars().count()).unwrap_or(u64::MAX);
    if let Some((_, rule)) = pattern.filter(|(pattern, _)| !pattern.fits(value) || !(least..=most).contains(&length)) {
        return Err(Error::argument(name, format_args!("it does not follow the rule: {rule}")));
    }
    if length < least {
        return Err(Error::argument(name, format_args!("it has {length} characters, but needs at least {least}")));
    }
    if length > most {
        return Err(Error::argument(name, format_args!("it has {length} characters, but at most {most} are allowed")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_its_range_is_refused_with_the_range() {
        assert!(check_range("limit", Some(&100u64), 1, 100).is_ok());
        assert!(check_range("limit", None::<&u64>, 1, 100).is_ok());
        let error = check_range("limit", Some(&101u64), 1, 100).unwrap_err().to_string();
        assert_eq!(error, "the argument `limit` was refused before sending: it is 101, but it must be from 1 to 100");
        assert!(check_range("limit", Some(&0u64), 1, 100).is_err());
        assert!(check_range("offset", Some(&u64::MAX), 0, 100).is_err());
    }

    #[test]
    fn a_text_is_held_to_length_and_pattern() {
        static NAME: Pattern = Pattern::new("^[a-z]+$");
        let check = |text: &str| check_text("name", Some(&text.to_owned()), 1, 3, Some((&NAME, "letters only")));
        assert!(check("abc").is_ok());
        for bad in ["", "abcd", "ab1", "ab\n"] {
            let error = check(bad).unwrap_err().to_string();
            assert!(error.contains("`name`") && error.contains("letters only"), "{error}");
        }
        assert!(check_text("x", Some(&"éé".to_owned()), 0, 2, None).is_ok());
        assert!(check_text("x", Some(&"ééé".to_owned()), 0, 2, None).is_err());
    }
}
