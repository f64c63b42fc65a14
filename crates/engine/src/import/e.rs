//! System E's tables: self-contained keys with their devices, all of one installation. Its document prints no statement; the
//! columns are those of the table that its generator fills.

use std::collections::{HashMap, HashSet};

use keyward_core::crypto::KeySet;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk1::{self, Lk1Key};
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_core::scheme::lk3::{Lk3, Lk3Key};
use keyward_core::time::Timestamp;
use keyward_store::installations::Installation;
use keyward_store::machines;
use keyward_store::old::{Fields, OldDatabase, OldRow, OldTable};
use uuid::Uuid;

use super::Import;
use super::entry::{Device, Entry, Reads};
use super::read::{Flaw, flag, int, near, needed_text, text};
use crate::installation::{FREE, PAUSED, free_subject, scope_of_devices};
use crate::rules::Rules;
use crate::{Engine, EngineError, Product, keys, seed};

const LICENSES: OldTable = OldTable {
    name: "Licenses",
    order: "Id",
    needed: &["Key"],
    optional: &[
        "Id",
        "Tier",
        "MaxDevices",
        "CurrentDeviceCount",
        "CompanyName",
        "IsActive",
        "ExpiresAt",
        "ActivatedAt",
        "CreatedAt",
        "LastValidatedAt",
        "Notes",
    ],
    beside: None,
};
const DEVICES: OldTable = OldTable {
    name: "Devices",
    order: "Id",
    needed: &["DeviceId"],
    optional: &["Id", "LicenseId", "CreatedAt"],
    beside: None,
};
/// The longest device id, in bytes.
const MAX_DEVICE: usize = 256;

const NO_DEVICES: &str =
    "the old system counts devices on it and says not which: each counts again when it next registers";
const LEFT_OUT: &str =
    "a device of it is left out: its id is missing, too long, or counted on another licence already";
const NO_LICENSE: &str = "devices of no licence count on the free tier, for which a licence was made";
const OTHER_TIER: &str = "the key says another tier or number of devices than the table: the table stands";

/// The rows of one installation.
pub(super) struct Keys {
    installation: Uuid,
    product: Uuid,
    /// What its keys are checked with, where the secret is known.
    keys: Option<KeySet>,
    /// By the id of their licence in the old table.
    devices: HashMap<String, Devices>,
    /// Of no licence that is in the old table.
    homeless: Devices,
    has_devices: bool,
    has_free_row: bool,
    now: Timestamp,
}

/// Devices of one licence.
#[derive(Clone, Default)]
struct Devices {
    good: Vec<(String, Timestamp)>,
    left_out: bool,
}

impl Keys {
    /// Reads the devices, so that each is known to count once.
    pub(super) async fn read(
        engine: &Engine,
        import: &Import,
        product: &Product,
        old: &OldDatabase,
    ) -> Result<Self, EngineError> {
        let row: Installation = engine.installation_row(import.installation.as_deref()).await?;
        let stored = engine.secret_in(&row)?.map(|known| known.secret);
        let secret = stored.or_else(|| import.secret.as_deref().map(|secret| keys::prepare(secret)));
        let keys = secret.map(|secret| {
            let mut keys = engine.catalog().key_set(product.id, Scheme::Lk3);
            keys.secrets = vec![secret];
            keys
        });
        let mut read = Self {
            installation: row.id,
            product: product.id,
            keys,
            devices: HashMap::new(),
            homeless: Devices::default(),
            has_devices: false,
            has_free_row: false,
            now: engine.now(),
        };
        let mut licenses = HashSet::new();
        if let Some(mut rows) = old.rows(&LICENSES).await? {
            while let Some(part) = rows.next().await? {
                for row in &part {
                    licenses.extend(text(row.fields(), "Id").ok().flatten());
                    read.has_free_row |= is_free(row.fields());
                }
            }
        }
        let here = machines::of_installation(&engine.store, row.id, product.id).await?;
        let mut seen: HashSet<String> = here.into_iter().map(|machine| machine.fingerprint).collect();
        if let Some(mut rows) = old.rows(&DEVICES).await? {
            read.has_devices = true;
            while let Some(part) = rows.next().await? {
                for row in &part {
                    read.device(row.fields(), &licenses, &mut seen);
                }
            }
        }
        Ok(read)
    }

    fn device(&mut self, row: Fields<'_>, licenses: &HashSet<String>, seen: &mut HashSet<String>) {
        let license = text(row, "LicenseId").ok().flatten().filter(|license| licenses.contains(license));
        let devices = match license {
            Some(license) => self.devices.entry(license).or_default(),
            None => &mut self.homeless,
        };
        let id = text(row, "DeviceId").ok().flatten().filter(|id| id.len() <= MAX_DEVICE);
        let at = near(row, "CreatedAt").ok().flatten().unwrap_or(self.now);
        match id {
            Some(id) if seen.insert(id.clone()) => devices.good.push((id, at)),
            _ => devices.left_out = true,
        }
    }

    fn put(&self, entry: &mut Entry, devices: &Devices) {
        entry.machines.extend(devices.good.iter().map(|(id, at)| Device {
            fingerprint: id.clone(),
            scope: Some(scope_of_devices(self.installation, self.product)),
            name: None,
            address: None,
            user_agent: None,
            created_at: *at,
        }));
        entry.activations.extend(devices.good.iter().map(|(_, at)| *at));
        if devices.left_out {
            entry.remarks.push(LEFT_OUT);
        }
    }

    /// The licence that stands for the free tier.
    fn free(&self) -> Entry {
        let mut entry = Entry::new(FREE.to_owned(), "Free".to_owned());
        entry.scheme = Some(Scheme::Lk3);
        entry.subject = Some(free_subject(self.installation));
        entry.installation = Some(self.installation);
        entry.first_activated_at = Some(self.now);
        self.put(&mut entry, &self.homeless);
        entry
    }

    /// A paid key.
    fn key(&self, row: Fields<'_>) -> Result<Entry, Flaw> {
        let key = needed_text(row, "Key")?;
        let said = Said::of(key.trim(), self.keys.as_ref())?;
        let tier = text(row, "Tier")?.or_else(|| said.tier.clone());
        let tier = tier.ok_or_else(|| Flaw::new("Tier", "a tier"))?;
        let most = int(row, "MaxDevices")?.or(said.devices).or_else(|| known_devices(&tier));
        let most = most.and_then(|most| u32::try_from(most).ok());
        let most = most.ok_or_else(|| Flaw::new("MaxDevices", "a number of devices, 0 or more"))?;
        let created = near(row, "CreatedAt")?;
        let expires = near(row, "ExpiresAt")?;
        let mut entry = Entry {
            scheme: Some(said.scheme),
            key: Some(key.trim().to_owned()),
            installation: Some(self.installation),
            // The old system looks at both ends.
            expiry: (expires.into_iter().chain(said.expires).min(), None),
            first_activated_at: near(row, "ActivatedAt")?.or(created).or(Some(self.now)),
            last_validated_at: near(row, "LastValidatedAt")?,
            max_machines: Some(most),
            created_at: created,
            seal_fits: said.seal_fits,
            ..Entry::new(tier.to_lowercase(), tier.clone())
        };
        if flag(row, "IsActive")? == Some(false) {
            let expired = entry.expiry.0.is_some_and(|end| end < self.now);
            // The old system had no other hand on it than the installation's own.
            entry.suspended = Some((if expired { "auto" } else { PAUSED }, None));
        }
        for (name, value) in
            [("company", text(row, "CompanyName")?.or(said.company)), ("notes", text(row, "Notes")?)]
        {
            entry.metadata.extend(value.map(|value| (name.to_owned(), value.into())));
        }
        if said.tier.is_some_and(|said| !said.eq_ignore_ascii_case(&tier))
            || said.devices.is_some_and(|said| said != i64::from(most))
        {
            entry.remarks.push(OTHER_TIER);
        }
        if let Some(devices) = text(row, "Id")?.and_then(|id| self.devices.get(&id)) {
            self.put(&mut entry, devices);
        }
        if !self.has_devices && int(row, "CurrentDeviceCount")?.is_some_and(|count| count > 0) {
            entry.remarks.push(NO_DEVICES);
        }
        Ok(entry)
    }
}

impl Reads for Keys {
    fn scheme(&self) -> Scheme {
        Scheme::Lk2
    }

    fn schemes(&self) -> [Scheme; 3] {
        [Scheme::Lk1, Scheme::Lk2, Scheme::Lk3]
    }

    fn table(&self) -> OldTable {
        LICENSES
    }

    fn entry(&self, row: &OldRow) -> Result<Entry, Flaw> {
        let row = row.fields();
        if !is_free(row) {
            return self.key(row);
        }
        let mut entry = self.free();
        if let Some(devices) = text(row, "Id")?.and_then(|id| self.devices.get(&id)) {
            self.put(&mut entry, devices);
        }
        Ok(entry)
    }

    fn rest(&self) -> Option<Entry> {
        if self.has_free_row || self.homeless.good.is_empty() {
            return None;
        }
        let mut entry = self.free();
        entry.remarks.push(NO_LICENSE);
        Some(entry)
    }

    fn policy(&self, code: &str) -> (Rules, Vec<String>) {
        let devices = known_devices(&code.to_uppercase());
        let max_machines = devices.and_then(|devices| u32::try_from(devices).ok());
        (Rules { floating: true, max_machines, ..seed::exact() }, Vec::new())
    }
}

fn is_free(row: Fields<'_>) -> bool {
    text(row, "Tier").is_ok_and(|tier| tier.is_some_and(|tier| tier.eq_ignore_ascii_case(FREE)))
}

fn known_devices(tier: &str) -> Option<i64> {
    lk1::max_devices(tier).map(u64::cast_signed)
}

/// What a key says itself.
struct Said {
    scheme: Scheme,
    tier: Option<String>,
    devices: Option<i64>,
    company: Option<String>,
    expires: Option<Timestamp>,
    seal_fits: Option<bool>,
}

impl Said {
    fn of(key: &str, keys: Option<&KeySet>) -> Result<Self, Flaw> {
        let wrong = || Flaw::new("Key", "a key that begins with LK-1-, LK-2- or LK-3-, whole");
        let scheme = Scheme::of(key).map_err(|_| wrong())?;
        let nothing =
            Self { scheme, tier: None, devices: None, company: None, expires: None, seal_fits: None };
        match scheme {
            Scheme::Lk1 => {
                let parsed = Lk1Key::parse(key).map_err(|_| wrong())?;
                let tier = parsed.unverified().tier;
                let devices = known_devices(&tier);
                let seal_fits = keys.map(|keys| parsed.verify(keys).is_ok());
                Ok(Self { tier: Some(tier), devices, seal_fits, ..nothing })
            }
            Scheme::Lk2 => {
                let parsed = Lk2Key::parse(key).map_err(|_| wrong())?;
                let says: Lk2 = parsed.unverified().map_err(|_| wrong())?;
                Ok(Self {
                    expires: says.expires_at(),
                    tier: Some(says.tier),
                    devices: Some(says.max_devices.into()),
                    company: says.company,
                    seal_fits: keys.map(|keys| parsed.verify(keys).is_ok()),
                    ..nothing
                })
            }
            Scheme::Lk3 => {
                let parsed = Lk3Key::parse(key).map_err(|_| wrong())?;
                let secrets = keys.map(|keys| keys.secrets.as_slice()).unwrap_or_default();
                // An encrypted one says nothing without its secret.
                let says = parsed.payload(secrets).ok();
                Ok(Self {
                    tier: says.as_ref().map(|says| says.tier.clone()),
                    devices: says.as_ref().and_then(|says| i64::try_from(says.max_devices?).ok()),
                    expires: says.as_ref().and_then(Lk3::expires_at),
                    company: says.map(|says| says.company).filter(|company| !company.is_empty()),
                    seal_fits: keys.map(|keys| parsed.verify(keys).is_ok()),
                    ..nothing
                })
            }
            _ => Err(wrong()),
        }
    }
}
