//! What this device's licence says now, in the colours of system D's page.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use keyward_client::{Access, LicenseManager, Source, Status};
use serde_json::{Value, json};

use super::application::Application;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Say whether the application may run here, now
#[derive(Args)]
pub(crate) struct Show {
    /// Write what support needs into a file: no key, no licence, no secret
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    application: Application,
}

impl Show {
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let manager = self.application.open()?;
        let status = manager.status();
        if let Some(path) = &self.report {
            report(path, &manager, &status)?;
            output::tell(format_args!(
                "{} holds what support needs; look at it before you send it.",
                path.display()
            ));
        }
        show(&status, json)
    }
}

/// Prints a status and says whether it is a yes.
pub(super) fn show(status: &Status, json: bool) -> Result<bool, Failure> {
    if json {
        output::json(&object(status))?;
    } else {
        output::print(format_args!("{}\n\n{}", painted(status), table(status)))?;
    }
    Ok(status.is_valid())
}

fn table(status: &Status) -> Table {
    let verdict = status.verdict();
    let mut table = Table::default();
    table.row("status", status.status().as_str());
    table.row("code", status.code());
    table.row("because", &verdict.detail);
    table.row("access", access(status.access()));
    if !status.is_active() {
        table.row("help", status.remedy());
    }
    table.row("device", status.device_id());
    table.optional("recovery number", status.recovery_number());
    if let Some(claims) = status.claims() {
        table.optional("issued to", claims.holder.as_ref());
        table.optional("type", claims.tier.as_ref());
        if !claims.features.is_empty() {
            table.row("features", claims.features.join(", "));
        }
    }
    table.optional("expires", verdict.expiry.map(output::time));
    table.optional(
        "grace until",
        verdict.grace_until.filter(|end| Some(*end) != verdict.expiry).map(output::time),
    );
    table.optional("days left", verdict.days_left);
    table.optional("confirmed until", status.lease_until().map(output::time));
    for warning in status.warnings() {
        table.row("warning", warning);
    }
    table
}

fn object(status: &Status) -> Value {
    let verdict = status.verdict();
    json!({
        "valid": status.is_valid(),
        "status": status.status().as_str(),
        "code": status.code(),
        "detail": verdict.detail,
        "message": status.message(),
        "remedy": status.remedy(),
        "color": status.color(),
        "access": status.access(),
        "deviceId": status.device_id(),
        "recoveryNumber": status.recovery_number(),
        "source": source(status.source()),
        "license": status.claims(),
        "expiry": verdict.expiry,
        "graceUntil": verdict.grace_until,
        "leaseUntil": status.lease_until(),
        "daysLeft": verdict.days_left,
        "lookAgain": status.look_again(),
        "warnings": status.warnings(),
    })
}

/// What support needs: no key, no licence and no secret is in it.
fn report(path: &Path, manager: &LicenseManager, status: &Status) -> Result<(), Failure> {
    let mut object = object(status);
    object["program"] = json!(concat!("keyward ", env!("CARGO_PKG_VERSION")));
    object["system"] = json!(format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    object["licenseFile"] = json!(manager.license_path());
    object["usage"] = json!(manager.usage().totals());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| exists(path, &error))?;
    writeln!(file, "{object:#}").map_err(|error| Failure::file(path, &error))
}

fn exists(path: &Path, error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        return Failure::new("FILE_EXISTS", format_args!("{} is there", path.display()), "name another file");
    }
    Failure::file(path, error)
}

/// The message in its colour, where a person looks at it.
fn painted(status: &Status) -> String {
    let message = output::printable(&status.message());
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let color = status.color().strip_prefix('#').and_then(|hex| u32::from_str_radix(hex, 16).ok());
    match color {
        Some(color) if std::io::stdout().is_terminal() && !plain => {
            let [_, red, green, blue] = color.to_be_bytes();
            format!("\x1b[1;38;2;{red};{green};{blue}m{message}\x1b[0m")
        }
        _ => message,
    }
}

const fn access(access: Access) -> &'static str {
    match access {
        Access::Full => "full",
        Access::ReadOnly => "read-only",
        Access::None => "none",
    }
}

const fn source(source: Source) -> &'static str {
    match source {
        Source::Nothing => "nothing",
        Source::License => "license",
        Source::Seat => "seat",
        Source::Server => "server",
        Source::Trial => "trial",
    }
}
