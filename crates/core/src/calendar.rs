//! The three ways in which a duration is added to an instant.
//!
//! Owns: exact days (systems A, B, C), ECMAScript's `setMonth` (system D) and calendar parts (protocol section 23).

use time::{Date, Duration, Month};

use crate::time::{MICROS_PER_DAY, Timestamp};

/// How a policy's duration is added to the instant at which it starts to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationArithmetic {
    /// Days of exactly 86,400 seconds (systems A, B, C).
    Exact,
    /// Calendar months as ECMAScript's `setMonth`; a day that does not exist runs over (system D).
    Months,
    /// Years, months, weeks, … split off greedily and added by the calendar (protocol section 23).
    Calendar,
}

impl DurationArithmetic {
    /// The end of a duration of so many seconds that begins at `start`. For `Months` a month is 2,629,746 s, as in the
    /// protocol.
    pub fn end(self, start: Timestamp, seconds: u64) -> Result<Timestamp, OutOfRange> {
        let signed = i64::try_from(seconds).map_err(|_| OutOfRange)?;
        match self {
            Self::Exact => in_range(start.plus_seconds(signed)),
            Self::Months => add_months(start, signed / MONTH as i64),
            Self::Calendar => add_calendar(start, seconds),
        }
    }
}

/// A year of the protocol, in seconds.
const YEAR: u64 = 31_556_952;
/// A month of the protocol, in seconds.
const MONTH: u64 = 2_629_746;

/// The result would lie outside the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the resulting date lies outside the years 1 to 9999; choose a shorter duration")]
pub struct OutOfRange;

/// Adds calendar months in UTC as ECMAScript's `setMonth` does: 31 January + 1 month is 3 (or 2) March (system D).
pub fn add_months(from: Timestamp, months: i64) -> Result<Timestamp, OutOfRange> {
    let date = from.date().ok_or(OutOfRange)?;
    let first = first_of_month(date, months).ok_or(OutOfRange)?;
    let shifted = first.checked_add(Duration::days(i64::from(date.day()) - 1)).ok_or(OutOfRange)?;
    at_time_of(from, shifted)
}

/// Adds seconds split greedily into years of 31,556,952 s, months of 2,629,746 s, weeks, days and seconds; years and
/// months move by the calendar, a day that does not exist becomes the month's last (protocol section 23).
pub fn add_calendar(from: Timestamp, seconds: u64) -> Result<Timestamp, OutOfRange> {
    let (years, rest) = (seconds / YEAR, seconds % YEAR);
    let (months, rest) = (rest / MONTH, rest % MONTH);

    let date = from.date().ok_or(OutOfRange)?;
    let months = i64::try_from(years * 12 + months).map_err(|_| OutOfRange)?;
    let first = first_of_month(date, months).ok_or(OutOfRange)?;
    let day = date.day().min(first.month().length(first.year()));
    let clamped = first.replace_day(day).map_err(|_| OutOfRange)?;
    // Weeks, days, hours, minutes and seconds have fixed lengths in UTC, so they can be added at once.
    let rest = i64::try_from(rest).map_err(|_| OutOfRange)?;
    in_range(at_time_of(from, clamped)?.plus_seconds(rest))
}

/// Adds days of exactly 86,400 seconds (systems A, B, C).
pub fn add_days(from: Timestamp, days: i64) -> Result<Timestamp, OutOfRange> {
    in_range(from.plus_days(days))
}

fn in_range(t: Timestamp) -> Result<Timestamp, OutOfRange> {
    t.civil().map(|_| t).ok_or(OutOfRange)
}

/// The first day of the month `months` after that of `date`.
fn first_of_month(date: Date, months: i64) -> Option<Date> {
    let index = (i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1).checked_add(months)?;
    let year = i32::try_from(index.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(index.rem_euclid(12) + 1).ok()?).ok()?;
    Date::from_calendar_date(year, month, 1).ok()
}

fn at_time_of(from: Timestamp, date: Date) -> Result<Timestamp, OutOfRange> {
    in_range(Timestamp::midnight(date).plus_micros(from.micros().rem_euclid(MICROS_PER_DAY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn months_run_over() {
        assert_eq!(add_months(at("2025-01-31T00:00:00Z"), 1), Ok(at("2025-03-03T00:00:00Z")));
        assert_eq!(add_months(at("2024-01-31T00:00:00Z"), 1), Ok(at("2024-03-02T00:00:00Z")));
        assert_eq!(add_months(at("2024-02-29T12:34:56.789Z"), -12), Ok(at("2023-03-01T12:34:56.789Z")));
        assert_eq!(add_months(at("9999-12-01T00:00:00Z"), 1), Err(OutOfRange));
        assert_eq!(add_months(at("2024-01-01T00:00:00Z"), i64::MAX), Err(OutOfRange));
    }

    #[test]
    fn calendar_parts_are_greedy_and_clamp() {
        assert_eq!(add_calendar(at("2021-07-19T00:00:00Z"), 7_889_238), Ok(at("2021-10-19T00:00:00Z")));
        assert_eq!(add_calendar(at("2022-10-16T14:52:48Z"), 189_341_712), Ok(at("2028-10-16T14:52:48Z")));
        assert_eq!(add_calendar(at("2024-02-29T00:00:00Z"), 31_556_952), Ok(at("2025-02-28T00:00:00Z")));
        // 60 days are 1 month, 4 weeks, 1 day, 13 h 30 min 54 s.
        assert_eq!(add_calendar(at("2025-01-01T00:00:00Z"), 5_184_000), Ok(at("2025-03-02T13:30:54Z")));
        assert_eq!(add_calendar(at("2025-01-31T00:00:00Z"), 2_592_000), Ok(at("2025-03-02T00:00:00Z")));
        assert_eq!(add_calendar(at("2025-01-31T00:00:00Z"), u64::MAX), Err(OutOfRange));
    }

    #[test]
    fn a_policys_duration_is_added_in_its_own_way() {
        let (start, two_months) = (at("2025-01-31T00:00:00Z"), 2 * MONTH);
        assert_eq!(DurationArithmetic::Exact.end(start, 86_400), Ok(at("2025-02-01T00:00:00Z")));
        assert_eq!(DurationArithmetic::Months.end(start, MONTH), Ok(at("2025-03-03T00:00:00Z")));
        assert_eq!(DurationArithmetic::Calendar.end(start, MONTH), Ok(at("2025-02-28T00:00:00Z")));
        assert_eq!(DurationArithmetic::Calendar.end(start, two_months), Ok(at("2025-03-31T00:00:00Z")));
        assert_eq!(DurationArithmetic::Exact.end(start, u64::MAX), Err(OutOfRange));
    }

    #[test]
    fn days_are_exact() {
        assert_eq!(add_days(at("2027-03-01T00:00:00Z"), 365), Ok(at("2028-02-29T00:00:00Z")));
        assert_eq!(add_days(at("2027-03-01T00:00:00Z"), 999_999_999), Err(OutOfRange));
    }
}
