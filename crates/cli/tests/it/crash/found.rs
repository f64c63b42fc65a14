//! What is in the database after a crash: what of it was acknowledged, and what is half done.

use std::collections::HashMap;

use super::change::{Asked, Change};
use super::database::Database;

/// How often each change is in the database.
pub(super) struct Found {
    /// By the names of devices and domains.
    machines: HashMap<String, u64>,
    /// Records by the names of their clients.
    records: HashMap<String, u64>,
    /// Revocations by the serials of the records.
    revoked: HashMap<String, u64>,
    /// What was used up, of all customers together.
    pub(super) used: i64,
}

impl Found {
    pub(super) fn of(database: &Database) -> Self {
        let count = |sql: &str| {
            let pair = |line: Vec<String>| (line[0].clone(), line[1].parse().expect("a number"));
            database.rows(sql).into_iter().map(pair).collect()
        };
        Self {
            machines: count("select fingerprint, count(*) from machines group by fingerprint"),
            records: count(
                "select l.subject, count(*) from licenses l join issued i on i.license_id = l.id
                 where l.subject is not null group by l.subject",
            ),
            revoked: count(
                "select l.serial, count(*) from licenses l join audit_log a on a.resource_id = l.id
                 where a.event = 'license.revoke' and l.suspension_reason = 'revoked' group by l.serial",
            ),
            used: database.number("select coalesce(sum(used), 0) from license_limits where name = 'api'"),
        }
    }

    /// How often a change was made; `None` for what is added up and cannot be told apart.
    pub(super) fn times(&self, asked: &Asked) -> Option<u64> {
        let times = match &asked.change {
            Change::Activate { .. } | Change::Add { .. } => self.machines.get(&asked.mark),
            Change::Issue { .. } => self.records.get(&asked.mark),
            Change::Revoke { serial, .. } => self.revoked.get(serial),
            Change::Use { .. } => return None,
        };
        Some(times.copied().unwrap_or_default())
    }
}

/// What must never be found, however a program ends: each a question that counts it.
const HALF_DONE: &[(&str, &str)] = &[
    (
        "a licence whose counter is not the number of its machines",
        "select count(*) from licenses l where l.machines_count <> (select count(*) from machines m where m.license_id = l.id)",
    ),
    (
        "a key that is used and has no machine, or the other way round",
        "select count(*) from licenses l where l.scheme = 'pool'
         and (l.first_activated_at is null) <> (not exists (select 1 from machines m where m.license_id = l.id))",
    ),
    (
        "a used key without exactly one entry in the audit log",
        "select count(*) from licenses l where l.scheme = 'pool' and l.first_activated_at is not null
         and 1 <> (select count(*) from audit_log a where a.resource_id = l.id and a.event = 'license.activate')",
    ),
    (
        "a customer's device without exactly one entry in the audit log",
        "select count(*) from machines m join licenses l on l.id = m.license_id where l.scheme <> 'pool'
         and 1 <> (select count(*) from audit_log a where a.resource_id = m.id and a.event = 'device.activate')",
    ),
    (
        "an entry in the audit log of an activation that is not there",
        "select count(*) from audit_log a where
         (a.event = 'device.activate' and not exists (select 1 from machines m where m.id = a.resource_id))
         or (a.event = 'license.activate' and a.front = 'pool' and not exists (select 1 from machines m where m.license_id = a.resource_id))",
    ),
    (
        "a record without exactly one form and one entry in the audit log",
        "select count(*) from licenses l where l.scheme = 'record' and (
         1 <> (select count(*) from issued i where i.license_id = l.id)
         or 1 <> (select count(*) from audit_log a where a.resource_id = l.id and a.event = 'license.issue'))",
    ),
    (
        "a form without its licence",
        "select count(*) from issued i where not exists (select 1 from licenses l where l.id = i.license_id)",
    ),
    (
        "a licence that is revoked and has no entry in the audit log, or the other way round",
        "select count(*) from licenses l where (coalesce(l.suspension_reason, '') = 'revoked')
         <> exists (select 1 from audit_log a where a.resource_id = l.id and a.event = 'license.revoke')",
    ),
    (
        "a batch that can be seen and is not whole",
        "select count(*) from batches b where b.ready_at is not null
         and (b.made <> b.wanted or b.wanted <> (select count(*) from licenses l where l.batch_id = b.id)
         or 1 <> (select count(*) from audit_log a where a.resource_id = b.id and a.event = 'batch.issue'))",
    ),
    (
        "an Idempotency-Key without its answer",
        "select count(*) from idempotency where status is null or answer is null",
    ),
    (
        "an answer kept for activations that are not there, or the other way round",
        "select abs((select count(*) from idempotency where route in ('POST /api/activate', 'POST /devices'))
         - (select count(*) from machines))",
    ),
    (
        "a counter of used keys that is not their number",
        "select abs((select coalesce(sum(s.value), 0) from stats_hourly s join policies p on p.id = s.policy_id
                     where s.name = 'used' and s.hour = 0 and p.scheme = 'pool')
         - (select count(*) from licenses l where l.scheme = 'pool' and l.first_activated_at is not null))",
    ),
    (
        "a counter of keys made that is not their number",
        "select abs((select coalesce(sum(s.value), 0) from stats_hourly s join policies p on p.id = s.policy_id
                     where s.name = 'issued' and s.hour = 0 and p.scheme = 'pool')
         - (select coalesce(sum(wanted), 0) from batches where ready_at is not null))",
    ),
];

/// A sentence for each kind of thing that is there in part.
pub(super) fn half_done(database: &Database) -> Vec<String> {
    let found = HALF_DONE.iter().filter_map(|(what, sql)| match database.number(sql) {
        0 => None,
        count => Some(format!("{count} times {what}")),
    });
    found.collect()
}

/// The names of batches that can be seen.
pub(super) fn batches(database: &Database) -> Vec<String> {
    let names = database.rows("select name from batches where ready_at is not null");
    names.into_iter().map(|mut line| line.remove(0)).collect()
}

/// Attempts to validate that were written down, of those that system C's clients make.
pub(super) fn validated(database: &Database) -> i64 {
    database.number("select coalesce(sum(count), 0) from verifications where front = 'tier'")
}
