//! How values are written and read: the same in the file and in the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::secret::DatabaseUrl;
use super::values::{
    ByteSize, HstsAge, LogFormat, LogLevel, MetricsAccess, Origin, StatsAccess, Verifications,
};

/// What a source gives for a key: one value, or a list. In the environment a list is separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Raw {
    One(String),
    Many(Vec<String>),
}

/// A value of the configuration.
pub(super) trait Setting: Sized {
    /// Reads it; the error says what to write instead.
    fn read(raw: &Raw) -> Result<Self, String>;

    /// As it stands in the file; `None` when nothing is set.
    fn show(&self) -> Option<String>;
}

/// A value that is one text.
trait Single: Sized {
    fn parse(text: &str) -> Option<Self>;
    fn wanted() -> String;
    fn text(&self) -> String;
    /// Whether it is written with quotation marks.
    const QUOTED: bool = true;
}

impl<T: Single> Setting for T {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::One(text) => T::parse(text.trim()).ok_or_else(T::wanted),
            Raw::Many(_) => Err(format!("not a list; {}", T::wanted())),
        }
    }

    fn show(&self) -> Option<String> {
        Some(if T::QUOTED { quoted(&self.text()) } else { self.text() })
    }
}

impl<T: Single> Setting for Option<T> {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::One(text) if text.trim().is_empty() => Ok(None),
            raw => T::read(raw).map(Some),
        }
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

impl<T: Single> Setting for Vec<T> {
    fn read(raw: &Raw) -> Result<Self, String> {
        let parse = |text: &str| T::parse(text.trim()).ok_or_else(T::wanted);
        match raw {
            Raw::One(text) if text.trim().is_empty() => Ok(Vec::new()),
            Raw::One(text) => text.split(',').map(parse).collect(),
            Raw::Many(texts) => texts.iter().map(|text| parse(text)).collect(),
        }
    }

    fn show(&self) -> Option<String> {
        let items: Vec<_> = self.iter().map(|item| quoted(&item.text())).collect();
        Some(format!("[{}]", items.join(", ")))
    }
}

/// A TOML string: of what TOML forbids in one, nothing is left as it is.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

macro_rules! single {
    ($type:ty, $wanted:expr, $parse:expr, $text:expr $(, $quoted:literal)?) => {
        impl Single for $type {
            fn parse(text: &str) -> Option<Self> {
                let parse: fn(&str) -> Option<Self> = $parse;
                parse(text)
            }
            fn wanted() -> String {
                $wanted.into()
            }
            fn text(&self) -> String {
                let text: fn(&Self) -> String = $text;
                text(self)
            }
            $(const QUOTED: bool = $quoted;)?
        }
    };
}

macro_rules! choices {
    ($($type:ty)*) => {$(
        single!(
            $type,
            {
                let words: Vec<_> = <$type>::ALL.iter().map(|(_, word)| format!("\"{word}\"")).collect();
                format!("write {}", words.join(" or "))
            },
            |text| <$type>::ALL.iter().find(|(_, word)| *word == text).map(|(value, _)| *value),
            |value| value.as_str().to_owned()
        );
    )*};
}

choices! { LogFormat MetricsAccess StatsAccess Verifications }

single!(
    SocketAddr,
    "write an address and a port: \"127.0.0.1:8080\", \"[::1]:8080\", or \"0.0.0.0:8080\" for all networks",
    |text| text.parse().ok(),
    |value| value.to_string()
);
single!(
    PathBuf,
    "write a path: \"/var/lib/keyward\"",
    |text| (!text.is_empty()).then(|| text.into()),
    |value| value.display().to_string()
);
single!(String, "write some text", |text| (!text.is_empty()).then(|| text.into()), Clone::clone);
single!(
    IpNet,
    "write networks or addresses: [\"10.0.0.0/8\", \"192.0.2.7\"]",
    |text| text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from)),
    |value| value.to_string()
);
single!(
    Origin,
    "write origins in lower case, with a scheme and without a path: [\"https://app.example.com\"]",
    Origin::parse,
    |value| value.to_string()
);
single!(
    DatabaseUrl,
    "write \"sqlite:PATH\" or \"postgres://USER:PASSWORD@HOST/DATABASE\"",
    DatabaseUrl::parse,
    |value| value.to_string()
);
single!(
    LogLevel,
    "write \"error\", \"warn\", \"info\", \"debug\" or \"trace\", or such a word for a part: \"info,keyward_server=debug\"",
    LogLevel::parse,
    |value| value.to_string()
);
single!(
    bool,
    "write true or false",
    |text| match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    },
    |value| value.to_string(),
    false
);
single!(
    u32,
    "write a number from 1 to 1000000000",
    |text| text.parse().ok().filter(|number| (1..=1_000_000_000).contains(number)),
    |value| value.to_string(),
    false
);
single!(
    Duration,
    "write a number and a unit of ms, s, m, h or d, together more than nothing: \"10s\", \"2m\", \"24h\"",
    duration,
    |value| {
        let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
        let millis = value.as_millis();
        let fits = units.iter().find(|(_, unit)| millis >= *unit && millis.is_multiple_of(*unit));
        fits.map_or_else(|| format!("{millis}ms"), |(name, unit)| format!("{}{name}", millis / unit))
    }
);
single!(
    HstsAge,
    "write a number and a unit of s, m, h or d: \"365d\"; \"0s\" has browsers forget it, \"off\" tells them nothing",
    |text| match text {
        "off" => Some(HstsAge(None)),
        "0" | "0s" => Some(HstsAge(Some(Duration::ZERO))),
        text => duration(text).filter(|age| age.subsec_nanos() == 0).map(|age| HstsAge(Some(age))),
    },
    |value| match value.0 {
        None => "off".to_owned(),
        Some(Duration::ZERO) => "0s".to_owned(),
        Some(age) => age.text(),
    }
);
single!(
    ByteSize,
    "write a number and a unit of B, KiB, MiB or GiB, together more than nothing: \"1 MiB\", \"64KiB\"",
    byte_size,
    |value| {
        let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
        let fits = units.iter().find(|(_, unit)| value.0 >= *unit && value.0.is_multiple_of(*unit));
        fits.map_or_else(|| format!("{} B", value.0), |(name, unit)| format!("{} {name}", value.0 / unit))
    }
);

/// A number and what stands behind it.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    number.parse().ok().filter(|number| *number > 0).map(|number| (number, unit.trim()))
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    // A thousand years: sums of two never overflow.
    let millis = number.checked_mul(millis).filter(|millis| *millis <= 365_000 * 86_400_000)?;
    Some(Duration::from_millis(millis))
}

fn byte_size(text: &str) -> Option<ByteSize> {
    let (number, unit) = number_and_unit(text)?;
    let unit = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    usize::try_from(number).ok()?.checked_mul(unit).map(ByteSize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one<T: Setting>(text: &str) -> Option<T> {
        T::read(&Raw::One(text.to_owned())).ok()
    }

    #[test]
    fn durations_and_sizes_are_read_as_they_are_shown() {
        for (text, millis) in
            [("10s", 10_000), ("2m", 120_000), ("24h", 86_400_000), ("1500ms", 1_500), ("90 s", 90_000)]
        {
            let value: Duration = one(text).expect("a duration");
            assert_eq!(value, Duration::from_millis(millis), "{text}");
            let shown = value.show().expect("a text");
            assert_eq!(one::<Duration>(shown.trim_matches('"')), Some(value), "{shown}");
        }
        for text in ["10", "s", "-1s", "0s", "1 y", "1.5s", "", "99999999999999999d", "400000000d"] {
            assert_eq!(one::<Duration>(text), None, "{text}");
        }
        for (text, bytes) in [("1 MiB", 1 << 20), ("64KiB", 65_536), ("5 B", 5), ("1025 B", 1025)] {
            let value: ByteSize = one(text).expect("a size");
            assert_eq!(value, ByteSize(bytes), "{text}");
            assert_eq!(one::<ByteSize>(value.show().expect("a text").trim_matches('"')), Some(value));
        }
        assert_eq!(one::<ByteSize>("1MB"), None);
    }

    #[test]
    fn what_browsers_are_told_of_tls_is_an_age_or_nothing() {
        for (text, seconds, header) in [
            ("365d", Some(31_536_000), Some("max-age=31536000")),
            ("90s", Some(90), Some("max-age=90")),
            ("0s", Some(0), Some("max-age=0")),
            ("off", None, None),
        ] {
            let value: HstsAge = one(text).expect("an age");
            assert_eq!(value, HstsAge(seconds.map(Duration::from_secs)), "{text}");
            assert_eq!(value.header().as_ref().map(|value| value.to_str().unwrap()), header);
            assert_eq!(one(value.show().expect("a text").trim_matches('"')), Some(value), "{text}");
        }
        for text in ["1500ms", "on", "", "-1s"] {
            assert_eq!(one::<HstsAge>(text), None, "{text}");
        }
    }

    #[test]
    fn lists_are_arrays_or_separated_by_commas() {
        let wanted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "192.0.2.7/32".parse().unwrap()];
        assert_eq!(one::<Vec<IpNet>>("10.0.0.0/8, 192.0.2.7"), Some(wanted.clone()));
        let many = Raw::Many(vec!["10.0.0.0/8".to_owned(), "192.0.2.7".to_owned()]);
        assert_eq!(Vec::<IpNet>::read(&many), Ok(wanted));
        assert_eq!(one::<Vec<IpNet>>(""), Some(Vec::new()));
        assert!(SocketAddr::read(&many).is_err());
    }

    #[test]
    fn origins_that_no_browser_sends_are_refused() {
        for good in ["https://app.example.com", "http://localhost:3000", "http://[::1]:80"] {
            assert!(one::<Vec<Origin>>(good).is_some(), "{good}");
        }
        for bad in
            ["*", "app.example.com", "https://a.example/", "https://A.example", "https://a.example?x", "null"]
        {
            assert!(one::<Vec<Origin>>(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn strings_are_quoted_for_toml() {
        assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000Ad\"");
    }
}
