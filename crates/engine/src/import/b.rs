//! System B's tables: the pool's keys with their activations. Times are UTC without a zone.

use keyward_core::scheme::Scheme;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::time::Timestamp;
use keyward_store::old::{Beside, Fields, OldRow, OldTable};

use super::entry::{Device, Entry, Reads};
use super::read::{Flaw, flag, int, near, needed_text, text};
use crate::rules::{ExpirationBasis, Rules};
use crate::seed;

/// More days than any licence has.
const MAX_DAYS: i64 = 999_999;
const SECONDS_PER_DAY: u64 = 86_400;

const UNUSED_BUT_ACTIVATED: &str =
    "there are activations of it, and it is marked unused: it can be activated, as in the old system";
const OTHER_DEVICES: &str = "it was activated for other domains than the one in the key's own row: they stand in its metadata, and are not taken";
const STATUS: &str =
    "its status is neither ACTIVE nor one that is known here: it is suspended, and its metadata say so";

pub(super) struct Pool;

impl Reads for Pool {
    fn scheme(&self) -> Scheme {
        Scheme::Pool
    }

    fn table(&self) -> OldTable {
        OldTable {
            name: "licenses",
            order: "id",
            needed: &["license_key", "duration_days"],
            optional: &[
                "id",
                "duration_label",
                "status",
                "is_used",
                "created_date",
                "used_date",
                "activation_date",
                "expiration_date",
                "used_domain",
                "used_ip",
                "batch_id",
            ],
            beside: Some(Beside {
                name: "license_activations",
                key: "license_key",
                of: "license_key",
                order: "id",
                columns: &[
                    "domain_fingerprint",
                    "activation_date",
                    "expiration_date",
                    "client_ip",
                    "user_agent",
                    "is_active",
                ],
            }),
        }
    }

    fn entry(&self, row: &OldRow) -> Result<Entry, Flaw> {
        let activations = row.beside().map(Activation::read).collect::<Result<Vec<_>, _>>()?;
        let row = row.fields();
        let key = PoolKey::parse(&needed_text(row, "license_key")?)
            .map_err(|_| Flaw::new("license_key", "12 characters of A to Z and 0 to 9"))?;
        let days = int(row, "duration_days")?.filter(|days| (1..=MAX_DAYS).contains(days));
        let days = days.ok_or(Flaw::new("duration_days", "a number of days from 1 to 999999"))?;
        let label = text(row, "duration_label")?.unwrap_or_else(|| format!("{days} jours"));
        let mut entry = Entry {
            key: Some(key.as_str().to_owned()),
            created_at: near(row, "created_date")?,
            ..Entry::new(days.to_string(), label)
        };
        status(row, &mut entry)?;
        if let Some(batch) = text(row, "batch_id")? {
            entry.metadata.insert("batch_id".to_owned(), batch.into());
        }
        if flag(row, "is_used")?.unwrap_or(false) {
            used(row, days, &activations, &mut entry)?;
        } else if !activations.is_empty() {
            entry.remarks.push(UNUSED_BUT_ACTIVATED);
        }
        Ok(entry)
    }

    fn policy(&self, code: &str) -> (Rules, Vec<String>) {
        let days: u64 = code.parse().unwrap_or_default();
        let rules = Rules {
            duration: Some(days * SECONDS_PER_DAY),
            expiration_basis: ExpirationBasis::FromFirstActivation,
            single_use: true,
            ..seed::exact()
        };
        (rules, Vec::new())
    }
}

/// A row of `license_activations`.
struct Activation {
    fingerprint: Option<String>,
    at: Option<Timestamp>,
    end: Option<Timestamp>,
    address: Option<String>,
    user_agent: Option<String>,
    active: bool,
}

impl Activation {
    fn read(row: Fields<'_>) -> Result<Self, Flaw> {
        Ok(Self {
            fingerprint: text(row, "domain_fingerprint")?,
            at: near(row, "activation_date")?,
            end: near(row, "expiration_date")?,
            address: text(row, "client_ip")?,
            user_agent: text(row, "user_agent")?,
            active: flag(row, "is_active")?.unwrap_or(true),
        })
    }
}

/// Everything but `ACTIVE` answers that the key is not active.
fn status(row: Fields<'_>, entry: &mut Entry) -> Result<(), Flaw> {
    let Some(status) = text(row, "status")?.filter(|status| status != "ACTIVE") else { return Ok(()) };
    let known = matches!(status.as_str(), "INACTIVE" | "SUSPENDED" | "REVOKED" | "EXPIRED" | "USED");
    entry.suspended = Some((if status == "REVOKED" { "revoked" } else { "suspended" }, None));
    if !known {
        entry.remarks.push(STATUS);
    }
    entry.metadata.insert("status".to_owned(), status.into());
    Ok(())
}

/// A used key: since when, until when, where.
fn used(row: Fields<'_>, days: i64, activations: &[Activation], entry: &mut Entry) -> Result<(), Flaw> {
    let first = activations.first();
    let at = near(row, "activation_date")?.or(near(row, "used_date")?).or(first.and_then(|first| first.at));
    let at = at.or(entry.created_at).ok_or(Flaw::new("activation_date", "when the key was used"))?;
    let end = near(row, "expiration_date")?.or(activations.last().and_then(|last| last.end));
    entry.first_activated_at = Some(at);
    entry.expiry.0 = Some(end.unwrap_or(at.plus_days(days)));
    entry.activations = vec![at];

    let domain = text(row, "used_domain")?;
    let newest = |wanted: Option<&str>| {
        activations
            .iter()
            .rev()
            .find(|a| a.active && (wanted.is_none() || a.fingerprint.as_deref() == wanted))
    };
    let own = newest(domain.as_deref());
    let fingerprint = domain.clone().or_else(|| own.and_then(|own| own.fingerprint.clone()));
    // Where the old system took the device back, it is taken back.
    let released = !activations.is_empty() && activations.iter().all(|activation| !activation.active);
    let here = fingerprint.as_deref();
    let others: Vec<&str> =
        activations.iter().filter_map(|a| a.fingerprint.as_deref()).filter(|f| Some(*f) != here).collect();
    if !others.is_empty() {
        entry.metadata.insert("other_domains".to_owned(), others.into());
        entry.remarks.push(OTHER_DEVICES);
    }
    if let (Some(fingerprint), true) = (&fingerprint, released) {
        entry.metadata.insert("released_domain".to_owned(), fingerprint.as_str().into());
    }
    if let (Some(fingerprint), false) = (fingerprint, released) {
        entry.machines.push(Device {
            scope: None,
            name: None,
            address: text(row, "used_ip")?.or_else(|| own.and_then(|own| own.address.clone())),
            user_agent: own.and_then(|own| own.user_agent.clone()),
            created_at: own.and_then(|own| own.at).unwrap_or(at),
            fingerprint,
        });
    }
    Ok(())
}
