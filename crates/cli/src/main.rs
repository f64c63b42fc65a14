//! The command line of Keyward.
//!
//! Owns arguments, prompts, tables and exit codes. Every command reads its arguments, calls one operation of the core
//! or the engine, and prints. Exit status: 0 valid or done, 1 refused, 2 usage or failure.

mod bulk;
mod clock;
mod commands;
mod database;
#[cfg(test)]
mod docs;
mod failure;
mod input;
mod keys;
mod new_file;
mod output;
mod qr;
mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    activate_offline, admin, audit, backup, config, device, export, import, inspect, installation, issue,
    keys as key_files, license, pool, register, release_offline, restore, secret, serve, token, user, verify,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Issue, verify and explain software licences.
#[derive(Parser)]
#[command(name = "keyward", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// One JSON object for machines instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Make a licence
    #[command(subcommand)]
    Issue(issue::Issue),
    /// Take in keys that were made elsewhere
    #[command(subcommand)]
    Register(register::Register),
    /// Move the licences of an older system in, or everything from another Keyward
    #[command(subcommand)]
    Import(import::Import),
    /// Write everything down, to be taken in by another database
    ///
    /// One instant of the database, as lines of JSON (docs/export.md), also while a server runs. With its secrets it is
    /// sealed under a passphrase: `keyward import keyward` takes it in, on SQLite or PostgreSQL, under any master key.
    Export(export::Export),
    /// Make a backup, also while a server runs
    ///
    /// What is sealed in the database stays sealed: a backup never contains the master key, and says which one it needs. What
    /// was written is read again and checked. Of SQLite it is a database file, of PostgreSQL an archive of lines.
    ///
    /// Exit status 0: it is good; 1: it was made, and the audit log in it is broken; 2: none was made.
    Backup(backup::Backup),
    /// Put a backup in the place of a database that is not there
    ///
    /// Nothing is overwritten, and nothing is left behind when the backup is not good. It needs the master key of its time.
    /// Stop every server first.
    ///
    /// Exit status 0: done; 1: the backup is damaged, or its audit log is broken; 2: it could not be done.
    Restore(restore::Restore),
    /// Say whether a licence is valid, and why
    Verify(verify::Verify),
    /// Show what a licence says, without checking who made it
    Inspect(inspect::Inspect),
    /// Show and change a licence of the database
    #[command(subcommand)]
    License(Box<license::License>),
    /// Answer the request of a device without a network
    ///
    /// The device counts as with any activation. The answer goes back to it: as text, as a file, or as a QR code. The same
    /// request gets the same answer; a new one of the same device renews its lease.
    ActivateOffline(activate_offline::ActivateOffline),
    /// Take back the seat of a device without a network, on its receipt
    ///
    /// It counts as a transfer, within what the policy allows. The same receipt again changes nothing.
    ReleaseOffline(release_offline::ReleaseOffline),
    /// The pool of single-use keys as a whole
    #[command(subcommand)]
    Pool(pool::Pool),
    /// Customers' running copies of a product, each with keys and devices of its own
    #[command(subcommand)]
    Installation(installation::Installation),
    /// Tokens, which let programs and people in
    #[command(subcommand)]
    Token(token::Token),
    /// The people of the console, who sign in with a password
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Customers, and what is known of them
    #[command(subcommand)]
    User(user::User),
    /// Key files, and the keys of the database
    #[command(subcommand)]
    Keys(key_files::Keys),
    /// Secrets that keys are sealed with
    #[command(subcommand)]
    Secret(secret::Secret),
    /// What was done, by whom, and whether the log still says so
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Configuration: its defaults, whether it can be used, what holds
    #[command(subcommand)]
    Config(config::Config),
    /// This machine, and the licence of an application on it
    #[command(subcommand)]
    Device(device::Device),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(command) => command.run().map(|()| true),
        Command::Issue(command) => command.run(cli.json).map(|()| true),
        Command::Export(command) => command.run(cli.json).map(|()| true),
        Command::Backup(command) => command.run(cli.json),
        Command::Restore(command) => command.run(cli.json).map(|()| true),
        Command::Verify(command) => command.run(cli.json),
        Command::Inspect(command) => command.run(cli.json).map(|()| true),
        Command::Register(command) => command.run(cli.json),
        Command::Import(command) => command.run(cli.json),
        Command::License(command) => command.run(cli.json).map(|()| true),
        Command::ActivateOffline(command) => command.run(cli.json).map(|()| true),
        Command::ReleaseOffline(command) => command.run(cli.json).map(|()| true),
        Command::Pool(command) => command.run(cli.json).map(|()| true),
        Command::Installation(command) => command.run(cli.json).map(|()| true),
        Command::Token(command) => command.run(cli.json).map(|()| true),
        Command::Admin(command) => command.run(cli.json).map(|()| true),
        Command::User(command) => command.run(cli.json).map(|()| true),
        Command::Secret(command) => command.run(cli.json).map(|()| true),
        Command::Audit(command) => command.run(cli.json),
        Command::Config(command) => command.run(cli.json),
        Command::Keys(command) => command.run(cli.json),
        Command::Device(command) => command.run(cli.json),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            failure.print(cli.json);
            ExitCode::from(failure.status())
        }
    }
}
