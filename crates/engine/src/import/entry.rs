//! A row of an older system, as what is to be written; and what each system's file has to say.

use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_store::old::{OldRow, OldTable};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::attempts::OldAttempt;
use super::read::Flaw;
use super::report::RowName;
use crate::NewUser;
use crate::rules::Rules;

/// How the rows of a system are read. To add a system: a file with this, and an arm in [`super::System`].
pub(super) trait Reads: Send + Sync {
    /// The form of its licences.
    fn scheme(&self) -> Scheme;

    /// All forms that they may have.
    fn schemes(&self) -> [Scheme; 3] {
        [self.scheme(); 3]
    }

    /// What is read.
    fn table(&self) -> OldTable;

    /// Whether a row belongs to the product.
    fn is_of_product(&self, _row: &OldRow) -> bool {
        true
    }

    /// A row as a licence.
    fn entry(&self, row: &OldRow) -> Result<Entry, Flaw>;

    /// A licence that no row stands for, once all rows were read.
    fn rest(&self) -> Option<Entry> {
        None
    }

    /// What else is to be known: rows that stand beside those of the licences.
    fn besides(&self) -> Vec<(&'static str, RowName)> {
        Vec::new()
    }

    /// The rules of a policy that is not here, by its code, and its features.
    fn policy(&self, code: &str) -> (Rules, Vec<String>);

    /// The table of its attempts to validate, where it has one.
    fn attempts(&self) -> Option<OldTable> {
        None
    }

    /// An attempt to validate.
    fn attempt(&self, _row: &OldRow) -> Option<OldAttempt> {
        None
    }
}

/// A licence to be taken in.
pub(super) struct Entry {
    /// The id that the licence gets; left out, a new one.
    pub(super) license: Option<Uuid>,
    /// Whether an earlier row made that licence, and this one is only another form of it.
    pub(super) is_more: bool,
    /// Whether a later row of that licence says its end.
    pub(super) is_renewed: bool,
    /// Its form; left out, the one of the system.
    pub(super) scheme: Option<Scheme>,
    /// The policy's code.
    pub(super) policy: String,
    /// What a policy is called that has to be made.
    pub(super) policy_name: String,
    /// Its key in the one spelling of its scheme, where it has one.
    pub(super) key: Option<String>,
    /// Its form, where that is kept beside it.
    pub(super) form: Option<Form>,
    /// What it is for, unique in the product.
    pub(super) subject: Option<String>,
    /// A name for people.
    pub(super) name: Option<String>,
    /// Who owns it.
    pub(super) user: Option<NewUser>,
    /// The installation it belongs to.
    pub(super) installation: Option<Uuid>,
    /// When it ends, and the raw text of an end past the year 9999.
    pub(super) expiry: (Option<Timestamp>, Option<String>),
    /// When it was first used.
    pub(super) first_activated_at: Option<Timestamp>,
    /// When it was last asked for.
    pub(super) last_validated_at: Option<Timestamp>,
    /// Why it is suspended (`suspended`, `revoked`, `paused`, `auto`), and since when, where that is known.
    pub(super) suspended: Option<(&'static str, Option<Timestamp>)>,
    /// Its own limit of machines.
    pub(super) max_machines: Option<u32>,
    /// The devices that it is active on.
    pub(super) machines: Vec<Device>,
    /// Codes of its own features.
    pub(super) features: Vec<String>,
    /// What else the row says.
    pub(super) metadata: Map<String, Value>,
    /// When it was made; `None` when nobody knows.
    pub(super) created_at: Option<Timestamp>,
    /// When it was activated, for the statistics.
    pub(super) activations: Vec<Timestamp>,
    /// Whether its seal fits; `None` when there was nothing to check it with.
    pub(super) seal_fits: Option<bool>,
    /// What somebody should know of it.
    pub(super) remarks: Vec<&'static str>,
}

/// A form that is kept beside the licence.
pub(super) struct Form {
    /// The text to deliver.
    pub(super) text: String,
    /// The one spelling that it is found by.
    pub(super) spelling: String,
    /// The device it is bound to.
    pub(super) device: Option<String>,
    /// When it was issued.
    pub(super) issued_at: Timestamp,
    /// What it says of its end.
    pub(super) expires_at: Option<Timestamp>,
    /// When a newer one took its place.
    pub(super) superseded_at: Option<Timestamp>,
    /// The key that signed it, where it was looked for.
    pub(super) signed_by: Option<Uuid>,
}

/// A device that a licence is active on.
pub(super) struct Device {
    pub(super) fingerprint: String,
    /// Within what the fingerprint is unique; left out, as the policy says.
    pub(super) scope: Option<Uuid>,
    pub(super) name: Option<String>,
    pub(super) address: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) created_at: Timestamp,
}

impl Entry {
    /// A licence of a policy, with nothing else.
    pub(super) fn new(policy: String, policy_name: String) -> Self {
        Self {
            license: None,
            is_more: false,
            is_renewed: false,
            scheme: None,
            policy,
            policy_name,
            key: None,
            form: None,
            subject: None,
            name: None,
            user: None,
            installation: None,
            expiry: (None, None),
            first_activated_at: None,
            last_validated_at: None,
            suspended: None,
            max_machines: None,
            machines: Vec::new(),
            features: Vec::new(),
            metadata: Map::new(),
            created_at: None,
            activations: Vec::new(),
            seal_fits: None,
            remarks: Vec::new(),
        }
    }
}
