//! How SQLite means to find what a statement asks for. Its planner knows nothing of how many rows there are: where an account
//! stands in a condition, it may walk through all that the account has.

use keyward_store::DatabaseAddress;

use crate::world::sqlite;

/// Tables that grow with the licences.
const LARGE: [&str; 9] = [
    "audit_log",
    "issued",
    "license_terms",
    "licenses",
    "machines",
    "stats_hourly",
    "user_terms",
    "users",
    "verifications",
];

/// Indexes of few rows, in which walking is what is wanted: of people who sign in, and of sums over all time.
const SMALL: [&str; 2] = ["users_people", "stats_totals"];
/// Statements that walk on purpose: from the newest, and no further than they need; or while an import is taken back or a
/// signing key removed, which nobody waits for.
const WHOLE: [(&str, &str); 7] = [
    ("LATEST", "audit_log"),
    ("LATEST", "verifications"),
    ("COUNT_NEWEST_TO", "licenses"),
    ("ANY_LIKE", "licenses"),
    ("DELETE_ATTEMPTS", "verifications"),
    ("DELETE_USERS", "users"),
    ("DELETE", "issued"),
];

#[tokio::test]
async fn no_statement_walks_through_all_that_an_account_has() {
    let w = sqlite().await;
    let DatabaseAddress::Sqlite(file) = &w.database.address else { panic!("it is on SQLite") };
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut found = Vec::new();
    for statement in keyward_store::testing::everyday() {
        let text = format!("explain query plan {}", statement.text.replace('$', "?"));
        let mut prepared = connection.prepare(&text).unwrap();
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            // "SEARCH users USING INDEX users_by_email (account_id=?)", "SCAN users".
            let Some(table) = LARGE.into_iter().find(|table| step.split(' ').nth(1) == Some(*table)) else {
                continue;
            };
            let is_whole =
                step.ends_with("(account_id=?)") || (step.starts_with("SCAN") && !step.contains("INDEX"));
            let is_small = SMALL.iter().any(|index| step.contains(index));
            if is_whole && !is_small && !WHOLE.contains(&(statement.name, table)) {
                found.push(format!("{}: {step}", statement.name));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
