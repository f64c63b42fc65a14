//! What an import writes: a batch that is begun, filled in parts, and made ready in one last commit.

use std::collections::BTreeMap;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::batches::{self, Batch};
use keyward_store::entitlements::{self, Entitlement};
use keyward_store::issued::{self, Issued};
use keyward_store::licenses::{self, License};
use keyward_store::machines::{self, Machine};
use keyward_store::policies::{self, Policy};
use keyward_store::stats::{self, Change};
use keyward_store::users::User;
use keyward_store::{Job, Lane, StoreError, Tx, audit, imports, versions};
use uuid::Uuid;

use crate::EngineError;
use crate::license::Adding;
use crate::statistics::counters;

/// Hours of activity that statistics look back at: 31 days.
const LOOK_BACK: i64 = 31 * 24;

pub(super) struct Begin {
    pub(super) batch: Batch,
}

impl Job for Begin {
    const NAME: &'static str = "import.begin";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        batches::insert(tx, &self.batch).await
    }
}

/// A policy that rows follow and that was not here, or a feature.
pub(super) struct Made {
    pub(super) batch: Uuid,
    pub(super) policy: Option<Policy>,
    pub(super) features: Vec<Entitlement>,
}

impl Job for Made {
    const NAME: &'static str = "import.policy";
    /// The ids of the features.
    type Out = Vec<Uuid>;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Vec<Uuid>, StoreError> {
        let mut ids = Vec::with_capacity(self.features.len());
        for feature in &self.features {
            ids.push(imports::ensure_feature(tx, feature, &imports::mark(self.batch)).await?);
        }
        if let Some(policy) = &self.policy
            && policies::insert(tx, policy).await?
        {
            for (place, id) in (0..).zip(&ids) {
                entitlements::attach_to_policy(tx, policy.account_id, policy.id, *id, place).await?;
            }
            versions::raise(tx, versions::CATALOG).await?;
        }
        Ok(ids)
    }
}

/// Says that an import goes on that writes nothing.
pub(super) struct GoesOn {
    pub(super) batch: Uuid,
}

impl Job for GoesOn {
    const NAME: &'static str = "import.goes_on";
    const LANE: Lane = Lane::Bulk;
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        imports::advance(tx, self.batch, 0).await
    }
}

/// Rows of one transaction.
#[derive(Default)]
pub(super) struct Part {
    pub(super) batch: Uuid,
    pub(super) account: Uuid,
    pub(super) users: Vec<User>,
    pub(super) licenses: Vec<License>,
    pub(super) forms: Vec<Issued>,
    pub(super) machines: Vec<Machine>,
    /// Licence, feature and place.
    pub(super) attached: Vec<(Uuid, Uuid, i64)>,
}

impl Job for Part {
    const NAME: &'static str = "import.part";
    const LANE: Lane = Lane::Bulk;
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        if !imports::advance(tx, self.batch, self.licenses.len() as i64).await? {
            return Ok(false);
        }
        imports::insert_users(tx, &self.users, &imports::mark(self.batch)).await?;
        licenses::insert_all(tx, &self.licenses).await?;
        let forms = issued::insert_all(tx, &self.forms).await?;
        let machines = machines::insert_all(tx, &self.machines).await?;
        if forms != self.forms.len() as u64 || machines != self.machines.len() as u64 {
            return Err(StoreError::Conflict { constraint: "a form or device".to_owned() });
        }
        entitlements::attach_all(tx, self.account, &self.attached).await?;
        Ok(true)
    }
}

pub(super) struct Finish {
    pub(super) batch: Uuid,
    pub(super) account: Uuid,
    pub(super) made: i64,
    pub(super) counts: Counts,
    pub(super) entry: Entry,
    /// Forms of licences that were here before, the oldest first: nothing of them may be seen earlier.
    pub(super) joined: Vec<Adding>,
}

impl Job for Finish {
    const NAME: &'static str = "import.finish";
    type Out = bool;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, EngineError> {
        let whole = imports::settle(tx, self.batch, self.made).await?
            && batches::finish(tx, self.batch, self.entry.at).await?;
        if whole {
            for (policy, changes) in &self.counts.0 {
                let changes: Vec<Change> =
                    changes.iter().map(|((name, at), by)| Change { name, at: *at, by: *by }).collect();
                stats::add(tx, self.account, *policy, self.batch, &changes).await?;
            }
            for form in &self.joined {
                form.run(tx).await?;
            }
            audit::append(tx, &self.entry).await?;
        }
        Ok(whole)
    }
}

/// What is added to the counters: by policy, and by name and hour.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<Uuid, BTreeMap<(&'static str, Option<Timestamp>), i64>>);

impl Counts {
    fn add(&mut self, policy: Uuid, name: &'static str, at: Option<Timestamp>) {
        *self.0.entry(policy).or_default().entry((name, at)).or_default() += 1;
    }

    /// Counts a licence as issuing, activating and suspending it would have.
    pub(super) fn license(&mut self, license: &License) {
        let policy = license.policy_id;
        self.add(policy, counters::ISSUED, None);
        if license.first_activated_at.is_some() {
            self.add(policy, counters::USED, None);
        }
        if let Some(reason) = license.suspension_reason.as_deref() {
            let counter = if reason == "revoked" { counters::REVOKED } else { counters::SUSPENDED };
            self.add(policy, counter, None);
        }
        if license.first_activated_at.is_some() || license.suspended_at.is_some() {
            self.add(policy, counters::UNAVAILABLE, None);
        }
    }

    /// Counts something that happened.
    pub(super) fn hourly(&mut self, policy: Uuid, name: &'static str, at: Timestamp) {
        self.add(policy, name, None);
        self.add(policy, name, Some(Timestamp::from_seconds(stats::hour(at) * 3_600)));
    }

    /// Forgets the hours that no statistics look at: an old system has years of them.
    pub(super) fn forget_before(&mut self, now: Timestamp) {
        let oldest = now.plus_seconds(-LOOK_BACK * 3_600);
        for counts in self.0.values_mut() {
            counts.retain(|(_, at), _| at.is_none_or(|at| at >= oldest));
        }
    }
}
