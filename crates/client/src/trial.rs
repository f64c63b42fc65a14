//! Trials: from a key that the vendor ships, once per device and product, counted from first start.

use keyward_core::claims::Claims;
use keyward_core::code::Code;
use keyward_core::verdict::Verdict;

use crate::error::ClientError;
use crate::manager::LicenseManager;
use crate::state::Trial;
use crate::status::Status;

impl LicenseManager {
    /// Starts the trial that a trial key grants (`keyward issue lk3 --trial-days`). Starting it again changes nothing.
    ///
    /// # Errors
    /// The key's own refusal; `NOT_A_TRIAL`; `TRIAL_SPENT` when this device had another trial, or its memory was damaged
    /// and no second copy says that it had none; `CLOCK_TAMPERED`; `DISK` when it cannot be remembered.
    pub fn start_trial(&self, key: &str) -> Result<Status, ClientError> {
        let inner = &self.0;
        let help = &inner.rules.help;
        let key = key.trim();
        let claims = Claims::verified(key, &inner.rules.keys)
            .map_err(|refusal| ClientError::refusal(refusal, help))?;
        if claims.trial_days.is_none() {
            let sentence = "this key is no trial key";
            return Err(ClientError::other("NOT_A_TRIAL", sentence, "Import it as a licence.", help));
        }
        inner.change(|state| {
            let now = inner.clock.now();
            if state.ledger.is_behind(now, inner.rules.tolerance) {
                let detail = "a trial starts when the clock is right";
                return Err(ClientError::refused(Verdict::refusal(Code::ClockTampered, detail), help));
            }
            let spent = |sentence: &str| {
                let remedy = "Buy a licence, or ask the vendor for one for a few days.";
                Err(ClientError::other("TRIAL_SPENT", sentence, remedy, help))
            };
            match &state.trial {
                Some(trial) if trial.key == key => Ok(()),
                Some(_) => spent("this device had its trial"),
                None if state.was_damaged => {
                    spent("the memory of this device was damaged, and cannot say whether it had its trial")
                }
                None => {
                    state.trial = Some(Trial::new(key.to_owned(), now));
                    Ok(())
                }
            }
        })?;
        let status = self.changed();
        if status.is_valid() { Ok(status) } else { Err(ClientError::refused(status.verdict, help)) }
    }
}
