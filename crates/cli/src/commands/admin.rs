//! `keyward admin`.

use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use keyward_engine::people::InvitationSecret;
use keyward_engine::token::Role;
use keyward_server::config;
use serde_json::json;

use super::token::role;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output;

/// The people of the console.
#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Make a link to set up an account for the console: good for an hour, and once
    Link(Link),
    /// Let somebody begin anew: his second factor and sessions are dropped, and a link lets him choose a password
    Reset(Reset),
    /// List the people of the console
    List(List),
}

#[derive(Args)]
pub(crate) struct Link {
    /// What the person may do: admin, developer, sales-agent, support-agent, read-only
    #[arg(long, value_name = "ROLE", value_parser = role, default_value = "admin")]
    role: Role,
    /// For this address only [default: whoever opens the link types one]
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct Reset {
    /// The person's address
    #[arg(value_name = "EMAIL")]
    email: String,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
struct At {
    /// Where people reach the console [default: the address of the main listener]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl At {
    /// The link, at the address where people reach the console.
    fn link(&self, config: &config::Config, secret: &InvitationSecret) -> String {
        let own = || {
            let mut listen = config.server.listen;
            if listen.ip().is_unspecified() {
                listen.set_ip(IpAddr::from([127, 0, 0, 1]));
            }
            format!("{}://{listen}", if config.server.tls_cert.is_some() { "https" } else { "http" })
        };
        link(&self.url.clone().unwrap_or_else(own), secret)
    }
}

/// The address behind which an invitation is accepted.
pub(crate) fn link(url: &str, secret: &InvitationSecret) -> String {
    format!("{}/console/set-up?link={}", url.trim_end_matches('/'), secret.expose())
}

/// The file of the first start's link.
const LINK: &str = "setup-link";

/// Takes the file away whose link was used.
pub(crate) fn remove_link(directory: &Path) {
    // Left behind, it holds nothing that opens anything.
    let _ = fs::remove_file(directory.join(LINK));
}

/// Writes a link to a file that only its owner reads.
pub(crate) fn write_link(directory: &Path, link: &str) -> io::Result<PathBuf> {
    let file = directory.join(LINK);
    // An older one may belong to somebody else.
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(&file)?, "{link}")?;
    Ok(file)
}

impl Admin {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Link(command) => command.run(json),
            Self::Reset(command) => command.run(json),
            Self::List(command) => command.run(json),
        }
    }
}

impl Link {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let secret = opened.engine.invite(&opened.caller, self.role, self.email.as_deref()).await?;
            show(&self.at.link(&opened.config, &secret), json)
        })
    }
}

impl Reset {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let secret = opened.engine.reset_person(&opened.caller, &self.email).await?;
            show(&self.at.link(&opened.config, &secret), json)
        })
    }
}

fn show(link: &str, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&json!({ "link": link }));
    }
    output::print(format_args!("{link}\n"))?;
    output::tell("note: it is good for an hour, and once; whoever has it gets in, so give it to nobody else");
    Ok(())
}

impl List {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.read(None, async |opened: &Opened| {
            let people = opened.engine.people().await?;
            if json {
                let people = people.iter().map(|person| {
                    json!({
                        "id": person.id.to_string(), "email": person.email, "name": person.name,
                        "role": person.role.as_str(), "secondFactor": person.has_second_factor,
                        "lockedOut": person.locked_out_at, "created": person.created_at,
                    })
                });
                return output::json(&json!({ "people": people.collect::<Vec<_>>() }));
            }
            if people.is_empty() {
                output::tell("nobody can sign in to the console yet: keyward admin link");
                return Ok(());
            }
            let mut columns = output::Columns::new(&["email", "name", "role", "second factor", "state"]);
            for person in &people {
                let factor = if person.has_second_factor { "yes" } else { "no" };
                let state = if person.locked_out_at.is_some() { "locked out" } else { "active" };
                columns.row(&[
                    &output::printable(&person.email),
                    &output::printable(person.name.as_deref().unwrap_or("-")),
                    &person.role,
                    &factor,
                    &state,
                ]);
            }
            output::print(columns)
        })
    }
}
