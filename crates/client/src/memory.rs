//! Which of the files in a directory are this device's memory, and what they say together.
//!
//! Machines may share a directory, so each has files of its own, named by its id. A device whose id is another than it was
//! finds its memory by looking through all that are there: its components say which is its own.

use std::cmp::Reverse;
use std::io;

use keyward_core::device::fingerprint::Fingerprint;

use crate::files::{File, Files, Name};
use crate::state::{Damaged, Seal, State, Trace};
use crate::status::Note;

/// What was found.
pub(crate) struct Found {
    pub(crate) state: State,
    /// The device's name in the names of its files.
    pub(crate) name: Name,
    pub(crate) notes: Vec<Note>,
    /// Why a file that is this device's, or may be, could not be read at present: it must not be forgotten for another.
    pub(crate) unreadable: Option<io::Error>,
    /// Files from before names had a device in them. They are this device's, and go when their content has its new place.
    pub(crate) outdated: Vec<File<'static>>,
}

/// One file that may be this device's.
enum Copy<T> {
    Missing,
    Ours(T),
    Others(T),
    Damaged,
    Unreadable(io::Error),
}

/// The files of one kind, by what they turned out to be.
struct Pile<'a, T> {
    ours: Vec<(File<'a>, T)>,
    others: Vec<(File<'a>, T)>,
    damaged: Vec<File<'a>>,
    unreadable: Vec<(File<'a>, io::Error)>,
}

impl<'a, T> Pile<'a, T> {
    const fn new() -> Self {
        Self { ours: Vec::new(), others: Vec::new(), damaged: Vec::new(), unreadable: Vec::new() }
    }

    fn add(&mut self, file: File<'a>, copy: Copy<T>) {
        match copy {
            Copy::Missing => {}
            Copy::Ours(content) => self.ours.push((file, content)),
            Copy::Others(content) => self.others.push((file, content)),
            Copy::Damaged => self.damaged.push(file),
            Copy::Unreadable(why) => self.unreadable.push((file, why)),
        }
    }

    fn ours_have(&self, file: File<'_>) -> bool {
        self.ours.iter().any(|(ours, _)| *ours == file)
    }

    fn others_have(&self, file: File<'_>) -> bool {
        self.others.iter().any(|(other, _)| *other == file)
    }
}

/// Where memories stand.
pub(crate) struct Shelf<'a> {
    pub(crate) files: &'a Files,
    pub(crate) seal: &'a Seal,
    /// This device as it is now.
    pub(crate) now: &'a Fingerprint,
}

impl Shelf<'_> {
    /// Finds this device's memory. What it was called before is looked at first.
    pub(crate) fn find(&self, before: Option<Name>) -> Found {
        let name = before.unwrap_or_else(|| Name::of(&self.now.id, 1));
        match self.state(File::State(&name)) {
            Copy::Ours(state) => self.beside(state, name),
            other => self.search(&name, other),
        }
    }

    /// Whether another device with this id has a memory here.
    pub(crate) fn has_device(&self, id: &str) -> bool {
        let is_it = |state: &State| {
            let device = state.device.as_ref();
            device.is_some_and(|it| it.fingerprint.id == id || it.original.as_deref() == Some(id))
        };
        self.all().iter().any(|(ours, state)| !ours && is_it(state))
    }

    /// The device that is remembered: this one, or if it is none of them the one that is most like it.
    pub(crate) fn device(&self) -> Option<Fingerprint> {
        let like = |(ours, state): &(bool, State)| (*ours, state.likeness(self.now));
        let (_, state) = self.all().into_iter().max_by_key(like)?;
        state.device.map(|device| device.fingerprint)
    }

    /// All memories that can be opened, and whether each is this device's.
    fn all(&self) -> Vec<(bool, State)> {
        let names = self.files.with_state().unwrap_or_default();
        let files = names.iter().map(File::State).chain([File::OldState]);
        let opened = files.filter_map(|file| match self.state(file) {
            Copy::Ours(state) => Some((true, state)),
            Copy::Others(state) => Some((false, state)),
            Copy::Missing | Copy::Damaged | Copy::Unreadable(_) => None,
        });
        opened.collect()
    }

    /// The usual case: only the second copy is looked at besides.
    fn beside(&self, mut state: State, name: Name) -> Found {
        let mut notes = Vec::new();
        match self.trace(File::Trace(&name)) {
            Copy::Ours(trace) => state.join(trace),
            Copy::Damaged | Copy::Unreadable(_) => notes.push(Note::MemoryDamaged),
            Copy::Missing | Copy::Others(_) => {}
        }
        Found { state, name, notes, unreadable: None, outdated: Vec::new() }
    }

    /// Looks through everything that is there.
    fn search(&self, first: &Name, found_first: Copy<State>) -> Found {
        let mut states = Pile::new();
        states.add(File::State(first), found_first);
        let (names, unlisted) = match self.files.with_state() {
            Ok(names) => (names, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        for name in names.iter().filter(|name| *name != first) {
            states.add(File::State(name), self.state(File::State(name)));
        }
        states.add(File::OldState, self.state(File::OldState));
        let names = self.files.with_trace().unwrap_or_default();
        let mut traces = Pile::new();
        for file in names.iter().map(File::Trace).chain([File::OldTrace]) {
            traces.add(file, self.trace(file));
        }
        // The one that is most like this device; of the same likeness, the first.
        states.ours.sort_by_key(|(_, state)| Reverse(state.likeness(self.now)));
        let best = states.ours.first().map(|(file, _)| *file);
        let of_trace = traces.ours.iter().filter_map(|(file, _)| file.name());
        let mut known_as = best.and_then(File::name).into_iter().chain(of_trace);
        let known_as = known_as.find(|name| !states.others_have(File::State(name))).cloned();
        let mut names = (1..).map(|n| Name::of(&self.now.id, n));
        let free = || names.find(|name| !states.others_have(File::State(name)));
        let name = known_as.or_else(free).unwrap_or_else(|| first.clone());

        let found = best.is_some() || !traces.ours.is_empty();
        let is_damaged = |trace| {
            traces.damaged.contains(&trace) || traces.unreadable.iter().any(|(file, _)| *file == trace)
        };
        let damaged = states.damaged.contains(&File::State(&name))
            || is_damaged(File::Trace(&name))
            || (best.is_none() && states.damaged.contains(&File::OldState))
            || (!found && is_damaged(File::OldTrace));
        let state_is_old = states.ours_have(File::OldState).then_some(File::OldState);
        let trace_is_old = traces.ours_have(File::OldTrace).then_some(File::OldTrace);
        let outdated = state_is_old.into_iter().chain(trace_is_old).collect();
        // Where nothing is this device's, a file that cannot be read may be.
        let unreadable = states.unreadable.into_iter().find_map(|(file, why)| {
            let counts = best.is_none() || file == File::State(first) || file == File::State(&name);
            counts.then_some(why)
        });
        let unreadable = unreadable.or(unlisted.filter(|_| best.is_none()));

        let mut ours = states.ours.into_iter().map(|(_, state)| state);
        let mut state = ours.next().unwrap_or_default();
        let rest = ours.map(|state| Trace::of(&state));
        rest.chain(traces.ours.into_iter().map(|(_, trace)| trace)).for_each(|trace| state.join(trace));
        let mut notes = Vec::new();
        let others = states.others.len() + traces.others.len();
        if !found && others > 0 {
            // Who remembers nothing takes the time from those who do: it is all that deleting one's own files leaves.
            for (_, other) in &states.others {
                state.ledger.join(&other.ledger);
            }
            for (_, other) in &traces.others {
                state.ledger.join(&other.ledger);
            }
            notes.push(Note::MemoryOfAnotherDevice);
        }
        if damaged {
            notes.push(Note::MemoryDamaged);
            // Either copy says whether there was a trial; without both nobody knows.
            state.was_damaged |= !found;
        }
        Found { state, name, notes, unreadable, outdated }
    }

    fn state(&self, file: File<'_>) -> Copy<State> {
        self.copy(file, |bytes| State::open(self.seal, bytes), |state| state.is_of(self.now))
    }

    fn trace(&self, file: File<'_>) -> Copy<Trace> {
        self.copy(file, |bytes| Trace::open(self.seal, bytes), |trace| trace.is_of(self.now))
    }

    fn copy<T>(
        &self,
        file: File<'_>,
        open: impl Fn(&[u8]) -> Result<T, Damaged>,
        is_ours: impl Fn(&T) -> bool,
    ) -> Copy<T> {
        match self.files.read(file).map(|bytes| bytes.map(|bytes| open(&bytes))) {
            Ok(None) => Copy::Missing,
            Ok(Some(Ok(content))) if is_ours(&content) => Copy::Ours(content),
            Ok(Some(Ok(content))) => Copy::Others(content),
            Ok(Some(Err(Damaged))) => Copy::Damaged,
            Err(why) => Copy::Unreadable(why),
        }
    }
}
