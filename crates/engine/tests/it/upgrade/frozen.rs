//! Databases as they lie in `testdata/databases/VERSION`: a SQLite file, a script for PostgreSQL, and what is in each.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use keyward_store::DatabaseAddress;
use keyward_store::testing::Database;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    fn file(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite.db.gz",
            Self::Postgres => "postgres.sql.gz",
        }
    }

    fn contents(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite.json",
            Self::Postgres => "postgres.json",
        }
    }
}

/// What a database has that cannot be read out of it.
#[derive(Clone)]
pub(super) struct Contents {
    /// In hexadecimal digits. It was made for this database, and protects nothing.
    pub(super) master_key: String,
    /// Licences, each with the name of its form.
    pub(super) forms: Vec<(String, String)>,
}

/// A database of an older schema.
pub(super) struct Frozen {
    pub(super) kind: Kind,
    pub(super) version: i64,
    pub(super) contents: Contents,
    bytes: Vec<u8>,
}

pub(super) fn place(version: i64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/databases").join(version.to_string())
}

impl Frozen {
    pub(super) fn exists(kind: Kind, version: i64) -> bool {
        place(version).join(kind.file()).exists()
    }

    pub(super) fn read(kind: Kind, version: i64) -> Self {
        let read = |name: &str| {
            let path = place(version).join(name);
            fs::read(&path).unwrap_or_else(|error| {
                panic!(
                    "{}: {error}; make it with UPDATE_DATABASES=1 cargo test -p keyward-engine --test it upgrade",
                    path.display()
                )
            })
        };
        let packed = read(kind.file());
        assert!(packed.len() < 100_000, "{} bytes", packed.len());
        let mut bytes = Vec::new();
        GzDecoder::new(&packed[..]).read_to_end(&mut bytes).expect("gzip");
        let contents: Value = serde_json::from_slice(&read(kind.contents())).expect("JSON");
        let forms = contents["forms"].as_object().expect("forms").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let contents = Contents {
            master_key: text(&contents["masterKey"]),
            forms: forms.map(|(form, value)| (form.clone(), text(value))).collect(),
        };
        Self { kind, version, contents, bytes }
    }

    pub(super) fn write(kind: Kind, version: i64, bytes: &[u8], contents: &Contents) {
        fs::create_dir_all(place(version)).expect("a directory");
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).expect("packed");
        fs::write(place(version).join(kind.file()), packed.finish().expect("packed")).expect("written");
        let forms: serde_json::Map<String, Value> =
            contents.forms.iter().map(|(form, text)| (form.clone(), text.clone().into())).collect();
        let contents = json!({ "masterKey": contents.master_key, "forms": forms });
        let text = serde_json::to_string_pretty(&contents).expect("JSON") + "\n";
        fs::write(place(version).join(kind.contents()), text).expect("written");
    }

    /// The database, as it was; `None` where tests leave its kind out.
    pub(super) async fn database(&self) -> Option<Database> {
        match self.kind {
            Kind::Sqlite => {
                let database = Database::sqlite(Path::new(env!("CARGO_TARGET_TMPDIR")));
                let DatabaseAddress::Sqlite(path) = &database.address else { unreachable!("it is a file") };
                fs::write(path, &self.bytes).expect("written");
                Some(database)
            }
            Kind::Postgres => {
                let database = Database::postgres().await?;
                database.run_script(std::str::from_utf8(&self.bytes).expect("text")).await;
                Some(database)
            }
        }
    }
}
