//! When was it? A time as the server wrote it.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::calendar::{self, Civil};

/// A time in an answer, kept as the server wrote it and read when asked.
///
/// One odd date does not make a whole answer unreadable: for a call that creates a credential that would lose the
/// only copy of a password.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// let created = huaweicloud_auth::Timestamp::from("2023-10-20T15:30:00Z");
/// assert_eq!(created.time(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_697_815_800)));
/// assert_eq!(created.to_string(), "2023-10-20T15:30:00Z");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The text as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment, read as RFC 3339 with any fraction of a second and any offset; digits beyond nanoseconds are
    /// dropped. Nothing when the text has another form or names no date.
    #[must_use]
    pub fn time(&self) -> Option<SystemTime> {
        parse(&self.0)
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn parse(text: &str) -> Option<SystemTime> {
    // Every index below is a character boundary once this holds.
    if !text.is_ascii() || text.len() < 20 {
        return None;
    }
    let bytes = text.as_bytes();
    let separated = bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b't' | b' ')
        && bytes[13] == b':'
        && bytes[16] == b':';
    if !separated {
        return None;
    }
    let part = |from: usize| u8::try_from(calendar::digits(&text[from..from + 2])?).ok();
    let moment = Civil {
        year: i64::from(calendar::digits(&text[..4])?),
        month: part(5)?,
        day: part(8)?,
        hour: part(11)?,
        minute: part(14)?,
        second: part(17)?,
    };
    let (nanoseconds, zone) = fraction(&text[19..])?;
    let local = calendar::unix_seconds(moment.to_system(0)?);
    calendar::from_unix(local - offset(zone)?, nanoseconds)
}

/// The nanoseconds of a fraction such as `.863418`, if there is one, and what follows it.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((0, text)) };
    let end = rest.find(|character: char| !character.is_ascii_digit())?;
    let (digits, zone) = rest.split_at(end);
    if digits.is_empty() {
        return None;
    }
    let nanoseconds = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some((nanoseconds.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')), zone))
}

/// Seconds by which a zone such as `Z` or `+08:00` is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (calendar::digits(hours)?, calendar::digits(minutes)?);
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds_and_nanoseconds(text: &str) -> Option<(i64, u32)> {
        let time = Timestamp::from(text).time()?;
        let seconds = calendar::unix_seconds(time);
        let rest = time.duration_since(calendar::from_unix(seconds, 0)?).ok()?;
        Some((seconds, rest.subsec_nanos()))
    }

    #[test]
    fn the_documented_forms_are_read() {
        for (text, expected) in [
            ("2023-10-20T15:30:00Z", (1_697_815_800, 0)),
            ("2021-03-16T03:05:41.863418Z", (1_615_863_941, 863_418_000)),
            ("2022-10-17T18:51:25.231000Z", (1_666_032_685, 231_000_000)),
            ("2023-10-20T23:30:00+08:00", (1_697_815_800, 0)),
            ("2023-10-20T15:30:00.1234567891Z", (1_697_815_800, 123_456_789)),
            ("1969-12-31T23:59:59.5Z", (-1, 500_000_000)),
        ] {
            assert_eq!(seconds_and_nanoseconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_forms_are_nothing_and_keep_their_text() {
        for text in [
            "",
            "tomorrow",
            "2023-10-20",
            "2023-10-20T15:30:00",
            "2023-02-30T00:00:00Z",
            "2023-10-20T15:30:00.Z",
            "2023-10-20T15:30:00+8:00",
            "2023-10-20T15:30:00+-1:00",
            "1697815800000000000000",
        ] {
            let timestamp = Timestamp::from(text);
            assert_eq!(timestamp.time(), None, "{text}");
            assert_eq!(timestamp.as_str(), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_nothing(text in ".*") {
            let _ = Timestamp::from(text).time();
        }

        #[test]
        fn any_text_of_the_right_characters_is_a_time_or_nothing(text in "[0-9TZtz:.+ -]{0,40}") {
            let _ = Timestamp::from(text).time();
        }
    }
}
