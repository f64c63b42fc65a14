//! Activating a key: the licence comes on the installation's list, and adds up with the others.

use std::fmt;
use std::sync::Arc;

use keyward_core::code::Code;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_store::stats::{self, Change};
use keyward_store::{Job, StoreError, Tx, audit, installations, licenses};
use serde_json::json;
use uuid::Uuid;

use super::holding::run;
use super::{Held, Holding, WRONG_KEYS_AN_HOUR};
use crate::form::canonical;
use crate::idempotency::Render;
use crate::license::{Beside, Found, NewLicense, SelfContained, hint, not_yet};
use crate::statistics::counters;
use crate::{Caller, Engine, EngineError, Idempotency, Repeatable};

/// What became of it.
#[derive(Clone, Debug)]
pub enum KeyActivation {
    /// It is on the list.
    Done {
        /// The licence.
        license: Box<Held>,
        /// Whether it was on the list before.
        again: bool,
        /// What the installation has with it.
        holding: Box<Holding>,
    },
    /// It is not.
    Refused(Box<Verdict>),
    /// Too many wrong keys were tried. A key that is registered is not refused for it.
    TooManyTries {
        /// From when on another may be tried.
        until: Timestamp,
    },
}

impl Engine {
    /// Activates a key in an installation. It is tried against that installation only: one that belongs to another is as
    /// wrong as one that nobody made. A key that is on the list already stays there, and nothing is spent.
    ///
    /// # Errors
    /// When there is no such installation, the database refuses, or the `Idempotency-Key` was used for another request.
    pub async fn activate_key(
        self: &Arc<Self>,
        caller: &Caller,
        installation: Uuid,
        key: &str,
        repeat: Option<(Idempotency, Render<KeyActivation>)>,
    ) -> Result<Repeatable<KeyActivation>, EngineError> {
        // A key made by another process a moment ago may follow a policy or be signed by a key that is not in memory yet.
        self.refresh().await?;
        let (now, product) = (self.now(), self.product_of_door(caller)?);
        let key = match self_contained(key) {
            Ok(key) => key,
            Err(refusal) => {
                let verdict = self.validate_refused(caller, refusal).await;
                return Ok(Repeatable::Fresh(KeyActivation::Refused(Box::new(verdict))));
            }
        };
        let job =
            Activating { engine: Arc::clone(self), caller: caller.clone(), installation, product, key, now };
        let outcome = self.once(caller, None, repeat, job, now).await?;
        if let Repeatable::Fresh(KeyActivation::Refused(verdict)) = &outcome {
            self.record(caller, verdict, None, now).await;
        }
        Ok(outcome)
    }
}

/// The key in its one spelling, when it is one of this system's.
fn self_contained(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match Scheme::of(text)? {
        Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3 => canonical(text),
        _ => Err(Flaw::UnknownForm.into()),
    }
}

struct Activating {
    engine: Arc<Engine>,
    caller: Caller,
    installation: Uuid,
    product: Uuid,
    key: String,
    now: Timestamp,
}

impl fmt::Debug for Activating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activating").field("key", &hint(&self.key)).finish_non_exhaustive()
    }
}

impl Job for Activating {
    const NAME: &'static str = "installation.activate";
    type Out = KeyActivation;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<KeyActivation, EngineError> {
        installations::lock(tx, self.installation).await?;
        let known = self.engine.find_digest(tx, &self.engine.digest(&self.key)).await?;
        let is_known = known.is_some();
        let (id, again) = match self.own(tx, known).await? {
            Some(found) => match self.known(tx, &found).await? {
                Ok(outcome) => outcome,
                Err(verdict) => return Ok(KeyActivation::Refused(verdict)),
            },
            None => match self.unknown(tx, is_known).await? {
                Ok(id) => (id, false),
                Err(outcome) => return Ok(outcome),
            },
        };
        let holding = self.engine.load(tx, self.installation, self.product, self.now).await?;
        let holding = self.engine.settle(tx, &self.caller, holding).await?;
        let held = holding.licenses.iter().find(|held| held.found.license.id == id).cloned();
        let gone = || EngineError::NotFound { what: "licence", name: id.to_string() };
        if !again {
            let detail = json!({ "installation": holding.row.name, "allowed": holding.total(), "hint": hint(&self.key) });
            let entry =
                self.engine.entry(&self.caller, "license.activate", ("license", Some(id)), &detail, self.now);
            audit::append(tx, &entry).await?;
        }
        Ok(KeyActivation::Done {
            license: Box::new(held.ok_or_else(gone)?),
            again,
            holding: Box::new(holding),
        })
    }
}

/// What stops an activation short.
type Stopped<T, E> = Result<Result<T, E>, EngineError>;

impl Activating {
    /// What is in the database, if it is for this installation. What was issued for it is; registered for nobody, it must fit.
    async fn own(&self, tx: &Tx<'_>, known: Option<Found>) -> Result<Option<Found>, EngineError> {
        let Some(found) = known.filter(|found| found.license.product_id == self.product) else {
            return Ok(None);
        };
        let is_own = match found.license.installation_id {
            Some(installation) => installation == self.installation,
            None => self.read(tx).await?.is_ok(),
        };
        Ok(Some(found).filter(|_| is_own))
    }

    /// A key that is in the database.
    async fn known(&self, tx: &Tx<'_>, found: &Found) -> Stopped<(Uuid, bool), Box<Verdict>> {
        let license = &found.license;
        let mine = license.installation_id == Some(self.installation);
        let on_list = mine && license.first_activated_at.is_some() && found.removed_at.is_none();
        let verdict = run(found, self.now);
        if !verdict.valid {
            return Ok(Err(Box::new(verdict)));
        }
        if let Some(no) = not_yet(&license.metadata, self.now) {
            return Ok(Err(no));
        }
        if on_list {
            return Ok(Ok((license.id, true)));
        }
        if !licenses::put_on_list(tx, license.id, self.installation, self.now).await? {
            return Err(StoreError::Busy("the licence is being activated elsewhere").into());
        }
        if license.first_activated_at.is_none() {
            let changes = [
                Change::hourly(counters::ACTIVATIONS, self.now, 1),
                Change::total(counters::ACTIVATIONS, 1),
                Change::total(counters::USED, 1),
                Change::total(counters::UNAVAILABLE, 1),
            ];
            stats::add(tx, license.account_id, license.policy_id, license.id, &changes).await?;
        }
        Ok(Ok((license.id, false)))
    }

    /// A key that was made elsewhere and says itself what it grants. One that is another's is as wrong as one that nobody made,
    /// and costs as much: else whoever used up the tries would learn which keys there are.
    async fn unknown(&self, tx: &Tx<'_>, is_anothers: bool) -> Stopped<Uuid, KeyActivation> {
        let guessed = Scheme::of(&self.key)? == Scheme::Lk1;
        if guessed {
            let since = self.now.plus_seconds(-3_600);
            let tries = audit::count_since(tx, self.installation, WRONG_KEY, since).await?;
            if tries >= WRONG_KEYS_AN_HOUR {
                let oldest = audit::first_since(tx, self.installation, WRONG_KEY, since).await?;
                let until = oldest.unwrap_or(self.now).plus_seconds(3_600);
                return Ok(Err(KeyActivation::TooManyTries { until }));
            }
        }
        let read = self.read(tx).await?;
        let (scheme, read) = match read.and_then(|read| if is_anothers { Err(wrong()) } else { Ok(read) }) {
            Ok(read) => read,
            Err(no) => {
                if guessed && no.code == Code::BadSignature {
                    let resource = ("installation", Some(self.installation));
                    let detail = json!({ "code": no.code });
                    let mut entry = self.engine.entry(&self.caller, WRONG_KEY, resource, &detail, self.now);
                    entry.outcome = "refused".to_owned();
                    audit::append(tx, &entry).await?;
                }
                return Ok(Err(KeyActivation::Refused(no)));
            }
        };
        let catalog = self.engine.catalog();
        let Some(policy) = catalog.policy_of(self.product, read.tier()).cloned() else {
            let detail =
                format!("the tier {} is not known here: the vendor has no policy for it", read.tier());
            return Ok(Err(KeyActivation::Refused(Box::new(Verdict::refusal(Code::NotFound, detail)))));
        };
        let mut wanted = NewLicense::default();
        let beside: Beside = read.fill(&mut wanted, &policy)?;
        let mut draft = self.engine.draft(&policy, scheme, &self.key, &wanted, self.now)?;
        if let SelfContained::Lk3(lk3) = &read {
            draft.id = lk3.license_id.unwrap_or(draft.id);
            self.engine.give_key(&mut draft, &self.key);
        }
        draft.installation_id = Some(self.installation);
        draft.first_activated_at = Some(self.now);
        let verdict = verdict_of(&draft, &policy, self.now);
        if !verdict.valid {
            return Ok(Err(KeyActivation::Refused(Box::new(verdict))));
        }
        if let Some(no) = not_yet(&draft.metadata, self.now) {
            return Ok(Err(KeyActivation::Refused(no)));
        }
        let job = self.engine.issuing(&self.caller, &policy, vec![draft], &wanted, beside, self.now);
        match job.run(tx).await? {
            Some((_, id, _)) => Ok(Ok(id)),
            // Another node took it in a moment ago.
            None => Err(StoreError::Busy("the key is being activated").into()),
        }
    }

    /// Checks the key against this installation.
    async fn read(&self, tx: &Tx<'_>) -> Stopped<(Scheme, SelfContained), Box<Verdict>> {
        let secret = self.engine.secret_of(tx, self.installation).await?;
        let keys = self.engine.keys_of(self.product, secret.as_ref());
        let catalog = self.engine.catalog();
        let product = catalog.product_by_id(self.product);
        let product =
            product.ok_or_else(|| EngineError::NotFound { what: "product", name: String::new() })?;
        match SelfContained::verified(&self.key, &keys, product) {
            Ok(read) => Ok(Ok(read)),
            // A key sealed under a secret is wrong where there is none.
            Err(EngineError::Refused(refusal)) => Ok(Err(Box::new(refusal.into()))),
            Err(EngineError::Invalid { wanted, .. }) => {
                Ok(Err(Box::new(Verdict::refusal(Code::ProductScopeMismatch, wanted))))
            }
            Err(error) => Err(error),
        }
    }
}

/// What is told of a key that fits no secret of the installation.
fn wrong() -> Box<Verdict> {
    Box::new(Refusal::BadSignature.into())
}

/// A wrong `lk1` key was tried.
const WRONG_KEY: &str = "installation.wrong-key";

/// May a licence run that is not stored yet?
fn verdict_of(draft: &licenses::License, policy: &Arc<crate::Policy>, now: Timestamp) -> Verdict {
    let found = Found {
        license: draft.clone(),
        serial: 0,
        removed_at: None,
        policy: Arc::clone(policy),
        user_external_id: None,
        user_email: None,
        user_banned: false,
        batch_name: None,
        entitlements: Vec::new(),
    };
    run(&found, now)
}
