//! Asking about a client's record (system A): is there one, is the signature ours, may it run?

use keyward_core::refusal::Refusal;
use keyward_core::scheme::Scheme;
use keyward_core::verdict::{Scope, Verdict};
use uuid::Uuid;

use super::{Question, Validated};
use crate::{Caller, Engine, EngineError};

impl Engine {
    /// Answers whether a client's licence may run, in this order: there is none (`NOT_FOUND`), the signature was never
    /// issued for this client (`BAD_SIGNATURE`), and what the licence itself says. The attempt is written down.
    ///
    /// `signature` is hexadecimal, in any case. Any that was ever issued for the client counts; the stored licence decides.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn validate_record(
        &self,
        caller: &Caller,
        client_id: &str,
        signature: &str,
    ) -> Result<Validated, EngineError> {
        let found = match caller.product {
            Some(product) => self.find_subject(&self.store, product, client_id).await?,
            None => None,
        };
        // Looked up also where there is no such client: both answers take the same work.
        let license = found.as_ref().map_or(Uuid::nil(), |found| found.license.id);
        let known = match from_hex(signature) {
            Some(bytes) => self.signature_was_issued(license, Scheme::Record, &bytes).await?,
            None => false,
        };
        if let Some(found) = &found
            && !known
        {
            let verdict = Verdict::from(Refusal::BadSignature);
            self.record(caller, &verdict, Some(found), self.now()).await;
            return Ok(Validated { verdict, found: None });
        }
        self.answer(caller, Question::Run, found, &Scope::default()).await
    }
}

/// Digits alone: no prefix, no white space.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().all(|b| b.is_ascii_hexdigit());
    digits.then(|| hex::decode(text).ok())?
}
