//! What passes between a device without a network and its vendor, as people and programs read it.

use keyward_core::crypto::Algorithm;
use keyward_core::recovery::SignedRecoveryCode;
use keyward_core::refusal::Refusal;
use keyward_core::seat::{Component, Receipt, Request, Seat, SignedSeat};
use keyward_engine::crypto::AwsLc;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::keys::VerifyingArgs;
use crate::output::{self, Table};

/// Which of the four a text is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Request,
    Answer,
    Receipt,
    RecoveryCode,
}

impl Kind {
    pub(super) fn of(text: &str) -> Option<Self> {
        Some(match text.trim_start().get(..3)? {
            "KQ-" => Self::Request,
            "KA-" => Self::Answer,
            "KX-" => Self::Receipt,
            "KR-" => Self::RecoveryCode,
            _ => return None,
        })
    }

    /// Shows what a text says. A request proves itself; an answer is checked where a key is given.
    pub(super) fn inspect(self, text: &str, keys: &VerifyingArgs, json: bool) -> Result<(), Failure> {
        let (name, mut table, said, sealed, checked) = match self {
            Self::Request => {
                let request = Request::verified(text, &AwsLc)?;
                let sealed = "an Ed25519 signature of the device's own key".to_owned();
                ("request", request_table(&request), request_json(&request), sealed, true)
            }
            Self::Answer => {
                let signed = SignedSeat::parse(text)?;
                let (sealed, seat) = (by(signed.key_id()), signed.unverified().clone());
                let checked = check(signed, keys)?;
                ("answer", seat_table(&seat), seat_json(&seat), sealed, checked)
            }
            Self::Receipt => {
                let signed = Receipt::parse(text)?;
                let receipt = signed.unverified();
                let sealed = "an Ed25519 signature of the device's own key".to_owned();
                ("receipt", receipt_table(receipt), receipt_json(receipt), sealed, false)
            }
            Self::RecoveryCode => {
                let signed = SignedRecoveryCode::parse(text)?;
                let code = signed.unverified();
                let mut table = Table::default();
                table.row("number", code.number);
                table.row("made", code.at);
                let said = json!({ "number": code.number, "at": code.at });
                ("recoveryCode", table, said, by(signed.key_id()), false)
            }
        };
        if json {
            return output::json(&json!({ "checked": checked, "sealedBy": sealed, name: said }));
        }
        table.row("sealed by", sealed);
        table.row("checked", if checked { "yes" } else { self.unchecked() });
        output::print(table)
    }

    const fn unchecked(self) -> &'static str {
        match self {
            Self::Request | Self::Answer => {
                "no: anybody can write this; give the product's public key with --key"
            }
            Self::Receipt => {
                "no: `keyward release-offline` checks that the device which has the seat wrote it"
            }
            Self::RecoveryCode => "no: the device that it is for checks it",
        }
    }
}

fn by(key: keyward_core::crypto::KeyId) -> String {
    format!("an Ed25519 signature, key {key}")
}

fn check(signed: SignedSeat, keys: &VerifyingArgs) -> Result<bool, Failure> {
    if !keys.is_given() {
        return Ok(false);
    }
    let keys = keys.read()?;
    let usable = keys.public.iter().any(|key| key.algorithm() == Algorithm::Ed25519);
    signed.verify(&keys).map(|_| usable).map_err(|refusal: Refusal| refusal.into())
}

/// Bytes that are compared by eye.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parts(components: &[Component]) -> Value {
    components.iter().map(|(kind, digest)| json!({ "kind": kind, "digest": hex(digest) })).collect()
}

fn request_table(request: &Request) -> Table {
    let mut table = Table::default();
    table.row("product", &request.product);
    table.row("key", &request.key);
    table.row("device", &request.device_id);
    table.optional("called", request.name.as_ref());
    table.row("device key", hex(&request.device_key));
    table.row("request", hex(&request.nonce));
    table.row("made", request.made_at);
    table
}

fn request_json(request: &Request) -> Value {
    json!({
        "product": request.product, "key": request.key, "device": request.device_id, "name": request.name,
        "deviceKey": hex(&request.device_key), "components": parts(&request.components),
        "request": hex(&request.nonce), "made": request.made_at,
    })
}

pub(super) fn seat_table(seat: &Seat) -> Table {
    let mut table = Table::default();
    table.row("licence", seat.license_id);
    table.row("product", &seat.product);
    table.optional("for", seat.holder.as_ref());
    table.optional("tier", seat.tier.as_ref());
    if seat.trial {
        table.row("trial", "yes");
    }
    if !seat.features.is_empty() {
        table.row("features", seat.features.join(", "));
    }
    if !seat.limits.is_empty() {
        let limits = seat.limits.iter().map(|(name, most)| format!("{name} {most}"));
        table.row("limits", limits.collect::<Vec<_>>().join(", "));
    }
    table.row("device", &seat.device_id);
    table.row("device key", hex(&seat.device_key));
    table.row("request", hex(&seat.nonce));
    table.row("answered", seat.issued_at);
    table.row("expires", seat.expires.map_or_else(|| "never".to_owned(), |end| end.to_string()));
    if seat.grace_seconds > 0 {
        table.row("grace", format_args!("{} seconds", seat.grace_seconds));
    }
    let lease = seat.lease_until.map(|until| format!("{until}, then the device asks anew"));
    table.row("runs until", lease.unwrap_or_else(|| "the licence ends".to_owned()));
    table
}

pub(super) fn seat_json(seat: &Seat) -> Value {
    json!({
        "licenseId": seat.license_id, "product": seat.product, "holder": seat.holder, "tier": seat.tier,
        "features": seat.features, "limits": seat.limits, "issued": seat.issued_at, "expires": seat.expires,
        "perpetual": seat.expires.is_none(), "graceSeconds": seat.grace_seconds,
        "readOnlyAfter": seat.read_only_after, "trial": seat.trial, "device": seat.device_id,
        "deviceKey": hex(&seat.device_key), "components": parts(&seat.components), "request": hex(&seat.nonce),
        "leaseUntil": seat.lease_until,
    })
}

fn receipt_table(receipt: &Receipt) -> Table {
    let mut table = Table::default();
    table.row("licence", receipt.license_id);
    table.row("product", &receipt.product);
    table.row("device", &receipt.device_id);
    table.row("seat of request", hex(&receipt.nonce));
    table.row("given back", receipt.at);
    table
}

fn receipt_json(receipt: &Receipt) -> Value {
    json!({
        "licenseId": receipt.license_id, "product": receipt.product, "device": receipt.device_id,
        "request": hex(&receipt.nonce), "at": receipt.at,
    })
}
