//! How many licences are in a state, where no counter says it: up to a thousand, through an index.

use keyward_core::time::Timestamp;
use keyward_store::licenses::{self, Count, Filter, State};

use super::list::range;
use super::{Listing, Status};
use crate::{Engine, EngineError};

/// Nobody counts further.
const MOST: i64 = 1_000;

impl Engine {
    /// How many licences the list of a state has.
    pub(crate) async fn count_of(&self, status: Status, now: Timestamp) -> Result<Count, EngineError> {
        let wanted = Listing { status: Some(status), ..Listing::default() };
        let (state, expiry) = range(&wanted, now);
        self.counted(state, expiry, now).await
    }

    /// How many of the `running` licences, which are not suspended, are not past their end. Where too many are for counting,
    /// some are counted of those that were made last.
    pub(crate) async fn count_active(&self, running: i64, now: Timestamp) -> Result<Count, EngineError> {
        let past = (Timestamp::from_micros(i64::MIN), now.plus_micros(-1));
        let ended = self.counted(Some(State::Running), Some(past), now).await?;
        match ended.is_more {
            false => Ok(Count::exactly(running - ended.at_least)),
            true => self.count_of(Status::Active, now).await,
        }
    }

    async fn counted(
        &self,
        state: Option<State>,
        expiry: Option<(Timestamp, Timestamp)>,
        now: Timestamp,
    ) -> Result<Count, EngineError> {
        let filter = Filter {
            account: self.account.id,
            scheme: None,
            product: None,
            policy: None,
            installation: None,
            user: None,
            state,
            now,
            expiry,
            customer: None,
            device: None,
            newest_first: true,
            after: None,
            limit: MOST,
        };
        Ok(licenses::count(&self.store, &filter).await?)
    }
}
