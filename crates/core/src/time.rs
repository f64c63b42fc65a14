//! Instants and the texts they are written as.
//!
//! Owns: [`Timestamp`], parsing of RFC 3339, and the date spellings of the five systems. Does not own durations
//! (see [`crate::calendar`]), and never asks what time it is.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in a day of exactly 86,400 seconds.
pub const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// 0001-01-01T00:00:00Z, in seconds since 1970.
const FIRST_SECOND: i64 = -62_135_596_800;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From milliseconds since 1970; the ends of the range stand for everything beyond them.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// From seconds since 1970; the ends of the range (some 290,000 years away) stand for everything beyond them.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// Whole days since 1970, rounded down.
    pub const fn days(self) -> i64 {
        self.0.div_euclid(MICROS_PER_DAY)
    }

    /// The same instant with everything below a millisecond cut off (systems C and D count in milliseconds).
    #[must_use]
    pub const fn floor_millis(self) -> Self {
        Self::from_millis(self.millis())
    }

    /// This instant plus days of exactly 86,400 seconds.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_micros(days.saturating_mul(MICROS_PER_DAY))
    }

    /// This instant plus seconds.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// This instant plus microseconds.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Days from this instant to `end`, a begun day counting whole; 0 when `end` has passed.
    pub const fn days_until(self, end: Self) -> i64 {
        let left = end.0.saturating_sub(self.0);
        if left <= 0 { 0 } else { (left - 1) / MICROS_PER_DAY + 1 }
    }

    /// Reads RFC 3339 with `T` and an explicit offset; digits below a microsecond are cut off.
    ///
    /// `None` for any other spelling, for a date that does not exist, for leap seconds (which none of the systems knows),
    /// and for years before 1.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let leap = text.get(17..19)? == "60";
        let separated = matches!(text.as_bytes()[10], b'T' | b't');
        Self::from_civil(OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| separated && !leap)?)
    }

    /// Reads `YYYY-MM-DD` or RFC 3339: what a person types on the command line or in a form.
    pub fn parse_human(text: &str) -> Option<Self> {
        parse_date(text).map(Self::midnight).or_else(|| Self::parse_rfc3339(text))
    }

    /// 00:00:00 UTC of a date.
    pub fn midnight(date: Date) -> Self {
        Self::from_seconds(PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc().unix_timestamp())
    }

    /// The UTC date of this instant; `None` outside the years 1 to 9999.
    pub fn date(self) -> Option<Date> {
        self.civil().map(OffsetDateTime::date)
    }

    /// `YYYY-MM-DDTHH:MM:SS.mmmZ`, as ECMAScript's `toISOString` (system D); `None` outside the years 1 to 9999.
    pub fn to_ecmascript(self) -> Option<String> {
        let (t, micros) = (self.civil()?, self.0.rem_euclid(MICROS_PER_SECOND));
        Some(format!("{}T{}.{:03}Z", date_text(t.date()), time_text(t), micros / 1_000))
    }

    /// `YYYY-MM-DDTHH:MM:SS` and, when not zero, six digits of microseconds, as Python's `isoformat` of a UTC time
    /// without zone (systems B and C); `None` outside the years 1 to 9999.
    pub fn to_python(self) -> Option<String> {
        let (t, micros) = (self.civil()?, self.0.rem_euclid(MICROS_PER_SECOND));
        let seconds = format!("{}T{}", date_text(t.date()), time_text(t));
        Some(if micros == 0 { seconds } else { format!("{seconds}.{micros:06}") })
    }

    /// `YYYY-MM-DD HH:MM:SS` in UTC (system A, profile `text`); `None` outside the years 1 to 9999.
    pub fn to_record_text(self) -> Option<String> {
        let t = self.civil()?;
        Some(format!("{} {}", date_text(t.date()), time_text(t)))
    }

    /// Reads `YYYY-MM-DD HH:MM:SS` as UTC, exactly as [`Timestamp::to_record_text`] writes it.
    pub fn parse_record_text(text: &str) -> Option<Self> {
        let (date, clock) = (text.get(..10)?, text.get(10..)?);
        let shape = clock.bytes().zip(*b" hh:mm:ss").all(|(is, wanted)| match wanted {
            b' ' | b':' => is == wanted,
            _ => is.is_ascii_digit(),
        });
        if clock.len() != 9 || !shape {
            return None;
        }
        let part = |at: usize| clock.get(at..at + 2)?.parse::<u8>().ok();
        let clock = Time::from_hms(part(1)?, part(4)?, part(7)?).ok()?;
        Self::from_civil(PrimitiveDateTime::new(parse_date(date)?, clock).assume_utc())
    }

    fn from_civil(t: OffsetDateTime) -> Option<Self> {
        let instant = Self(i64::try_from(t.unix_timestamp_nanos().div_euclid(1_000)).ok()?);
        (instant.seconds() >= FIRST_SECOND).then_some(instant)
    }

    pub(crate) fn civil(self) -> Option<OffsetDateTime> {
        let t = OffsetDateTime::from_unix_timestamp(self.seconds()).ok()?;
        (1..=9999).contains(&t.year()).then_some(t)
    }
}

/// RFC 3339 in UTC with no more digits than needed; instants outside the years 1 to 9999 say so in words.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_python() {
            Some(text) => match text.strip_suffix("000") {
                Some(millis) if text.contains('.') => write!(f, "{millis}Z"),
                _ => write!(f, "{text}Z"),
            },
            None if self.0 > 0 => f.write_str("after the year 9999"),
            None => f.write_str("before the year 1"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As [`Display`](fmt::Display), but `null` outside the years 1 to 9999: programs read no words.
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.civil() {
            Some(_) => serializer.collect_str(self),
            None => serializer.serialize_none(),
        }
    }
}

/// Reads `YYYY-MM-DD`; `None` for any other spelling, for a day that does not exist, and for the year 0.
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| -> Option<u16> {
        let part = text.get(range)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    (year >= 1).then_some(date)
}

/// `YYYY-MM-DD`.
pub fn date_text(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

fn time_text(t: OffsetDateTime) -> String {
    format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_needs_an_offset_and_cuts_below_a_microsecond() {
        let t = Timestamp::parse_rfc3339("2026-01-01T01:00:00.123456789+02:00").unwrap();
        assert_eq!(t.to_string(), "2025-12-31T23:00:00.123456Z");
        assert_eq!(t.floor_millis().to_string(), "2025-12-31T23:00:00.123Z");
        for wrong in ["2026-01-01T01:00:00", "2026-01-01", "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", ""]
        {
            assert_eq!(Timestamp::parse_rfc3339(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn begun_days_count_whole() {
        let now = Timestamp::from_seconds(0);
        assert_eq!(now.days_until(Timestamp::from_micros(1)), 1);
        assert_eq!(now.days_until(Timestamp::from_micros(MICROS_PER_DAY)), 1);
        assert_eq!(now.days_until(Timestamp::from_micros(MICROS_PER_DAY + 1)), 2);
        assert_eq!(now.days_until(now), 0);
    }

    #[test]
    fn dates_are_ten_ascii_characters() {
        assert_eq!(parse_date("2024-02-29").map(date_text).as_deref(), Some("2024-02-29"));
        for wrong in ["2025-02-29", "2025-2-01", "+025-02-01", "0000-01-01", "2025-02-0١", "2025-02-010"] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn record_text_is_read_as_it_is_written() {
        let t = Timestamp::parse_record_text("2025-03-01 09:30:00").unwrap();
        assert_eq!(t.to_record_text().as_deref(), Some("2025-03-01 09:30:00"));
        for wrong in
            ["2025-03-01T09:30:00", "2025-02-30 00:00:00", "2025-03-01 9:30:00", "2025-03-01 24:00:00"]
        {
            assert_eq!(Timestamp::parse_record_text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn far_instants_are_said_in_words() {
        assert_eq!(Timestamp::from_seconds(i64::MAX).to_string(), "after the year 9999");
        assert_eq!(Timestamp::from_seconds(i64::MIN).to_string(), "before the year 1");
    }
}
