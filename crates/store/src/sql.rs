//! Statements and the values bound to them.

use keyward_core::time::Timestamp;
use uuid::Uuid;

/// A statement with its name. Both databases understand it: `$1..$n` by number, `returning`, `on conflict`.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// Its name, for errors and logs.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// Its text for SQLite, to which `$1` is a name and `?1` a number.
    pub(crate) sqlite: &'static str,
}

#[cfg(feature = "testing")]
impl Sql {
    /// A statement of a test, whose text lives to the end of the program.
    pub fn of_test(text: &'static str) -> Self {
        Self { name: "TEST", text, sqlite: text.replace('$', "?").leak() }
    }
}

/// Writes `?` for each `$`: the two texts have the same length, so this is done when the program is compiled.
pub(crate) const fn numbered<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let (mut bytes, mut at) = ([0; LENGTH], 0);
    while at < LENGTH {
        bytes[at] = if text.as_bytes()[at] == b'$' { b'?' } else { text.as_bytes()[at] };
        at += 1;
    }
    bytes
}

/// Declares the statements of a module and `ALL` of them, so that a test can prepare each on both databases.
macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        $(const $name: $crate::Sql = {
            const TEXT: &str = $text;
            const NUMBERED: [u8; TEXT.len()] = $crate::sql::numbered(TEXT);
            let Ok(sqlite) = std::str::from_utf8(&NUMBERED) else { panic!("statements are ASCII") };
            $crate::Sql { name: stringify!($name), text: TEXT, sqlite }
        };)*
        /// Every statement of this module.
        #[cfg(feature = "testing")]
        pub(crate) const ALL: &[$crate::Sql] = &[$($name),*];
    };
}
pub(crate) use statements;

/// Binds values by their number: `args![id, now]` is what `$1` and `$2` stand for.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}
pub(crate) use args;

/// A value bound to a statement.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// Numbers, instants (microseconds), booleans.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An id, 16 bytes.
    Id(Uuid),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.micros())
    }
}

impl From<&Uuid> for Value<'_> {
    fn from(id: &Uuid) -> Self {
        Self::Id(*id)
    }
}

impl From<Uuid> for Value<'_> {
    fn from(value: Uuid) -> Self {
        Self::Id(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a [u8; 32]> for Value<'a> {
    fn from(value: &'a [u8; 32]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}
