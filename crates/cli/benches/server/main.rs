//! What an answer costs beside a bare handler's, and an activation beside a bare commit.
//!
//! `cargo xtask bench server [GROUP …] [--licenses N] [--minutes N] [--write]`. The groups: `sqlite`, `scale`, `activations`, `pool`,
//! `start`, `postgres`, `old`, and `soak`, which takes long and runs only when it is named. Databases are filled by the program's own commands and kept in the target directory for the next run.
//! Ours and the yardstick are asked in turns, five pairs; medians, with the smallest and the largest. Nothing here passes or
//! fails by its time. With `--write` the report becomes `docs/benchmarks.md`.

mod activations;
mod asking;
mod bare;
mod filled;
mod memory;
mod old_server;
mod pool;
mod postgres;
#[path = "../shared/program.rs"]
mod program;
mod report;
mod soak;
mod start;
#[path = "../shared/tables.rs"]
mod tables;
mod verdicts;

use std::path::{Path, PathBuf};

use report::Report;

/// That of the program, for the bare handler.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SOAK: &str = "soak";

/// Measures, and reports.
type Group = fn(&Wanted, &Path, &mut Report);

/// What the command line says.
struct Wanted {
    groups: Vec<String>,
    licenses: u64,
    /// Of the soak, on each database.
    minutes: u64,
    write: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [argument, file] = &arguments[..]
        && argument == bare::ARGUMENT
    {
        return bare::run(file);
    }
    let wanted = Wanted::read(&arguments);
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("server");
    std::fs::create_dir_all(&place).expect("a directory for the runs");
    let groups: [(&str, Group); 8] = [
        ("sqlite", verdicts::sqlite),
        ("scale", verdicts::scale),
        ("activations", activations::sqlite),
        ("pool", pool::run),
        ("start", start::run),
        ("postgres", postgres::run),
        ("old", old_server::run),
        (SOAK, soak::run),
    ];
    for name in &wanted.groups {
        assert!(groups.iter().any(|(known, _)| known == name), "no group is called {name}");
    }
    let mut report = Report::default();
    for (name, run) in groups {
        if (wanted.groups.is_empty() && name != SOAK) || wanted.groups.iter().any(|wanted| wanted == name) {
            run(&wanted, &place, &mut report);
        }
    }
    if wanted.write {
        report.write();
    }
}

impl Wanted {
    fn read(arguments: &[String]) -> Self {
        let mut wanted = Self { groups: Vec::new(), licenses: 1_000_000, minutes: 10, write: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--write" => wanted.write = true,
                "--licenses" | "--minutes" => {
                    let number = arguments.next().and_then(|number| number.parse().ok());
                    let number = number.unwrap_or_else(|| panic!("{argument} and a number"));
                    *(if argument == "--minutes" { &mut wanted.minutes } else { &mut wanted.licenses }) =
                        number;
                }
                group => wanted.groups.push(group.to_owned()),
            }
        }
        wanted
    }
}
