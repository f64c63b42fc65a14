//! `keyward installation`: customers' running copies of a product (system E).

use clap::{Args, Subcommand};
use keyward_engine::installation::{Held, Holding};
use serde_json::{Value, json};

use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output::{self, Columns, or_dash, time};

#[derive(Subcommand)]
pub(crate) enum Installation {
    /// Make an installation
    ///
    /// Its secret is made with its first key; `keyward secret set lk --installation NAME` gives it the one that it has.
    Create(Create),
    /// List all installations, with what they hold
    List(List),
    /// Set how many devices are free
    Free(Free),
}

#[derive(Args)]
pub(crate) struct Create {
    /// A name, unique among all
    #[arg(value_name = "NAME")]
    name: String,
    /// Devices without a paid licence; 0 switches the free tier off [default: as the policy `free` says]
    #[arg(long, value_name = "N")]
    free_devices: Option<u32>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct Free {
    /// The installation
    #[arg(value_name = "NAME")]
    name: String,
    /// How many; 0 switches the free tier off, `policy` is as many as the policy `free` says
    #[arg(value_name = "N|policy", value_parser = devices)]
    devices: Devices,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Clone, Copy)]
struct Devices(Option<u32>);

fn devices(text: &str) -> Result<Devices, String> {
    if text == "policy" {
        return Ok(Devices(None));
    }
    text.parse().map(|number| Devices(Some(number))).map_err(|_| "a number, or `policy`".to_owned())
}

impl Installation {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Create(command) => command.run(json),
            Self::List(command) => command.run(json),
            Self::Free(command) => command.run(json),
        }
    }
}

impl Create {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let row =
                opened.engine.create_installation(&opened.caller, &self.name, self.free_devices).await?;
            if json {
                return output::json(&json!({ "id": row.id.to_string(), "name": row.name }));
            }
            let name = output::printable(&row.name);
            output::print(format_args!("made the installation {name}\n"))?;
            output::tell(format_args!(
                "next: `keyward token create --installation {name}` lets it in, `keyward issue lk2 --installation {name}` \
                 makes it a key"
            ));
            Ok(())
        })
    }
}

impl List {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.read(None, async |opened: &Opened| {
            let mut rows = Vec::new();
            for row in opened.engine.installations().await? {
                let held = opened.engine.held_by(&opened.caller, row.id).await?;
                rows.push((row, held));
            }
            if json {
                let rows = rows.iter().map(|(row, held)| {
                    json!({
                        "id": row.id.to_string(), "name": row.name, "own": row.own, "created": row.created_at,
                        "tier": held.tier(), "licenses": held.licenses.len(), "devices": held.in_use,
                        "maxDevices": held.total(), "freeDevices": held.free,
                        "overLimitSince": row.over_limit_since,
                        "hasSecret": row.secret_sealed.is_some(),
                    })
                });
                return output::json(&rows.collect::<Value>());
            }
            let mut columns =
                Columns::new(&["NAME", "TIER", "LICENCES", "DEVICES", "OVER LIMIT SINCE", "MADE"]);
            for (row, held) in &rows {
                columns.row(&[
                    &row.name,
                    &tiers(held),
                    &held.licenses.len(),
                    &format_args!("{} of {}", held.in_use, held.total()),
                    &or_dash(row.over_limit_since.map(time)),
                    &time(row.created_at),
                ]);
            }
            output::print(columns)
        })
    }
}

impl Free {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            opened.engine.set_free_devices(&opened.caller, &self.name, self.devices.0).await?;
            if json {
                return output::json(&json!({ "name": self.name, "freeDevices": self.devices.0 }));
            }
            let name = output::printable(&self.name);
            match self.devices.0 {
                Some(0) => output::print(format_args!("the free tier of {name} is off\n")),
                Some(devices) => output::print(format_args!("{devices} devices of {name} are free\n")),
                None => {
                    output::print(format_args!("as many devices of {name} are free as the policy says\n"))
                }
            }
        })
    }
}

/// The tiers of the active licences; of many alike, how many.
fn tiers(held: &Holding) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for tier in held.active().map(Held::tier) {
        match counts.iter_mut().find(|(known, _)| *known == tier) {
            Some((_, count)) => *count += 1,
            None => counts.push((tier, 1)),
        }
    }
    let told = |(tier, count): &(&str, usize)| match count {
        1 => (*tier).to_owned(),
        count => format!("{count} x {tier}"),
    };
    if counts.is_empty() { held.tier() } else { counts.iter().map(told).collect::<Vec<_>>().join(" + ") }
}
