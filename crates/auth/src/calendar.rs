//! Which date is it? Conversions between system time and the calendar, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A moment in UTC, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

impl Civil {
    /// The moment that a system time falls into.
    pub(crate) fn from_system(time: SystemTime) -> Self {
        let seconds = unix_seconds(time);
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = date_of(days);
        // `rest` is below 86,400, so each part fits its type.
        Self { year, month, day, hour: (rest / 3600) as u8, minute: (rest / 60 % 60) as u8, second: (rest % 60) as u8 }
    }

    /// The system time of the moment plus some nanoseconds; nothing for a date that does not exist.
    pub(crate) fn to_system(self, nanoseconds: u32) -> Option<SystemTime> {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days_in_month = match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 31,
        };
        // A leap second is read as the last second of its minute.
        let exists = (1..=12).contains(&self.month)
            && (1..=days_in_month).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second <= 60
            && nanoseconds < 1_000_000_000;
        if !exists {
            return None;
        }
        let seconds = days_of(self.year, self.month, self.day) * DAY
            + i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second.min(59));
        from_unix(seconds, nanoseconds)
    }
}

/// Whole seconds since 1970, rounded down.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(error) => {
            let before = error.duration();
            let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            if before.subsec_nanos() > 0 { -whole - 1 } else { -whole }
        }
    }
}

/// The system time that lies some seconds and nanoseconds after the start of 1970.
pub(crate) fn from_unix(seconds: i64, nanoseconds: u32) -> Option<SystemTime> {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let start = if seconds < 0 { UNIX_EPOCH.checked_sub(whole)? } else { UNIX_EPOCH.checked_add(whole)? };
    start.checked_add(Duration::from_nanos(u64::from(nanoseconds)))
}

// Both conversions count from the first of March of the year 0, so that the leap day ends a year, and in eras of
// 400 years, after which the calendar repeats.

/// Days since 1970 of a date in the proleptic Gregorian calendar.
fn days_of(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Date in the proleptic Gregorian calendar of a number of days since 1970.
fn date_of(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    // Both are small by construction: a day of at most 31, a month of at most 12.
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u8;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// Reads digits only, so that no sign or blank slips through.
pub(crate) fn digits(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Formats a time as `20240102T030405Z`, the form of the header `X-Sdk-Date`.
pub(crate) fn format_basic(time: SystemTime) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::from_system(time);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Reads `20240102T030405Z`; nothing when the text has another form or names no date.
pub(crate) fn parse_basic(text: &str) -> Option<SystemTime> {
    let fits = text.len() == 16 && text.is_ascii() && text.as_bytes()[8] == b'T' && text.as_bytes()[15] == b'Z';
    if !fits {
        return None;
    }
    let part = |range: std::ops::Range<usize>| u8::try_from(digits(&text[range])?).ok();
    Civil {
        year: i64::from(digits(&text[..4])?),
        month: part(4..6)?,
        day: part(6..8)?,
        hour: part(9..11)?,
        minute: part(11..13)?,
        second: part(13..15)?,
    }
    .to_system(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments_have_their_dates() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (951_782_400, "20000229T000000Z"),
            (1_704_164_645, "20240102T030405Z"),
            (4_102_444_799, "20991231T235959Z"),
            (-1, "19691231T235959Z"),
        ] {
            let time = from_unix(seconds, 0).unwrap();
            assert_eq!(format_basic(time), text);
            assert_eq!(parse_basic(text), Some(time));
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_nothing() {
        for text in [
            "20230229T000000Z",
            "20241301T000000Z",
            "20240100T000000Z",
            "20240101T240000Z",
            "2024-0101T0000Z",
            "+0240101T000000Z",
            "20240101T000000é",
        ] {
            assert_eq!(parse_basic(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_of_four_digit_years_comes_back(seconds in -62_135_596_800i64..253_402_300_800) {
            let time = from_unix(seconds, 0).unwrap();
            prop_assert_eq!(parse_basic(&format_basic(time)), Some(time));
        }

        #[test]
        fn any_text_is_a_date_or_nothing(text in ".*") {
            let _ = parse_basic(&text);
        }
    }
}
