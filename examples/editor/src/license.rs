//! The licence: opening it, and asking it before anything is changed.

use anyhow::Context as _;
use keyward_client::clock::Clock;
use keyward_client::{LicenseManager, Status, Timestamp};

use crate::options::Options;

/// The page of the vendor's that explains the codes.
const HELP: &str = "https://keyward.example/help/codes";

/// Opens the licence of this application.
pub(crate) fn open(options: &Options) -> anyhow::Result<LicenseManager> {
    let key = std::fs::read_to_string(&options.key)
        .with_context(|| format!("the vendor's public key {}", options.key.display()))?;
    let license =
        LicenseManager::builder(&options.product).public_key(&key)?.data_directory(&options.data).help(HELP);
    Ok(match options.now {
        None => license.open()?,
        // The times of real files say nothing about a time that is made up.
        Some(now) => license.clock(At(now)).file_times(false).open()?,
    })
}

/// The right to change the document. What changes it asks for one, so none can forget to ask the licence.
pub(crate) struct MayWrite(());

impl MayWrite {
    /// Asks the licence.
    ///
    /// # Errors
    /// The status that says no.
    pub(crate) fn ask(license: &LicenseManager) -> Result<Self, Box<Status>> {
        let status = license.status();
        if status.can_write() { Ok(Self(())) } else { Err(Box::new(status)) }
    }
}

/// A clock that stands, for tests.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}
