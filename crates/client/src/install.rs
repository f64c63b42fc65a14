//! Importing a licence and removing it.

use keyward_core::code::Code;
use keyward_core::verdict::Verdict;

use crate::error::ClientError;
use crate::files::File;
use crate::judge::{self, Evidence, InHand};
use crate::ledger::Seen;
use crate::manager::LicenseManager;
use crate::state::State;
use crate::status::Status;

impl LicenseManager {
    /// Takes in a licence: the content of a file, or a key as it was pasted. An answer to an offline request goes to
    /// [`Self::complete`] by itself, a recovery code to [`Self::recover`].
    ///
    /// What holds now is replaced only by a licence that holds too, so that an old file does no harm.
    ///
    /// # Errors
    /// The licence's own refusal: which field is missing, that the seal does not fit, both device ids where they differ,
    /// when it expired. `DISK` when it cannot be written. What was installed before then still is.
    pub fn import(&self, license: impl AsRef<[u8]>) -> Result<Status, ClientError> {
        let bytes = license.as_ref();
        if let Ok(text) = std::str::from_utf8(bytes) {
            match text.trim_start().get(..3) {
                Some("KA-") => return self.complete(text),
                Some("KR-") => return self.recover(text),
                _ => {}
            }
        }
        self.install(bytes, |_, _| Ok(()))
    }

    /// Checks a licence, puts it in its place, and remembers what belongs to it.
    pub(crate) fn install(
        &self,
        bytes: &[u8],
        remember: impl FnOnce(&mut State, &InHand) -> Result<(), ClientError>,
    ) -> Result<Status, ClientError> {
        let inner = &self.0;
        let help = &inner.rules.help;
        let read =
            judge::read(bytes, &inner.rules.keys).map_err(|verdict| ClientError::refused(*verdict, help))?;
        let claims = read.claims();
        if claims.trial_days.is_some() {
            return self.start_trial(&String::from_utf8_lossy(bytes));
        }
        inner.change(|state| {
            // The vendor's clock made it: should this device's lie behind, the verdict says so from now on.
            if let Some(made) = claims.issued {
                state.ledger.observe(Seen::License, made);
            }
            let verdict = verdict_of(self, bytes, state);
            if !may_be_installed(&verdict) {
                return Err(ClientError::refused(verdict, help));
            }
            remember(state, &read)?;
            let written = inner.files.write(File::License, bytes);
            written.map_err(|error| ClientError::disk("the licence could not be written", &error, help))
        })?;
        Ok(self.changed())
    }

    /// Removes the licence, and what a server answered about it. A trial that was started stays spent.
    ///
    /// # Errors
    /// `DISK` when it cannot be removed.
    pub fn remove(&self) -> Result<Status, ClientError> {
        let inner = &self.0;
        inner.change(|state| {
            state.answer = None;
            let removed = inner.files.remove(File::License);
            removed.map_err(|error| {
                let what = format!("{} could not be removed", inner.place(File::License));
                ClientError::disk(&what, &error, &inner.rules.help)
            })
        })?;
        Ok(self.changed())
    }
}

/// What the status would be with this licence alone.
fn verdict_of(manager: &LicenseManager, bytes: &[u8], state: &State) -> Verdict {
    let inner = &manager.0;
    let alone = State { answer: None, trial: None, ..state.clone() };
    let evidence =
        Evidence { license: Some(bytes), state: &alone, identity: &inner.identity, notes: Vec::new() };
    judge::judge(&inner.rules, evidence, inner.clock.now()).verdict
}

/// A licence that does not hold replaces none. One that waits for the clock, or for its first day, is a good licence.
fn may_be_installed(verdict: &Verdict) -> bool {
    verdict.valid || matches!(verdict.code, Code::ClockTampered | Code::NotYetValid)
}
