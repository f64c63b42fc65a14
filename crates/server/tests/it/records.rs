//! System A: what its clients ask, and its form as people use it.

mod bad_input;
mod doors;
mod form;
mod guesses;
mod python;
mod races;
mod reactivation;
mod search;
mod seed;
mod sessions;
mod validity;

use keyward_engine::Caller;
use keyward_engine::token::Role;
use serde_json::{Value, json};

use crate::site::Site;
use crate::world::Answer;

/// A key of the vectors: made once, and known to Python's side, too.
pub(crate) struct OldKey {
    pub(crate) pkcs1: String,
    pub(crate) pkcs8: String,
    pub(crate) public: String,
}

impl OldKey {
    pub(crate) fn read() -> Self {
        let vectors: Value = serde_json::from_str(include_str!("../../../../testdata/vectors/format_a.json"))
            .expect("the vectors are JSON");
        let pem = |form: &str| vectors["keys"]["a_main"][form].as_str().expect("a PEM text").to_owned();
        Self { pkcs1: pem("private_pkcs1"), pkcs8: pem("private_pkcs8"), public: pem("public_spki") }
    }
}

/// Servers on both databases, with a key at hand.
pub(crate) async fn sites() -> Vec<Site> {
    sites_with(|_| {}).await
}

/// The same, configured.
pub(crate) async fn sites_with(change: impl Fn(&mut keyward_server::config::Config)) -> Vec<Site> {
    let sites = Site::all_with(change).await;
    for site in &sites {
        give_key(site).await;
    }
    sites
}

pub(crate) async fn give_key(site: &Site) {
    let imported = site.engine.import_key(&Caller::operator(), &OldKey::read().pkcs1, Some("records")).await;
    imported.expect("the key is taken in");
}

/// Fields as a browser sends them.
pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// A new token.
pub(crate) async fn token(site: &Site, role: Role) -> (uuid::Uuid, String) {
    let made = site.engine.create_token(&Caller::operator(), role, "a person", None).await;
    let made = made.expect("a token");
    (made.row.id, made.token.expose().to_owned())
}

pub(crate) async fn sign_in(site: &Site, token: &str) -> Answer {
    let head = format!("POST /records/sign-in HTTP/1.1\r\n{FORM}");
    site.ask(&head, &encoded(&[("token", token), ("next", "/records")])).await
}

/// Somebody at a browser who signed in.
pub(crate) struct Person<'s> {
    pub(crate) site: &'s Site,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
    pub(crate) token: uuid::Uuid,
}

impl<'s> Person<'s> {
    pub(crate) async fn at(site: &'s Site) -> Self {
        let (id, token) = token(site, Role::SalesAgent).await;
        Self::with(site, id, &token).await
    }

    pub(crate) async fn with(site: &'s Site, id: uuid::Uuid, token: &str) -> Self {
        let answer = sign_in(site, token).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/records")), "{answer:?}");
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.expect("a cookie").to_owned();
        let mut person = Self { site, cookie, csrf: String::new(), token: id };
        person.csrf = hidden(&person.get("/records").await, "csrf");
        person
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.site.ask(&format!("GET {path} HTTP/1.1\r\nCookie: {}", self.cookie), "").await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [fields, &[("csrf", self.csrf.as_str())]].concat();
        self.site.ask(&self.head(path), &encoded(&fields)).await
    }

    pub(crate) fn head(&self, path: &str) -> String {
        format!("POST {path} HTTP/1.1\r\n{FORM}\r\nCookie: {}", self.cookie)
    }

    pub(crate) async fn issue(&self, client_id: &str, license_type: &str, duration: &str) -> Answer {
        let fields = [("client_id", client_id), ("license_type", license_type), ("duration", duration)];
        self.post("/records", &fields).await
    }

    /// Issues a licence and gives the path of its page.
    pub(crate) async fn issued(&self, client_id: &str, license_type: &str, duration: &str) -> String {
        let answer = self.issue(client_id, license_type, duration).await;
        page_of(&answer)
    }

    /// The record and its signature, as they are downloaded.
    pub(crate) async fn record(&self, page: &str) -> Value {
        let answer = self.get(&format!("{page}/record.json")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        answer.json()
    }

    pub(crate) async fn signature(&self, page: &str) -> String {
        self.record(page).await["signature"].as_str().expect("a text").to_owned()
    }
}

/// Where a licence is that was issued or changed.
pub(crate) fn page_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    let location = answer.header("location").expect("a place");
    location.split('?').next().expect("a path").to_owned()
}

/// The value of a hidden field.
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&start).unwrap_or_else(|| panic!("no field {name}: {page:?}"));
    rest.split('"').next().expect("a value").to_owned()
}

/// What a client is told.
pub(crate) async fn validity(site: &Site, client_id: &str, signature: &str) -> String {
    let request = json!({ "client_id": client_id, "signature": signature });
    let answer = site.post("/validate_license", &request).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
    let body = answer.json();
    let valid = body["message"] == "License is valid.";
    assert_eq!(body["status"], if valid { "success" } else { "error" }, "{body}");
    body["message"].as_str().expect("a text").to_owned()
}
