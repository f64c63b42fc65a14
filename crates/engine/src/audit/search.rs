//! Looking for entries, page by page from the newest one. However long the log is, a page looks at so many entries only.

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::audit::{self, Filter};
use uuid::Uuid;

use crate::{Engine, EngineError};

/// Entries that a page looks at.
const WINDOW: i64 = 5_000;
/// Windows that an export looks at.
const WINDOWS: usize = 200;
/// Entries of an export at the most.
pub const MAX_EXPORT: usize = 10_000;
/// Entries of an export that are read at once.
const AT_ONCE: i64 = 1_000;
/// Entries stand in the order in which they were written down, which is nearly that of their instants: so many seconds
/// may lie between the two.
const SLACK: i64 = 3_600;
/// Instants before and after which there is nothing.
const ENDS: (Timestamp, Timestamp) = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));

/// Which entries are wanted. What is `None` is not asked.
#[derive(Clone, Debug, Default)]
pub struct AuditSearch {
    /// The beginning of the event; or of either of two, with a comma between.
    pub event: Option<String>,
    /// Who did it: `user`, `token`, `operator`, `system`, `anonymous`.
    pub actor_kind: Option<String>,
    /// What it was done to.
    pub resource: Option<Uuid>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Behind the page that gave this.
    pub before: Option<i64>,
    /// So many at the most.
    pub limit: i64,
}

/// A page of entries.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<Entry>,
    /// Where older entries are looked for; `None` when there are none.
    pub next: Option<i64>,
    /// How far back was looked, where the page is not full and there may be older ones.
    pub looked_back_to: Option<Timestamp>,
}

impl Engine {
    /// A page of the log. One that is not full may have a next page: only so many entries are looked at.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn search_audit(&self, wanted: &AuditSearch) -> Result<AuditPage, EngineError> {
        let db = &self.store;
        let (event, or_event) = match wanted.event.as_deref() {
            Some(event) => match event.split_once(',') {
                Some((one, other)) => (Some(one.trim()), Some(other.trim())),
                None => (Some(event), None),
            },
            None => (None, None),
        };
        let filter = Filter {
            event,
            or_event,
            actor_kind: wanted.actor_kind.as_deref(),
            resource: wanted.resource,
            from: wanted.from.unwrap_or(ENDS.0),
            to: wanted.to.unwrap_or(ENDS.1),
        };
        let before = match (wanted.before, wanted.to) {
            (Some(before), _) => before,
            (None, Some(to)) => self.first_after(to.plus_seconds(SLACK)).await?,
            (None, None) => i64::MAX,
        };
        let floor = audit::floor(db, filter.resource, before, WINDOW).await?;
        // One more tells that the page is full.
        let mut rows = audit::page(db, &filter, before, floor.unwrap_or(i64::MIN), wanted.limit + 1).await?;
        let is_full = rows.len() as i64 > wanted.limit;
        if is_full {
            rows.pop();
        }
        let (next, looked_back_to) = match (is_full, floor) {
            (true, _) => (rows.last().map(|(serial, _)| *serial), None),
            (false, Some(floor)) => {
                let at = audit::at_or_before(db, floor).await?.map(|(_, at)| at);
                let is_over = at.is_none_or(|at| at.plus_seconds(SLACK) < filter.from);
                (Some(floor).filter(|_| !is_over), at.filter(|_| !is_over))
            }
            (false, None) => (None, None),
        };
        Ok(AuditPage { entries: rows.into_iter().map(|(_, entry)| entry).collect(), next, looked_back_to })
    }

    /// The newest entries that a search finds, up to [`MAX_EXPORT`].
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn export_audit(&self, wanted: &AuditSearch) -> Result<Vec<Entry>, EngineError> {
        let mut all = Vec::new();
        let mut wanted = AuditSearch { limit: AT_ONCE, ..wanted.clone() };
        for _ in 0..WINDOWS {
            let page = self.search_audit(&wanted).await?;
            all.extend(page.entries);
            if all.len() >= MAX_EXPORT || page.next.is_none() {
                break;
            }
            wanted.before = page.next;
        }
        all.truncate(MAX_EXPORT);
        Ok(all)
    }

    /// A serial before which every entry up to an instant stands.
    async fn first_after(&self, at: Timestamp) -> Result<i64, EngineError> {
        let last = audit::at_or_before(&self.store, i64::MAX).await?;
        let (mut from, mut to) = (0, last.map_or(0, |(serial, _)| serial) + 1);
        // The first serial whose entry is later lies between the two.
        while from < to {
            let middle = from + (to - from) / 2;
            match audit::at_or_before(&self.store, middle).await? {
                Some((serial, found)) if found > at => to = serial,
                _ => from = middle + 1,
            }
        }
        Ok(to)
    }
}
