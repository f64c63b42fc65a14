//! Lists of licences, page by page: what support follows renewals with.

use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict, WARNING_DAYS};
use keyward_store::licenses::{self, Cursor, Filter, State};
use keyward_store::machines;
use uuid::Uuid;

use super::{Found, Named, Question, decide};
use crate::{Engine, EngineError};

/// Licences of a page at the most.
pub const MAX_PAGE: i64 = 1_000;

/// In which state a licence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not suspended, and not past its end.
    Active,
    /// Not suspended, and soon past its end: within 30 days, or as many as are asked for.
    Expiring,
    /// Past its end, also while its grace runs.
    Expired,
    /// Suspended for a while.
    Suspended,
    /// Taken away.
    Revoked,
    /// Not suspended, and never activated.
    Unused,
    /// Not suspended, and activated before.
    Used,
}

/// Which licences are wanted. What is `None` is not asked.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The product's code.
    pub product: Option<String>,
    /// The policy's code.
    pub policy: Option<String>,
    /// The form of their keys.
    pub scheme: Option<Scheme>,
    /// Their state.
    pub status: Option<Status>,
    /// Only those that end within so many days of 24 hours; sorted by their end.
    pub within_days: Option<i64>,
    /// The beginning of the customer's own id or e-mail address.
    pub customer: Option<String>,
    /// The beginning of a device's fingerprint.
    pub device: Option<String>,
    /// The customer, by id.
    pub user: Option<Uuid>,
    /// The name or id of the installation (system E).
    pub installation: Option<String>,
    /// The newest first, where no device, customer or end is asked for.
    pub newest_first: bool,
    /// By their end, the soonest first, also where no range of ends is asked for: then from now on, and only those that end.
    pub by_end: bool,
    /// Behind the page that gave this.
    pub after: Option<String>,
    /// So many at the most, up to [`MAX_PAGE`].
    pub limit: i64,
    /// How long is looked for them.
    pub patience: Patience,
}

/// How long a list is looked through for licences that are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patience {
    /// Until a page is full, however many others stand between.
    #[default]
    Endless,
    /// A few thousand licences, so that a page is always quick. It may have a next one although it is not full.
    Short,
}

/// Windows of a list that are looked at for one page by whoever has [`Patience::Short`].
const WINDOWS: usize = 2;

/// A licence of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The licence.
    pub found: Found,
    /// The last four characters of its key, or of its newest form.
    pub hint: Option<String>,
    /// A device it runs on.
    pub device: Option<String>,
    /// May it run now?
    pub verdict: Verdict,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The licences.
    pub licenses: Vec<Listed>,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<String>,
    /// Whether there may be more although there was room for them.
    pub is_short: bool,
}

impl Engine {
    /// A page of the licences that a listing asks for: in the order in which they were made, or by their end where the end
    /// is asked for.
    ///
    /// # Errors
    /// When a product, policy or installation is not there, a value cannot be used, or the database cannot be asked.
    pub async fn list(&self, wanted: &Listing) -> Result<Page, EngineError> {
        let asked = self.asked(wanted).await?;
        // One more tells whether there is another page.
        let mut filter = Filter { limit: wanted.limit + 1, ..asked.filter(wanted) };
        filter.after =
            wanted.after.as_deref().map(|text| cursor(text, filter.expiry.is_some())).transpose()?;
        let (mut rows, mut looked_to) = (Vec::new(), None);
        for window in 0.. {
            let part = licenses::list(&self.store, &filter).await?;
            filter.limit -= part.rows.len() as i64;
            rows.extend(part.rows);
            looked_to = part.looked_to;
            let is_over = wanted.patience == Patience::Short && window + 1 >= WINDOWS;
            if looked_to.is_none() || is_over {
                break;
            }
            filter.after = looked_to;
            // Others are asked between two windows.
            tokio::task::yield_now().await;
        }
        let more = rows.len() as i64 > wanted.limit;
        if more {
            rows.pop();
        }
        let last = rows.last().filter(|_| more).map(|last| Cursor {
            serial: last.found.serial,
            expiry: filter.expiry.and(last.found.license.expiry),
        });
        let next = last.or(looked_to).map(|place| match place.expiry {
            Some(end) => format!("{}@{}", place.serial, end.micros()),
            None => place.serial.to_string(),
        });
        let is_short = !more && looked_to.is_some();
        Ok(Page { licenses: self.judged(rows, asked.now).await?, next, is_short })
    }

    /// One licence as a list shows it.
    ///
    /// # Errors
    /// When there is none, or the database cannot be asked.
    pub async fn listed(&self, id: Uuid) -> Result<Listed, EngineError> {
        let found = self.find_in(&self.store, &Named::Id(id)).await?;
        let devices = match found.policy.model.strict {
            true => machines::of_license(&self.store, id).await?,
            false => Vec::new(),
        };
        let verdict = decide(Question::Run, Some(&found), &devices, &Scope::default(), self.now());
        Ok(Listed { hint: found.license.key_hint.clone(), found, device: None, verdict })
    }

    /// What a listing asks of the store, looked up.
    pub(super) async fn asked(&self, wanted: &Listing) -> Result<Asked, EngineError> {
        self.refresh().await?;
        if !(1..=MAX_PAGE).contains(&wanted.limit) {
            return Err(invalid("limit", &format!("a number from 1 to {MAX_PAGE}")));
        }
        for (field, text) in [("device", &wanted.device), ("customer", &wanted.customer)] {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.contains('\0')) {
                return Err(invalid(field, "the beginning of what is looked for"));
            }
        }
        let (product, policy) = self.named_in(wanted)?;
        let installation = match &wanted.installation {
            Some(name) => Some(self.installation_named(name).await?.id),
            None => None,
        };
        Ok(Asked { account: self.account.id, product, policy, installation, now: self.now() })
    }

    /// With the verdict of each.
    pub(super) async fn judged(
        &self,
        rows: Vec<licenses::Listed>,
        now: Timestamp,
    ) -> Result<Vec<Listed>, EngineError> {
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            let found = self.with_policy(&self.store, row.found).await?;
            let devices = match found.policy.model.strict {
                true => machines::of_license(&self.store, found.license.id).await?,
                false => Vec::new(),
            };
            let verdict = decide(Question::Run, Some(&found), &devices, &Scope::default(), now);
            page.push(Listed { found, hint: row.hint, device: row.device, verdict });
        }
        Ok(page)
    }

    /// The ids of the product and policy that a listing names.
    fn named_in(&self, wanted: &Listing) -> Result<(Option<Uuid>, Option<Uuid>), EngineError> {
        let catalog = self.catalog();
        let product = match &wanted.product {
            Some(code) => {
                let unknown = || EngineError::NotFound { what: "product", name: code.clone() };
                Some(catalog.product(code).ok_or_else(unknown)?.id)
            }
            None => None,
        };
        let Some(code) = &wanted.policy else { return Ok((product, None)) };
        let mut policies = catalog
            .products()
            .filter(|it| product.is_none_or(|id| it.id == id))
            .filter_map(|it| catalog.policy_of(it.id, code));
        match (policies.next(), policies.next()) {
            (Some(policy), None) => Ok((product, Some(policy.row.id))),
            (Some(_), Some(_)) => {
                Err(invalid("policy", "several products have one of this name: name the product, too"))
            }
            (None, _) => Err(EngineError::NotFound { what: "policy", name: code.clone() }),
        }
    }
}

/// What a listing names, looked up.
pub(super) struct Asked {
    account: Uuid,
    product: Option<Uuid>,
    policy: Option<Uuid>,
    installation: Option<Uuid>,
    pub(super) now: Timestamp,
}

impl Asked {
    pub(super) fn filter<'a>(&self, wanted: &'a Listing) -> Filter<'a> {
        let (state, expiry) = range(wanted, self.now);
        Filter {
            account: self.account,
            scheme: wanted.scheme.map(Scheme::as_str),
            product: self.product,
            policy: self.policy,
            installation: self.installation,
            user: wanted.user,
            state,
            now: self.now,
            expiry,
            customer: wanted.customer.as_deref(),
            device: wanted.device.as_deref(),
            newest_first: wanted.newest_first,
            after: None,
            limit: wanted.limit,
        }
    }
}

pub(super) fn invalid(field: &'static str, wanted: &str) -> EngineError {
    EngineError::Invalid { field, wanted: wanted.to_owned() }
}

/// The state, and the range of ends, that a listing asks for.
pub(super) fn range(wanted: &Listing, now: Timestamp) -> (Option<State>, Option<(Timestamp, Timestamp)>) {
    let soon = |days: i64| Some((now, now.plus_days(days)));
    let within = wanted.within_days.and_then(soon);
    let from_now = wanted.by_end.then_some((now, Timestamp::from_micros(i64::MAX)));
    match wanted.status {
        // What does not run is nothing to renew.
        None => (within.map(|_| State::Running), within.or(from_now)),
        Some(Status::Active) => (Some(State::Active), within.or(from_now)),
        Some(Status::Expiring) => (Some(State::Running), within.or_else(|| soon(WARNING_DAYS))),
        Some(Status::Expired) => {
            (Some(State::Ended), Some((Timestamp::from_micros(i64::MIN), now.plus_micros(-1))))
        }
        Some(Status::Suspended) => (Some(State::Suspended), within.or(from_now)),
        Some(Status::Revoked) => (Some(State::Revoked), within.or(from_now)),
        Some(Status::Unused) => (Some(State::Unused), within.or(from_now)),
        Some(Status::Used) => (Some(State::Used), within.or(from_now)),
    }
}

/// Reads where a page begins.
fn cursor(text: &str, by_expiry: bool) -> Result<Cursor, EngineError> {
    let (serial, end) = match text.split_once('@') {
        Some((serial, end)) => (serial.parse().ok(), Some(end.parse().ok().map(Timestamp::from_micros))),
        None => (text.parse().ok(), None),
    };
    match (serial, end) {
        (Some(serial), None) if !by_expiry => Ok(Cursor { serial, expiry: None }),
        (Some(serial), Some(Some(end))) if by_expiry => Ok(Cursor { serial, expiry: Some(end) }),
        _ => Err(invalid("after", "what the page before gave, with the same filters")),
    }
}
