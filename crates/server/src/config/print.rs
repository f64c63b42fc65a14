//! `keyward config print`: what holds, and where it comes from.

use std::fmt::Write as _;

use super::keys::KEYS;
use super::load::Loaded;
use super::sections::Config;

impl Loaded {
    /// The configuration as a file, secrets masked; behind each value that was set stands where.
    pub fn print(&self) -> String {
        let place = |path: &str| self.origins.get(path).map(String::as_str);
        let mut out = text(&self.config, place);
        let secrets = &self.config.secrets;
        for (name, is_set) in [
            ("KEYWARD_MASTER_KEY", secrets.master_key.is_some()),
            ("MASTER_KEY", secrets.tier_secret.is_some()),
            ("KEYWARD_ACCEPT_PUBLIC_SECRET", secrets.accept_public),
        ] {
            if is_set {
                let _ = writeln!(out, "# {name} is set");
            }
        }
        out
    }
}

/// A section of the configuration, and each of its keys with its value.
pub(crate) type Shown = (&'static str, Vec<(&'static str, Option<String>)>);

impl Config {
    /// What holds, section by section, secrets masked.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let mut sections: Vec<Shown> = Vec::new();
        for key in KEYS {
            let (section, name) = key.split();
            let value = (name, (key.show)(self));
            match sections.last_mut().filter(|(current, _)| *current == section) {
                Some((_, values)) => values.push(value),
                None => sections.push((section, vec![value])),
            }
        }
        sections
    }

    /// The configuration as a file, secrets masked.
    pub fn print(&self) -> String {
        text(self, |_| None)
    }
}

fn text<'a>(config: &Config, place: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut out = String::new();
    let mut current = "";
    for key in KEYS {
        let (section, name) = key.split();
        if section != current {
            let gap = if current.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}[{section}]");
            current = section;
        }
        let _ = match ((key.show)(config), place(key.path)) {
            (Some(value), Some(place)) => writeln!(out, "{name} = {value} # from {place}"),
            (Some(value), None) => writeln!(out, "{name} = {value}"),
            (None, _) => writeln!(out, "# {name} is not set"),
        };
    }
    out
}
