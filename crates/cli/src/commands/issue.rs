//! `keyward issue`: one file per form.

mod file;
mod lk1;
mod lk2;
mod lk3;
mod pool;
mod record;
mod recovery_code;
mod stored;
mod tier;

pub(super) use pool::duration;
pub(super) use stored::InstallationArgs;
pub(super) use tier::Kept;

use clap::Subcommand;
use keyward_core::claims::Claims;
use keyward_core::crypto::KeySet;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{self, DeviceContext};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::failure::Failure;
use crate::output;
use crate::report::Report;

#[derive(Subcommand)]
pub(crate) enum Issue {
    /// An RSA-signed record of a client (system A)
    ///
    /// Without --key or --offline it is signed with the database's key and kept there; a client has one record in a product.
    Record(record::Record),
    /// 12-character single-use keys (system B)
    ///
    /// By default 1,000 keys of each of the five durations; --count is the number of each. They are kept in the database, and
    /// seen there once all of them are written to the table.
    Pool(pool::Pool),
    /// A tiered key that a server verifies (system C)
    ///
    /// The key says only its tier and the second in which it was made: the database keeps the rest. Of several made at
    /// once, each takes the next free second, at most an hour ahead. With a secret or --offline nothing is stored.
    Tier(tier::Tier),
    /// An RSA-signed file bound to a device (system D)
    ///
    /// Writes `<customer>.key` into the current directory. The customer's own file for the same device is replaced, any other
    /// left alone. Without --key or --offline it is signed with the database's key and kept there.
    File(file::File),
    /// A short key with a 16-bit check (system E, first version)
    ///
    /// For installations that read nothing newer: the check catches typing errors and keeps nobody out. Without a secret or
    /// --offline it is sealed under the database's and kept there.
    Lk1(lk1::Lk1),
    /// A self-contained key with a 48-bit seal (system E, second version)
    ///
    /// With --tier it is made at once: with a secret or --offline nothing is stored, without it is sealed under the
    /// database's and kept there. Without --tier it asks, as the original generator does; or --batch takes all answers.
    Lk2(Box<lk2::Lk2>),
    /// A self-contained key with a full seal: the one to choose
    ///
    /// With --key it is signed: nobody but you can make one. With only a secret it is sealed by a MAC: shorter, but
    /// whoever can check one can make others. Without either, and without --offline, the database's key signs it and the
    /// licence is kept there.
    Lk3(Box<lk3::Lk3>),
    /// A code that clears a false alarm of a device's clock
    ///
    /// For a device that refuses because its clock was wrong and has been set right. The code is good for this device and
    /// product, and for the number that the refusal showed: it works once.
    RecoveryCode(recovery_code::RecoveryCode),
}

impl Issue {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Record(command) => command.run(json),
            Self::Pool(command) => command.run(json),
            Self::Tier(command) => command.run(json),
            Self::File(command) => command.run(json),
            Self::Lk1(command) => command.run(json),
            Self::Lk2(command) => command.run(json),
            Self::Lk3(command) => command.run(json),
            Self::RecoveryCode(command) => command.run(json),
        }
    }
}

/// What is said beside a licence when it is handed over.
#[derive(Default)]
struct Beside<'a> {
    /// What to know of its form.
    note: Option<&'a str>,
    /// The text to send to the customer.
    letter: Option<String>,
    /// The statement for an old table.
    sql: Option<String>,
    /// Where it was written.
    file: Option<String>,
    /// The licence in the database.
    stored: Option<Stored>,
}

/// A licence that is kept in the database.
struct Stored {
    id: Uuid,
    /// As programs read it.
    kept: Value,
    /// What whoever gives it out must see to.
    tell: String,
}

/// Prints a licence: itself on standard output, what it says when read back on standard error.
fn deliver(
    license: &str,
    keys: &KeySet,
    now: Timestamp,
    beside: &Beside<'_>,
    json: bool,
) -> Result<(), Failure> {
    let claims = Claims::verified(license, keys)?;
    let verdict = verdict::device(&claims, &DeviceContext::default(), now);
    let report = Report { verdict: &verdict, license: Some(&claims) };
    let Beside { note, letter, sql, file, stored } = beside;
    if json {
        let mut object = json!({
            "license": license, "check": report, "note": note, "letter": letter, "sql": sql, "file": file,
        });
        if let Some(Stored { kept, tell, .. }) = stored {
            object["kept"] = kept.clone();
            object["tell"] = tell.as_str().into();
        }
        return output::json(&object);
    }
    match file {
        Some(file) => output::tell(format_args!("wrote {file}: send it to the customer")),
        None => output::print(format_args!("{license}\n"))?,
    }
    let mut table = report.table();
    table.optional("kept as", stored.as_ref().map(|stored| stored.id));
    output::tell(format_args!("\n{}", table.to_string().trim_end()));
    if let Some(stored) = stored {
        output::tell(format_args!("note: {}", stored.tell));
    }
    if let Some(note) = note {
        output::tell(format_args!("note: {note}"));
    }
    if let Some(letter) = letter {
        output::tell(format_args!("\n{}", letter.trim_end()));
    }
    if let Some(sql) = sql {
        output::print(format_args!("{sql}\n"))?;
    }
    Ok(())
}

/// The `n`-th name of many: `{n}` in it is replaced, counting from 1.
fn numbered(name: &str, number: u64) -> String {
    name.replace("{n}", &(number + 1).to_string())
}

/// Many licences need names that differ.
fn must_be_numbered(name: &str, what: &str) -> Result<(), Failure> {
    if name.contains("{n}") {
        return Ok(());
    }
    Err(Failure::argument(
        format_args!("with --count every licence needs its own {what}"),
        format_args!("write {{n}} where the number goes: \"{name}-{{n}}\""),
    ))
}
