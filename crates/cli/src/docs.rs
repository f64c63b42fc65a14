//! Reference pages that are made from the code, so that they cannot drift. `UPDATE_DOCS=1 cargo test -p keyward`
//! writes them; without it the tests compare.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use keyward_core::code::Code;
use keyward_core::refusal::{Flaw, Refusal};

use crate::failure;

mod configuration;
mod export;
mod failures;

fn compare(page: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, wanted).expect("the page is written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/{page} is not what the code says: run `UPDATE_DOCS=1 cargo test -p keyward`"
    );
}

#[test]
fn errors() {
    let mut page = String::from(
        "# Codes\n\nEvery verdict and every refusal carries one of these codes. They are stable: programs may rely on \
         them. Sentences may\nchange. This page is made from the code; a test keeps it so.\n\n\
         `keyward verify` exits with 0 when the licence is valid, 1 when it is refused, and 2 when it could not be \
         asked.\n\n## Verdicts and refusals\n\n| code | meaning | what to do |\n|---|---|---|\n",
    );
    let mut row = |cells: &[&str]| writeln!(page, "| {} |", cells.join(" | ")).expect("a string takes all");
    for code in Code::ALL {
        row(&[&format!("`{code}`"), code.sentence(), code.remedy()]);
    }
    page.push_str("\n## Reasons below `MALFORMED` and `BAD_SIGNATURE`\n\n| reason | meaning | what to do |\n|---|---|---|\n");
    let mut row = |cells: &[&str]| writeln!(page, "| {} |", cells.join(" | ")).expect("a string takes all");
    for (reason, sentence, remedy) in Flaw::TABLE {
        row(&[&format!("`{reason}`"), sentence, remedy]);
    }
    row(&[
        "`SEAL_NOT_ACCEPTED`",
        "this kind of seal is not accepted with the keys that were given",
        Refusal::SealNotAccepted { found: "" }.remedy(),
    ]);
    row(&[
        "`CANNOT_DECRYPT`",
        "the seal fits, and no secret that was given opens the payload",
        Refusal::CannotDecrypt.remedy(),
    ]);
    page.push_str("\n## Failures of the command line\n\nExit status 2.\n\n| code | meaning |\n|---|---|\n");
    let mut row = |cells: &[&str]| writeln!(page, "| {} |", cells.join(" | ")).expect("a string takes all");
    for (code, sentence) in failure::CODES {
        row(&[&format!("`{code}`"), sentence]);
    }
    page.push_str(
        "\n## Failures of the database and the engine\n\nExit status 2; 1 where the licence itself refuses: \
         `ALREADY_SO`, `LIMIT_EXCEEDED`, and the codes of verdicts; 1 also where a file is not whole: `ARCHIVE_DAMAGED`, \
         `ARCHIVE_TRUNCATED`, `ARCHIVE_DIFFERS`, `AUDIT_BROKEN`.\n\n| code | meaning | what to do |\n|---|---|---|\n",
    );
    let mut row = |cells: &[&str]| writeln!(page, "| {} |", cells.join(" | ")).expect("a string takes all");
    let mut known = std::collections::HashSet::new();
    for error in failures::all().into_iter().filter(|error| known.insert(error.code())) {
        row(&[&format!("`{}`", error.code()), &error.to_string(), error.remedy()]);
    }
    page.push_str(
        "\n## Failures on a device\n\nWhat `keyward-client` and `keyward device` say besides the codes of verdicts. Exit status 2.\n\n\
         | code | meaning | what to do |\n|---|---|---|\n",
    );
    let mut row = |cells: &[&str]| writeln!(page, "| {} |", cells.join(" | ")).expect("a string takes all");
    for (code, sentence, remedy) in keyward_client::CODES {
        row(&[&format!("`{code}`"), sentence, remedy]);
    }
    compare("errors.md", &page);
}

#[test]
fn command_line() {
    let mut page = String::from(
        "# The command line\n\nWhat `--help` says of every command. This page is made from the code; a test keeps it \
         so. Every command exits with 0\nwhen done (or valid), 1 when a licence is refused, 2 on wrong usage or \
         failure, and takes `--json`.\n",
    );
    let mut command = crate::Cli::command();
    command.build();
    describe(&mut command, "", &mut page);
    compare("cli.md", &page);
}

fn describe(command: &mut clap::Command, parent: &str, page: &mut String) {
    let name = format!("{parent}{}", command.get_name());
    let help = command.clone().bin_name(&name).render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    writeln!(page, "\n## `{name}`\n\n```text\n{}\n```", help.join("\n").trim_end())
        .expect("a string takes all");
    for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help") {
        describe(inner, &format!("{name} "), page);
    }
}
