//! How many licences are in a state, where no counter says it: up to a thousand, through an index.

use keyward_core::time::Timestamp;
use keyward_core::verdict::WARNING_DAYS;
use keyward_store::licenses::{self, Count, Counted};

use crate::{Engine, EngineError};

/// Nobody counts further.
const MOST: i64 = 1_000;

/// How many licences the list of each state has.
pub(crate) struct Counts {
    pub(crate) active: Count,
    pub(crate) expiring: Count,
    pub(crate) expired: Count,
    pub(crate) suspended: Count,
}

impl Engine {
    /// Counts the licences of which `running` are not suspended. What was counted for another state is not counted again.
    pub(crate) async fn count_licenses(&self, running: i64, now: Timestamp) -> Result<Counts, EngineError> {
        let past = (Timestamp::from_micros(i64::MIN), now.plus_micros(-1));
        let expiring = self.counted(Counted::Running(now, now.plus_days(WARNING_DAYS))).await?;
        let ended = self.counted(Counted::Running(past.0, past.1)).await?;
        let is_most = |count: Count| count.is_more && count.at_least == MOST;
        Ok(Counts {
            active: match ended.is_more {
                false => Count::exactly(running - ended.at_least),
                // What ends soon is active.
                true if is_most(expiring) => expiring,
                true => self.counted(Counted::Active(now)).await?,
            },
            // Those that were suspended because they ended are more.
            expired: match is_most(ended) {
                true => ended,
                false => self.counted(Counted::Ended(past.0, past.1)).await?,
            },
            expiring,
            suspended: self.counted(Counted::Suspended).await?,
        })
    }

    async fn counted(&self, which: Counted) -> Result<Count, EngineError> {
        Ok(licenses::count(&self.store, self.account.id, which, MOST).await?)
    }
}
