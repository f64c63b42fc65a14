//! Tables, columns, keys and indexes of both databases side by side.

use std::collections::BTreeMap;

use keyward_store::DatabaseAddress;
use tokio_postgres::NoTls;

use crate::world::{World, postgres, sqlite};

/// What is told of a thing, by its name.
type Facts = BTreeMap<String, Vec<String>>;

const SQLITE: [&str; 4] = [
    "select m.name || '.' || c.name, replace(replace(lower(c.type), 'integer', 'bigint'), 'blob', 'bytea')
       || case when c.\"notnull\" = 1 or c.pk > 0 then ' not null' else '' end
     from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'",
    "select m.name, case i.origin when 'pk' then 'primary key (' else 'unique (' end
       || (select group_concat(name, ', ') from (select name from pragma_index_info(i.name) order by seqno)) || ')'
     from sqlite_master m join pragma_index_list(m.name) i where m.type = 'table' and i.origin <> 'c'
     union all
     select m.name, 'primary key (serial)'
     from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and c.name = 'serial' and c.pk = 1",
    "select m.name, 'references ' || f.\"table\" || ': ' || f.\"from\" || ' is ' || f.\"to\"
     from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'",
    "select name, 'on ' || tbl_name || substr(line, instr(line, ' on ' || tbl_name) + 4 + length(tbl_name))
     from (select name, tbl_name, replace(sql, char(10) || '  ', ' ') line
           from sqlite_master where type = 'index' and sql is not null)",
];

const POSTGRES: [&str; 4] = [
    "select table_name || '.' || column_name, data_type || case is_nullable when 'NO' then ' not null' else '' end
     from information_schema.columns where table_schema = 'keyward'",
    "select c.conrelid::regclass::text, lower(pg_get_constraintdef(c.oid)) from pg_constraint c
     where c.connamespace = 'keyward'::regnamespace and c.contype in ('p', 'u')",
    "select c.conrelid::regclass::text, 'references ' || c.confrelid::regclass || ': '
       || regexp_replace(pg_get_constraintdef(c.oid), 'FOREIGN KEY \\((.*)\\) REFERENCES .*\\((.*)\\)', '\\1 is \\2')
     from pg_constraint c where c.connamespace = 'keyward'::regnamespace and c.contype = 'f'",
    "select c.relname, 'on ' || i.indrelid::regclass || ' ('
       || (select string_agg(pg_get_indexdef(i.indexrelid, k::int, true), ', ' order by k)
           from generate_series(1, i.indnkeyatts) k) || ')'
       || coalesce(' where ' || lower(replace(trim(both '()' from pg_get_expr(i.indpred, i.indrelid)), '::text', '')), '')
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = 'keyward'::regnamespace
       and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)",
];

/// What the tool that migrates keeps for itself, and our lock, are made on each database in its own way.
fn ours(name: &str) -> bool {
    !["sqlite_", "schema_version", "migration_lock"].iter().any(|prefix| name.starts_with(prefix))
}

fn facts(rows: impl Iterator<Item = (String, String)>) -> Facts {
    let mut facts = Facts::new();
    for (name, fact) in rows.filter(|(name, _)| ours(name)) {
        facts.entry(name).or_default().push(fact);
    }
    facts.values_mut().for_each(|facts| facts.sort());
    facts
}

fn of_sqlite(w: &World, query: &str) -> Facts {
    let connection = rusqlite::Connection::open(w.file()).expect("the file opens");
    let mut statement = connection.prepare(query).expect("the query");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    facts(rows.map(|row| row.expect("a row")))
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_keys_and_indexes() {
    let Some(other) = postgres().await else { return };
    let w = sqlite().await;
    let DatabaseAddress::Postgres(_) = &other.database.address else { panic!("a server") };
    let url = other.database.address.to_string();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client.batch_execute("set search_path = keyward").await.expect("set");
    for (sqlite, postgres) in SQLITE.into_iter().zip(POSTGRES) {
        let rows = client.query(postgres, &[]).await.expect("rows");
        let expected = facts(rows.iter().map(|row| {
            let name: Result<String, _> = row.try_get(0);
            (name.unwrap_or_else(|_| row.get::<_, &str>(0).to_owned()), row.get(1))
        }));
        let found = of_sqlite(&w, sqlite);
        assert!(expected.len() > 4, "{expected:?}");
        for name in found.keys().chain(expected.keys()) {
            assert_eq!(
                found.get(name),
                expected.get(name),
                "{name}: SQLite has left what PostgreSQL has right"
            );
        }
    }
}
