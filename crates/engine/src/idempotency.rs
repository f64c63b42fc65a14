//! Requests that may be repeated: the first answer is kept with the change that it answers.

use std::sync::Arc;

use keyward_core::time::Timestamp;
use keyward_store::{Job, Tx, idempotency};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{Caller, Engine, EngineError};

/// A request that may be repeated.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The `Idempotency-Key`.
    pub key: String,
    /// Method and route.
    pub route: &'static str,
    /// SHA-256 of the body.
    pub body_digest: [u8; 32],
}

impl Idempotency {
    /// The longest key, in bytes.
    pub const MAX_KEY: usize = 255;

    /// Of a request with this body.
    pub fn new(key: String, route: &'static str, body: &[u8]) -> Self {
        Self { key, route, body_digest: Sha256::digest(body).into() }
    }
}

/// The one status that is no answer for good (RFC 6585).
const TOO_MANY_REQUESTS: u16 = 429;
/// From this status on nothing was done but to note the attempt.
const FIRST_REFUSAL: u16 = 400;

/// What a request that may be repeated gives.
#[derive(Clone, Debug)]
pub enum Repeatable<T> {
    /// It was done now.
    Fresh(T),
    /// It was done before: status and body of the first answer.
    Kept(u16, String),
}

/// How an outcome is answered: status and body.
pub type Render<T> = fn(&T) -> (u16, String);

impl Engine {
    /// Does a job, or gives the first answer when this is a repetition. Callers without a token share no keys with callers
    /// of another namespace: two customers' programs may count their requests alike.
    pub(crate) async fn once<J: Job<Err = EngineError>>(
        self: &Arc<Self>,
        caller: &Caller,
        namespace: Option<String>,
        repeat: Option<(Idempotency, Render<J::Out>)>,
        job: J,
        now: Timestamp,
    ) -> Result<Repeatable<J::Out>, EngineError> {
        let Some((request, render)) = repeat else {
            return self.store.write(job).await.map(Repeatable::Fresh);
        };
        let scope = idempotency::Scope {
            account_id: self.account.id,
            bearer: match caller.actor.id() {
                Some(id) => id.to_string(),
                None => format!("{}:{}", caller.actor.kind(), namespace.unwrap_or_default()),
            },
            route: request.route.to_owned(),
            key: request.key,
        };
        let engine = Arc::clone(self);
        let keeps_refusals = caller.actor.id().is_some();
        let body_digest = request.body_digest;
        self.store.write(Once { engine, scope, body_digest, render, job, now, keeps_refusals }).await
    }
}

struct Once<J: Job> {
    engine: Arc<Engine>,
    scope: idempotency::Scope,
    body_digest: [u8; 32],
    render: Render<J::Out>,
    job: J,
    now: Timestamp,
    /// Of anybody at all they would fill the disk, and nothing was done that could be done twice.
    keeps_refusals: bool,
}

impl<J: Job<Err = EngineError>> Job for Once<J> {
    const NAME: &'static str = J::NAME;
    const LANE: keyward_store::Lane = J::LANE;
    type Out = Repeatable<J::Out>;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Self::Out, EngineError> {
        if !idempotency::begin(tx, &self.scope, &self.body_digest, self.now).await? {
            let kept = idempotency::get(tx, &self.scope).await?;
            let kept = kept.ok_or(EngineError::IdempotencyInProgress)?;
            if kept.body_digest != self.body_digest {
                return Err(EngineError::IdempotencyReused);
            }
            let (status, body) = kept.answer.ok_or(EngineError::IdempotencyInProgress)?;
            return Ok(Repeatable::Kept(u16::try_from(status).unwrap_or(500), self.open(&body)?));
        }
        let out = self.job.run(tx).await?;
        let (status, body) = (self.render)(&out);
        // Who waits and asks again must not get the same answer for a day.
        if status == TOO_MANY_REQUESTS || status >= FIRST_REFUSAL && !self.keeps_refusals {
            idempotency::forget(tx, &self.scope).await?;
            return Ok(Repeatable::Fresh(out));
        }
        idempotency::finish(tx, &self.scope, status, &self.seal(&body)).await?;
        Ok(Repeatable::Fresh(out))
    }
}

impl Engine {
    /// The id of what a form makes: sent again with the same words it is the same, with others it is another. `form` is an
    /// id that the form was given when it was shown.
    pub fn repeatable_id(&self, form: Uuid, said: &str) -> Uuid {
        let digest = self.vault.digest("form", &format!("{form} {said}"));
        let millis = form.as_bytes().first_chunk::<6>().expect("16 bytes hold 6");
        let millis = millis.iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte));
        let random = digest.first_chunk::<10>().expect("a digest holds 10 bytes");
        uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
    }
}

/// An answer may hold a whole key, so it is kept sealed.
impl<J: Job> Once<J> {
    fn seal(&self, body: &str) -> String {
        let row = self.engine.row_of(&self.scope);
        hex::encode(self.engine.seal("idempotency", "answer", row, body))
    }

    fn open(&self, kept: &str) -> Result<String, EngineError> {
        self.engine.kept_answer(&self.scope, kept)
    }
}

impl Engine {
    /// Opens an answer that is kept.
    pub(crate) fn kept_answer(&self, scope: &idempotency::Scope, kept: &str) -> Result<String, EngineError> {
        let sealed = hex::decode(kept).map_err(|_| EngineError::IdempotencyInProgress)?;
        let body = self.unseal("idempotency", "answer", self.row_of(scope), &sealed)?;
        Ok(body.as_str().to_owned())
    }

    /// What stands for the row's id: it has none of its own.
    fn row_of(&self, scope: &idempotency::Scope) -> Uuid {
        let idempotency::Scope { account_id, bearer, route, key } = scope;
        let digest = self.vault.digest("idempotency", &format!("{account_id} {bearer} {route} {key}"));
        Uuid::from_slice(&digest[..16]).expect("16 bytes are an id")
    }
}
