//! How a licence manager is set up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keyward_core::crypto::pure::Pure;
use keyward_core::crypto::{KeySet, PublicKey, SharedSecret};
use keyward_core::device::fingerprint::Fingerprint;
use keyward_core::time::MICROS_PER_DAY;

use crate::clock::{Chance, Clock, SystemClock, system_chance};
use crate::device::{Machine, ThisMachine};
use crate::error::{ClientError, HELP};
use crate::files::{Disk, Files, LocalDisk};
use crate::identity::salted;
use crate::manager::LicenseManager;
use crate::memory::Shelf;
use crate::place::{Places, environment};
use crate::state::Seal;

/// What a manager is built from. Product and one key are enough; everything else has a default.
pub struct Builder {
    pub(crate) product: String,
    pub(crate) application: Option<String>,
    pub(crate) salt: String,
    pub(crate) keys: KeySet,
    pub(crate) data: Option<PathBuf>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) original_id: bool,
    pub(crate) own_id: Option<String>,
    pub(crate) tolerance: i64,
    pub(crate) file_times: bool,
    pub(crate) only_looks: bool,
    pub(crate) help: String,
    pub(crate) machine: Arc<dyn Machine>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Box<Chance>,
    pub(crate) disk: Arc<dyn Disk>,
    #[cfg(feature = "online")]
    pub(crate) server: Option<crate::online::Server>,
}

impl Builder {
    pub(crate) fn new(product: &str) -> Self {
        Self {
            product: product.to_owned(),
            application: None,
            salt: "keyward".to_owned(),
            keys: KeySet::default(),
            data: None,
            trace: None,
            original_id: false,
            own_id: None,
            tolerance: MICROS_PER_DAY,
            file_times: true,
            only_looks: false,
            help: HELP.to_owned(),
            machine: Arc::new(ThisMachine),
            clock: Arc::new(SystemClock),
            chance: Box::new(system_chance),
            disk: Arc::new(LocalDisk),
            #[cfg(feature = "online")]
            server: None,
        }
    }

    /// A public key that licences may be signed by: PEM, RSA or Ed25519. May be called for several keys.
    ///
    /// # Errors
    /// `KEY_FILE` when it is no such key.
    pub fn public_key(mut self, pem: &str) -> Result<Self, ClientError> {
        let key = PublicKey::from_pem(pem, &Pure).map_err(|error| {
            let remedy =
                "Put the vendor's public key into the application, as `keyward keys export` prints it.";
            ClientError::other("KEY_FILE", error, remedy, &self.help)
        })?;
        self.keys.public.push(key);
        Ok(self)
    }

    /// The installation key that `lk1` and `lk2` keys are sealed under (system E). Whoever reads it can make such keys.
    #[must_use]
    pub fn installation_key(mut self, secret: &str) -> Self {
        self.keys.secrets.push(SharedSecret::new(secret, &Pure));
        self.keys.accepts_lk3_macs = true;
        self
    }

    /// The application's name as its data directory has it; the product unless given.
    #[must_use]
    pub fn application(mut self, name: &str) -> Self {
        self.application = Some(name.to_owned());
        self
    }

    /// The application's salt: it makes device ids that no other vendor can link, and the ids of system D.
    #[must_use]
    pub fn salt(mut self, salt: &str) -> Self {
        salt.clone_into(&mut self.salt);
        self
    }

    /// Where the licence stands; the platform's user data directory of the application unless given. The second copy of
    /// what must not be forgotten then stands in `.trace` below it, unless [`Self::trace_directory`] says otherwise.
    #[must_use]
    pub fn data_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Some(directory.into());
        self
    }

    /// Where the second copy of what must not be forgotten stands: a place that removing the application leaves.
    #[must_use]
    pub fn trace_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.trace = Some(directory.into());
        self
    }

    /// The licence stands in `./.userData`, as system D has it in development.
    #[must_use]
    pub fn development(self) -> Self {
        self.data_directory(".userData")
    }

    /// Shows the device's id as system D makes it. Licences for either id are accepted in any case.
    #[must_use]
    pub fn original_device_id(mut self) -> Self {
        self.original_id = true;
        self
    }

    /// An id of the application's own instead, of a dongle for example: licences for it alone are accepted.
    #[must_use]
    pub fn device_id(mut self, id: &str) -> Self {
        self.own_id = Some(id.to_owned());
        self
    }

    /// How far the clock may lie behind what was seen; 24 hours unless given.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = i64::try_from(tolerance.as_micros()).unwrap_or(i64::MAX);
        self
    }

    /// Whether the times of the licence's own files count as seen; they do unless told otherwise.
    #[must_use]
    pub fn file_times(mut self, count: bool) -> Self {
        self.file_times = count;
        self
    }

    /// Asks without remembering: nothing on the disk is changed, for a question about another time.
    #[must_use]
    pub fn only_look(mut self) -> Self {
        self.only_looks = true;
        self
    }

    /// The page that explains the codes: links are its address, `#` and the code in lower case.
    #[must_use]
    pub fn help(mut self, address: &str) -> Self {
        address.clone_into(&mut self.help);
        self
    }

    /// The server to ask.
    #[cfg(feature = "online")]
    #[must_use]
    pub fn server(mut self, server: crate::online::Server) -> Self {
        self.server = Some(server);
        self
    }

    /// Another machine than this, for tests.
    #[must_use]
    pub fn machine(mut self, machine: impl Machine + 'static) -> Self {
        self.machine = Arc::new(machine);
        self
    }

    /// Another clock than the system's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another source of chance than the system's, for tests.
    #[must_use]
    pub fn chance(mut self, chance: Box<Chance>) -> Self {
        self.chance = chance;
        self
    }

    /// Another disk than this machine's, for tests.
    #[must_use]
    pub fn disk(mut self, disk: impl Disk + 'static) -> Self {
        self.disk = Arc::new(disk);
        self
    }

    /// The device as an earlier start remembered it; `None` when there was none, or its memory cannot be read. Opening the
    /// licence remembers the present components instead, this changes nothing.
    pub fn remembered(&self) -> Option<Fingerprint> {
        let data = self.data.clone()?;
        let files = Files::new(Arc::clone(&self.disk), data, None);
        let salted = salted(&self.product, &self.salt);
        let now = &self.machine.components().fingerprint(&salted);
        Shelf { files: &files, seal: &Seal::new(&salted), now }.device()
    }

    /// Opens the licence. What is wrong with its files does not stop the application: the status says it.
    ///
    /// # Errors
    /// `NO_DATA_DIRECTORY` when none is given and the platform names none; `NO_CHANCE` when the system gives none;
    /// `SERVER_ADDRESS`, `SERVER_PROXY`, `SERVER_ROOT`, `SERVER_TOKEN` when the server was given something that cannot be used.
    pub fn open(self) -> Result<LicenseManager, ClientError> {
        #[cfg(feature = "online")]
        if let Some(server) = &self.server {
            server.check(&self.help)?;
        }
        let places = Places { os: std::env::consts::OS, env: &environment };
        let application = self.application.as_deref().unwrap_or(&self.product);
        let none = || {
            ClientError::other(
                "NO_DATA_DIRECTORY",
                "the system names no directory for the data of applications",
                "Set HOME (on Windows APPDATA), or give the application a data directory.",
                &self.help,
            )
        };
        let data = match &self.data {
            Some(data) => data.clone(),
            None => places.data(application).ok_or_else(none)?,
        };
        let trace = match (&self.trace, &self.data) {
            (Some(trace), _) => Some(trace.clone()),
            (None, Some(data)) => Some(data.join(".trace")),
            (None, None) => places.state().map(|state| state.join(application)),
        };
        LicenseManager::open(self, data, trace)
    }
}
