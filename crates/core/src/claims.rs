//! What a licence in hand says, whatever its scheme: the facts that a device decides on.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::SerializeStruct as _;
use uuid::Uuid;

use crate::crypto::KeySet;
use crate::refusal::Refusal;
use crate::scheme::file::{LicenseFile, Payload};
use crate::scheme::lk1::{self, Lk1, Lk1Key};
use crate::scheme::lk2::{Lk2, Lk2Key};
use crate::scheme::lk3::{Lk3, Lk3Key};
use crate::scheme::record::{Record, SignedRecord};
use crate::scheme::tier::{self, Tier, TierKey};
use crate::scheme::{Scheme, pool::PoolKey};
use crate::seat::Seat;
use crate::time::Timestamp;
use crate::verdict::Access;

/// The facts of one licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// Its form.
    pub scheme: Scheme,
    /// Its id, where the form carries one.
    pub license_id: Option<Uuid>,
    /// The product it is for, where the form says so.
    pub product: Option<String>,
    /// Who holds it: client, customer or company.
    pub holder: Option<String>,
    /// Type or tier.
    pub tier: Option<String>,
    /// Feature codes.
    pub features: Vec<String>,
    /// How many devices; `None` when the form sets no limit.
    pub max_devices: Option<u64>,
    /// Named limits.
    pub limits: BTreeMap<String, u64>,
    /// Device pools.
    pub pools: Vec<Pool>,
    /// The device it is bound to.
    pub device: Option<String>,
    /// When it was issued.
    pub issued: Option<Timestamp>,
    /// The first instant at which it is valid.
    pub not_before: Option<Timestamp>,
    /// The last instant at which it is valid.
    #[serde(flatten)]
    pub expires: Expires,
    /// Days of 24 hours after expiry in which everything still works.
    pub grace_days: i64,
    /// Whether it is a trial.
    pub trial: bool,
    /// A trial of so many days of 24 hours, counted on each device from its first start there; see [`Self::started`].
    pub trial_days: Option<u64>,
    /// What is left when it no longer holds on this device.
    pub access_after_expiry: Access,
}

/// When a licence in hand ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expires {
    /// At this instant; the instant itself is still valid.
    At(Timestamp),
    /// Never.
    Never,
    /// The form does not say; the server that keeps it knows.
    NotInKey,
}

/// Two fields: `expires`, and `perpetual` to tell "never" from "not in the key".
impl Serialize for Expires {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = if let Self::At(instant) = self { Some(instant) } else { None };
        let mut fields = serializer.serialize_struct("Expires", 2)?;
        fields.serialize_field("expires", &at)?;
        fields.serialize_field("perpetual", &(*self == Self::Never))?;
        fields.end()
    }
}

/// A device pool of a licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// How many devices.
    pub max_devices: u64,
    /// Its own end.
    pub expires: Option<Timestamp>,
}

impl Claims {
    /// Reads a licence of any scheme and checks its seal under the keys at hand.
    ///
    /// # Errors
    /// The [`Refusal`] of its scheme. A `pool` key has no seal: it is read, and says nothing about its validity.
    pub fn verified(text: &str, keys: &KeySet) -> Result<Self, Refusal> {
        Ok(match Scheme::of(text)? {
            Scheme::Record => SignedRecord::parse(text, None)?.verify(keys)?.into(),
            Scheme::Pool => PoolKey::parse(text).map(|_| Self::bare(Scheme::Pool, Expires::NotInKey))?,
            Scheme::Tier => TierKey::with_any_prefix(text)?.verify(keys)?.into(),
            Scheme::File => LicenseFile::parse(text)?.verify(keys)?.into(),
            Scheme::Lk1 => Lk1Key::parse(text)?.verify(keys)?.into(),
            Scheme::Lk2 => Lk2Key::parse(text)?.verify(keys)?.into(),
            Scheme::Lk3 => Lk3Key::parse(text)?.verify(keys)?.into(),
        })
    }

    /// Reads what a licence of any scheme says, without checking who made it.
    ///
    /// # Errors
    /// The [`Refusal`] of its scheme; an encrypted `lk3` needs its secret among the keys.
    pub fn unverified(text: &str, keys: &KeySet) -> Result<Self, Refusal> {
        Ok(match Scheme::of(text)? {
            Scheme::Record => SignedRecord::parse(text, None)?.record.into(),
            Scheme::Pool => PoolKey::parse(text).map(|_| Self::bare(Scheme::Pool, Expires::NotInKey))?,
            Scheme::Tier => TierKey::with_any_prefix(text)?.unverified().into(),
            Scheme::File => LicenseFile::parse(text)?.unverified()?.into(),
            Scheme::Lk1 => Lk1Key::parse(text)?.unverified().into(),
            Scheme::Lk2 => Lk2Key::parse(text)?.unverified()?.into(),
            Scheme::Lk3 => Lk3Key::parse(text)?.payload(&keys.secrets)?.into(),
        })
    }

    /// A licence of which nothing is known but its form and its end.
    pub fn bare(scheme: Scheme, expires: Expires) -> Self {
        Self {
            scheme,
            license_id: None,
            product: None,
            holder: None,
            tier: None,
            features: Vec::new(),
            max_devices: None,
            limits: BTreeMap::new(),
            pools: Vec::new(),
            device: None,
            issued: None,
            not_before: None,
            expires,
            grace_days: 0,
            trial: false,
            trial_days: None,
            access_after_expiry: Access::None,
        }
    }
}

impl From<Option<Timestamp>> for Expires {
    fn from(expires: Option<Timestamp>) -> Self {
        expires.map_or(Self::Never, Self::At)
    }
}

impl From<Record> for Claims {
    fn from(record: Record) -> Self {
        Self {
            issued: Some(record.issued()),
            holder: Some(record.client_id.clone()),
            tier: Some(record.license_type.clone()),
            ..Self::bare(Scheme::Record, record.expires().into())
        }
    }
}

impl From<Tier> for Claims {
    fn from(key: Tier) -> Self {
        let tier = key.tier.to_ascii_lowercase();
        Self {
            issued: Some(Timestamp::from_seconds(key.timestamp)),
            features: tier::features(&tier).iter().map(|&f| f.to_owned()).collect(),
            tier: Some(tier),
            ..Self::bare(Scheme::Tier, Expires::NotInKey)
        }
    }
}

impl From<Payload> for Claims {
    fn from(payload: Payload) -> Self {
        Self {
            issued: Timestamp::parse_rfc3339(&payload.issued_at),
            product: Some(payload.product),
            holder: Some(payload.issued_to),
            tier: Some(payload.license_type),
            max_devices: Some(1),
            device: Some(payload.device_id),
            grace_days: payload.grace_period_days,
            access_after_expiry: Access::ReadOnly,
            ..Self::bare(Scheme::File, Expires::At(payload.expires_at))
        }
    }
}

impl From<Lk1> for Claims {
    fn from(key: Lk1) -> Self {
        Self {
            max_devices: lk1::max_devices(&key.tier),
            tier: Some(key.tier),
            ..Self::bare(Scheme::Lk1, Expires::NotInKey)
        }
    }
}

impl From<Lk2> for Claims {
    fn from(key: Lk2) -> Self {
        Self {
            issued: Some(Timestamp::midnight(key.issued)),
            max_devices: Some(key.max_devices.into()),
            ..Self::bare(Scheme::Lk2, key.expires_at().into())
        }
        .held_by(key.company, key.tier)
    }
}

impl From<Lk3> for Claims {
    fn from(key: Lk3) -> Self {
        let some = |text: String| (!text.is_empty()).then_some(text);
        let pools = key.pools.iter().map(|pool| Pool {
            name: pool.name.clone(),
            max_devices: pool.max_devices,
            expires: pool.expires_at(),
        });
        Self {
            license_id: key.license_id,
            issued: Some(key.issued()),
            not_before: key.valid_from(),
            pools: pools.collect(),
            max_devices: key.max_devices,
            features: key.features.clone(),
            limits: key.limits.clone(),
            product: some(key.product.clone()),
            device: some(key.device_id.clone()),
            grace_days: i64::try_from(key.grace_days).unwrap_or(i64::MAX),
            trial: key.trial || key.trial_days.is_some(),
            trial_days: key.trial_days,
            access_after_expiry: Access::ReadOnly,
            ..Self::bare(Scheme::Lk3, lk3_end(&key))
        }
        .held_by(some(key.company).or_else(|| some(key.customer_id)), key.tier)
    }
}

/// An offline seat: what the vendor confirmed to one device. Its scheme is given as `lk3`, in whose place it stands.
impl From<Seat> for Claims {
    fn from(seat: Seat) -> Self {
        let days = i64::try_from(seat.grace_seconds / 86_400).unwrap_or(i64::MAX);
        Self {
            license_id: Some(seat.license_id),
            product: Some(seat.product),
            holder: seat.holder,
            tier: seat.tier,
            features: seat.features,
            limits: seat.limits,
            max_devices: Some(1),
            device: Some(seat.device_id),
            issued: Some(seat.issued_at),
            grace_days: days,
            trial: seat.trial,
            access_after_expiry: if seat.read_only_after { Access::ReadOnly } else { Access::None },
            ..Self::bare(Scheme::Lk3, seat.expires.into())
        }
    }
}

/// A trial that counts from first start has no end before it has started.
fn lk3_end(key: &Lk3) -> Expires {
    match (key.expires_at(), key.trial_days) {
        (None, Some(_)) => Expires::NotInKey,
        (end, _) => end.into(),
    }
}

impl Claims {
    /// The same licence on a device on which it was first started at this instant: a trial that counts from there ends
    /// so many days later, or at the licence's own end where that comes first. Other licences stay as they are.
    #[must_use]
    pub fn started(mut self, first: Timestamp) -> Self {
        if let Some(days) = self.trial_days {
            let end = first.plus_days(i64::try_from(days).unwrap_or(i64::MAX));
            self.expires = Expires::At(match self.expires {
                Expires::At(own) => own.min(end),
                Expires::Never | Expires::NotInKey => end,
            });
        }
        self
    }

    fn held_by(mut self, holder: Option<String>, tier: String) -> Self {
        self.holder = holder;
        self.tier = Some(tier).filter(|tier| !tier.is_empty());
        self
    }
}
