//! Migrations that were released never change.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// As `sha256sum` writes it, from the directory of the migrations.
const COMMITTED: &str = include_str!("../../../migrations/SHA256SUMS");

#[test]
fn migrations_are_those_that_were_committed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut lines = Vec::new();
    for kind in ["postgres", "sqlite"] {
        for file in fs::read_dir(root.join(kind)).expect("the migrations") {
            let name = file.expect("a file").file_name().into_string().expect("a name in ASCII");
            let text = fs::read(root.join(kind).join(&name)).expect("a migration");
            let digest = Sha256::digest(text).iter().fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("a text takes everything");
                text
            });
            lines.push(format!("{digest}  {kind}/{name}\n"));
        }
    }
    lines.sort_by(|one, other| one[64..].cmp(&other[64..]));
    assert_eq!(
        lines.concat(),
        COMMITTED,
        "a migration that was released is never edited; a new one is added to migrations/SHA256SUMS"
    );
}
