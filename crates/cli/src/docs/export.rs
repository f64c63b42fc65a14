//! The tables of the export: the end of a page whose beginning people write.

use std::fmt::Write as _;
use std::path::Path;

use keyward_store::tables::{Kept, Kind, LEFT_OUT, TABLES};

use super::compare;

const MARK: &str = "<!-- From here on this page is made from the code";

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "id",
        Kind::Number => "number",
        Kind::Flag => "flag",
        Kind::Time => "time",
        Kind::Text => "text",
        Kind::Bytes => "bytes",
        Kind::Sealed => "sealed",
        Kind::Digest => "digest",
        Kind::Password => "password",
        Kind::Here(_) => "–",
    }
}

#[test]
fn export() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/export.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (written, made) = page.split_at(page.find(MARK).expect("the mark"));
    let mut page = format!("{written}{}\n", made.lines().next().expect("the mark's line"));
    for table in TABLES {
        write!(page, "\n### `{}`\n\n{}", table.name, table.about).expect("a string takes all");
        match table.kept {
            Kept::Content => {}
            Kept::Log => page.push_str(" Part of `log`."),
            Kept::Backup(reason) => write!(page, " In backups only: {reason}.").expect("a string takes all"),
        }
        page.push_str("\n\n");
        let columns: Vec<String> =
            table.columns.iter().map(|column| format!("`{}` {}", column.name, word(column.kind))).collect();
        page.push_str(&folded(&columns.join(", ")));
    }
    page.push_str("\n### Not at all\n\n| table | why |\n|---|---|\n");
    for (name, reason) in LEFT_OUT {
        writeln!(page, "| `{name}` | {reason} |").expect("a string takes all");
    }
    // Each kind that there is has its line among those that people write.
    for column in TABLES.iter().flat_map(|table| table.columns) {
        let line = format!("| {} |", word(column.kind));
        assert!(written.contains(&line), "the page does not say how {} is written", word(column.kind));
    }
    compare("export.md", &page);
}

/// Lines of 120 characters at the most.
fn folded(text: &str) -> String {
    let (mut lines, mut length) = (String::new(), 0);
    for part in text.split_inclusive(", ") {
        if length + part.trim_end().len() > 120 {
            lines.truncate(lines.trim_end().len());
            lines.push('\n');
            length = 0;
        }
        lines.push_str(part);
        length += part.len();
    }
    lines + "\n"
}
