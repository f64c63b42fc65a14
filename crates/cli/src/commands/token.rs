//! `keyward token`.

use clap::{Args, Subcommand};
use keyward_core::time::Timestamp;
use keyward_engine::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::instant;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output::{self, Columns, Table, or_dash, time};

#[derive(Subcommand)]
pub(crate) enum Token {
    /// Make a token and print it: it is shown this once
    Create(Create),
    /// List all tokens, without their texts
    List(List),
    /// Revoke a token, for good
    Revoke(Revoke),
}

#[derive(Args)]
pub(crate) struct Create {
    /// What its bearer may do: admin, developer, sales-agent, support-agent, read-only
    #[arg(long, value_name = "ROLE", value_parser = role, required_unless_present = "installation")]
    role: Option<Role>,
    /// In place of a role: bound to this installation, for the interface of system E
    #[arg(long, value_name = "NAME", conflicts_with = "role")]
    installation: Option<String>,
    /// It may also read the installation's secret, with which keys can be made
    #[arg(long, requires = "installation")]
    reads_key: bool,
    /// A name, to tell it from others
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
    /// Good for so many days [default: until it is revoked]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=36_500), conflicts_with = "expires")]
    days: Option<i64>,
    /// Good until this instant
    #[arg(long, value_name = "DATE", value_parser = instant)]
    expires: Option<Timestamp>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct Revoke {
    /// The token's id, as `token list` shows it
    #[arg(value_name = "ID")]
    id: Uuid,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|unknown: keyward_engine::token::UnknownRole| unknown.to_string())
}

impl Token {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Create(command) => command.run(json),
            Self::List(command) => command.run(json),
            Self::Revoke(command) => command.run(json),
        }
    }
}

impl Create {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let end = self.expires.or(self.days.map(|days| opened.engine.now().plus_days(days)));
            let made = match (&self.installation, self.role) {
                (Some(installation), _) => {
                    let (engine, caller) = (&opened.engine, &opened.caller);
                    engine
                        .create_installation_token(caller, installation, self.reads_key, &self.name, end)
                        .await?
                }
                (None, role) => {
                    let role = role.unwrap_or(Role::ReadOnly);
                    opened.engine.create_token(&opened.caller, role, &self.name, end).await?
                }
            };
            let role = self.role.map(Role::as_str);
            let (id, text) = (made.row.id, made.token.expose());
            if json {
                return output::json(&json!({
                    "id": id.to_string(), "token": text, "role": role, "installation": self.installation,
                    "readsKey": self.reads_key, "name": self.name,
                    "created": made.row.created_at, "expires": end,
                }));
            }
            output::print(format_args!("{text}\n"))?;
            let mut table = Table::default();
            table.row("token", id);
            table.optional("role", role);
            table.optional("installation", self.installation.as_ref());
            if self.reads_key {
                table.row("may", "read the installation's secret, with which keys can be made");
            }
            table.optional("name", Some(&self.name).filter(|name| !name.is_empty()));
            table.row(
                "expires",
                end.map_or_else(|| "when it is revoked".to_owned(), |end| time(end).to_string()),
            );
            output::tell(format_args!("\n{}", table.to_string().trim_end()));
            output::tell(
                "note: it is shown this once and kept by nobody; give it as `Authorization: Bearer …`",
            );
            Ok(())
        })
    }
}

impl List {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.read(None, async |opened: &Opened| {
            let tokens = opened.engine.tokens().await?;
            let now = opened.engine.now();
            let state = |revoked: Option<Timestamp>, end: Option<Timestamp>| match (revoked, end) {
                (Some(_), _) => "revoked",
                (None, Some(end)) if end <= now => "expired",
                (None, _) => "good",
            };
            if json {
                let tokens = tokens.iter().map(|token| {
                    json!({
                        "id": token.id.to_string(), "role": token.role, "kind": token.kind, "name": token.name,
                        "hint": token.hint, "state": state(token.revoked_at, token.expires_at),
                        "installation": token.installation_id.map(|id| id.to_string()),
                        "created": token.created_at, "expires": token.expires_at,
                        "revoked": token.revoked_at, "lastUsed": token.last_used_at,
                    })
                });
                return output::json(&tokens.collect::<Value>());
            }
            let names = &["ID", "ROLE", "ENDS IN", "STATE", "MADE", "EXPIRES", "LAST USED", "NAME"];
            let mut list = Columns::new(names);
            for token in &tokens {
                let role = or_dash(token.role.as_ref());
                let (expires, used) =
                    (or_dash(token.expires_at.map(time)), or_dash(token.last_used_at.map(time)));
                list.row(&[
                    &token.id,
                    &role,
                    &format_args!("…{}", token.hint),
                    &state(token.revoked_at, token.expires_at),
                    &time(token.created_at),
                    &expires,
                    &used,
                    &token.name,
                ]);
            }
            output::print(list)
        })
    }
}

impl Revoke {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            opened.engine.revoke_token(&opened.caller, self.id).await?;
            if json {
                return output::json(&json!({ "done": "revoke", "id": self.id.to_string() }));
            }
            output::print(format_args!("revoked the token {}: it lets nobody in any more\n", self.id))
        })
    }
}
