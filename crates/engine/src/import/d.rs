//! System D's folder: device-bound files, each a row. Files of one customer and device that were issued one after another are
//! forms of one licence, of which the newest says the end.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use keyward_core::crypto::Algorithm;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::{LicenseFile, Payload};
use keyward_core::time::Timestamp;
use keyward_store::old::{OldDatabase, OldRow, OldTable, OldValue};
use serde_json::Map;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::entry::{Device, Entry, Form, Reads};
use super::read::Flaw;
use crate::form::{file_policy, name_of, signature_text};
use crate::rules::Rules;
use crate::{Engine, EngineError, Product};

/// The table that a folder is read as.
const TABLE: OldTable =
    OldTable { name: "files", order: "name", needed: &["text"], optional: &["name"], beside: None };
/// Longer names of customers and devices are mistakes.
const MAX_TEXT: usize = 4_096;

pub(super) struct Files {
    /// By the number of the file.
    good: HashMap<u64, Good>,
    /// The numbers of files that name another product.
    others: HashSet<u64>,
    groups: Vec<Group>,
    /// The codes of policies by their grace in days.
    policies: HashMap<i64, String>,
}

/// A file whose signature a key of the product made.
struct Good {
    group: usize,
    signed_by: Uuid,
}

/// The files of one customer and device.
struct Group {
    license: Uuid,
    members: Vec<Member>,
}

/// What a first look at a file shows.
enum Looked {
    /// A key of the product signed it; the digest is that of its customer and device.
    Good { device: [u8; 32], signed_by: Uuid, member: Member },
    /// It names another product.
    Other(u64),
}

struct Member {
    number: u64,
    issued_at: Timestamp,
    expires_at: Timestamp,
    grace_days: i64,
}

impl Group {
    /// The oldest first; of a file that is there twice, the one that is read first is the last.
    fn sort(&mut self) {
        self.members.sort_by_key(|member| (member.issued_at, std::cmp::Reverse(member.number)));
    }

    fn first(&self) -> Option<u64> {
        self.members.iter().map(|member| member.number).min()
    }
}

/// Looks at each file; what comes of it is taken in the order of their names.
async fn look_through<T: Send + 'static>(
    old: &OldDatabase,
    look: impl Fn(&OldRow) -> Option<T> + Send + Sync + 'static,
    mut take: impl FnMut(T),
) -> Result<(), EngineError> {
    let Some(rows) = old.rows(&TABLE).await? else { return Ok(()) };
    let mut parts = rows.ahead(move |part| part.iter().filter_map(&look).collect::<Vec<T>>());
    while let Some(part) = parts.next().await? {
        part.into_iter().for_each(&mut take);
    }
    Ok(())
}

/// The product that the files of a folder name.
pub(super) async fn product_of(old: &OldDatabase) -> Result<String, EngineError> {
    let mut products = BTreeSet::new();
    look_through(old, |row| Some(parsed(row).ok()?.1.product), |product| products.extend([product])).await?;
    let named: Vec<String> = products.into_iter().collect();
    match named.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(choose("no file in the folder names one")),
        several => Err(choose(&format!("the files are of several: {}", several.join(", ")))),
    }
}

fn choose(why: &str) -> EngineError {
    EngineError::Invalid { field: "product", wanted: format!("{why}; say which with --product") }
}

impl Files {
    /// Reads the folder once, so that it is known which files belong together.
    pub(super) async fn read(
        engine: &Arc<Engine>,
        product: &Product,
        old: &OldDatabase,
    ) -> Result<Self, EngineError> {
        let keys = engine.catalog().key_set(product.id, Scheme::File);
        let (scheme, code) = (Scheme::File, product.code.as_str());
        if keys.public.iter().all(|key| key.algorithm() != Algorithm::RsaPkcs1Sha256) {
            return Err(EngineError::UnknownSigner { scheme, product: code.to_owned(), tried: 0 });
        }
        let mut files = Self {
            good: HashMap::new(),
            others: HashSet::new(),
            groups: Vec::new(),
            policies: HashMap::new(),
        };
        let mut by_device: HashMap<[u8; 32], usize> = HashMap::new();
        let look = {
            let (engine, id, code) = (Arc::clone(engine), product.id, product.code.clone());
            move |row: &OldRow| look(&engine, (id, &code), row)
        };
        let take = |looked| {
            let (device, signed_by, member) = match looked {
                Looked::Good { device, signed_by, member } => (device, signed_by, member),
                Looked::Other(number) => return files.others.extend([number]),
            };
            let group = *by_device.entry(device).or_insert_with(|| {
                files.groups.push(Group { license: engine.new_id(), members: Vec::new() });
                files.groups.len() - 1
            });
            files.policies.entry(member.grace_days).or_insert_with(|| {
                let known = engine.known_file_policy(code, member.grace_days);
                known.map_or_else(|| file_policy::code(member.grace_days), |policy| policy.row.code.clone())
            });
            files.good.insert(member.number, Good { group, signed_by });
            files.groups[group].members.push(member);
        };
        look_through(old, look, take).await?;
        files.groups.iter_mut().for_each(Group::sort);
        Ok(files)
    }
}

/// Nothing of a file that cannot be read, or that no key of the product signed: what is wrong is said when it is its turn.
fn look(engine: &Engine, (product, code): (Uuid, &str), row: &OldRow) -> Option<Looked> {
    let (file, payload) = parsed(row).ok()?;
    if payload.product != code {
        return Some(Looked::Other(row.number));
    }
    let verify = |keys: &_| file.verify(keys);
    let (payload, signed_by) = engine.signer_of(Some(product), (Scheme::File, code), verify).ok()?;
    let mut device = Sha256::new();
    device.update(payload.issued_to.as_bytes());
    device.update([0xff]);
    device.update(payload.device_id.as_bytes());
    let member = Member {
        number: row.number,
        issued_at: issued_at(&payload).ok()?,
        expires_at: payload.expires_at,
        grace_days: payload.grace_period_days,
    };
    Some(Looked::Good { device: device.finalize().into(), signed_by, member })
}

impl Reads for Files {
    fn scheme(&self) -> Scheme {
        Scheme::File
    }

    fn table(&self) -> OldTable {
        TABLE
    }

    fn is_of_product(&self, row: &OldRow) -> bool {
        !self.others.contains(&row.number)
    }

    fn entry(&self, row: &OldRow) -> Result<Entry, Flaw> {
        let (file, payload) = parsed(row)?;
        let issued_at = issued_at(&payload)?;
        let unsigned = || Flaw::new("signature", "one made by an RSA key of the product or account");
        let good = self.good.get(&row.number).ok_or_else(unsigned)?;
        let group = &self.groups[good.group];
        let place = group.members.iter().position(|member| member.number == row.number);
        let (Some(place), Some(newest)) = (place, group.members.last()) else { return Err(unsigned()) };
        let newer = group.members[place + 1..].iter().find(|newer| newer.issued_at > issued_at);
        let code = self.policies.get(&newest.grace_days).cloned().unwrap_or_default();
        let mut metadata = Map::new();
        metadata.insert("issuedTo".to_owned(), payload.issued_to.clone().into());
        metadata.insert("licenseType".to_owned(), payload.license_type.clone().into());
        Ok(Entry {
            license: Some(group.license),
            is_more: group.first() != Some(row.number),
            is_renewed: newest.number != row.number,
            form: Some(Form {
                text: file.to_text(),
                spelling: signature_text(Scheme::File, file.signature()),
                device: Some(payload.device_id.clone()),
                issued_at,
                expires_at: Some(payload.expires_at),
                superseded_at: newer.map(|newer| newer.issued_at),
                signed_by: Some(good.signed_by),
            }),
            name: name_of(&payload.issued_to),
            expiry: (Some(newest.expires_at), None),
            first_activated_at: group.members.first().map(|oldest| oldest.issued_at),
            machines: vec![Device {
                fingerprint: payload.device_id,
                scope: None,
                name: None,
                address: None,
                user_agent: None,
                created_at: issued_at,
            }],
            metadata,
            created_at: group.members.first().map(|oldest| oldest.issued_at),
            seal_fits: Some(true),
            ..Entry::new(code, file_policy::name(newest.grace_days))
        })
    }

    fn policy(&self, code: &str) -> (Rules, Vec<String>) {
        let grace = self.policies.iter().find(|(_, known)| *known == code).map(|(days, _)| *days);
        (file_policy::rules(grace.unwrap_or_default()), Vec::new())
    }
}

/// A file and what it says, unchecked.
fn parsed(row: &OldRow) -> Result<(LicenseFile<'_>, Payload), Flaw> {
    let OldValue::Text(text) = row.fields().get("text") else {
        return Err(Flaw::new("file", "a text in UTF-8"));
    };
    let file = LicenseFile::parse(text).map_err(|why| Flaw::new("file", format!("a licence file: {why}")))?;
    let payload =
        file.unverified().map_err(|why| Flaw::new("payload", format!("that of a licence: {why}")))?;
    for (field, text) in [("issuedTo", &payload.issued_to), ("deviceId", &payload.device_id)] {
        // PostgreSQL cannot store a zero character.
        if text.len() > MAX_TEXT || text.contains('\0') || field == "deviceId" && text.is_empty() {
            return Err(Flaw::new(field, "a text of at most 4096 bytes without a zero character"));
        }
    }
    Ok((file, payload))
}

fn issued_at(payload: &Payload) -> Result<Timestamp, Flaw> {
    Timestamp::parse_rfc3339(&payload.issued_at).ok_or_else(|| Flaw::new("issuedAt", "a date and time"))
}
