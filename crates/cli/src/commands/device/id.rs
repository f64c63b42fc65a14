//! Who this device is, and whether it still is who it was.

use std::path::PathBuf;

use clap::Args;
use keyward_client::device::{Environment, Machine, ThisMachine};
use keyward_core::device::DeviceFacts;
use keyward_core::device::fingerprint::{Change, Comparison, Components, Fingerprint, Kind};
use serde_json::{Value, json};

use super::application::Settings;
use crate::failure::Failure;
use crate::output::{self, Columns, Table};

/// Print the id of this device, for a licence that is bound to it
#[derive(Args)]
pub(crate) struct Id {
    /// The product that the application gives its licence manager
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    product: String,
    /// The application's salt: ids of different applications are different
    #[arg(long, value_name = "TEXT", default_value = "keyward")]
    salt: String,
    /// Print the id that system D's applications compute, from the salt alone
    #[arg(long, conflicts_with = "product")]
    original: bool,
    /// Show what the id is made of, in clear
    #[arg(long)]
    explain: bool,
    /// Compare with what the application that is set up there remembers; product and salt are its own
    #[arg(long, value_name = "DIR", conflicts_with_all = ["product", "salt", "original"])]
    data: Option<PathBuf>,
}

impl Id {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        if self.original { self.original(json) } else { self.second(&ThisMachine, json) }
    }

    fn second(&self, machine: &dyn Machine, json: bool) -> Result<(), Failure> {
        let components = machine.components();
        let (product, salt, before) = match &self.data {
            Some(data) => Settings::remembered(data)?,
            None => (self.product.clone(), self.salt.clone(), None),
        };
        let explanation = Explanation {
            now: &components.fingerprint(&format!("{product}\n{salt}")),
            before: before.as_ref(),
            original: machine.facts(&salt).ok().map(|facts| facts.device_id()),
            environment: &machine.environment(),
            components: &components,
        };
        match (json, self.explain) {
            (true, explain) => output::json(&explanation.object(&product, &salt, explain)),
            (false, true) => output::print(explanation.text()),
            (false, false) => output::print(format_args!("{}\n", explanation.id())),
        }
    }

    fn original(&self, json: bool) -> Result<(), Failure> {
        let facts = keyward_client::device::facts(&self.salt).map_err(|error| {
            Failure::new(
                "DEVICE",
                format_args!("the device cannot be read: {error}"),
                "try again as another user",
            )
        })?;
        if json {
            return output::json(&original_object(&facts));
        }
        output::print(format_args!("{}\n", facts.device_id()))?;
        if self.explain {
            let mut table = Table::default();
            table.row("platform", &facts.platform);
            table.row("arch", &facts.arch);
            table.row("hostname", &facts.hostname);
            table.row("mac", if facts.mac.is_empty() { "none" } else { &facts.mac });
            table.row("username", &facts.username);
            table.row("salt", &facts.salt);
            output::print(table)?;
        }
        Ok(())
    }
}

fn original_object(facts: &DeviceFacts) -> Value {
    json!({
        "deviceId": facts.device_id(),
        "platform": facts.platform,
        "arch": facts.arch,
        "hostname": facts.hostname,
        "mac": facts.mac,
        "username": facts.username,
        "salt": facts.salt,
    })
}

/// What an id is made of and, where a device remembers an earlier one, whether it is still the same device.
pub(crate) struct Explanation<'a> {
    pub(crate) before: Option<&'a Fingerprint>,
    pub(crate) now: &'a Fingerprint,
    /// System D's id, when the machine says enough.
    pub(crate) original: Option<String>,
    pub(crate) environment: &'a Environment,
    pub(crate) components: &'a Components,
}

impl Explanation<'_> {
    /// The id of a device is the one that it remembers while it still matches.
    fn id(&self) -> &str {
        self.before
            .filter(|before| before.compare(self.now).holds())
            .map_or(&self.now.id, |before| &before.id)
    }

    fn comparison(&self) -> Option<Comparison> {
        self.before.map(|before| before.compare(self.now))
    }

    pub(crate) fn text(&self) -> String {
        let comparison = self.comparison();
        let mut found = Columns::new(if comparison.is_some() {
            &["component", "weight", "since", "found"]
        } else {
            &["component", "weight", "found"]
        });
        for kind in Kind::ALL {
            let values = values(self.components, kind);
            let shown = if values.is_empty() { "nothing".to_owned() } else { values.join(", ") };
            match &comparison {
                Some(comparison) => {
                    let since = change(comparison, kind).map_or("-", word);
                    found.row(&[&kind.as_str(), &kind.weight(), &since, &shown]);
                }
                None => found.row(&[&kind.as_str(), &kind.weight(), &shown]),
            }
        }
        let mut rest = Table::default();
        rest.row("device id", self.id());
        rest.optional("id without memory", Some(&self.now.id).filter(|id| *id != self.id()));
        rest.row("original id", output::or_dash(self.original.as_ref()));
        rest.row("environment", self.environment);
        if let Some(comparison) = comparison {
            let (points, of) = (comparison.points, comparison.of);
            let holds = if comparison.holds() { "yes" } else { "no" };
            rest.row("still matches", format_args!("{holds}: {points} of {of} stayed, half is enough"));
        }
        for advice in self.environment.advice(self.components) {
            rest.row("advice", advice);
        }
        format!("{found}\n{rest}")
    }

    pub(crate) fn object(&self, product: &str, salt: &str, explain: bool) -> Value {
        let mut object = json!({
            "deviceId": self.id(),
            "originalId": self.original,
            "product": product,
            "salt": salt,
        });
        if explain {
            let comparison = self.comparison();
            let component = |kind| {
                let since = comparison.as_ref().and_then(|comparison| change(comparison, kind));
                json!({ "kind": kind, "weight": kind.weight(), "found": values(self.components, kind), "since": since })
            };
            object["components"] = Kind::ALL.into_iter().map(component).collect();
            object["environment"] = environment(self.environment);
            object["advice"] = json!(self.environment.advice(self.components));
            object["matches"] = json!(comparison.map(|comparison| {
                json!({ "holds": comparison.holds(), "points": comparison.points, "of": comparison.of })
            }));
        }
        object
    }
}

fn environment(environment: &Environment) -> Value {
    match environment {
        Environment::Hardware => json!({ "kind": "hardware", "name": null }),
        Environment::Virtual(name) => json!({ "kind": "virtual", "name": name }),
        Environment::Container(name) => json!({ "kind": "container", "name": name }),
    }
}

fn values(components: &Components, kind: Kind) -> Vec<&str> {
    match kind {
        Kind::MachineId => components.machine_id.iter().map(String::as_str).collect(),
        Kind::Mac => components.macs.iter().map(String::as_str).collect(),
        Kind::HostName => components.host_name.iter().map(String::as_str).collect(),
        Kind::Cpu => components.cpu.iter().map(String::as_str).collect(),
    }
}

fn change(comparison: &Comparison, kind: Kind) -> Option<Change> {
    comparison.kinds.iter().find(|(of, _)| *of == kind).map(|(_, change)| *change)
}

const fn word(change: Change) -> &'static str {
    match change {
        Change::Same => "same",
        Change::Changed => "changed",
        Change::Gone => "gone",
        Change::New => "new",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> Components {
        Components {
            machine_id: Some("b08dfa60".to_owned()),
            macs: vec!["f0:de:f1:00:00:01".to_owned(), "f0:de:f1:00:00:02".to_owned()],
            host_name: Some("desk".to_owned()),
            cpu: None,
        }
    }

    fn explained(before: Option<&Fingerprint>, components: &Components) -> (String, Value) {
        let explanation = Explanation {
            before,
            now: &components.fingerprint("p"),
            original: Some("0011223344556677".to_owned()),
            environment: &Environment::Container("docker".to_owned()),
            components,
        };
        (explanation.text(), explanation.object("", "p", true))
    }

    #[test]
    fn what_was_found_is_shown_with_its_weight() {
        let (text, object) = explained(None, &desk());
        let id = desk().fingerprint("p").id;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..8],
            [
                "component     weight  found",
                "machine id    3       b08dfa60",
                "network card  2       f0:de:f1:00:00:01, f0:de:f1:00:00:02",
                "host name     1       desk",
                "processor     1       nothing",
                "",
                &format!("device id    {id}"),
                "original id  0011223344556677",
            ]
        );
        assert!(text.contains("container (docker)") && text.contains("mount one"), "{text}");
        assert_eq!(object["components"][1]["found"][0], "f0:de:f1:00:00:01");
        assert_eq!((&object["matches"], &object["environment"]["name"]), (&Value::Null, &json!("docker")));
    }

    #[test]
    fn what_changed_is_shown_and_whether_it_is_still_the_device() {
        let before = desk().fingerprint("p");
        let moved = Components {
            host_name: Some("other".to_owned()),
            macs: Vec::new(),
            cpu: Some("x".to_owned()),
            ..desk()
        };
        let (text, object) = explained(Some(&before), &moved);
        for line in ["host name     1       changed  other", "network card  2       gone     nothing"] {
            assert!(text.contains(line), "{text}");
        }
        assert!(text.contains("processor     1       new      x"), "{text}");
        assert!(text.contains("yes: 3 of 6 stayed, half is enough"), "{text}");
        assert_eq!(
            (&object["matches"]["holds"], &object["components"][0]["since"]),
            (&json!(true), &json!("same"))
        );

        let anew = Components { machine_id: Some("other".to_owned()), ..moved };
        let (text, object) = explained(Some(&before), &anew);
        assert!(text.contains("no: 0 of 6 stayed"), "{text}");
        assert_eq!(object["deviceId"], anew.fingerprint("p").id);
    }

    #[test]
    fn a_device_keeps_the_id_that_it_remembers() {
        let before = desk().fingerprint("p");
        let without = Components { machine_id: None, ..desk() };
        let (text, object) = explained(Some(&before), &without);
        assert_eq!(object["deviceId"], before.id);
        assert!(text.contains(&format!("id without memory  {}", without.fingerprint("p").id)), "{text}");
    }
}
