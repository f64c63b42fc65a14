//! From the sources to a configuration.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{ConfigError, Fault};
use super::keys::{self, KEYS, Key};
use super::secret::SecretText;
use super::sections::Config;
use super::text::{Raw, Setting as _};
use super::{FILE_NAME, file};

/// Flags of the command line, as they were typed.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--listen`
    pub listen: Option<String>,
    /// `--data`
    pub data: Option<String>,
    /// `--database`
    pub database: Option<String>,
    /// `--document-ports`
    pub document_ports: bool,
    /// `--accept-public-secret`
    pub accept_public_secret: bool,
}

/// Where a configuration comes from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// `--config`; without it `keyward.toml` in the current directory, when there is one.
    pub file: Option<&'a Path>,
    /// The environment.
    pub environment: &'a BTreeMap<String, String>,
    /// The flags.
    pub flags: &'a Overrides,
}

/// A configuration and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Sentences for the operator; none of them stops anything.
    pub warnings: Vec<String>,
    /// Where each value that was set comes from, by its key.
    pub(super) origins: BTreeMap<&'static str, String>,
}

/// Variables that are no key.
const MASTER_KEY: &str = "KEYWARD_MASTER_KEY";
const ACCEPT_PUBLIC_SECRET: &str = "KEYWARD_ACCEPT_PUBLIC_SECRET";
const TIER_SECRET: &str = "MASTER_KEY";
const UNUSED: &str = "LICENSE_SERVER_SECRET";

/// Reads all sources; what is wrong is reported together.
pub fn load(sources: Sources<'_>) -> Result<Loaded, ConfigError> {
    let loaded = Loaded { config: Config::default(), warnings: Vec::new(), origins: BTreeMap::new() };
    let mut loader = Loader { loaded, faults: Vec::new() };
    // An empty variable is one that is not set: images for containers declare secrets so.
    let environment: BTreeMap<&str, &str> = sources
        .environment
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    loader.old_variables(&environment);
    loader.file(sources.file);
    loader.variables(&environment);
    loader.flags(sources.flags);
    loader.whole();
    if loader.faults.is_empty() { Ok(loader.loaded) } else { Err(ConfigError { faults: loader.faults }) }
}

struct Loader {
    loaded: Loaded,
    faults: Vec<Fault>,
}

impl Loader {
    fn set(&mut self, key: &'static Key, raw: &Raw, place: String) {
        match (key.set)(&mut self.loaded.config, raw) {
            Ok(()) => {
                self.loaded.origins.insert(key.path, place);
            }
            Err(remedy) => {
                // A database's address holds a password, so the value is not repeated.
                let shown = match raw {
                    Raw::One(text) if key.path != "database.url" => format!(" = \"{text}\""),
                    _ => String::new(),
                };
                self.faults.push(Fault::new(
                    place,
                    format_args!("`{}`{shown} cannot be used", key.path),
                    remedy,
                ));
            }
        }
    }

    /// The older systems' variables rank below the file: their names are common, and whoever wrote a file meant it.
    fn old_variables(&mut self, environment: &BTreeMap<&str, &str>) {
        for key in KEYS {
            self.one_of(key, key.old, environment);
        }
        if let Some(secret) = environment.get(TIER_SECRET) {
            self.loaded.config.secrets.tier_secret = Some(SecretText::new(*secret));
        }
        if environment.contains_key(UNUSED) {
            let said =
                format!("{UNUSED} is accepted and not used: Keyward makes its own keys; you can remove it");
            self.loaded.warnings.push(said);
        }
    }

    fn file(&mut self, given: Option<&Path>) {
        let path = given.unwrap_or(Path::new(FILE_NAME));
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if given.is_none() && error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                let remedy = "check the path and who may read it, or leave out --config";
                self.faults.push(Fault::new(name, format_args!("cannot be read: {error}"), remedy));
                return;
            }
        };
        for entry in file::read(&name, &text, &mut self.faults) {
            self.set(entry.key, &entry.raw, entry.place);
        }
    }

    fn variables(&mut self, environment: &BTreeMap<&str, &str>) {
        let long: Vec<String> = KEYS.iter().map(Key::variable).collect();
        let mut known = vec![MASTER_KEY, ACCEPT_PUBLIC_SECRET];
        for (key, long) in KEYS.iter().zip(&long) {
            let names: Vec<&str> = key.short.into_iter().chain([long.as_str()]).collect();
            self.one_of(key, &names, environment);
            known.extend(names);
        }
        if let Some(secret) = environment.get(MASTER_KEY) {
            self.loaded.config.secrets.master_key = Some(SecretText::new(*secret));
        }
        if let Some(value) = environment.get(ACCEPT_PUBLIC_SECRET) {
            match bool::read(&Raw::One((*value).to_owned())) {
                Ok(accept) => self.loaded.config.secrets.accept_public = accept,
                Err(remedy) => self.faults.push(Fault::new(ACCEPT_PUBLIC_SECRET, "cannot be used", remedy)),
            }
        }
        for name in environment.keys().filter(|name| name.starts_with("KEYWARD_") && !known.contains(name)) {
            let nearest = keys::nearest(name, known.iter().copied());
            let hint = nearest.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
            self.loaded.warnings.push(format!("the variable {name} is not known and not used{hint}"));
        }
    }

    /// Several names of one key may be set, as long as they agree.
    fn one_of(&mut self, key: &'static Key, names: &[&str], environment: &BTreeMap<&str, &str>) {
        let set: Vec<_> =
            names.iter().filter_map(|name| environment.get(name).map(|value| (*name, *value))).collect();
        if let [(first, value), rest @ ..] = set.as_slice() {
            if let Some((other, _)) = rest.iter().find(|(_, other)| other != value) {
                self.faults.push(Fault::new(
                    format_args!("{first} and {other}"),
                    format_args!("both set `{}`, to different values", key.path),
                    "keep one of them",
                ));
            }
            self.set(key, &Raw::One((*value).to_owned()), (*first).to_owned());
        }
    }

    fn flags(&mut self, flags: &Overrides) {
        let texts = [
            ("server.listen", "--listen", &flags.listen),
            ("server.data", "--data", &flags.data),
            ("database.url", "--database", &flags.database),
        ];
        for (path, flag, value) in texts {
            if let (Some(key), Some(value)) = (keys::find(path), value) {
                self.set(key, &Raw::One(value.clone()), flag.to_owned());
            }
        }
        if flags.document_ports {
            self.loaded.config.server.document_ports = true;
            self.loaded.origins.insert("server.document_ports", "--document-ports".to_owned());
        }
        self.loaded.config.secrets.accept_public |= flags.accept_public_secret;
    }

    /// What no value shows alone.
    fn whole(&mut self) {
        let config = &self.loaded.config;
        let mut faults = Vec::new();
        if config.server.tls_cert.is_some() != config.server.tls_key.is_some() {
            faults.push((
                "server.tls_cert",
                "a certificate and its key belong together".to_owned(),
                "set both `server.tls_cert` and `server.tls_key`, or neither",
            ));
        }
        if config.limits.lockout > config.limits.max_lockout {
            faults.push((
                "limits.max_lockout",
                "is shorter than `limits.lockout`".to_owned(),
                "set it to at least that",
            ));
        }
        if config.limits.failures > 1_000 {
            faults.push((
                "limits.failures",
                "more than 1000 guesses are not a limit".to_owned(),
                "write a number from 1 to 1000",
            ));
        }
        let dialects = &config.dialects;
        let own = [
            ("dialects.records.listen", dialects.records.enabled, dialects.records.listen),
            ("dialects.pool.listen", dialects.pool.enabled, dialects.pool.listen),
            ("dialects.tier.listen", dialects.tier.enabled, dialects.tier.listen),
            ("dialects.lk.listen", dialects.lk.enabled, dialects.lk.listen),
        ];
        let mut taken = vec![("server.listen", config.server.listen)];
        for (name, enabled, address) in own {
            let Some(address) = address.filter(|_| enabled) else { continue };
            match taken.iter().find(|(_, other)| *other == address && address.port() != 0) {
                Some((other, _)) => faults.push((
                    name,
                    format!("is {address}, which `{other}` has, too"),
                    "give it an address of its own, or leave it out: every dialect is served at `server.listen` anyway",
                )),
                None => taken.push((name, address)),
            }
        }
        for (key, problem, remedy) in faults {
            let place = self.loaded.origins.get(key).map_or_else(|| "configuration".to_owned(), Clone::clone);
            self.faults.push(Fault::new(place, format_args!("`{key}`: {problem}"), remedy));
        }
    }
}
