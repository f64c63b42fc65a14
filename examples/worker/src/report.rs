//! The job: a small report, written whole or not at all.

use std::io;
use std::path::Path;

/// Makes the report with this number.
pub(crate) fn make(directory: &Path, number: u64) -> io::Result<()> {
    let directory = directory.join("reports");
    std::fs::create_dir_all(&directory)?;
    let next = directory.join("next");
    std::fs::write(
        &next,
        format!("Report {number}\nThe first {number} numbers add up to {}.\n", sum(number)),
    )?;
    std::fs::rename(next, directory.join(format!("{number}.txt")))
}

fn sum(number: u64) -> u128 {
    u128::from(number) * (u128::from(number) + 1) / 2
}
