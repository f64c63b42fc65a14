//! Lists of licences, page by page: what support follows renewals with.

use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict, WARNING_DAYS};
use keyward_store::licenses::{self, Cursor, Filter, State};
use keyward_store::machines;
use uuid::Uuid;

use super::{Found, Question, decide};
use crate::form::canonical;
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
    /// The name or id of the installation (system E).
    pub installation: Option<String>,
    /// The beginning of a name, a subject, a customer's id or address; or the last four characters of a key.
    pub word: Option<String>,
    /// The newest first, where nothing is looked for by a word, a device, a customer or an end.
    pub newest_first: bool,
    /// Behind the page that gave this.
    pub after: Option<String>,
    /// So many at the most, up to [`MAX_PAGE`].
    pub limit: i64,
}

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
}

impl Engine {
    /// A page of the licences that a listing asks for: in the order in which they were made, or by their end where the end
    /// is asked for.
    ///
    /// # Errors
    /// When a product, policy or installation is not there, a value cannot be used, or the database cannot be asked.
    pub async fn list(&self, wanted: &Listing) -> Result<Page, EngineError> {
        self.refresh().await?;
        let now = self.now();
        if !(1..=MAX_PAGE).contains(&wanted.limit) {
            return Err(invalid("limit", &format!("a number from 1 to {MAX_PAGE}")));
        }
        for (field, text) in
            [("word", &wanted.word), ("device", &wanted.device), ("customer", &wanted.customer)]
        {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.contains('\0')) {
                return Err(invalid(field, "the beginning of what is looked for"));
            }
        }
        let (product, policy) = self.named_in(wanted)?;
        let (state, expiry) = range(wanted, now);
        let installation = match &wanted.installation {
            Some(name) => Some(self.installation_named(name).await?.id),
            None => None,
        };
        let filter = Filter {
            account: self.account.id,
            scheme: wanted.scheme.map(Scheme::as_str),
            product,
            policy,
            installation,
            state,
            now,
            expiry,
            customer: wanted.customer.as_deref(),
            device: wanted.device.as_deref(),
            word: wanted.word.as_deref(),
            newest_first: wanted.newest_first,
            after: wanted.after.as_deref().map(|text| cursor(text, expiry.is_some())).transpose()?,
            // One more tells whether there is another page.
            limit: wanted.limit + 1,
        };
        let mut rows = licenses::list(&self.store, &filter).await?;
        let more = rows.len() as i64 > wanted.limit;
        if more {
            rows.pop();
        }
        let next = rows.last().filter(|_| more).map(|last| match expiry.and(last.found.license.expiry) {
            Some(end) => format!("{}@{}", last.found.serial, end.micros()),
            None => last.found.serial.to_string(),
        });
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
        Ok(Page { licenses: page, next })
    }

    /// What a person looks for in one line: the beginning of a name, of what a licence is for, of its customer's id or address,
    /// the last four characters of its key, or the beginning of a device. Devices stand behind the others, on the first
    /// page.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn search(&self, text: &str, wanted: &Listing) -> Result<Page, EngineError> {
        let text = text.trim();
        let mut page = self.list(&Listing { word: Some(text.to_owned()), ..wanted.clone() }).await?;
        if wanted.after.is_none() && page.next.is_none() {
            let room = wanted.limit - page.licenses.len() as i64;
            if room > 0 {
                let device = Some(text.to_owned());
                let devices =
                    self.list(&Listing { device, word: None, limit: room, ..wanted.clone() }).await?;
                let known: Vec<Uuid> = page.licenses.iter().map(|listed| listed.found.license.id).collect();
                let new = devices.licenses.into_iter().filter(|it| !known.contains(&it.found.license.id));
                page.licenses.extend(new);
            }
        }
        Ok(page)
    }

    /// The licence whose whole key, older form or id a text is.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn named_whole(&self, text: &str) -> Result<Option<Uuid>, EngineError> {
        let text = text.trim();
        let found = match (Uuid::try_parse(text), canonical(text)) {
            (Ok(id), _) => self.find_id(&self.store, id).await?,
            (Err(_), Ok(key)) => self.find_key(&self.store, &key).await?,
            (Err(_), Err(_)) => None,
        };
        Ok(found.map(|found| found.license.id))
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

fn invalid(field: &'static str, wanted: &str) -> EngineError {
    EngineError::Invalid { field, wanted: wanted.to_owned() }
}

/// The state, and the range of ends, that a listing asks for.
fn range(wanted: &Listing, now: Timestamp) -> (Option<State>, Option<(Timestamp, Timestamp)>) {
    let soon = |days: i64| Some((now, now.plus_days(days)));
    let within = wanted.within_days.and_then(soon);
    match wanted.status {
        // What does not run is nothing to renew.
        None => (within.map(|_| State::Running), within),
        Some(Status::Active) => (Some(State::Active), within),
        Some(Status::Expiring) => (Some(State::Running), within.or_else(|| soon(WARNING_DAYS))),
        Some(Status::Expired) => {
            (Some(State::Ended), Some((Timestamp::from_micros(i64::MIN), now.plus_micros(-1))))
        }
        Some(Status::Suspended) => (Some(State::Suspended), within),
        Some(Status::Revoked) => (Some(State::Revoked), within),
        Some(Status::Unused) => (Some(State::Unused), within),
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
