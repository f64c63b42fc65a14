//! Attempts to validate, page by page from the newest one. However many there are, a page looks at so many only.

use keyward_core::time::Timestamp;
use keyward_store::verifications::{self, Filter, Place, Verification};
use uuid::Uuid;

use crate::{Engine, EngineError};

/// Which attempts are wanted.
#[derive(Clone, Debug)]
pub struct AttemptSearch {
    /// On this licence alone.
    pub license: Option<Uuid>,
    /// Answered with yes, or with no; `None` is both.
    pub granted: Option<bool>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Behind the page that gave this.
    pub after: Option<String>,
    /// So many at the most.
    pub limit: i64,
}

/// A page of attempts.
#[derive(Clone, Debug)]
pub struct AttemptPage {
    /// The attempts, the newest first.
    pub attempts: Vec<Verification>,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<String>,
    /// How far back was looked, where the page is not full and there may be older ones.
    pub looked_back_to: Option<Timestamp>,
}

impl Engine {
    /// A page of the attempts that are wanted. A place that no page gave is the beginning.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn attempts(&self, wanted: &AttemptSearch) -> Result<AttemptPage, EngineError> {
        let filter = Filter {
            account: self.account.id,
            license: wanted.license,
            granted: wanted.granted,
            from: wanted.from.unwrap_or(Timestamp::from_micros(i64::MIN)),
            to: wanted.to.unwrap_or(Timestamp::from_micros(i64::MAX)),
            after: wanted.after.as_deref().and_then(place),
            // One more tells whether there is another page.
            limit: wanted.limit + 1,
        };
        let mut part = verifications::page(&self.store, &filter).await?;
        let is_more = part.rows.len() as i64 > wanted.limit;
        part.rows.truncate(usize::try_from(wanted.limit).unwrap_or_default());
        let last = part.rows.last().filter(|_| is_more).map(|(place, _)| *place);
        let next = last.or(part.looked_to).map(|(at, serial)| format!("{}@{serial}", at.micros()));
        let attempts = part.rows.into_iter().map(|(_, attempt)| attempt).collect();
        Ok(AttemptPage { attempts, next, looked_back_to: part.looked_to.map(|(at, _)| at) })
    }
}

/// Reads where a page begins.
fn place(text: &str) -> Option<Place> {
    let (at, serial) = text.split_once('@')?;
    Some((Timestamp::from_micros(at.parse().ok()?), serial.parse().ok()?))
}
