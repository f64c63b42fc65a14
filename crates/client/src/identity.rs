//! Who this device is: the ids that a licence may name it by.

use keyward_core::device::fingerprint::Fingerprint;

use crate::device::Machine;
use crate::state::{Remembered, Secret, State};

/// The ids of this device, computed once a process.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// What the machine says now.
    pub(crate) now: Fingerprint,
    /// System D's id now; `None` when the machine does not say enough.
    pub(crate) original: Option<String>,
    /// The application's own id, in the place of all others.
    own: Option<String>,
    shown: String,
    known: Vec<String>,
}

/// What makes digests and seals those of one product of one vendor.
pub(crate) fn salted(product: &str, salt: &str) -> String {
    format!("{product}\n{salt}")
}

impl Identity {
    /// Asks the machine. The fingerprint is salted with product and salt, system D's id with the salt alone.
    pub(crate) fn of(machine: &dyn Machine, product: &str, salt: &str, own: Option<String>) -> Self {
        let now = machine.components().fingerprint(&salted(product, salt));
        let original = machine.facts(salt).ok().map(|facts| facts.device_id());
        Self { shown: now.id.clone(), known: Vec::new(), now, original, own }
    }

    /// Takes in what was remembered of this machine: an id that it once had stays its own.
    pub(crate) fn settle(&mut self, state: &State, original: bool) {
        if let Some(own) = &self.own {
            self.shown.clone_from(own);
            self.known = vec![own.clone()];
            return;
        }
        let remembered = state.device.as_ref().filter(|_| state.is_of(&self.now));
        let first = remembered.map_or(&self.now.id, |device| &device.fingerprint.id).clone();
        let before = remembered.and_then(|device| device.original.clone());
        let of_old = before.clone().or_else(|| self.original.clone());
        self.shown = of_old.filter(|_| original).unwrap_or_else(|| first.clone());
        let ids = [Some(first), Some(self.now.id.clone()), self.original.clone(), before];
        self.known = ids.into_iter().flatten().collect();
    }

    /// The id to ask for a licence with.
    pub(crate) fn id(&self) -> &str {
        &self.shown
    }

    /// Whether a licence that is bound to this id is bound to this device.
    pub(crate) fn is(&self, id: &str) -> bool {
        self.known.iter().any(|known| known == id)
    }

    /// What is remembered of a device that was not known.
    pub(crate) fn first_remembered(&self, secret: Secret) -> Remembered {
        Remembered { fingerprint: self.now.clone(), original: self.original.clone(), secret }
    }

    /// What is remembered from now on: the first ids with the components of today.
    pub(crate) fn remember(&self, device: &mut Remembered) {
        device.fingerprint.components.clone_from(&self.now.components);
        if device.original.is_none() {
            device.original.clone_from(&self.original);
        }
    }
}
