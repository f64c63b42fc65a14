//! A program without a screen that makes one report after the other while its licence says yes: an example of a service with
//! a licence.
//!
//! It exits with 0 when the reports are made, with 3 when the licence says no, and with 1 when something else is wrong. Between
//! two reports it may stop at any time; it never leaves half a report.

mod options;
mod report;

use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clap::Parser as _;
use keyward_client::online::Server;
use keyward_client::{ClientError, LicenseManager};

use crate::options::Options;

/// The feature that the licence must include.
const FEATURE: &str = "export";
/// The page of the vendor's that explains the codes.
const HELP: &str = "https://keyward.example/help/codes";

/// Why it stopped before its time.
enum Stop {
    /// The licence says no.
    License(ClientError),
    /// Something else.
    Other(String),
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        if error.verdict().is_some() { Self::License(error) } else { Self::Other(error.to_string()) }
    }
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::License(error)) => {
            let sentence = error.sentence().trim_end_matches('.');
            eprintln!("stopped: {sentence} ({}). {} See {}", error.code(), error.remedy(), error.link());
            ExitCode::from(3)
        }
        Err(Stop::Other(why)) => {
            eprintln!("failed: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Stop> {
    let license = open(options)?;
    if options.device_id {
        println!("{}", license.device_id());
        return Ok(());
    }
    activate(&license, options)?;
    let changes = changes(&license);
    let _watching = license.watch(Duration::from_secs(60));
    if options.server.is_some() {
        refresh(license.clone(), Duration::from_millis(options.refresh));
    }
    let worked = work(&license, options, &changes);
    // The thread that asks the server ends with the program, and says no more that it ran.
    license.touch();
    worked
}

/// One report after the other, each asking the licence first.
fn work(license: &LicenseManager, options: &Options, changes: &Receiver<()>) -> Result<(), Stop> {
    for number in 1..=options.jobs.unwrap_or(u64::MAX) {
        license.require(FEATURE)?;
        report::make(&options.data, number)
            .map_err(|error| Stop::Other(format!("report {number}: {error}")))?;
        println!("report {number} is made");
        if let Err(error) = license.record_use(FEATURE) {
            eprintln!("the use was not counted: {error}");
        }
        // Until it is time, or the licence has changed.
        let _ = changes.recv_timeout(Duration::from_millis(options.every));
    }
    Ok(())
}

fn open(options: &Options) -> Result<LicenseManager, Stop> {
    let key = std::fs::read_to_string(&options.key).map_err(|error| {
        Stop::Other(format!("the vendor's public key {}: {error}", options.key.display()))
    })?;
    let mut builder = LicenseManager::builder(&options.product).public_key(&key)?;
    if let Some(url) = &options.server {
        builder = builder.server(Server::tier(url));
    }
    Ok(builder.data_directory(&options.data).help(HELP).open()?)
}

/// Takes in the licence that the administrator laid down. One that is refused does no harm while another holds.
fn activate(license: &LicenseManager, options: &Options) -> Result<(), Stop> {
    let Some(file) = &options.license else { return Ok(()) };
    let text = std::fs::read_to_string(file)
        .map_err(|error| Stop::Other(format!("the licence {}: {error}", file.display())))?;
    let taken = if options.server.is_some() { license.activate(&text) } else { license.import(&text) };
    match taken {
        Ok(status) => println!("licence: {}", status.message()),
        Err(error) if license.status().is_valid() => eprintln!("the licence file was not taken: {error}"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Asks the server from time to time, in a thread of its own: what changed there arrives by it. When it cannot be asked, the
/// last answer holds until its lease ends.
fn refresh(license: LicenseManager, period: Duration) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(period);
            if let Err(error) = license.refresh() {
                eprintln!("the licence server: {error}");
            }
        }
    });
}

/// Writes each change of the licence to the log, and wakes whoever waits.
fn changes(license: &LicenseManager) -> Receiver<()> {
    let (tell, changes) = channel();
    license.on_change(move |status| {
        eprintln!("licence: {} ({})", status.message(), status.code().as_str());
        let _ = tell.send(());
    });
    changes
}
