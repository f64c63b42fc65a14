//! Offline activation: a request that the device signs, the vendor's answer, and the receipt that gives the seat back.

use ed25519_dalek::{Signer as _, SigningKey};
use keyward_core::refusal::Refusal;
use keyward_core::seat::{Component, Receipt, Request, Seat};

use crate::error::ClientError;
use crate::files::File;
use crate::judge::{self, InHand};
use crate::manager::LicenseManager;
use crate::state::{Pending, Remembered, Returned};
use crate::status::Status;

/// How many seats that were given back are remembered.
const RETURNED: usize = 64;

impl LicenseManager {
    /// A request for a licence key, to be carried to the vendor as text or QR code. Asking again for the same key gives the
    /// same text until it is answered.
    ///
    /// # Errors
    /// `DISK` when it cannot be remembered: an answer could not be told from an old one.
    pub fn request(&self, key: &str, name: Option<&str>) -> Result<String, ClientError> {
        let inner = &self.0;
        let nonce = inner.random()?;
        inner.change(|state| {
            let device = of_device(state.device.as_ref(), &inner.rules.help)?;
            let request = |nonce| Request {
                product: inner.rules.product.clone(),
                key: key.trim().to_owned(),
                device_id: inner.identity.id().to_owned(),
                device_key: signing_key(device).verifying_key().to_bytes(),
                name: name.map(str::to_owned),
                components: components(device),
                nonce,
                made_at: inner.clock.now(),
            };
            if let Some(pending) = &state.request
                && Request::verified(&pending.text, &keyward_core::crypto::pure::Pure).is_ok_and(|before| {
                    Request { made_at: before.made_at, ..request(before.nonce) } == before
                })
            {
                return Ok(pending.text.clone());
            }
            let request = request(nonce);
            let text = request.to_text(signing_key(device).sign(&request.covered()).to_bytes());
            state.request = Some(Pending { nonce, text: text.clone() });
            Ok(text)
        })
    }

    /// Takes the vendor's answer to a request: from now on this device has a seat.
    ///
    /// # Errors
    /// The answer's own refusal; `NO_REQUEST` when this device waits for no such answer: an answer is good once, and a
    /// seat that was given back does not come back; `DISK`.
    pub fn complete(&self, answer: &str) -> Result<Status, ClientError> {
        let help = &self.0.rules.help;
        self.install(answer.as_bytes(), |state, read| {
            let InHand::Seat(seat) = read else {
                return Err(ClientError::refusal(keyward_core::refusal::Flaw::UnknownForm.into(), help));
            };
            let device = of_device(state.device.as_ref(), help)?;
            if seat.device_key != signing_key(device).verifying_key().to_bytes() {
                return Err(ClientError::refusal(Refusal::BadSignature, help));
            }
            let waits = state.request.as_ref().is_some_and(|pending| pending.nonce == seat.nonce);
            if !waits && !self.has_seat(seat) {
                let sentence = "this device waits for no such answer";
                let remedy = "Make a request and send that to the vendor; an answer is good once.";
                return Err(ClientError::other("NO_REQUEST", sentence, remedy, help));
            }
            state.request = None;
            Ok(())
        })
    }

    /// Gives the seat back: the device may no longer run on it, and the receipt frees it at the vendor's
    /// (`keyward release-offline`). Asking again gives the last receipt again.
    ///
    /// # Errors
    /// `NO_SEAT` when there is none; `DISK`.
    pub fn release(&self) -> Result<String, ClientError> {
        let inner = &self.0;
        let help = &inner.rules.help;
        let receipt = inner.change(|state| {
            let Some(seat) = self.seat() else {
                return match state.returned.last() {
                    Some(returned) => Ok(returned.receipt.clone()),
                    None => {
                        let sentence = "this device has no seat of the vendor's";
                        let remedy = "Remove the licence, or deactivate it online, or ask support to release the device.";
                        Err(ClientError::other("NO_SEAT", sentence, remedy, help))
                    }
                };
            };
            if let Some(returned) = state.returned.iter().find(|returned| returned.nonce == seat.nonce) {
                return Ok(returned.receipt.clone());
            }
            let device = of_device(state.device.as_ref(), help)?;
            let receipt = Receipt {
                license_id: seat.license_id,
                product: seat.product.clone(),
                device_id: seat.device_id.clone(),
                nonce: seat.nonce,
                at: inner.clock.now(),
            };
            let text = receipt.to_text(signing_key(device).sign(&receipt.covered()).to_bytes());
            state.returned.push(Returned { nonce: seat.nonce, receipt: text.clone() });
            let too_many = state.returned.len().saturating_sub(RETURNED);
            state.returned.drain(..too_many);
            Ok(text)
        })?;
        // The receipt is remembered, so the seat no longer holds, whether its file goes or not.
        let name = inner.name();
        for file in [File::LicenseOf(&name), File::License] {
            if self.seat_in(file).is_some() {
                let _ = inner.files.remove(file);
            }
        }
        self.changed();
        Ok(receipt)
    }

    /// The seat of this device that is installed.
    fn seat(&self) -> Option<Seat> {
        let name = self.0.name();
        self.seat_in(File::LicenseOf(&name)).or_else(|| self.seat_in(File::License))
    }

    fn seat_in(&self, file: File<'_>) -> Option<Seat> {
        let bytes = self.0.files.read(file).ok().flatten()?;
        match judge::read(&bytes, &self.0.rules.keys) {
            Ok(InHand::Seat(seat)) if self.0.identity.is(&seat.device_id) => Some(*seat),
            _ => None,
        }
    }

    /// Whether this very seat is installed: its answer may be entered twice.
    fn has_seat(&self, seat: &Seat) -> bool {
        self.seat().is_some_and(|ours| ours.nonce == seat.nonce)
    }
}

fn of_device<'a>(device: Option<&'a Remembered>, help: &str) -> Result<&'a Remembered, ClientError> {
    device.ok_or_else(|| {
        let error = std::io::Error::other("it is empty");
        ClientError::disk("the licence's memory could not be read", &error, help)
    })
}

fn signing_key(device: &Remembered) -> SigningKey {
    SigningKey::from_bytes(&device.secret.0)
}

fn components(device: &Remembered) -> Vec<Component> {
    let components = &device.fingerprint.components;
    components.iter().map(|component| (component.kind.number(), component.digest)).collect()
}
