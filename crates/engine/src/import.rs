//! Moving in from the older systems: their tables are read as one snapshot, and what they hold is taken in as one batch,
//! all or nothing.
//!
//! One file a system ([`System`] names them) says how a row becomes a licence; everything else is the same for all: what is
//! here already is left alone, so that a second run changes nothing; a row that cannot be read is named, and refuses the
//! whole unless it may be left out; nothing is seen before the last commit, and a broken-off import leaves nothing behind.
//! The writer is taken in parts.

mod a;
mod attempts;
mod b;
mod c;
mod candidate;
mod d;
mod e;
mod entry;
mod parts;
mod read;
mod report;
mod resolve;
mod rows;
mod run;
mod write;

use std::fmt;
use std::sync::Arc;

use keyward_store::old::OldDatabase;
use zeroize::Zeroizing;

pub use report::{Reason, Report, RowName, Skipped, Warning};

use self::entry::Reads;
use crate::{Caller, Engine, EngineError, Product, seed};

/// A system that licences come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Signed records.
    A,
    /// The central pool.
    B,
    /// Tiered keys.
    C,
    /// Device-bound files.
    D,
    /// Self-contained keys of one installation.
    E,
}

impl System {
    /// Its letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }

    /// The product that its licences usually belong to; files name theirs.
    pub const fn product(self) -> Option<&'static str> {
        match self {
            Self::A => Some(seed::RECORDS),
            Self::B => Some(seed::POOL),
            Self::C => Some(seed::TIER),
            Self::D => None,
            Self::E => Some(seed::LK),
        }
    }

    /// How its rows are read.
    async fn reads(
        self,
        engine: &Arc<Engine>,
        import: &Import,
        product: &Product,
        old: &OldDatabase,
    ) -> Result<Arc<dyn Reads>, EngineError> {
        Ok(match self {
            Self::A => Arc::new(a::Records::new(engine, product)),
            Self::B => Arc::new(b::Pool),
            Self::C => Arc::new(c::Tiers::new(engine, import, product)),
            Self::D => Arc::new(d::Files::read(engine, product, old).await?),
            Self::E => Arc::new(e::Keys::read(engine, import, product, old).await?),
        })
    }

    /// Where its rows are.
    async fn open(self, from: &str) -> Result<OldDatabase, EngineError> {
        match self {
            Self::A | Self::B | Self::C | Self::E => Ok(OldDatabase::open(from).await?),
            Self::D => Ok(OldDatabase::folder(from.as_ref())?),
        }
    }
}

/// What is to be moved in.
#[derive(Clone)]
pub struct Import {
    /// From which system.
    pub system: System,
    /// A SQLite file or the URL of a PostgreSQL database; of files, their folder.
    pub from: String,
    /// The product's code; left out, the one of the system.
    pub product: Option<String>,
    /// The secret that the old keys are sealed with, where it is not in the database yet.
    pub secret: Option<Zeroizing<String>>,
    /// The name of the installation that keys of system E belong to; left out, the account's own.
    pub installation: Option<String>,
    /// Whether everything is done but the writing.
    pub dry_run: bool,
    /// Whether rows that cannot be read are left out, instead of refusing the whole.
    pub skip_bad: bool,
    /// Older attempts to validate are not taken along, in days.
    pub keep_attempts: i64,
}

/// Shows neither secret nor address.
impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import")
            .field("system", &self.system)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Moves the licences of an older system in. `progress` is told how many rows were read, and of how many.
    ///
    /// A refusal is no error: the report says so, and nothing was changed.
    ///
    /// # Errors
    /// When the old database cannot be read or has not the tables of the system, when there is no such product, or when the
    /// database refuses; nothing was changed then, either.
    pub async fn import(
        self: &Arc<Self>,
        caller: &Caller,
        import: Import,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Report, EngineError> {
        self.refresh().await?;
        let old = import.system.open(&import.from).await?;
        let code = match import.product.as_deref().or_else(|| import.system.product()) {
            Some(code) => code.to_owned(),
            None => d::product_of(&old).await?,
        };
        let product = self.catalog().product(&code).cloned();
        let product = product.ok_or(EngineError::NotFound { what: "product", name: code })?;
        let reads = import.system.reads(self, &import, &product, &old).await?;
        let besides = reads.besides();
        let mut report = run::Run::new(self, caller, &import, &product, &old, reads).go(progress).await?;
        for (sentence, row) in besides {
            report.warn(sentence, || row);
        }
        Ok(report)
    }
}
