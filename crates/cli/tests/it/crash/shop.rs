//! What there is before the clients come: keys to be used up, a customer with a licence, and tokens.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::served::ask;
use crate::world::World;

/// Pool keys of a round, at the most.
const KEYS: &str = "400";

/// What all rounds on a database work with.
#[derive(Clone)]
pub(super) struct Staff {
    /// The token of somebody who issues and revokes records.
    pub(super) token: String,
    /// A key of system C.
    pub(super) tier: String,
}

impl Staff {
    pub(super) fn of(world: &World) -> Self {
        // A key to sign records with: searching one takes its time.
        world.db_out(&["keys", "import", "rsa.pem", "--product", "records"]);
        Self {
            token: last_line(&world.db_out(&["token", "create", "--role", "admin"])),
            tier: last_line(&world.db_out(&["issue", "tier", "pro", "--user", "somebody"])),
        }
    }
}

/// What one round works with.
pub(super) struct Shop {
    pub(super) staff: Staff,
    /// Unique among all rounds of a database.
    pub(super) name: String,
    /// The token of a customer who adds devices and counts what he uses.
    pub(super) customer: String,
    /// Keys of system B that nobody has used.
    keys: Mutex<Vec<String>>,
}

impl Shop {
    pub(super) fn open(world: &World, host: &str, staff: &Staff, name: &str) -> Self {
        Self::open_with(world, host, staff, name, &[])
    }

    /// With variables for the commands that make it.
    pub(super) fn open_with(
        world: &World,
        host: &str,
        staff: &Staff,
        name: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let out = |arguments: &[&str]| {
            let database = world.url().into_iter().flat_map(|url| ["--database", url]);
            let all: Vec<_> = arguments.iter().copied().chain(["--data", "data"]).chain(database).collect();
            let run = world.run_in(variables, &all, "");
            assert_eq!(run.status, 0, "{arguments:?}: {}{}", run.out, run.err);
            run.out
        };
        out(&["installation", "create", name]);
        let customer = last_line(&out(&["token", "create", "--installation", name]));
        let limits = ["--devices", "1000000", "--limit", "api=1000000000", "--tier", "ENTERPRISE"];
        let license = out(&[&["issue", "lk3", "--installation", name][..], &limits].concat());
        let body = json!({ "licenseKey": last_line(&license) }).to_string();
        let bearer = format!("Authorization: Bearer {customer}\r\n");
        let (status, activated) = ask(host, "POST", "/license/activate", &bearer, &body).expect("an answer");
        assert_eq!(status, 200, "{activated}");
        let keys = ["issue", "pool", "--duration", "1m", "--count", KEYS, "--format", "jsonl"];
        let keys = out(&keys);
        let key = |line: &str| -> String {
            let row: Value = serde_json::from_str(line).expect("a row");
            row["license_key"].as_str().expect("a key").to_owned()
        };
        Self {
            name: name.to_owned(),
            staff: staff.clone(),
            customer,
            keys: Mutex::new(keys.lines().map(key).collect()),
        }
    }

    pub(super) fn key(&self) -> Option<String> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().expect("a line").to_owned()
}
