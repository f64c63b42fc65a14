//! What an application asks the manager for when there is a server.

use keyward_core::refusal::Refusal;
use keyward_core::time::{MICROS_PER_SECOND, Timestamp};
use keyward_core::verdict::{Access, Verdict};

use super::failure::Failure;
use super::said::{Heard, Said, Talk, micros};
use super::{Dialect, Server, installation, pool, tier};
use crate::error::ClientError;
use crate::ledger::Seen;
use crate::manager::{Inner, LicenseManager};
use crate::state::{Answer, State};
use crate::status::Status;

/// Nobody waits longer than this on a server's word, in microseconds.
const LONGEST_WAIT: i64 = 3_600 * MICROS_PER_SECOND;

/// A server asked to wait.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    asked: Timestamp,
    until: Timestamp,
}

/// What was said, and when.
type Outcome = Result<(Said, Option<Heard>), Failure>;

impl LicenseManager {
    /// Activates a key on this device. The server's yes is kept and holds for its lease.
    ///
    /// # Errors
    /// The server's refusal: what held before still holds, unless it is about the same key. `NO_SERVER`;
    /// `SERVER_UNREACHABLE`, `SERVER_TIMEOUT`, `SERVER_PROXY`, `SERVER_CERTIFICATE`, `SERVER_ANSWER`, `SERVER_BUSY`, `SERVER_FAILED`,
    /// `SERVER_TOKEN`: ask again, nothing is lost. `DISK`: then also ask again.
    pub fn activate(&self, key: &str) -> Result<Status, ClientError> {
        let inner = &self.0;
        let help = &inner.rules.help;
        let server = inner.server()?;
        let key = server.key(key).map_err(|refusal| ClientError::refusal(refusal, help))?;
        inner.be_patient()?;
        let device = inner.device_for(inner.state().answer.as_ref().filter(|answer| answer.key == key));
        let idempotency_key = inner.idempotency_key()?;
        let outcome = server.activate(&key, &device, &idempotency_key);
        let (said, heard) = outcome.map_err(|failure| inner.failed(failure))?;
        let refused = inner.change(|state| {
            let now = inner.hear(state, heard);
            let refused = refusal(&said);
            let is_ours = state.answer.as_ref().is_some_and(|answer| answer.key == key);
            if refused.is_none() || is_ours {
                state.answer = Some(inner.answer(server, key, device, said, heard, now));
            }
            Ok(refused)
        })?;
        let status = self.changed();
        match refused {
            Some(verdict) => Err(ClientError::refused(verdict, help)),
            None => Ok(status),
        }
    }

    /// Asks again about the key that was activated: what changed on the server arrives by it. A refusal is an answer like
    /// any other: the status says it. When the server cannot be asked, the last answer goes on until its lease ends.
    ///
    /// # Errors
    /// `NOT_ACTIVATED` when no key was; else as [`Self::activate`].
    pub fn refresh(&self) -> Result<Status, ClientError> {
        let inner = &self.0;
        let server = inner.server()?;
        let Some(before) = inner.state().answer else { return Err(inner.not_activated()) };
        let device = inner.device_for(Some(&before));
        let outcome = inner.be_patient().map(|()| server.refresh(&before.key, &device))?;
        match outcome {
            Ok((said, heard)) => {
                inner.change(|state| {
                    let now = inner.hear(state, heard);
                    // It may have been removed meanwhile, or another key activated.
                    if state.answer.as_ref().is_some_and(|answer| answer.key == before.key) {
                        state.answer = Some(inner.answer(server, before.key, device, said, heard, now));
                    }
                    Ok(())
                })?;
                Ok(self.changed())
            }
            Err(failure) => {
                inner.note_unreached(&before);
                let error = inner.failed(failure);
                self.changed();
                Err(error)
            }
        }
    }

    /// Gives the device's place back and forgets the server's answer. A licence file that is installed stays.
    ///
    /// # Errors
    /// `NOT_SUPPORTED` where the server's interface has no such call; `NOT_ACTIVATED`; else as [`Self::activate`].
    pub fn deactivate(&self) -> Result<Status, ClientError> {
        let inner = &self.0;
        let help = &inner.rules.help;
        let server = inner.server()?;
        let not_supported =
            |sentence: &str, remedy| Err(ClientError::other("NOT_SUPPORTED", sentence, remedy, help));
        match server.dialect {
            Dialect::Installation(_) => {}
            Dialect::Pool => {
                return not_supported(
                    "a key of the pool works once, and its server takes none back",
                    "Tell support the id of the new device: `keyward license transfer` moves the key there.",
                );
            }
            Dialect::Tier => {
                return not_supported(
                    "a tiered key is bound to no device, and its server takes none back",
                    "Remove the licence here and use it elsewhere; support can release a device with \
                     `keyward license release`.",
                );
            }
        }
        let Some(before) = inner.state().answer else { return Err(inner.not_activated()) };
        let device = inner.device_for(Some(&before));
        let heard = server.deactivate(&device).map_err(|failure| inner.failed(failure))?;
        inner.change(|state| {
            inner.hear(state, heard);
            if state.answer.as_ref().is_some_and(|answer| answer.key == before.key) {
                state.answer = None;
            }
            Ok(())
        })?;
        Ok(self.changed())
    }
}

impl Server {
    /// A key in the spelling in which it is asked about.
    fn key(&self, text: &str) -> Result<String, Refusal> {
        match self.dialect {
            Dialect::Pool => pool::key(text),
            Dialect::Tier => tier::key(text),
            Dialect::Installation(_) => installation::key(text),
        }
    }

    fn activate(&self, key: &str, device: &str, idempotency_key: &str) -> Outcome {
        let mut talk = Talk::with(self, &[key, device])?;
        let said = match self.dialect {
            Dialect::Pool => pool::activate(&mut talk, key, device, Some(idempotency_key)),
            Dialect::Tier => tier::verify(&mut talk, key),
            Dialect::Installation(_) => installation::activate(&mut talk, key, device),
        };
        Ok((said?, talk.heard))
    }

    fn refresh(&self, key: &str, device: &str) -> Outcome {
        let mut talk = Talk::with(self, &[key, device])?;
        let said = match self.dialect {
            Dialect::Pool => pool::activate(&mut talk, key, device, None),
            Dialect::Tier => tier::verify(&mut talk, key),
            Dialect::Installation(_) => installation::refresh(&mut talk, device),
        };
        Ok((said?, talk.heard))
    }

    fn deactivate(&self, device: &str) -> Result<Option<Heard>, Failure> {
        let mut talk = Talk::with(self, &[device])?;
        installation::deactivate(&mut talk, device)?;
        Ok(talk.heard)
    }
}

/// The verdict of a no.
fn refusal(said: &Said) -> Option<Verdict> {
    let Said::No { code, sentence, end } = said else { return None };
    let mut verdict = Verdict::refusal(*code, sentence.as_str());
    verdict.access = Access::ReadOnly;
    verdict.expiry = *end;
    Some(verdict)
}

impl Inner {
    pub(super) fn server(&self) -> Result<&Server, ClientError> {
        self.server.as_ref().ok_or_else(|| {
            let remedy = "Import a licence instead, or ask the vendor for an application that has a server.";
            ClientError::other(
                "NO_SERVER",
                "this application has no licence server",
                remedy,
                &self.rules.help,
            )
        })
    }

    fn not_activated(&self) -> ClientError {
        let sentence = "no key was activated on this device";
        ClientError::other("NOT_ACTIVATED", sentence, "Activate a key first.", &self.rules.help)
    }

    /// The id that the server knows this device by.
    fn device_for(&self, answer: Option<&Answer>) -> String {
        let known = answer.map(|answer| answer.device.as_str()).filter(|device| self.identity.is(device));
        known.unwrap_or(self.identity.id()).to_owned()
    }

    /// 32 hexadecimal digits of chance.
    pub(super) fn idempotency_key(&self) -> Result<String, ClientError> {
        let bytes: [u8; 16] = self.random()?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// An error when a server asked to wait and the time is not over.
    pub(super) fn be_patient(&self) -> Result<(), ClientError> {
        let now = self.clock.now();
        let patience =
            self.memory().patience.filter(|patience| patience.asked <= now && now < patience.until);
        match patience {
            Some(patience) => {
                let left = patience.until.micros().saturating_sub(now.micros());
                let seconds = u64::try_from(left).unwrap_or(0).div_ceil(1_000_000);
                let wait = Some(std::time::Duration::from_secs(seconds));
                Err(Failure::Busy { wait }.into_error(&self.rules.help))
            }
            None => Ok(()),
        }
    }

    /// The error of a failure; when the server asked to wait, that is remembered.
    pub(super) fn failed(&self, failure: Failure) -> ClientError {
        if let Some(wait) = failure.wait() {
            let asked = self.clock.now();
            let until = asked.plus_micros(micros(wait).min(LONGEST_WAIT));
            self.memory().patience = Some(Patience { asked, until });
        }
        failure.into_error(&self.rules.help)
    }

    /// Takes in the server's time. Answers what time it is on this device.
    ///
    /// A server that has proved who it is, and a clock that agrees with it, know better than a ledger that lies ahead of
    /// both: it is from when the clock was wrong.
    pub(super) fn hear(&self, state: &mut State, heard: Option<Heard>) -> Timestamp {
        let now = self.clock.now();
        let Some(heard) = heard else { return now };
        let tolerance = self.rules.tolerance;
        let wrong = state.ledger.is_behind(heard.at, tolerance);
        if wrong && heard.verified && agree(now, heard.at, tolerance) {
            state.ledger.correct(Seen::Server, heard.at);
        } else {
            state.ledger.observe(Seen::Server, heard.at);
        }
        now
    }

    /// What is remembered of an answer. A lease counts by this device's clock, and by the server's when the two disagree.
    fn answer(
        &self,
        server: &Server,
        key: String,
        device: String,
        said: Said,
        heard: Option<Heard>,
        now: Timestamp,
    ) -> Answer {
        let (grant, refused) = match said {
            Said::Yes(grant) => (grant, None),
            Said::No { code, sentence, end } => {
                let nothing = super::said::Grant { end, ..Default::default() };
                (nothing, Some((code.as_str().to_owned(), sentence)))
            }
        };
        let lease =
            grant.lease.map_or(micros(server.lease), |seconds| seconds.saturating_mul(MICROS_PER_SECOND));
        let other = heard.map(|heard| heard.at).filter(|at| !agree(now, *at, self.rules.tolerance));
        let lease_until = other.unwrap_or(now).plus_micros(lease);
        Answer {
            key,
            refused,
            tier: grant.tier,
            holder: grant.holder,
            features: grant.features,
            expires: grant.end.map(Timestamp::micros),
            at: now.micros(),
            lease_until: lease_until.micros(),
            device,
            grace_days: grant.grace_days,
            unreached: false,
        }
    }

    /// Remembers that the server could not be asked, for the status to say so. Once is enough, and a disk that does not
    /// take it changes nothing.
    fn note_unreached(&self, before: &Answer) {
        if before.unreached {
            return;
        }
        let _ = self.change(|state| {
            if let Some(answer) = state.answer.as_mut().filter(|answer| answer.key == before.key) {
                answer.unreached = true;
            }
            Ok(())
        });
    }
}

/// Whether two clocks show the same time, as far as that matters.
fn agree(one: Timestamp, other: Timestamp, tolerance: i64) -> bool {
    one.micros().abs_diff(other.micros()) <= tolerance.unsigned_abs()
}
