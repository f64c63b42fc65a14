//! Rows of either database, read column by column into the types of the model.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::StoreError;

/// How a row becomes a value.
pub type Map<T> = fn(&mut Row<'_>) -> Result<T, StoreError>;

/// A row that is read from its first column to its last.
pub struct Row<'r> {
    source: Source<'r>,
    next: usize,
}

enum Source<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
    /// What is left of a row that [`pack`] made.
    Packed(&'r [u8]),
}

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'r> {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// Text.
    Text(&'r str),
    /// Bytes.
    Bytes(&'r [u8]),
}

impl<'r> Row<'r> {
    pub(crate) const fn sqlite(row: &'r rusqlite::Row<'r>) -> Self {
        Self { source: Source::Sqlite(row), next: 0 }
    }

    pub(crate) const fn postgres(row: &'r tokio_postgres::Row) -> Self {
        Self { source: Source::Postgres(row), next: 0 }
    }

    pub(crate) const fn packed(row: &'r [u8]) -> Self {
        Self { source: Source::Packed(row), next: 0 }
    }

    /// The next column.
    ///
    /// # Errors
    /// When it has another type.
    pub fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        let column = self.next;
        self.next_cell().and_then(T::read).ok_or(StoreError::Shape { column, wanted: T::WANTED })
    }

    /// The next column, whatever it is.
    ///
    /// # Errors
    /// When it is nothing that this program ever stored.
    pub fn cell(&mut self) -> Result<Cell<'_>, StoreError> {
        let column = self.next;
        self.next_cell().ok_or(StoreError::Shape { column, wanted: "a number, a text or bytes" })
    }

    fn next_cell(&mut self) -> Option<Cell<'_>> {
        let column = self.next;
        self.next += 1;
        match &mut self.source {
            Source::Sqlite(row) => sqlite_cell(row, column),
            Source::Postgres(row) => postgres_cell(row, column),
            Source::Packed(rest) => unpack(rest),
        }
    }
}

fn sqlite_cell<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> Option<Cell<'r>> {
    use rusqlite::types::ValueRef;
    Some(match row.get_ref(column).ok()? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(value) => Cell::Text(std::str::from_utf8(value).ok()?),
        ValueRef::Blob(value) => Cell::Bytes(value),
        ValueRef::Real(_) => return None,
    })
}

fn postgres_cell(row: &tokio_postgres::Row, column: usize) -> Option<Cell<'_>> {
    use tokio_postgres::types::Type;
    Some(match *row.columns().get(column)?.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(column).ok()?.map_or(Cell::Null, Cell::Int),
        Type::INT4 => row.try_get::<_, Option<i32>>(column).ok()?.map_or(Cell::Null, |n| Cell::Int(n.into())),
        Type::TEXT | Type::VARCHAR | Type::NAME => {
            row.try_get::<_, Option<&str>>(column).ok()?.map_or(Cell::Null, Cell::Text)
        }
        Type::BYTEA => row.try_get::<_, Option<&[u8]>>(column).ok()?.map_or(Cell::Null, Cell::Bytes),
        _ => return None,
    })
}

/// What stands before each value of a packed row.
mod kind {
    pub(super) const NULL: u8 = 0;
    /// A number in one byte.
    pub(super) const SMALL: u8 = 1;
    /// A number in eight.
    pub(super) const INT: u8 = 2;
    /// A text, behind the number of its bytes.
    pub(super) const TEXT: u8 = 3;
    /// Bytes, behind their number.
    pub(super) const BYTES: u8 = 4;
}

/// Says that the number of bytes follows in eight bytes.
const LONG: u8 = u8::MAX;

/// A row of SQLite in one piece, to be kept in memory.
///
/// # Errors
/// When it holds what this program never stored.
pub(crate) fn pack(row: &rusqlite::Row<'_>, columns: usize) -> Result<Vec<u8>, StoreError> {
    let mut packed = Vec::with_capacity(512);
    for column in 0..columns {
        let cell = sqlite_cell(row, column);
        match cell.ok_or(StoreError::Shape { column, wanted: "a number, a text or bytes" })? {
            Cell::Null => packed.push(kind::NULL),
            Cell::Int(value) => match i8::try_from(value) {
                Ok(small) => packed.extend_from_slice(&[kind::SMALL, small.to_ne_bytes()[0]]),
                Err(_) => {
                    packed.push(kind::INT);
                    packed.extend_from_slice(&value.to_ne_bytes());
                }
            },
            Cell::Text(value) => pack_bytes(kind::TEXT, value.as_bytes(), &mut packed),
            Cell::Bytes(value) => pack_bytes(kind::BYTES, value, &mut packed),
        }
    }
    Ok(packed)
}

fn pack_bytes(kind: u8, bytes: &[u8], packed: &mut Vec<u8>) {
    packed.push(kind);
    match u8::try_from(bytes.len()) {
        Ok(length) if length < LONG => packed.push(length),
        _ => {
            packed.push(LONG);
            packed.extend_from_slice(&bytes.len().to_ne_bytes());
        }
    }
    packed.extend_from_slice(bytes);
}

fn unpack<'r>(rest: &mut &'r [u8]) -> Option<Cell<'r>> {
    let [kind] = *chunk(rest)?;
    match kind {
        kind::NULL => Some(Cell::Null),
        kind::SMALL => Some(Cell::Int(i8::from_ne_bytes(*chunk(rest)?).into())),
        kind::INT => Some(Cell::Int(i64::from_ne_bytes(*chunk(rest)?))),
        kind::TEXT => std::str::from_utf8(unpack_bytes(rest)?).ok().map(Cell::Text),
        kind::BYTES => unpack_bytes(rest).map(Cell::Bytes),
        _ => None,
    }
}

fn unpack_bytes<'r>(rest: &mut &'r [u8]) -> Option<&'r [u8]> {
    let length = match *chunk(rest)? {
        [LONG] => usize::from_ne_bytes(*chunk(rest)?),
        [length] => length.into(),
    };
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

/// So many bytes.
fn chunk<'r, const SIZE: usize>(rest: &mut &'r [u8]) -> Option<&'r [u8; SIZE]> {
    let (chunk, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(chunk)
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// What it wants, for errors.
    const WANTED: &'static str;

    /// Reads a cell; `None` when it is something else.
    fn read(cell: Cell<'_>) -> Option<Self>;
}

impl<T: Column> Column for Option<T> {
    const WANTED: &'static str = T::WANTED;

    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::read(cell).map(Some),
        }
    }
}

macro_rules! columns {
    ($($type:ty, $wanted:literal, $pattern:pat => $value:expr;)*) => {$(
        impl Column for $type {
            const WANTED: &'static str = $wanted;

            fn read(cell: Cell<'_>) -> Option<Self> {
                match cell { $pattern => $value, _ => None }
            }
        }
    )*};
}

columns! {
    i64, "a number", Cell::Int(value) => Some(value);
    u32, "a number from 0 to 4294967295", Cell::Int(value) => value.try_into().ok();
    bool, "0 or 1", Cell::Int(value @ (0 | 1)) => Some(value == 1);
    Timestamp, "an instant", Cell::Int(value) => Some(Timestamp::from_micros(value));
    String, "a text", Cell::Text(value) => Some(value.to_owned());
    Vec<u8>, "bytes", Cell::Bytes(value) => Some(value.to_vec());
    [u8; 16], "16 bytes", Cell::Bytes(value) => value.try_into().ok();
    [u8; 32], "32 bytes", Cell::Bytes(value) => value.try_into().ok();
    Uuid, "an id of 16 bytes", Cell::Bytes(value) => Uuid::from_slice(value).ok();
}

/// The mapping of rows of one column.
pub(crate) fn first<T: Column>(row: &mut Row<'_>) -> Result<T, StoreError> {
    row.take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_row_is_read_as_the_row_it_was() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare("select $1, $2, $3, $4, $5, $6, $7, $8, $9").unwrap();
        let (text, bytes) = ("Žluťoučký ✓".to_owned(), vec![0_u8, 255, 7]);
        for size in [0, 1, 254, 255, 256, 70_000] {
            let (long_text, long_bytes) = ("ü".repeat(size), vec![9_u8; size]);
            for (small, large) in [(-128_i64, -129_i64), (127, 128), (0, i64::MIN), (-1, i64::MAX)] {
                let none: Option<i64> = None;
                let values =
                    rusqlite::params![none, small, large, text, bytes, long_text, long_bytes, none, small];
                let packed = statement.query_row(values, |row| Ok(pack(row, 9).unwrap())).unwrap();
                let mut row = Row::packed(&packed);
                assert_eq!(row.take::<Option<i64>>().unwrap(), None);
                assert_eq!(row.take::<i64>().unwrap(), small);
                assert_eq!(row.take::<i64>().unwrap(), large);
                assert_eq!(row.take::<String>().unwrap(), text);
                assert_eq!(row.take::<Vec<u8>>().unwrap(), bytes);
                assert_eq!(row.take::<String>().unwrap(), long_text);
                assert_eq!(row.take::<Vec<u8>>().unwrap(), long_bytes);
                assert_eq!(row.take::<Option<String>>().unwrap(), None);
                assert_eq!(row.take::<i64>().unwrap(), small);
                assert!(row.take::<i64>().is_err(), "there is no more");
            }
        }
    }
}
