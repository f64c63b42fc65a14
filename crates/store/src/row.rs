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
        match &self.source {
            Source::Sqlite(row) => sqlite_cell(row, column),
            Source::Postgres(row) => postgres_cell(row, column),
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
