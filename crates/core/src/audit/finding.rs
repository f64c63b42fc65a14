//! What a check of the chain says.

use uuid::Uuid;

use super::Head;

macro_rules! kinds {
    ($($name:ident $wire:literal $sentence:literal $remedy:literal)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        /// What is wrong with the chain.
        pub enum FindingKind { $(#[doc = $sentence] $name,)* }

        impl FindingKind {
            /// All kinds.
            pub const ALL: &[FindingKind] = &[$(FindingKind::$name,)*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// What happened, in general words; a finding's detail is more exact.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// What the operator can do.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

kinds! {
    EntryAltered "ENTRY_ALTERED" "An entry was altered after it was sealed."
        "Compare the entry with a backup from before the change, and find out who can write to the database."
    EntryMissing "ENTRY_MISSING" "A sealed entry was removed."
        "Look for the entry in a backup, and find out who can write to the database."
    EntryInserted "ENTRY_INSERTED" "An entry stands among the sealed ones that was never sealed there."
        "Do not rely on that entry, and find out who can write to the database."
    EntriesReordered "ENTRIES_REORDERED" "Sealed entries were exchanged or moved."
        "Take the order from a backup, and find out who can write to the database."
    PersonalAltered "PERSONAL_ALTERED" "The personal data of an entry was altered, not erased."
        "Do not rely on the entry's address and user agent; compare them with a backup."
    HeadMismatch "HEAD_MISMATCH" "The end of the chain is not where the stored head says: its tail was cut off, rewritten or added to."
        "Compare the last entries and the head with a backup or with the latest checkpoint outside the database."
    CheckpointMismatch "CHECKPOINT_MISMATCH" "The chain differs from what a signed checkpoint says of it: it was rewritten."
        "Compare the entries up to this checkpoint with a backup from before it was made."
    RolledBack "ROLLED_BACK" "The database is older than a signed checkpoint outside of it: what was written since is gone."
        "If an older copy was restored on purpose, move the file of checkpoints away; if not, somebody exchanged the database: stop the server and look for the newer one."
    CheckpointSignature "CHECKPOINT_SIGNATURE" "A checkpoint's signature does not fit it."
        "Check that its signing key is at hand; if it is, the checkpoint was altered: use its copy outside the database."
}

impl std::fmt::Display for FindingKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// The place in the chain.
    pub seq: i64,
    /// The entry that stands there; where none does, the one that belongs there, if it was found elsewhere.
    pub id: Option<Uuid>,
    /// What exactly, as a sentence.
    pub detail: String,
}

/// What was checked, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The first finding of each kind, in the order of their places. After the first place where the chain is broken it
    /// can not be followed: what stands behind that place is not judged.
    pub findings: Vec<Finding>,
    /// How far the chain was followed: its end where nothing was found.
    pub head: Head,
    /// How many of the entries on the way have had their personal data erased.
    pub erased: i64,
    /// How many checkpoints were found to fit.
    pub checkpoints: i64,
}

impl Report {
    /// Whether everything stands as it was sealed.
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// The first finding.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }
}
