//! What a developer and CI run: `cargo xtask test|check|bench|crash|fuzz|newcomer|postgres`.
//!
//! Owns the order of the steps and what they need installed. The steps themselves are cargo's.

mod bench;
mod check;
mod crash;
mod fuzz;
mod newcomer;
mod postgres;
mod test;
mod tools;

use std::process::ExitCode;

use clap::Parser;

/// What a developer and CI run.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Install what the tests need, then run `check` and all tests
    Test(test::Options),
    /// Run the quick part: format, lints, documentation, licences, the core's dependencies and its build for wasm32
    Check,
    /// Run the benchmarks, or the one that is named first: cost, bulk, door, import, status, console, server
    Bench {
        /// Given to the benchmark as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Kill the server, its database and its disk, many times, and print a table of what was lost: nothing
    Crash(crash::Options),
    /// Fuzz the parsers, one after the other
    Fuzz(fuzz::Options),
    /// Walk through the README in a fresh clone, every command as it is printed
    Newcomer,
    /// Keep a PostgreSQL server for the tests until Ctrl-C or the end of the input, and print the variable to export
    Postgres,
}

fn main() -> ExitCode {
    match run(Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not returned from here: a backtrace of this program helps nobody whose test failed.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    std::env::set_current_dir(tools::root())?;
    match task {
        Task::Test(options) => test::run(&options),
        Task::Check => check::run(),
        Task::Bench { args } => bench::run(&args),
        Task::Crash(options) => crash::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Newcomer => newcomer::run(),
        Task::Postgres => postgres::run(),
    }
}
