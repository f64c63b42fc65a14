//! The sources together: ranks, faults, warnings, and the default file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::keys::KEYS;
use super::*;

/// What a test sets.
#[derive(Default)]
struct World {
    file: Option<PathBuf>,
    environment: BTreeMap<String, String>,
    flags: Overrides,
}

impl World {
    fn file(mut self, text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("keyward-config-{}-{number}.toml", std::process::id()));
        std::fs::write(&path, text).expect("the file is written");
        self.file = Some(path);
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        load(Sources { file: self.file.as_deref(), environment: &self.environment, flags: &self.flags })
    }

    fn config(&self) -> Config {
        self.load().expect("a configuration").config
    }

    /// The faults, without the directory of the file.
    fn faults(&self) -> String {
        let text = self.load().expect_err("it is wrong").to_string();
        match &self.file {
            Some(path) => text.replace(&path.display().to_string(), "FILE"),
            None => text,
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(path) = &self.file {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A commented key, `#name = value`; prose has a space behind the sign.
fn is_setting(line: &str) -> bool {
    line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[test]
fn the_default_file_says_nothing() {
    assert_eq!(World::default().file(DEFAULT_FILE).config(), Config::default());
}

#[test]
fn the_default_file_names_every_key_with_its_default() {
    // A key without a default has an example, which is left out.
    let has_default =
        |path: &str| KEYS.iter().any(|key| key.path == path && (key.show)(&Config::default()).is_some());
    let mut section = "";
    let mut named = Vec::new();
    let mut text = String::new();
    for line in DEFAULT_FILE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            text.push_str(line);
        } else if is_setting(line) {
            let setting = line.trim_start_matches('#');
            let path = format!("{section}.{}", setting.split(' ').next().unwrap_or_default());
            if has_default(&path) {
                text.push_str(setting);
            }
            named.push(path);
        }
        text.push('\n');
    }
    let known: Vec<_> = KEYS.iter().map(|key| key.path).collect();
    assert_eq!(named, known);
    assert_eq!(World::default().file(&text).config(), Config::default());
    assert_eq!(text.matches(" = ").count(), known.iter().filter(|path| has_default(path)).count());
}

#[test]
fn the_examples_of_the_default_file_are_valid() {
    let uncommented: String = DEFAULT_FILE
        .lines()
        .map(|line| if is_setting(line) { &line[1..] } else { line }.to_owned() + "\n")
        .collect();
    // 8080 of all addresses and 8080 of this computer are two addresses to the file, and one to the system.
    let config = World::default().file(&uncommented).config();
    assert_eq!(config.dialects.pool.listen, Some("0.0.0.0:5001".parse().unwrap()));
}

#[test]
fn each_source_ranks_above_the_one_before() {
    let mut world = World::default();
    assert_eq!(world.config().database_url().expose(), "sqlite:./keyward-data/keyward.db");
    world = world.set("LICENSE_DATABASE_URL", "postgres://old/db");
    assert_eq!(world.config().database_url().expose(), "postgres://old/db");
    world = world.file("[database]\nurl = \"postgres://file/db\"\n[server]\nlisten = \"127.0.0.1:1\"\n");
    assert_eq!(world.config().database_url().expose(), "postgres://file/db");
    world =
        world.set("KEYWARD_DATABASE", "postgres://variable/db").set("KEYWARD_SERVER_LISTEN", "127.0.0.1:2");
    assert_eq!(world.config().database_url().expose(), "postgres://variable/db");
    assert_eq!(world.config().server.listen.port(), 2);
    world.flags.database = Some("sqlite:flag.db".to_owned());
    world.flags.listen = Some("127.0.0.1:3".to_owned());
    assert_eq!(world.config().database_url().expose(), "sqlite:flag.db");
    assert_eq!(world.config().server.listen.port(), 3);
}

#[test]
fn all_faults_are_told_at_once_with_place_and_remedy() {
    let world = World::default()
        .file("[server]\nlisten = 8080\nlistn = 1\n[servr]\n[limits]\nwindow = 600\n[dialects.tier]\nlisten = []\n")
        .set("KEYWARD_LOG_LEVEL", "loud");
    assert_eq!(
        world.faults(),
        "FILE, line 3: unknown key `server.listn`; did you mean `server.listen`?\n\
         FILE, line 4: unknown section `servr`; did you mean `server`?\n\
         FILE, line 2: `server.listen` = \"8080\" cannot be used; write an address and a port: \"127.0.0.1:8080\", \
         \"[::1]:8080\", or \"0.0.0.0:8080\" for all networks\n\
         FILE, line 6: `limits.window` = \"600\" cannot be used; write a number and a unit of ms, s, m, h or d, together \
         more than nothing: \"10s\", \"2m\", \"24h\"\n\
         FILE, line 8: `dialects.tier.listen` cannot be used; not a list; write an address and a port: \
         \"127.0.0.1:8080\", \"[::1]:8080\", or \"0.0.0.0:8080\" for all networks\n\
         KEYWARD_LOG_LEVEL: `log.level` = \"loud\" cannot be used; write \"error\", \"warn\", \"info\", \"debug\" or \
         \"trace\", or such a word for a part: \"info,keyward_server=debug\""
    );
    assert_eq!(
        World::default().file("data = 1\nx = 1\n").faults(),
        "FILE, line 1: unknown key `data`; did you mean `server.data`?\n\
         FILE, line 2: unknown key `x`; see `keyward config default` for all keys"
    );
    let broken = World::default().file("[server]\nlisten = \n").faults();
    assert!(
        broken.starts_with("FILE, line 2: ") && broken.ends_with("see `keyward config default`"),
        "{broken}"
    );
    let mut missing = World::default();
    missing.file = Some(PathBuf::from("/nowhere/keyward.toml"));
    let missing = missing.faults();
    assert!(missing.starts_with("FILE: cannot be read: "), "{missing}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    for (text, says) in [
        ("[server]\ntls_cert = \"a\"", "set both"),
        ("[limits]\nlockout = \"2h\"", "shorter than `limits.lockout`"),
        ("[limits]\nfailures = 1001", "from 1 to 1000"),
        ("[dialects.tier]\nlisten = \"127.0.0.1:8080\"", "which `server.listen` has, too"),
        (
            "[dialects.tier]\nlisten = \"127.0.0.1:5\"\n[dialects.lk]\nlisten = \"127.0.0.1:5\"",
            "dialects.tier.listen",
        ),
    ] {
        let faults = World::default().file(text).faults();
        assert!(faults.contains(says), "{text}: {faults}");
    }
    let two =
        World::default().set("KEYWARD_LISTEN", "127.0.0.1:1").set("KEYWARD_SERVER_LISTEN", "127.0.0.1:2");
    assert!(two.faults().contains("KEYWARD_LISTEN and KEYWARD_SERVER_LISTEN: both set `server.listen`"));
}

#[test]
fn variables_that_nobody_knows_warn_and_empty_ones_are_not_set() {
    let loaded = World::default()
        .set("KEYWARD_LISTN", "x")
        .set("KEYWARD_LISTEN", "")
        .set("LICENSE_SERVER_SECRET", "s")
        .set("PATH", "/bin")
        .load()
        .expect("warnings stop nothing");
    assert_eq!(
        loaded.warnings,
        [
            "LICENSE_SERVER_SECRET is accepted and not used: Keyward makes its own keys; you can remove it",
            "the variable KEYWARD_LISTN is not known and not used; did you mean KEYWARD_LISTEN?",
        ]
    );
    assert_eq!(loaded.config, Config::default());
}

#[test]
fn printing_shows_origins_and_no_secret() {
    let loaded = World::default()
        .set("KEYWARD_MASTER_KEY", "hush1")
        .set("MASTER_KEY", "hush2")
        .set("KEYWARD_DATABASE_URL", "postgres://u:hush3@h/db")
        .set("KEYWARD_ACCEPT_PUBLIC_SECRET", "1")
        .set("KEYWARD_DIALECTS_TIER_CORS_ORIGINS", "https://a.example,https://b.example")
        .load()
        .expect("a configuration");
    assert!(loaded.config.secrets.accept_public);
    assert_eq!(loaded.config.secrets.tier_secret.as_ref().map(SecretText::expose), Some("hush2"));
    let printed = loaded.print();
    for line in [
        "url = \"postgres://u:***@h/db\" # from KEYWARD_DATABASE_URL",
        "# KEYWARD_MASTER_KEY is set",
        "cors_origins = [\"https://a.example\", \"https://b.example\"] # from KEYWARD_DIALECTS_TIER_CORS_ORIGINS",
        "listen = \"127.0.0.1:8080\"",
        "body_limit = \"1 MiB\"",
    ] {
        assert!(printed.lines().any(|found| found == line), "{line} is not in\n{printed}");
    }
    for text in [printed, format!("{loaded:?}"), loaded.config.print()] {
        assert!(!text.contains("hush"), "{text}");
    }
    let wrong = World::default().set("KEYWARD_DATABASE", "mysql://u:hush@h/db").faults();
    assert!(!wrong.contains("hush"), "{wrong}");
    // What is printed is a file that says the same.
    assert_eq!(World::default().file(&Config::default().print()).config(), Config::default());
}
