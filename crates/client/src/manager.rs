//! The licence manager: what an application holds.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keyward_core::device::parse_last_seen;
use keyward_core::time::Timestamp;

use crate::builder::Builder;
use crate::clock::{Chance, Clock};
use crate::error::ClientError;
use crate::files::{File, Files, Name};
use crate::identity::{Identity, salted};
use crate::judge::{self, Evidence, Rules};
use crate::ledger::Seen;
use crate::memory::{Found, Shelf};
use crate::state::{Seal, Secret, State, Trace};
use crate::status::{Note, Status};

/// Answers whether the application may run, keeps its licence, and changes it. Cheap to clone; clones share one licence.
///
/// # Examples
/// ```no_run
/// use keyward_client::LicenseManager;
///
/// const KEY: &str = "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n";
///
/// let license = LicenseManager::builder("versoll-books").public_key(KEY)?.open()?;
/// let status = license.status();
/// println!("{}", status.message());
/// if !status.can_write() {
///     println!("{}", status.remedy());
/// }
/// # Ok::<(), keyward_client::ClientError>(())
/// ```
#[derive(Clone)]
pub struct LicenseManager(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) rules: Rules,
    pub(crate) files: Files,
    pub(crate) seal: Seal,
    pub(crate) identity: Identity,
    pub(crate) clock: Arc<dyn Clock>,
    chance: Box<Chance>,
    file_times: bool,
    only_looks: bool,
    original_id: bool,
    memory: Mutex<Memory>,
    #[cfg(feature = "online")]
    pub(crate) server: Option<crate::online::Server>,
}

/// What stays in memory.
#[derive(Default)]
pub(crate) struct Memory {
    /// The device's name in the names of its files, once they were looked for.
    name: Option<Name>,
    /// What the disk did not take, and why; it is tried again.
    pub(crate) unwritten: Option<(State, Option<String>)>,
    /// What the status is told with until the next start.
    pub(crate) notes: Vec<Note>,
    pub(crate) watch: crate::watch::Watch,
    /// Until when the server is left alone.
    #[cfg(feature = "online")]
    pub(crate) patience: Option<crate::online::Patience>,
}

impl fmt::Debug for LicenseManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenseManager").field("product", &self.0.rules.product).finish_non_exhaustive()
    }
}

impl LicenseManager {
    /// Begins to set up a manager for a product, by its code. System D's licence files name the product as people write
    /// it: give that name.
    pub fn builder(product: &str) -> Builder {
        Builder::new(product)
    }

    pub(crate) fn open(
        builder: Builder,
        data: std::path::PathBuf,
        trace: Option<std::path::PathBuf>,
    ) -> Result<Self, ClientError> {
        let identity = Identity::of(&*builder.machine, &builder.product, &builder.salt, builder.own_id);
        let seal = Seal::new(&salted(&builder.product, &builder.salt));
        let mut inner = Inner {
            files: Files::new(builder.disk, data, trace),
            rules: Rules {
                product: builder.product,
                keys: builder.keys,
                tolerance: builder.tolerance,
                help: builder.help,
            },
            seal,
            identity,
            clock: builder.clock,
            chance: builder.chance,
            file_times: builder.file_times,
            only_looks: builder.only_looks,
            original_id: builder.original_id,
            memory: Mutex::default(),
            #[cfg(feature = "online")]
            server: builder.server,
        };
        inner.start()?;
        Ok(Self(Arc::new(inner)))
    }

    /// The id of this device, to ask for a licence with.
    pub fn device_id(&self) -> &str {
        self.0.identity.id()
    }

    /// Where the licence file stands: one of this device's own where the usual place is taken by another's.
    pub fn license_path(&self) -> std::path::PathBuf {
        let (files, name) = (&self.0.files, self.0.name());
        let own = files.read(File::LicenseOf(&name)).is_ok_and(|own| own.is_some());
        files.path(if own { File::LicenseOf(&name) } else { File::License }).unwrap_or_default()
    }

    /// May the application run here, now? Reads the files, and writes nothing.
    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// Whether the user may change anything: [`Status::can_write`] of the present status.
    pub fn can_write(&self) -> bool {
        self.status().can_write()
    }

    /// Whether a feature may be used.
    ///
    /// # Errors
    /// The status, when it is no; `ENTITLEMENTS_MISSING` when the licence lacks the feature.
    pub fn require(&self, feature: &str) -> Result<(), ClientError> {
        self.status().require(feature)
    }

    /// Remembers that the application runs now: call it hourly and on close ([`Self::watch`] and dropping the last clone
    /// do). A later clock that lies behind is noticed by it.
    pub fn touch(&self) {
        self.0.touch();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.only_looks {
            self.touch();
        }
    }
}

impl Inner {
    /// Reads what is there, takes in the times that are seen, and writes it back.
    fn start(&mut self) -> Result<(), ClientError> {
        let chance = |error: std::io::Error| {
            let remedy = "Start the application again; if it happens again, restart the computer.";
            ClientError::other(
                "NO_CHANCE",
                format_args!("the system gives no random bytes: {error}"),
                remedy,
                &self.rules.help,
            )
        };
        let mut secret = Secret([0; 32]);
        (self.chance)(&mut secret.0).map_err(chance)?;
        // Without a lock nothing can be written either, and the status says so.
        let lock = if self.only_looks { Ok(Box::new(()) as Box<dyn Send>) } else { self.files.lock() };
        let mut found = self.read();
        let state = &mut found.state;
        state.device.get_or_insert_with(|| self.identity.first_remembered(secret));
        self.identity.settle(state, self.original_id);
        if let Some(device) = &mut state.device {
            self.identity.remember(device);
        }
        if let Some(at) =
            self.files.read(File::LastSeen).ok().flatten().and_then(|bytes| plain_last_seen(&bytes))
        {
            state.ledger.observe(Seen::Clock, at);
        }
        if self.file_times {
            let name = &found.name;
            let ours = [File::License, File::LicenseOf(name), File::State(name), File::Trace(name)];
            let files = ours.into_iter().chain([File::LastSeen]).chain(found.outdated.iter().copied());
            for at in files.filter_map(|file| self.files.modified(file)) {
                state.ledger.observe(Seen::File, at);
            }
        }
        self.see_license(state, &found.name);
        self.see_clock(state);
        let notes = std::mem::take(&mut found.notes);
        let written = lock.and_then(|_lock| self.write(&mut found));
        if written.is_ok() {
            // Its time is in the ledger now; that it could not be removed does no harm.
            let _ = self.files.remove(File::LastSeen);
        }
        let mut memory = self.memory();
        memory.name = Some(found.name);
        memory.notes = notes;
        memory.unwritten =
            written.err().map(|why| (found.state, (!self.only_looks).then(|| why.to_string())));
        Ok(())
    }

    /// What this device is called in the names of its files.
    pub(crate) fn name(&self) -> Name {
        let name = self.memory().name.clone();
        name.unwrap_or_else(|| Name::of(&self.identity.now.id, 1))
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> Status {
        let now = self.clock.now();
        let (state, mut notes) = self.remembered();
        let mut read = |file| {
            self.files.read(file).unwrap_or_else(|error| {
                notes.push(Note::LicenseNotReadable(error.to_string()));
                None
            })
        };
        let (own, shared) = (read(File::LicenseOf(&self.name())), read(File::License));
        let licenses = [own.as_deref(), shared.as_deref()];
        let evidence = Evidence { licenses, state: &state, identity: &self.identity, notes };
        judge::judge(&self.rules, evidence, now)
    }

    /// What is remembered.
    pub(crate) fn state(&self) -> State {
        self.remembered().0
    }

    /// What is remembered, and what there is to say about it.
    fn remembered(&self) -> (State, Vec<Note>) {
        let memory = self.memory();
        let mut notes = memory.notes.clone();
        if let Some((state, why)) = &memory.unwritten {
            notes.extend(why.clone().map(Note::NotRemembered));
            return (state.clone(), notes);
        }
        drop(memory);
        // The second copy is joined at each start and change; here the first is enough when it can be opened.
        let first = self.files.read(File::State(&self.name())).ok().flatten();
        match first
            .and_then(|bytes| State::open(&self.seal, &bytes).ok())
            .filter(|state| state.is_of(&self.identity.now))
        {
            Some(state) => (state, notes),
            None => {
                let read = self.read();
                notes.extend(read.notes.into_iter().filter(|note| !memory_has(&self.memory(), note)));
                (read.state, notes)
            }
        }
    }

    /// Finds what is this device's memory, and joins its copies.
    fn read(&self) -> Found {
        self.shelf().find(self.memory().name.clone())
    }

    fn shelf(&self) -> Shelf<'_> {
        Shelf { files: &self.files, seal: &self.seal, now: &self.identity.now }
    }

    /// Whether a licence is bound to another device that shares the directory: it is that device's to keep.
    pub(crate) fn is_of_a_neighbour(&self, license: &[u8]) -> bool {
        let bound = judge::read(license, &self.rules.keys).ok().and_then(|read| read.claims().device);
        bound.is_some_and(|device| !self.identity.is(&device) && self.shelf().has_device(&device))
    }

    /// Writes both copies; the first not where what could not be read may be in it.
    fn write(&self, found: &mut Found) -> std::io::Result<()> {
        if self.only_looks {
            return Err(std::io::Error::other("it is only looked at"));
        }
        let mut nonces = [[0; 12]; 2];
        for nonce in &mut nonces {
            (self.chance)(nonce)?;
        }
        let (state, name) = (&found.state, &found.name);
        // The second copy first: what must not be forgotten is then never in the first alone.
        let trace = self.files.write(File::Trace(name), &Trace::of(state).seal(&self.seal, nonces[1]));
        if let Some(why) = found.unreadable.take() {
            return Err(std::io::Error::other(format!("it cannot be read: {why}")));
        }
        self.files.write(File::State(name), &state.seal(&self.seal, nonces[0]))?;
        trace?;
        for file in found.outdated.drain(..) {
            // Its content has its place; that it could not be removed does no harm.
            let _ = self.files.remove(file);
        }
        Ok(())
    }

    /// Changes what is remembered, in one step for all programs that share the directory.
    ///
    /// # Errors
    /// `DISK` when it cannot be read or written. What must not be forgotten may then stand in the second copy alone.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let help = &self.rules.help;
        let failed = |error: &std::io::Error| {
            ClientError::disk("the licence's memory could not be written", error, help)
        };
        if self.only_looks {
            return Err(failed(&std::io::Error::other("it is only looked at")));
        }
        let _lock = self.files.lock().map_err(|error| failed(&error))?;
        let mut found = self.read();
        let state = &mut found.state;
        if let Some((unwritten, _)) = &self.memory().unwritten {
            // What this process saw while it could not write.
            state.ledger.join(&unwritten.ledger);
            state.device = state.device.take().or_else(|| unwritten.device.clone());
        }
        if state.device.is_none() {
            let mut secret = Secret([0; 32]);
            (self.chance)(&mut secret.0).map_err(|error| failed(&error))?;
            state.device = Some(self.identity.first_remembered(secret));
        }
        self.see_clock(state);
        // Whoever asks for the name meanwhile gets the one that was found.
        self.memory().name = Some(found.name.clone());
        if found.unreadable.is_some() {
            // Only the time, and that in the second copy.
            self.write(&mut found).map_err(|error| failed(&error))?;
        }
        let done = change(&mut found.state)?;
        self.write(&mut found).map_err(|error| failed(&error))?;
        let mut memory = self.memory();
        memory.unwritten = None;
        memory.notes.clear();
        Ok(done)
    }

    pub(crate) fn touch(&self) {
        if let Err(error) = self.change(|_| Ok(())) {
            let unwritten = self.memory().unwritten.take();
            let mut state = unwritten.map_or_else(|| self.read().state, |(state, _)| state);
            self.see_clock(&mut state);
            self.memory().unwritten = Some((state, Some(error.sentence().to_owned())));
        }
    }

    /// The clock is believed while it does not lie behind.
    fn see_clock(&self, state: &mut State) {
        let now = self.clock.now();
        if !state.ledger.is_behind(now, self.rules.tolerance) {
            state.ledger.observe(Seen::Clock, now);
        }
    }

    /// A licence that the vendor sealed tells when it was made.
    fn see_license(&self, state: &mut State, name: &Name) {
        for file in [File::LicenseOf(name), File::License] {
            if let Ok(Some(bytes)) = self.files.read(file)
                && let Ok(read) = judge::read(&bytes, &self.rules.keys)
                && let Some(made) = read.claims().issued
            {
                state.ledger.observe(Seen::License, made);
            }
        }
    }

    /// The device's own random bytes.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], ClientError> {
        let mut bytes = [0; N];
        (self.chance)(&mut bytes)
            .map_err(|error| ClientError::disk("random bytes", &error, &self.rules.help))?;
        Ok(bytes)
    }

    /// Where something stands, for a message.
    pub(crate) fn place(&self, file: File<'_>) -> String {
        self.files.path(file).as_deref().map(Path::display).map(|path| path.to_string()).unwrap_or_default()
    }
}

fn memory_has(memory: &Memory, note: &Note) -> bool {
    memory.notes.contains(note)
}

/// System D's own file: a plain number of milliseconds.
fn plain_last_seen(bytes: &[u8]) -> Option<Timestamp> {
    parse_last_seen(std::str::from_utf8(bytes).ok()?)
}
