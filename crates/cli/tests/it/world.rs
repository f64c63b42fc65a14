//! A directory of its own for each test, and `keyward` run in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A fresh directory, removed at the end.
pub(crate) struct World {
    pub(crate) directory: PathBuf,
    /// The PostgreSQL database that commands use instead of a file in `data`.
    url: Option<String>,
    /// Removed with the world, where it is the world's own.
    postgres: Option<keyward_store::testing::Database>,
}

/// What a run gave.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::below(Path::new(env!("CARGO_TARGET_TMPDIR")))
    }

    /// Outside this repository: what `cargo new` makes inside becomes a part of it.
    pub(crate) fn outside() -> Self {
        Self::below(&std::env::temp_dir())
    }

    fn below(place: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = place.join(name);
        std::fs::create_dir_all(&directory).expect("a directory for the test");
        Self { directory, url: None, postgres: None }
    }

    /// One for each kind of database that is tested.
    pub(crate) fn of_each_database() -> Vec<Self> {
        [Self::with_keys()].into_iter().chain(Self::with_keys().on_postgres()).collect()
    }

    /// With a new PostgreSQL database; `None` when the tests on it are left out.
    pub(crate) fn on_postgres(mut self) -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let database = runtime.block_on(keyward_store::testing::Database::postgres())?;
        self.url = Some(database.address.to_string());
        self.postgres = Some(database);
        Some(self)
    }

    /// With its database at an address.
    pub(crate) fn at(mut self, url: &str) -> Self {
        self.url = Some(url.to_owned());
        self
    }

    /// Where PostgreSQL is, in a world that has one.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Runs a command on this world's database.
    pub(crate) fn db(&self, arguments: &[&str]) -> Run {
        self.db_with(arguments, "")
    }

    pub(crate) fn db_with(&self, arguments: &[&str], input: &str) -> Run {
        let mut all = arguments.to_vec();
        all.extend(["--data", "data"]);
        all.extend(self.url().into_iter().flat_map(|url| ["--database", url]));
        self.run_with(&all, input)
    }

    /// Runs what must succeed on this world's database and gives its standard output.
    pub(crate) fn db_out(&self, arguments: &[&str]) -> String {
        let run = self.db(arguments);
        assert_eq!(run.status, 0, "{arguments:?}: {}{}", run.out, run.err);
        run.out.trim_end_matches('\n').to_owned()
    }

    /// Runs what must succeed on this world's database and gives its object.
    pub(crate) fn db_json(&self, arguments: &[&str]) -> Value {
        let run = self.db(&[arguments, &["--json"]].concat());
        assert_eq!(run.status, 0, "{arguments:?}: {}{}", run.out, run.err);
        run.json()
    }

    /// Where a text stands, in any case: files of a SQLite database, tables of one on PostgreSQL.
    pub(crate) fn places(&self, text: &str) -> Vec<String> {
        let Some(database) = &self.postgres else {
            let files = std::fs::read_dir(self.path("data")).expect("the directory");
            let files = files.map(|file| file.expect("a file").path());
            let holds = |path: &PathBuf| {
                let bytes = std::fs::read(path).expect("its bytes").to_ascii_lowercase();
                bytes.windows(text.len()).any(|window| window == text.as_bytes())
            };
            return files.filter(holds).map(|path| path.display().to_string()).collect();
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            use keyward_store::{Column, Read as _, Row, Sql, StoreError};
            fn first<T: Column>(row: &mut Row<'_>) -> Result<T, StoreError> {
                row.take()
            }
            let store = database.open().await.expect("the database");
            let tables = "select tablename from pg_catalog.pg_tables where schemaname = 'keyward'";
            let tables: Vec<String> = store.all(Sql::of_test(tables), &[], first).await.expect("the tables");
            assert!(tables.len() > 20, "{tables:?}");
            let mut found = Vec::new();
            for table in tables {
                let rows =
                    format!("select count(*) from keyward.{table} t where lower(t::text) like '%{text}%'");
                let count = store.one(Sql::of_test(rows.leak()), &[], first::<i64>).await;
                if count.expect("a count") != Some(0) {
                    found.push(table);
                }
            }
            found
        })
    }

    /// A world with `ed.pem`, `rsa.pem` and the environment's `SECRET`.
    pub(crate) fn with_keys() -> Self {
        let world = Self::new();
        let copy = |from: &str, to: &str| {
            std::fs::copy(testdata(from), world.path(to)).expect("a key of the test data");
        };
        copy("demo.pem", "ed.pem");
        let vectors: Value = serde_json::from_str(
            &std::fs::read_to_string(testdata("vectors/format_a.json")).expect("the vectors"),
        )
        .expect("the vectors are JSON");
        for (form, name) in
            [("private_pkcs8", "rsa.pem"), ("private_pkcs1", "rsa1.pem"), ("public_spki", "rsa.pub")]
        {
            let pem = vectors["keys"]["a_main"][form].as_str().expect("a PEM text");
            std::fs::write(world.path(name), pem).expect("the key is written");
        }
        let small = vectors["keys"]["a_small512"]["private_pkcs8"].as_str().expect("a PEM text");
        std::fs::write(world.path("small.pem"), small).expect("the key is written");
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file is there")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        self.run_in(&[], arguments, input)
    }

    pub(crate) fn run_in(&self, variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
        // What the developer's own shell says of databases is not meant for these tests.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("KEYWARD_") || ["DATABASE_URL", "MASTER_KEY"].contains(&&*name) {
                command.env_remove(&*name);
            }
        }
        let mut child = command
            .args(arguments)
            .current_dir(&self.directory)
            .env("SECRET", "a secret that both sides share")
            .env("OTHER", "another secret")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("keyward starts");
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("keyward ends");
        Run {
            status: output.status.code().expect("keyward exits"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Runs what must succeed and gives its standard output, without the newline at the end.
    pub(crate) fn out(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.status, 0, "{arguments:?}: {}", run.err);
        run.out.trim_end_matches('\n').to_owned()
    }
}

impl Run {
    /// The exit status and the code of a failure printed as an object.
    pub(crate) fn failure(&self) -> (i32, String) {
        let code = self.json()["error"]["code"].as_str().unwrap_or_default().to_owned();
        (self.status, code)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Left behind when a test fails to remove it, it does no harm in the target directory.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn testdata(name: &str) -> PathBuf {
    root().join("testdata").join(name)
}

/// The text of the `n`-th fenced block of a language in a page.
pub(crate) fn block(page: &str, language: &str, number: usize) -> String {
    let fence = format!("```{language}\n");
    let text = page.split(&fence).nth(number + 1).unwrap_or_else(|| panic!("block {number} of {language}"));
    text.split("```").next().expect("the block ends").trim_end().to_owned()
}
