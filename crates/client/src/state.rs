//! What the device remembers between two runs: its id, the time ledger, trial, requests, the last answer of a server, usage.
//!
//! It is sealed with AES-256-GCM under a key of product and salt. The application holds that key, so the seal keeps people
//! from editing the file, not a programmer from taking the application apart; what is worth money is signed by the vendor
//! instead. A second copy of what must not be forgotten stands elsewhere, and the two are joined whenever they are read.

use std::collections::BTreeMap;
use std::fmt;

use keyward_core::crypto::Provider as _;
use keyward_core::crypto::pure::Pure;
use keyward_core::device::fingerprint::Fingerprint;
use keyward_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::ledger::Ledger;

/// What a sealed file begins with: the form's name and version.
const MARK: &[u8; 4] = b"KWS1";
const NONCE: usize = 12;

/// Everything that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct State {
    pub(crate) device: Option<Remembered>,
    pub(crate) ledger: Ledger,
    pub(crate) trial: Option<Trial>,
    /// Whether both copies were lost, and one was there that nobody could open: a trial may have been in it.
    pub(crate) was_damaged: bool,
    pub(crate) request: Option<Pending>,
    /// Seats that were given back: their answers are not taken again.
    pub(crate) returned: Vec<Returned>,
    pub(crate) answer: Option<Answer>,
    pub(crate) usage: Usage,
}

/// The device as it was at its first start, or after the last change that still was the same machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remembered {
    /// Its id, made at first start; the components are those of its last start.
    pub(crate) fingerprint: Fingerprint,
    /// Its id as system D made it.
    pub(crate) original: Option<String>,
    /// What its own signing key is made from.
    pub(crate) secret: Secret,
}

/// 32 bytes that nobody is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Secret(pub(crate) [u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The one trial of this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trial {
    /// The vendor's trial key, which many have.
    pub(crate) key: String,
    started: i64,
}

impl Trial {
    pub(crate) fn new(key: String, started: Timestamp) -> Self {
        Self { key, started: started.micros() }
    }

    pub(crate) const fn started(&self) -> Timestamp {
        Timestamp::from_micros(self.started)
    }
}

/// A request for offline activation whose answer has not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pending {
    pub(crate) nonce: [u8; 16],
    pub(crate) text: String,
}

/// A seat that was given back, with the receipt for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Returned {
    pub(crate) nonce: [u8; 16],
    pub(crate) receipt: String,
}

/// The last answer of a server about a key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// The licence key.
    pub(crate) key: String,
    /// `None` is a yes; otherwise the code and sentence of the no.
    pub(crate) refused: Option<(String, String)>,
    pub(crate) tier: Option<String>,
    pub(crate) holder: Option<String>,
    pub(crate) features: Vec<String>,
    /// In microseconds; `None` is never.
    pub(crate) expires: Option<i64>,
    /// When the server answered, by this device's clock.
    pub(crate) at: i64,
    /// Until when the device may run on it.
    pub(crate) lease_until: i64,
    /// The device that it was given to.
    pub(crate) device: String,
    /// Days after the end in which everything still works.
    #[serde(default)]
    pub(crate) grace_days: i64,
    /// Whether the server was asked again and did not answer.
    #[serde(default)]
    pub(crate) unreached: bool,
}

/// Keys are not shown.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("refused", &self.refused).field("at", &self.at).finish_non_exhaustive()
    }
}

/// What was counted, and whether the user lets it be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Usage {
    pub(crate) consent: Option<bool>,
    /// By feature and day since 1970: what is not told yet.
    pub(crate) counted: BTreeMap<String, BTreeMap<i64, u64>>,
    /// By feature: what is on its way to the server.
    pub(crate) sending: BTreeMap<String, Sending>,
}

/// What was counted of a feature and is told to the server under this `Idempotency-Key`, again and again until it says
/// that it has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sending {
    pub(crate) key: String,
    /// Since when, by this device's clock.
    pub(crate) since: i64,
    pub(crate) days: BTreeMap<i64, u64>,
}

/// What stands in the second place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Trace {
    device: Option<Fingerprint>,
    pub(crate) ledger: Ledger,
    trial: Option<Trial>,
    was_damaged: bool,
}

/// The two places of sealed files; each is opened only in its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Place {
    State,
    Trace,
}

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    place: Place,
    content: T,
}

/// A file that is there and cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

/// The key that files are sealed under.
pub(crate) struct Seal {
    aead: std::sync::Arc<dyn keyward_core::crypto::Aead>,
}

impl Seal {
    /// HKDF-SHA256 (RFC 5869) of product and salt.
    pub(crate) fn new(salt: &str) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        hkdf::Hkdf::<sha2::Sha256>::new(None, salt.as_bytes())
            .expand(b"keyward/state", key.as_mut_slice())
            .expect("32 bytes are within HKDF's limit");
        Self { aead: Pure.aes_256_gcm(&key) }
    }

    fn close<T: Serialize>(&self, place: Place, content: &T, nonce: [u8; NONCE]) -> Vec<u8> {
        let sealed = Sealed { place, content };
        let plain = Zeroizing::new(serde_json::to_vec(&sealed).expect("the state is JSON"));
        [MARK.as_slice(), &nonce, &self.aead.seal(&nonce, &plain)].concat()
    }

    fn open<T: for<'de> Deserialize<'de>>(&self, place: Place, bytes: &[u8]) -> Result<T, Damaged> {
        let rest = bytes.strip_prefix(MARK).ok_or(Damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Damaged)?;
        let plain = Zeroizing::new(self.aead.open(nonce, sealed).ok_or(Damaged)?);
        let found: Sealed<T> = serde_json::from_slice(&plain).map_err(|_| Damaged)?;
        if found.place == place { Ok(found.content) } else { Err(Damaged) }
    }
}

impl State {
    pub(crate) fn seal(&self, seal: &Seal, nonce: [u8; NONCE]) -> Vec<u8> {
        seal.close(Place::State, self, nonce)
    }

    /// Opens the first copy.
    pub(crate) fn open(seal: &Seal, bytes: &[u8]) -> Result<Self, Damaged> {
        seal.open(Place::State, bytes)
    }

    /// Joins what another copy remembers.
    pub(crate) fn join(&mut self, trace: Trace) {
        self.ledger.join(&trace.ledger);
        self.was_damaged |= trace.was_damaged;
        let earlier = |trial: &Trial| self.trial.as_ref().is_none_or(|ours| trial.started < ours.started);
        if let Some(trial) = trace.trial.filter(earlier) {
            self.trial = Some(trial);
        }
    }

    /// Whether it was made on the machine that has this fingerprint now.
    pub(crate) fn is_of(&self, now: &Fingerprint) -> bool {
        self.device.as_ref().is_some_and(|device| device.fingerprint.compare(now).holds())
    }

    /// How much of what it remembers of its machine is so now.
    pub(crate) fn likeness(&self, now: &Fingerprint) -> u32 {
        self.device.as_ref().map_or(0, |device| device.fingerprint.compare(now).points)
    }
}

impl Trace {
    /// What must not be forgotten of a state.
    pub(crate) fn of(state: &State) -> Self {
        Self {
            device: state.device.as_ref().map(|device| device.fingerprint.clone()),
            ledger: state.ledger.clone(),
            trial: state.trial.clone(),
            was_damaged: state.was_damaged,
        }
    }

    pub(crate) fn seal(&self, seal: &Seal, nonce: [u8; NONCE]) -> Vec<u8> {
        seal.close(Place::Trace, self, nonce)
    }

    /// Opens the second copy.
    pub(crate) fn open(seal: &Seal, bytes: &[u8]) -> Result<Self, Damaged> {
        seal.open(Place::Trace, bytes)
    }

    /// Whether it was made on the machine that has this fingerprint now.
    pub(crate) fn is_of(&self, now: &Fingerprint) -> bool {
        self.device.as_ref().is_some_and(|device| device.compare(now).holds())
    }
}
