//! Importing a licence and removing it.

use keyward_core::code::Code;
use keyward_core::verdict::Verdict;

use crate::error::ClientError;
use crate::files::{File, Name};
use crate::judge::{self, Evidence, InHand};
use crate::ledger::Seen;
use crate::manager::{Inner, LicenseManager};
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
            let name = inner.name();
            let written = inner.files.write(inner.place_for_license(&name), bytes);
            written.map_err(|error| ClientError::disk("the licence could not be written", &error, help))
        })?;
        Ok(self.changed())
    }

    /// Removes the licence, and what a server answered about it. A trial that was started stays spent, and another device
    /// that shares the directory keeps its licence.
    ///
    /// # Errors
    /// `DISK` when it cannot be removed.
    pub fn remove(&self) -> Result<Status, ClientError> {
        let inner = &self.0;
        inner.change(|state| {
            state.answer = None;
            let name = inner.name();
            let shared = inner.files.read(File::License).ok().flatten();
            let stays = shared.is_some_and(|license| inner.is_of_a_neighbour(&license));
            let files = [Some(File::LicenseOf(&name)), (!stays).then_some(File::License)];
            files.into_iter().flatten().try_for_each(|file| {
                inner.files.remove(file).map_err(|error| {
                    let what = format!("{} could not be removed", inner.place(file));
                    ClientError::disk(&what, &error, &inner.rules.help)
                })
            })
        })?;
        Ok(self.changed())
    }
}

impl Inner {
    /// Where a licence of this device goes: the usual place, unless that holds the licence of a device that shares it. Once
    /// there is a file of the device's own, it stays the place.
    fn place_for_license<'a>(&self, name: &'a Name) -> File<'a> {
        let own = File::LicenseOf(name);
        let has_own = !matches!(self.files.read(own), Ok(None));
        let shared = self.files.read(File::License).ok().flatten();
        if has_own || shared.is_some_and(|license| self.is_of_a_neighbour(&license)) {
            own
        } else {
            File::License
        }
    }
}

/// What the status would be with this licence alone.
fn verdict_of(manager: &LicenseManager, bytes: &[u8], state: &State) -> Verdict {
    let inner = &manager.0;
    let alone = State { answer: None, trial: None, ..state.clone() };
    let evidence = Evidence {
        licenses: [None, Some(bytes)],
        state: &alone,
        identity: &inner.identity,
        notes: Vec::new(),
    };
    judge::judge(&inner.rules, evidence, inner.clock.now()).verdict
}

/// A licence that does not hold replaces none. One that waits for the clock, or for its first day, is a good licence.
fn may_be_installed(verdict: &Verdict) -> bool {
    verdict.valid || matches!(verdict.code, Code::ClockTampered | Code::NotYetValid)
}
