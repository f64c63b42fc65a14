//! Values of old rows, read as what they must be: each database and each writer spells them in its own way.

use std::borrow::Cow;

use keyward_core::time::{MICROS_PER_DAY, Timestamp, parse_date};
use keyward_store::old::{Fields, OldValue};

/// Why a row cannot be read: which column, and what is wanted there. Never repeats the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) column: &'static str,
    pub(super) wanted: Cow<'static, str>,
}

impl Flaw {
    pub(super) fn new(column: &'static str, wanted: impl Into<Cow<'static, str>>) -> Self {
        Self { column, wanted: wanted.into() }
    }
}

/// The last microsecond of the year 9999.
const LAST: i64 = 253_402_300_799_999_999;
/// The first microsecond of the year 1.
const FIRST: i64 = -62_135_596_800_000_000;
/// Longer names and texts are mistakes.
const MAX_TEXT: usize = 4_096;
/// Bytes of an instant past the year 9999 at the most.
const MAX_FAR: usize = 64;

/// An instant, or one past the year 9999 as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    At(Timestamp),
    Far(String),
}

impl Moment {
    /// As the expiry of a licence.
    pub(super) fn expiry(self) -> (Option<Timestamp>, Option<String>) {
        match self {
            Self::At(at) => (Some(at), None),
            Self::Far(text) => (None, Some(text)),
        }
    }

    /// From microseconds since 1970.
    pub(super) fn from_micros(micros: i64) -> Option<Self> {
        match micros {
            i64::MAX => Some(Self::Far("infinity".to_owned())),
            FIRST..=LAST => Some(Self::At(Timestamp::from_micros(micros))),
            micros if micros > LAST => Some(Self::Far(far_text(micros))),
            _ => None,
        }
    }
}

/// A text; an empty one is none.
pub(super) fn text(row: Fields<'_>, column: &'static str) -> Result<Option<String>, Flaw> {
    let text = match row.get(column) {
        OldValue::Null => return Ok(None),
        OldValue::Text(text) => text.clone(),
        OldValue::Int(number) => number.to_string(),
        OldValue::Blob(_) => return Err(Flaw::new(column, "a text in UTF-8")),
        OldValue::Real(_) | OldValue::Bool(_) | OldValue::Time(_) | OldValue::List(_) => {
            return Err(Flaw::new(column, "a text"));
        }
    };
    if text.len() > MAX_TEXT {
        return Err(Flaw::new(column, "a text of at most 4096 bytes"));
    }
    // PostgreSQL cannot store it.
    if text.contains('\0') {
        return Err(Flaw::new(column, "a text without a zero character"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A text that must be there.
pub(super) fn needed_text(row: Fields<'_>, column: &'static str) -> Result<String, Flaw> {
    text(row, column)?.ok_or_else(|| Flaw::new(column, "a text that is not empty"))
}

/// A whole number, however it is written.
pub(super) fn int(row: Fields<'_>, column: &'static str) -> Result<Option<i64>, Flaw> {
    let wanted = || Flaw::new(column, "a whole number");
    Ok(Some(match row.get(column) {
        OldValue::Null => return Ok(None),
        OldValue::Int(number) => *number,
        OldValue::Bool(flag) => i64::from(*flag),
        OldValue::Real(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => *number as i64,
        OldValue::Text(text) => text.trim().parse().map_err(|_| wanted())?,
        OldValue::Real(_) | OldValue::Blob(_) | OldValue::Time(_) | OldValue::List(_) => return Err(wanted()),
    }))
}

/// Yes or no, however it is written.
pub(super) fn flag(row: Fields<'_>, column: &'static str) -> Result<Option<bool>, Flaw> {
    let wanted = || Flaw::new(column, "yes or no: 0 or 1, true or false");
    match row.get(column) {
        OldValue::Null => Ok(None),
        OldValue::Bool(flag) => Ok(Some(*flag)),
        OldValue::Int(0) => Ok(Some(false)),
        OldValue::Int(1) => Ok(Some(true)),
        OldValue::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "t" | "true" | "y" | "yes" => Ok(Some(true)),
            "0" | "f" | "false" | "n" | "no" | "" => Ok(Some(false)),
            _ => Err(wanted()),
        },
        OldValue::Int(_) | OldValue::Real(_) | OldValue::Blob(_) | OldValue::Time(_) | OldValue::List(_) => {
            Err(wanted())
        }
    }
}

/// An instant: a time of the database, a text of a date with or without a time and a zone, or seconds, milliseconds or
/// microseconds since 1970. Without a zone it is UTC.
pub(super) fn time(row: Fields<'_>, column: &'static str) -> Result<Option<Moment>, Flaw> {
    let moment = match row.get(column) {
        OldValue::Null => return Ok(None),
        OldValue::Time(micros) => Moment::from_micros(*micros),
        OldValue::Int(number) => number.checked_mul(scale(*number)).and_then(Moment::from_micros),
        OldValue::Real(seconds) if seconds.abs() < 1.0e11 => {
            Moment::from_micros((seconds * 1e6).round() as i64)
        }
        OldValue::Text(text) if text.trim().is_empty() => return Ok(None),
        OldValue::Text(text) => parse(text.trim()),
        OldValue::Real(_) | OldValue::Bool(_) | OldValue::Blob(_) | OldValue::List(_) => None,
    };
    moment.map(Some).ok_or_else(|| Flaw::new(column, "a date and time"))
}

/// An instant of the calendar.
pub(super) fn near(row: Fields<'_>, column: &'static str) -> Result<Option<Timestamp>, Flaw> {
    match time(row, column)? {
        None => Ok(None),
        Some(Moment::At(at)) => Ok(Some(at)),
        Some(Moment::Far(_)) => Err(Flaw::new(column, "a time of the years 1 to 9999")),
    }
}

/// A list of names: PostgreSQL's own, a JSON array, or a text with commas.
pub(super) fn list(row: Fields<'_>, column: &'static str) -> Result<Vec<String>, Flaw> {
    let names = match row.get(column) {
        OldValue::Null => Vec::new(),
        OldValue::List(names) => names.clone(),
        OldValue::Text(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(text).map_err(|_| Flaw::new(column, "a list of texts"))?
        }
        OldValue::Text(text) => {
            text.trim_matches(['{', '}']).split(',').map(|name| name.trim().to_owned()).collect()
        }
        _ => return Err(Flaw::new(column, "a list of texts")),
    };
    if names.iter().any(|name| name.len() > MAX_TEXT || name.contains('\0')) {
        return Err(Flaw::new(column, "names of at most 4096 bytes without a zero character"));
    }
    Ok(names.into_iter().filter(|name| !name.is_empty()).collect())
}

/// Microseconds of one unit of a number since 1970: its size tells seconds, milliseconds and microseconds apart.
const fn scale(number: i64) -> i64 {
    match number.unsigned_abs() {
        0..100_000_000_000 => 1_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000,
        _ => 1,
    }
}

/// `YYYY-MM-DD`, then perhaps `T` or a space and `HH:MM[:SS[.ffffff]]`, then perhaps a zone.
fn parse(text: &str) -> Option<Moment> {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    if year > 4 {
        return far(text, year);
    }
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let midnight = Timestamp::midnight(parse_date(date)?);
    if rest.is_empty() {
        return Some(Moment::At(midnight));
    }
    let rest = rest.strip_prefix([' ', 'T', 't'])?;
    let end = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let micros = midnight.micros() + parse_clock(clock)? - parse_zone(zone.trim())?;
    Moment::from_micros(micros)
}

/// The same past the year 9999, whose years have five or six digits; kept as it is written.
fn far(text: &str, year: usize) -> Option<Moment> {
    let is_plain = text.len() <= MAX_FAR && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if year > 6 || !is_plain {
        return None;
    }
    // The calendar repeats itself after 400 years.
    let (number, rest) = text.split_at(year);
    let same = 2_000 + number.parse::<u32>().ok()? % 400;
    parse(&format!("{same}{rest}")).map(|_| Moment::Far(text.to_owned()))
}

/// Microseconds of a day.
fn parse_clock(clock: &str) -> Option<i64> {
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let mut part = |below: i64| -> Option<i64> {
        let text = parts.next()?;
        let number =
            (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())??;
        (number < below).then_some(number)
    };
    let (hours, minutes) = (part(24)?, part(60)?);
    let seconds = if clock.len() > 5 { part(60)? } else { 0 };
    if parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + digits.parse::<i64>().ok()?)
}

/// Microseconds that a zone is ahead of UTC: nothing, `Z`, `UTC`, `+HH`, `+HHMM`, `+HH:MM`.
fn parse_zone(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone.eq_ignore_ascii_case("z") || zone.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let sign = match zone.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits[..2].parse().ok()?;
    let minutes: i64 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    Some(sign * (hours * 60 + minutes) * 60_000_000)
}

/// `YYYYY-MM-DD HH:MM:SS` of an instant past the year 9999, by the proleptic Gregorian calendar.
fn far_text(micros: i64) -> String {
    let (days, clock) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY) / 1_000_000);
    // Years of this count begin in March, so that the day that some years have more is their last one.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hours, minutes, seconds) = (clock / 3_600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day_of_month:02} {hours:02}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<String> {
        parse(text).map(|moment| match moment {
            Moment::At(at) => at.to_string(),
            Moment::Far(text) => format!("far {text}"),
        })
    }

    #[test]
    fn spellings_of_times_are_read_and_others_are_not() {
        for (text, wanted) in [
            ("2026-01-02", "2026-01-02T00:00:00Z"),
            ("2026-01-02 03:04", "2026-01-02T03:04:00Z"),
            ("2026-01-02 03:04:05", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05.123456", "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02 03:04:05.5+02", "2026-01-02T01:04:05.500Z"),
            ("2026-01-02 03:04:05-05:30", "2026-01-02T08:34:05Z"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
            ("4763-10-01 00:00:00", "4763-10-01T00:00:00Z"),
            ("12763-10-01 00:00:00", "far 12763-10-01 00:00:00"),
        ] {
            assert_eq!(at(text).as_deref(), Some(wanted), "{text}");
        }
        for wrong in ["", "soon", "2026-02-30", "2026-01-02 24:00:00", "2026-01-02 3:04:05", "02/01/2026"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants_past_the_year_9999_keep_their_text() {
        assert_eq!(Moment::from_micros(LAST + 1), Some(Moment::Far("10000-01-01 00:00:00".to_owned())));
        let day = 86_400_000_000;
        assert_eq!(
            Moment::from_micros(LAST + 1 + 59 * day),
            Some(Moment::Far("10000-02-29 00:00:00".to_owned()))
        );
        assert_eq!(Moment::from_micros(i64::MAX), Some(Moment::Far("infinity".to_owned())));
        assert_eq!(Moment::from_micros(i64::MIN), None);
    }
}
