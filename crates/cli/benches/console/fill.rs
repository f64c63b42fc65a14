//! What stands in the database: licences of every kind, whose they are, where they run, and what was done to them.

use keyward_core::audit::Entry;
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_engine::rules::Rules;
use keyward_engine::seed;
use keyward_store::batches::{self, Batch};
use keyward_store::installations::{self, Installation};
use keyward_store::licenses::{self, License};
use keyward_store::machines::{self, Machine};
use keyward_store::policies::{self, Policy};
use keyward_store::products::{self, Product};
use keyward_store::stats::{self, Change};
use keyward_store::tokens::{self, Token};
use keyward_store::users::{self, User};
use keyward_store::verifications::{self, Verification};
use keyward_store::{Job, Lane, Store, StoreError, Tx, accounts, audit};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

/// Licences of a transaction.
const PART: u64 = 5_000;
const DAY: i64 = 86_400;
/// The kinds, each as often as it stands here.
const KINDS: [(Scheme, u64); 7] = [
    (Scheme::Pool, 7),
    (Scheme::Tier, 4),
    (Scheme::Lk3, 3),
    (Scheme::Record, 2),
    (Scheme::Lk2, 2),
    (Scheme::File, 1),
    (Scheme::Lk1, 1),
];
/// Policies of each product.
const POLICIES: [&str; 3] = ["entry", "standard", "premium"];
const COUNTERS: [&str; 6] = ["issued", "used", "suspended", "revoked", "unavailable", "failed"];
/// Hours of which counters are kept: a year.
const HOURS: i64 = 365 * 24;
const SYLLABLES: [&str; 24] = [
    "nor", "da", "li", "mar", "ko", "sen", "ta", "vel", "bri", "on", "ast", "er", "hol", "mi", "ra", "tu",
    "wes", "gar", "lo", "pin", "as", "ude", "fen", "zo",
];
const FORMS: [&str; 4] = ["GmbH", "Ltd", "SARL", "Inc"];

/// What the pages ask for.
pub(crate) struct Filled {
    pub(crate) license: Uuid,
    /// Its name.
    pub(crate) name: String,
    /// The last four characters of its key.
    pub(crate) hint: String,
}

/// Rows that are written together.
#[derive(Default)]
struct Part {
    products: Vec<Product>,
    policies: Vec<Policy>,
    batches: Vec<Batch>,
    installations: Vec<Installation>,
    users: Vec<User>,
    licenses: Vec<License>,
    machines: Vec<Machine>,
    tokens: Vec<Token>,
    entries: Vec<Entry>,
    attempts: Vec<Verification>,
    counts: Vec<(Uuid, Uuid, Vec<Change>)>,
}

impl Job for Part {
    const NAME: &'static str = "bench.fill";
    const LANE: Lane = Lane::Bulk;
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        for product in &self.products {
            products::insert(tx, product).await?;
        }
        for policy in &self.policies {
            policies::insert(tx, policy).await?;
        }
        for batch in &self.batches {
            batches::insert(tx, batch).await?;
            batches::finish(tx, batch.id, batch.created_at).await?;
        }
        for installation in &self.installations {
            installations::insert(tx, installation).await?;
        }
        for user in &self.users {
            users::insert(tx, user).await?;
        }
        licenses::insert_all(tx, &self.licenses).await?;
        machines::insert_all(tx, &self.machines).await?;
        for token in &self.tokens {
            tokens::insert(tx, token).await?;
        }
        for entry in &self.entries {
            audit::append(tx, entry).await?;
        }
        verifications::insert_all(tx, &self.attempts).await?;
        for (account, policy, changes) in &self.counts {
            stats::add(tx, *account, *policy, *policy, changes).await?;
        }
        Ok(())
    }
}

/// An id whose order is that of the numbers, as that of the ids of one day is.
const fn id(kind: u8, number: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + ((kind as u128) << 48) + number as u128)
}

/// A word of two or three syllables, out of a few thousand.
fn word(number: u64) -> String {
    let at = |by: u64| SYLLABLES[(number / by % SYLLABLES.len() as u64) as usize];
    [at(1), at(24), if number.is_multiple_of(3) { at(576) } else { "" }].concat()
}

/// Scattered, always the same for a number.
const fn scattered(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// The product of a kind; only one of them can belong to an installation.
const fn product_of(scheme: Scheme, place: usize, held: Uuid) -> Uuid {
    if matches!(scheme, Scheme::Lk3) { held } else { id(1, place as u64) }
}

struct Fill {
    store: Store,
    account: Uuid,
    now: Timestamp,
    total: u64,
    /// The product of what installations hold, which the program made.
    held: Uuid,
    chance: StdRng,
}

/// Fills a database that the program made.
pub(crate) async fn fill(store: Store, total: u64, now: Timestamp) -> Filled {
    let account = accounts::first(&store).await.expect("it is asked").expect("the program made it").id;
    let all = products::all(&store).await.expect("it is asked");
    let held = all.iter().find(|it| it.code == seed::LK).expect("the program made it").id;
    let mut fill = Fill { store, account, now, total, held, chance: StdRng::seed_from_u64(1) };
    fill.frame().await;
    fill.parts(total / 5, |fill, number| Part { users: vec![fill.user(number)], ..Part::default() }).await;
    fill.parts(total, |fill, number| {
        let license = fill.license(number);
        let machines = if number % 10 < 3 { vec![fill.machine(&license, number)] } else { Vec::new() };
        Part { licenses: vec![license], machines, ..Part::default() }
    })
    .await;
    fill.parts(total * 3 / 10, |fill, number| Part { entries: vec![fill.entry(number)], ..Part::default() })
        .await;
    fill.parts(total / 5, |fill, number| Part { attempts: vec![fill.attempt(number)], ..Part::default() })
        .await;
    fill.parts(total / 50, |fill, number| Part { tokens: vec![fill.token(number)], ..Part::default() }).await;
    fill.counters().await;
    chosen(total)
}

/// The licence that the pages ask for.
pub(crate) fn chosen(total: u64) -> Filled {
    // One with a customer and a device, in the middle.
    let number = total / 2 / 20 * 20 + 1;
    Filled { license: id(3, number), name: name(number, total), hint: hint(number) }
}

fn name(number: u64, total: u64) -> String {
    let seed = scattered(number);
    let form = FORMS[(seed >> 40) as usize % FORMS.len()];
    let rare = if number == total / 3 { " Zanzibar" } else { "" };
    format!("{} {} {form}{rare}", word(seed % 1_728), word((seed >> 20) % 1_728))
}

fn hint(number: u64) -> String {
    format!("{:04X}", scattered(number) >> 16 & 0xffff)
}

impl Fill {
    async fn write(&self, part: Part) {
        self.store.write(part).await.expect("rows are added");
    }

    /// Rows of numbers, a few thousand in a transaction.
    async fn parts(&mut self, count: u64, mut row: impl FnMut(&mut Self, u64) -> Part) {
        for first in (0..count).step_by(PART as usize) {
            let mut all = Part::default();
            for number in first..count.min(first + PART) {
                let part = row(self, number);
                all.users.extend(part.users);
                all.licenses.extend(part.licenses);
                all.machines.extend(part.machines);
                all.entries.extend(part.entries);
                all.attempts.extend(part.attempts);
                all.tokens.extend(part.tokens);
                all.installations.extend(part.installations);
            }
            self.write(all).await;
        }
    }

    /// Products with their policies, installations, and a batch.
    async fn frame(&mut self) {
        let (account_id, now, held) = (self.account, self.now, self.held);
        let product = |place: usize, scheme: Scheme| Product {
            id: product_of(scheme, place, held),
            account_id,
            code: format!("of-{}", scheme.as_str()),
            name: format!("Product {}", scheme.as_str()),
            key_prefix: None,
            metadata: "{}".to_owned(),
            created_at: now,
        };
        let policy = |place: usize, scheme: Scheme, of: usize| Policy {
            id: id(2, (place * POLICIES.len() + of) as u64),
            account_id,
            product_id: product_of(scheme, place, held),
            code: POLICIES[of].to_owned(),
            name: POLICIES[of].to_uppercase(),
            scheme: Some(scheme.as_str().to_owned()),
            rules: Rules { duration: Some(365 * DAY as u64), ..Rules::of_new(scheme) }.to_json(),
            metadata: "{}".to_owned(),
            created_at: now,
            updated_at: now,
        };
        let (mut products, mut policies) = (Vec::new(), Vec::new());
        for (place, (scheme, _)) in KINDS.into_iter().enumerate() {
            products.push(product(place, scheme));
            policies.extend((0..POLICIES.len()).map(|of| policy(place, scheme, of)));
        }
        products.retain(|product| product.id != held);
        let batch =
            Batch { id: id(5, 0), account_id, name: "a batch".to_owned(), wanted: 0, created_at: now };
        self.write(Part { products, policies, batches: vec![batch], ..Part::default() }).await;
        self.parts(self.installations(), |fill, number| {
            let installation = Installation {
                id: id(6, number),
                account_id: fill.account,
                name: format!("{}-{number}", word(number)),
                own: false,
                secret_sealed: None,
                secret_generated_at: None,
                free_devices: None,
                over_limit_since: None,
                created_at: fill.now,
            };
            Part { installations: vec![installation], ..Part::default() }
        })
        .await;
    }

    const fn installations(&self) -> u64 {
        self.total / 500
    }

    /// Long before the present, the higher the number the nearer.
    fn past(&self, number: u64, of: u64) -> Timestamp {
        self.now.plus_seconds(-3_600 - ((of - number) * 2 * 365 * 86_400 / of).cast_signed())
    }

    fn user(&self, number: u64) -> User {
        let (first, last) = (word(scattered(number) % 1_728), word(scattered(number) / 1_728 % 1_728));
        User {
            id: id(4, number),
            account_id: self.account,
            external_id: Some(format!("cust_{number:07}")),
            email: Some(format!("{first}.{last}.{number}@example.com")),
            name: Some(format!("{first} {last}")),
            role: "user".to_owned(),
            banned_at: None,
            created_at: self.past(number, self.total / 5),
        }
    }

    fn license(&mut self, number: u64) -> License {
        let seed = scattered(number);
        let mut place = number % KINDS.iter().map(|(_, share)| share).sum::<u64>();
        let kind = KINDS.iter().position(|(_, share)| {
            let is_it = place < *share;
            place = place.saturating_sub(*share);
            is_it
        });
        let kind = kind.expect("the shares are all there is");
        let scheme = KINDS[kind].0;
        let name = name(number, self.total);
        let (is_pool, is_record) = (scheme == Scheme::Pool, scheme == Scheme::Record);
        let metadata = match scheme {
            Scheme::Lk2 | Scheme::Lk3 => serde_json::json!({ "company": name }).to_string(),
            Scheme::File => serde_json::json!({ "issuedTo": name }).to_string(),
            Scheme::Record => serde_json::json!({ "order": format!("O-{number}") }).to_string(),
            _ => "{}".to_owned(),
        };
        let made = self.past(number, self.total);
        // Half of a pool was never used; all others were.
        let used = (!is_pool || seed.is_multiple_of(2)).then_some(made.plus_seconds(DAY));
        let reason = match seed / 2 % 200 {
            0 => Some("revoked"),
            1 | 2 => Some("suspended"),
            _ => None,
        };
        let ends = !is_pool && !seed.is_multiple_of(5);
        let expiry = ends
            .then(|| self.now.plus_seconds((seed / 7 % (4 * 365 * 86_400)).cast_signed() - 2 * 365 * DAY));
        let mut digest = vec![0; 32];
        self.chance.fill(&mut digest[..]);
        License {
            id: id(3, number),
            account_id: self.account,
            product_id: product_of(scheme, kind, self.held),
            policy_id: id(2, (kind * POLICIES.len()) as u64 + seed / 11 % POLICIES.len() as u64),
            user_id: (number % 5 < 2).then(|| id(4, number % (self.total / 5))),
            installation_id: (scheme == Scheme::Lk3 && seed.is_multiple_of(10))
                .then(|| id(6, seed / 10 % self.installations())),
            batch_id: is_pool.then(|| id(5, 0)),
            subject: is_record.then(|| format!("client-{number}")),
            name: (!is_pool).then_some(name),
            scheme: scheme.as_str().to_owned(),
            key_sealed: None,
            key_digest: (!is_record).then_some(digest),
            key_hint: (!is_record).then(|| hint(number)),
            expiry,
            expiry_text: None,
            first_activated_at: used,
            first_validated_at: used,
            last_validated_at: used,
            suspended_at: reason.map(|_| made.plus_seconds(2 * DAY)),
            suspension_reason: reason.map(str::to_owned),
            max_machines: None,
            machines_count: i64::from(number % 10 < 3),
            max_uses: None,
            uses: 0,
            transfers: 0,
            metadata,
            created_at: made,
            updated_at: made,
        }
    }

    fn machine(&self, license: &License, number: u64) -> Machine {
        Machine {
            id: id(7, number),
            account_id: self.account,
            license_id: license.id,
            user_id: None,
            fingerprint: format!("{:016x}", scattered(number)),
            uniqueness_scope: license.id,
            pool: None,
            name: Some(word(number)),
            address: Some("192.0.2.7".to_owned()),
            user_agent: Some("app/1.0".to_owned()),
            created_at: license.created_at,
            last_seen_at: self.now,
        }
    }

    fn entry(&self, number: u64) -> Entry {
        let events = ["license.activate", "license.issue", "license.suspend", "token.create"];
        Entry {
            id: id(8, number),
            account: Some(self.account),
            at: self.past(number, self.total * 3 / 10),
            // One kind is rare, and old.
            event: if number < 20 { "key.rotate" } else { events[number as usize % events.len()] }.to_owned(),
            outcome: "done".to_owned(),
            actor_kind: if number.is_multiple_of(2) { "token" } else { "operator" }.to_owned(),
            actor_id: None,
            resource_type: "license".to_owned(),
            resource_id: Some(id(3, number * 3)),
            front: "api".to_owned(),
            request_id: None,
            detail: "{}".to_owned(),
            address: None,
            user_agent: None,
            personal_salt: None,
            personal_digest: None,
        }
    }

    fn attempt(&self, number: u64) -> Verification {
        Verification {
            account_id: self.account,
            // Most at a few licences, as it is.
            license_id: Some(if number.is_multiple_of(100) {
                chosen(self.total).license
            } else {
                id(3, number)
            }),
            at: self.past(number, self.total / 5),
            front: "api".to_owned(),
            code: "VALID".to_owned(),
            reason: None,
            count: 1,
            address: Some("192.0.2.7".to_owned()),
            origin: None,
            user_agent: Some("app/1.0".to_owned()),
        }
    }

    fn token(&mut self, number: u64) -> Token {
        let mut digest = vec![0; 32];
        self.chance.fill(&mut digest[..]);
        let is_ours = number.is_multiple_of(100);
        Token {
            id: id(9, number),
            account_id: self.account,
            kind: if is_ours { "read" } else { "inst" }.to_owned(),
            role: is_ours.then(|| "read-only".to_owned()),
            name: format!("token {number}"),
            digest,
            hint: "abcd".to_owned(),
            installation_id: (!is_ours).then(|| id(6, number % self.installations())),
            created_at: self.now,
            expires_at: None,
            // Few, and old.
            revoked_at: (number < 20).then_some(self.now),
            last_used_at: None,
        }
    }

    /// What the program would have counted.
    async fn counters(&self) {
        let hour = self.now.seconds() / 3_600;
        for number in 0..KINDS.len() * POLICIES.len() {
            let policy = id(2, number as u64);
            let each = (self.total / 21).cast_signed();
            let mut changes: Vec<Change> =
                COUNTERS.iter().enumerate().map(|(at, name)| Change::total(name, each >> at)).collect();
            for at in hour - HOURS..=hour {
                let at = Timestamp::from_seconds(at * 3_600);
                let of = |name| Change::hourly(name, at, at.seconds() / 3_600 % 17);
                changes.extend(["activations", "validations", "failed"].map(of));
            }
            self.write(Part { counts: vec![(self.account, policy, changes)], ..Part::default() }).await;
        }
    }
}
