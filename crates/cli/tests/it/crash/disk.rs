//! A disk that fails as a test says, or keeps only what it confirmed: `fault.c`, loaded into the server before its C library.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::world::World;

/// What the system's errors are called in C.
pub(super) const EIO: i32 = 5;
pub(super) const ENOSPC: i32 = 28;

/// Which calls fail.
#[derive(Clone, Copy)]
pub(super) enum Calls {
    Writes = 1,
    Syncs = 2,
}

/// On which file.
#[derive(Clone, Copy)]
pub(super) enum On {
    Both = 0,
    Database = 1,
    Log = 2,
}

/// The disk under a world's database.
pub(super) struct Disk {
    control: fs::File,
    variables: [(&'static str, String); 4],
    database: PathBuf,
    kept: PathBuf,
}

impl Disk {
    /// Under a database that is there and not in use.
    pub(super) fn under(world: &World) -> Self {
        let (control, kept) = (world.path("control"), world.path("kept"));
        fs::write(&control, [0; 32]).expect("it is written");
        fs::create_dir_all(&kept).expect("a directory");
        let database = world.path("data/keyward.db");
        let text = |path: &Path| path.to_str().expect("a name in UTF-8").to_owned();
        let variables = [
            ("LD_PRELOAD", text(library())),
            ("KEYWARD_FAULT_DATABASE", text(&database)),
            ("KEYWARD_FAULT_CONTROL", text(&control)),
            ("KEYWARD_FAULT_KEPT", text(&kept)),
        ];
        let control = fs::OpenOptions::new().read(true).write(true).open(control).expect("it is there");
        let disk = Self { control, variables, database, kept };
        disk.begin();
        disk
    }

    /// For the server on it.
    pub(super) fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Everything that is in the files is on the disk.
    pub(super) fn begin(&self) {
        for (file, copy) in self.files() {
            if file.exists() {
                fs::copy(file, copy).expect("it is copied");
            } else {
                fs::write(copy, []).expect("it is written");
            }
        }
    }

    /// The power goes: what was not confirmed is gone.
    pub(super) fn forget(&self) {
        for (file, copy) in self.files() {
            fs::copy(copy, file).expect("it is copied");
        }
        // In memory while the server runs.
        let _ = fs::remove_file(keyward_file(&self.database, "-shm"));
    }

    fn files(&self) -> [(PathBuf, PathBuf); 2] {
        let log = keyward_file(&self.database, "-wal");
        [(self.database.clone(), self.kept.join("database")), (log, self.kept.join("log"))]
    }

    /// From now on, after `skip` calls that go well, `times` of them fail.
    pub(super) fn fail(&self, calls: Calls, on: On, skip: i32, times: i32, error: i32) {
        self.set(0, 0);
        for (place, value) in
            [(1, on as i32), (2, skip), (3, times), (4, error), (5, 0), (7, 0), (0, calls as i32)]
        {
            self.set(place, value);
        }
    }

    /// Nothing fails any more.
    pub(super) fn mend(&self) {
        self.set(0, 0);
    }

    /// Calls that failed since it was asked for.
    pub(super) fn failed(&self) -> i32 {
        self.get(5)
    }

    /// Syncs that were confirmed.
    pub(super) fn synced(&self) -> i32 {
        self.get(6)
    }

    /// Changes by the thread that met a failure, and removals of the log by any.
    pub(super) fn changed_after(&self) -> i32 {
        self.get(7)
    }

    fn set(&self, place: u64, value: i32) {
        self.control.write_all_at(&value.to_ne_bytes(), place * 4).expect("it is written");
    }

    fn get(&self, place: u64) -> i32 {
        let mut bytes = [0; 4];
        self.control.read_exact_at(&mut bytes, place * 4).expect("it is read");
        i32::from_ne_bytes(bytes)
    }
}

fn keyward_file(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Built once, by the compiler that Rust's own linker is.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let source = place.join(format!("fault-{}.c", std::process::id()));
        let library = source.with_extension("so");
        fs::write(&source, include_str!("fault.c")).expect("it is written");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&library).arg(&source);
        let output = cc.output().expect("a C compiler, which Rust needs, too: cc");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        library
    })
}
