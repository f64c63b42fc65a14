//! An installation with a secret and a token of its own, and keys made for it as a generator at the vendor's makes them.

use std::sync::atomic::{AtomicU32, Ordering};

use keyward_core::code::Code;
use keyward_core::crypto::SharedSecret;
use keyward_core::scheme::lk3::Lk3;
use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::issue::{self, Lk2Request, Lk3Sealer};
use keyward_engine::license::{Named, Shown};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::site::Site;
use crate::world::Answer;

/// Makes keys different that are otherwise equal.
fn number() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// An installation at a server.
pub(crate) struct Tenant<'s> {
    pub(crate) site: &'s Site,
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) token: String,
}

impl<'s> Tenant<'s> {
    /// A new installation; its token may also see its key.
    pub(crate) async fn new(site: &'s Site, name: &str) -> Self {
        Self::with_secret(site, name, &format!("secret of {name}")).await
    }

    pub(crate) async fn with_secret(site: &'s Site, name: &str, secret: &str) -> Self {
        let (engine, caller) = (&site.engine, Caller::operator());
        engine.create_installation(&caller, name, None).await.expect("an installation");
        engine.set_installation_secret(&caller, name, secret, true).await.expect("it is set");
        let token = token(site, name, true).await;
        Self { site, name: name.to_owned(), secret: secret.to_owned(), token }
    }

    /// The same installation, asked at another node.
    pub(crate) fn at<'o>(&self, site: &'o Site) -> Tenant<'o> {
        let (name, secret, token) = (self.name.clone(), self.secret.clone(), self.token.clone());
        Tenant { site, name, secret, token }
    }

    /// First line and headers of a request.
    pub(crate) fn head(&self, method: &str, path: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json",
            self.token
        )
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.site.ask(&self.head(method, path), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    /// The answer, which must be a yes.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &body.to_string()).await
    }

    pub(crate) async fn activate(&self, key: &str) -> Answer {
        self.post("/license/activate", &json!({ "licenseKey": key })).await
    }

    /// Activates a key that must be taken, and gives the licence's id.
    pub(crate) async fn activated(&self, key: &str) -> i64 {
        let answer = self.activate(key).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["addedLicense"]["id"].as_i64().expect("an id")
    }

    /// Registers a device.
    pub(crate) async fn add(&self, device: &str) -> Answer {
        self.post("/devices", &json!({ "deviceId": device })).await
    }

    /// Registers so many devices, which must be taken: `device 0`, `device 1`, … a second apart.
    pub(crate) async fn fill(&self, devices: std::ops::Range<usize>) {
        for number in devices {
            self.site.clock.advance(1);
            let answer = self.add(&format!("device-{number}")).await;
            assert!(matches!(answer.status, 200 | 201), "{number}: {}", answer.body);
        }
    }

    /// The devices that may run, by their ids, in the order of the list.
    pub(crate) async fn allowed(&self) -> Vec<String> {
        let devices = self.read("/devices").await;
        let devices = devices.as_array().expect("a list");
        let allowed = devices.iter().filter(|device| device["isAllowed"] == true);
        allowed.map(|device| device["deviceId"].as_str().expect("an id").to_owned()).collect()
    }

    pub(crate) fn shared(&self) -> SharedSecret {
        keyward_engine::keys::prepare(&self.secret)
    }

    /// A key of the first version.
    pub(crate) fn lk1(&self, tier: &str) -> String {
        let number = number();
        let mut rng = StdRng::seed_from_u64(number.into());
        issue::lk1(tier, &self.shared(), &mut rng, number).expect("a key")
    }

    /// A key of the second version.
    pub(crate) fn lk2(&self, tier: &str, devices: u32, expires: Option<&str>) -> String {
        self.lk2_for(tier, devices, expires, Some("Acme Corporation"))
    }

    pub(crate) fn lk2_for(
        &self,
        tier: &str,
        devices: u32,
        expires: Option<&str>,
        company: Option<&str>,
    ) -> String {
        let request = Lk2Request {
            tier: tier.to_owned(),
            max_devices: devices,
            company: company.map(str::to_owned),
            expires: expires.map(str::to_owned),
            unique_id: Some(number().to_string()),
        };
        request.issue(&self.shared(), self.site.engine.now()).expect("a key").0
    }

    /// Our own key, sealed under the installation's secret.
    pub(crate) fn lk3(&self, change: impl FnOnce(&mut Lk3)) -> String {
        let number = number();
        let mut lk3 = Lk3 {
            product: "lk".to_owned(),
            tier: "PRO-10".to_owned(),
            max_devices: Some(10),
            issued_day: self.site.engine.now().days().unsigned_abs(),
            serial: Some(number.into()),
            ..Lk3::default()
        };
        change(&mut lk3);
        let mut rng = StdRng::seed_from_u64(number.into());
        Lk3Sealer::Mac(&self.shared(), false).issue(&lk3, &mut rng).expect("a key")
    }

    /// What the vendor sees of a licence.
    pub(crate) async fn shown(&self, key: &str) -> Shown {
        self.site.engine.show(&Named::Key(key.to_owned())).await.expect("it is there")
    }
}

/// A new token of an installation.
pub(crate) async fn token(site: &Site, installation: &str, reads_key: bool) -> String {
    let made = site
        .engine
        .create_installation_token(&Caller::operator(), installation, reads_key, "test", None)
        .await
        .expect("a token");
    made.token.expose().to_owned()
}

/// The answer is a no with this status and this code, in the shape of system E.
pub(crate) fn assert_no(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
    let body = answer.json();
    assert!(body["error"].as_str().is_some_and(|error| !error.is_empty()), "{what}: {body}");
    assert_eq!(body["code"], code, "{what}: {body}");
}

/// The same with a code that verdicts have.
pub(crate) fn assert_refused(answer: &Answer, status: u16, code: Code, what: &str) {
    assert_no(answer, status, code.as_str(), what);
}

/// `YYYY-MM-DD` so many days from now.
pub(crate) fn day(site: &Site, days: i64) -> String {
    let at = site.engine.now().plus_days(days);
    at.date().map(keyward_core::time::date_text).expect("within the calendar")
}

/// An instant as answers write it.
pub(crate) fn instant(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("an instant")
}
