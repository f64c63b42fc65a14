//! Clearing a false alarm of the clock with a code of the vendor's.

use keyward_core::recovery::RecoveryCode;

use crate::error::ClientError;
use crate::ledger::Seen;
use crate::manager::LicenseManager;
use crate::status::Status;

impl LicenseManager {
    /// Takes the recovery code that support made for this device and the number of its refusal
    /// (`keyward issue recovery-code`): pasted, scanned or as the content of a file. It works once.
    ///
    /// # Errors
    /// The code's own refusal; `RECOVERY_NOT_NEEDED`; `RECOVERY_NUMBER` when it is for another number; `DISK`.
    pub fn recover(&self, code: &str) -> Result<Status, ClientError> {
        let inner = &self.0;
        let (rules, device) = (&inner.rules, inner.identity.id());
        let code = RecoveryCode::verified(code, &rules.product, device, &rules.keys)
            .map_err(|refusal| ClientError::refusal(refusal, &rules.help))?;
        inner.change(|state| {
            let number = state.ledger.number(device);
            if code.number != number {
                let sentence =
                    format!("the code is for the number {}, and this device's is {number}", code.number);
                let remedy = "Tell support the number that is shown now; a code works once.";
                return Err(ClientError::other("RECOVERY_NUMBER", sentence, remedy, &rules.help));
            }
            let now = inner.clock.now();
            if !state.ledger.is_behind(now, rules.tolerance) {
                let sentence = "the clock is not called turned back";
                return Err(ClientError::other(
                    "RECOVERY_NOT_NEEDED",
                    sentence,
                    "Nothing to do.",
                    &rules.help,
                ));
            }
            state.ledger.correct(Seen::Server, code.at);
            Ok(())
        })?;
        Ok(self.changed())
    }
}
