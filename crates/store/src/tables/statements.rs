//! The statements of each table, made of its columns once in the life of the program.

use std::sync::LazyLock;

use super::{Kind, LEFT_OUT, TABLES, Table};
use crate::Sql;

/// What is asked of one table.
pub(super) struct Statements {
    /// All rows in the order of the key, which is the same on both databases.
    pub(super) rows: Sql,
    /// How many there are.
    pub(super) count: Sql,
    /// Whether there are any.
    pub(super) any: Sql,
    /// Adds one.
    pub(super) insert: Sql,
    /// Removes all.
    pub(super) clear: Sql,
    /// Lets the next row have the next number.
    pub(super) number: Option<Sql>,
}

static OF_TABLES: LazyLock<Vec<Statements>> = LazyLock::new(|| TABLES.iter().map(Statements::new).collect());
static OF_OTHERS: LazyLock<Vec<Sql>> = LazyLock::new(|| {
    let emptied = LEFT_OUT.iter().map(|(name, _)| *name).filter(|name| *name != "versions");
    emptied.map(|name| same(name, format!("delete from {name}"))).collect()
});

impl Statements {
    pub(super) fn of(table: &Table) -> &'static Self {
        let place = TABLES.iter().position(|it| it.name == table.name).expect("a table is one of all");
        &OF_TABLES[place]
    }

    fn new(table: &Table) -> Self {
        let Table { name, columns, key, .. } = table;
        let names = columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let places = (1..=columns.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let order = |compared: &str| {
            let of_text =
                |key: &&str| columns.iter().any(|column| column.name == *key && column.kind == Kind::Text);
            let by = key
                .iter()
                .map(|key| if of_text(key) { format!("{key}{compared}") } else { (*key).to_owned() });
            by.collect::<Vec<_>>().join(", ")
        };
        // Texts are compared by their bytes, as SQLite does.
        let rows = |order: String| format!("select {names} from {name} order by {order}");
        let number = format!(
            "select setval(pg_get_serial_sequence('{name}', 'serial'), coalesce(max(serial), 0) + 1, false) from {name}"
        );
        Self {
            rows: sql(name, rows(order(" collate \"C\"")), rows(order(""))),
            count: same(name, format!("select count(*) from {name}")),
            any: same(name, format!("select 1 from {name} limit 1")),
            insert: same(name, format!("insert into {name} ({names}) values ({places})")),
            clear: same(name, format!("delete from {name}")),
            // SQLite takes the highest number there is, and understands only that.
            number: table.is_numbered().then(|| sql(name, number, format!("select max(serial) from {name}"))),
        }
    }
}

/// Empties the tables that are left out and made anew.
pub(super) fn clear_others() -> &'static [Sql] {
    &OF_OTHERS
}

fn same(name: &'static str, text: String) -> Sql {
    let sqlite = text.replace('$', "?");
    sql(name, text, sqlite)
}

/// Kept to the end of the program: there are as many as there are tables.
fn sql(name: &'static str, text: String, sqlite: String) -> Sql {
    Sql { name, text: text.leak(), sqlite: sqlite.leak() }
}

/// Every statement, to be prepared on both databases.
#[cfg(feature = "testing")]
pub(crate) fn all() -> Vec<Sql> {
    let of_tables = OF_TABLES
        .iter()
        .flat_map(|it| [it.rows, it.count, it.any, it.insert, it.clear].into_iter().chain(it.number));
    of_tables.chain(clear_others().iter().copied()).collect()
}
