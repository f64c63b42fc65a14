//! System E's tables: self-contained keys with their devices, all of one installation. Its document prints no statement; the
//! columns are those of the table that its generator fills.

use std::collections::{HashMap, HashSet};

use keyward_core::crypto::KeySet;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk1::{self, Lk1Key};
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_core::scheme::lk3::{Lk3, Lk3Key};
use keyward_core::time::Timestamp;
use keyward_store::imports::Known;
use keyward_store::installations::Installation;
use keyward_store::old::{Fields, OldDatabase, OldRow, OldTable};
use keyward_store::{imports, machines};
use uuid::Uuid;

use super::Import;
use super::candidate::named;
use super::entry::{Device, Entry, Reads};
use super::read::{Flaw, flag, int, near, needed_text, text};
use super::report::RowName;
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
const LEFT: &str = "devices not taken along, since the row of their licence, or of the free tier, is not: each counts again \
                    when it next registers";
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
    /// Rows of devices that are not taken along.
    left: Vec<RowName>,
    has_devices: bool,
    has_free_row: bool,
    now: Timestamp,
}

/// The licences of the old table.
#[derive(Default)]
struct Rows {
    /// By their ids, whether they are taken in.
    licenses: HashMap<String, bool>,
    /// Whether the licence of the free tier is made.
    free: bool,
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
            left: Vec::new(),
            has_devices: false,
            has_free_row: false,
            now: engine.now(),
        };
        let rows = read.licenses(engine, old).await?;
        let here = machines::of_installation(&engine.store, row.id, product.id).await?;
        let mut seen: HashSet<String> = here.into_iter().map(|machine| machine.fingerprint).collect();
        let mut left = Vec::new();
        if let Some(mut devices) = old.rows(&DEVICES).await? {
            read.has_devices = true;
            while let Some(part) = devices.next().await? {
                for row in &part {
                    left.extend(read.device(row, &rows, &mut seen));
                }
            }
        }
        // What is here already, or comes along with another licence, is not left.
        left.retain(|(id, _)| id.as_ref().is_none_or(|id| !seen.contains(id)));
        read.left = left.into_iter().map(|(_, row)| row).collect();
        Ok(read)
    }

    /// Which rows of licences there are, and which of them become licences: the devices of others are left.
    async fn licenses(&mut self, engine: &Engine, old: &OldDatabase) -> Result<Rows, EngineError> {
        let (store, account) = (&engine.store, engine.account.id);
        // What an import left that broke off is removed before this one begins.
        let is_here = |known: &Known| known.unfinished.is_none();
        let free = free_subject(self.installation);
        let free_here = imports::by_subject(store, self.product, &[free]).await?;
        let mut rows = Rows { free: !free_here.iter().any(|(_, known)| is_here(known)), ..Rows::default() };
        let mut free_is_taken = !rows.free;
        let mut keys = HashSet::new();
        let Some(mut old_rows) = old.rows(&LICENSES).await? else { return Ok(rows) };
        while let Some(part) = old_rows.next().await? {
            let mut new = Vec::new();
            for row in &part {
                let id = text(row.fields(), "Id").ok().flatten();
                let becomes = match self.entry(row) {
                    Err(_) => None,
                    Ok(Entry { key: Some(key), .. }) => {
                        let digest = engine.digest(&key);
                        keys.insert(digest).then_some(Some(digest))
                    }
                    Ok(_) => {
                        self.has_free_row = true;
                        (!std::mem::replace(&mut free_is_taken, true)).then_some(None)
                    }
                };
                match (id, becomes) {
                    (Some(id), Some(digest)) => new.push((id, digest)),
                    (Some(id), None) => drop(rows.licenses.insert(id, false)),
                    // No device can name it.
                    (None, _) => {}
                }
            }
            let digests: Vec<_> = new.iter().filter_map(|(_, digest)| *digest).collect();
            let here = imports::by_digest(store, account, &digests).await?;
            let here: HashSet<_> =
                here.into_iter().filter(|(_, known)| is_here(known)).map(|(digest, _)| digest).collect();
            rows.licenses.extend(
                new.into_iter().map(|(id, digest)| (id, digest.is_none_or(|digest| !here.contains(&digest)))),
            );
        }
        Ok(rows)
    }

    /// Puts a device to its licence; when that is not taken in, the device is named.
    fn device(
        &mut self,
        row: &OldRow,
        rows: &Rows,
        seen: &mut HashSet<String>,
    ) -> Option<(Option<String>, RowName)> {
        let fields = row.fields();
        let id = text(fields, "DeviceId").ok().flatten().filter(|id| id.len() <= MAX_DEVICE);
        let license = text(fields, "LicenseId").ok().flatten();
        let license = license.and_then(|license| rows.licenses.get(&license).map(|taken| (license, *taken)));
        if !license.as_ref().map_or(rows.free, |(_, taken)| *taken) {
            return Some((id, named(row, DEVICES.order)));
        }
        let devices = match license {
            Some((license, _)) => self.devices.entry(license).or_default(),
            None => &mut self.homeless,
        };
        let at = near(fields, "CreatedAt").ok().flatten().unwrap_or(self.now);
        match id {
            Some(id) if seen.insert(id.clone()) => devices.good.push((id, at)),
            _ => devices.left_out = true,
        }
        None
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

    fn besides(&self) -> Vec<(&'static str, RowName)> {
        self.left.iter().map(|row| (LEFT, row.clone())).collect()
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
