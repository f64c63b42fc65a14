//! Good requests: those that clients of each system send, and whatever the console's own pages lead to or ask for.

use std::collections::BTreeSet;

use keyward_engine::Caller;
use keyward_engine::token::Role;
use serde_json::{Value, json};

use super::request::Request;
use crate::console_pages::Person;
use crate::console_pages::rights::{TABLE, paths};
use crate::lk::tenant::Tenant;
use crate::records::{self, FORM};
use crate::site::Site;

/// Pages of the console that are looked at, and requests to one route that are kept.
const PAGES: usize = 70;
const OF_ONE_KIND: usize = 6;

const JSON: &str = "Content-Type: application/json";

/// Every route of the server, as the code names them.
pub(crate) fn routes() -> Vec<String> {
    let named = |source: &str| -> Vec<String> {
        let calls = source.lines().filter_map(|line| line.trim().split_once(".route(\""));
        calls.filter_map(|(_, rest)| rest.split('"').next()).map(str::to_owned).collect()
    };
    let mut all: Vec<String> = [
        include_str!("../../../../src/console.rs"),
        include_str!("../../../../src/health.rs"),
        include_str!("../../../../src/metrics/page.rs"),
        include_str!("../../../../src/dialects/pool.rs"),
        include_str!("../../../../src/dialects/records.rs"),
        include_str!("../../../../src/dialects/tier.rs"),
    ]
    .into_iter()
    .flat_map(named)
    .collect();
    let lk = named(include_str!("../../../../src/dialects/lk.rs"));
    // The console's own pages answer at the root of the listener that has all.
    all.extend(
        lk.iter().filter(|route| *route != "/license" && *route != "/").map(|route| format!("/api{route}")),
    );
    all.extend(lk);
    all
}

/// At least one for every route.
pub(crate) async fn requests(site: &Site) -> Vec<Request> {
    let mut all = pool_and_tier(site).await;
    all.extend(records(site).await);
    all.extend(lk(site).await);
    all.extend(console(site).await);
    for path in ["/", "/health/live", "/health/ready", "/metrics", "/license"] {
        all.push(Request::get(path, &[]).refused());
    }
    all
}

fn post(path: &str, headers: &[&str], body: &Value) -> Request {
    Request::new("POST", path, &[&[JSON], headers].concat(), body.to_string())
}

async fn pool_and_tier(site: &Site) -> Vec<Request> {
    let (pool, tier) = (site.pool_key("30").await.key, site.tier_key("pro", "u").await.key);
    let activate = json!({ "license_key": pool, "domain_fingerprint": "shop.example" });
    let verify = json!({ "license": tier, "origin": "cockpit", "timestamp": 1_800_000_000 });
    vec![
        Request::get(&format!("/api/validate/{pool}"), &[]).refused(),
        Request::get("/api/validate/", &[]).refused(),
        Request::get("/api/stats", &[]),
        Request::get("/api/health", &["Origin: https://app.example.com"]),
        post("/api/activate", &["Idempotency-Key: one"], &activate),
        post("/api/activate", &["User-Agent: a client"], &activate).refused(),
        post("/api/verify", &[], &verify),
        post("/api/validate", &[], &verify),
    ]
}

async fn records(site: &Site) -> Vec<Request> {
    records::give_key(site).await;
    let person = records::Person::at(site).await;
    let page = person.issued("shop.example", "Pro", "30").await;
    let signature = person.signature(&page).await;
    let cookie = format!("Cookie: {}", person.cookie);
    let csrf = ("csrf", person.csrf.as_str());
    let form = |path: &str, fields: &[(&str, &str)]| {
        let body = records::encoded(&[fields, &[csrf]].concat());
        Request::new("POST", path, &[FORM, &cookie], body)
    };
    let get = |path: &str| Request::get(path, &[&cookie]);
    let validate = json!({ "client_id": "shop.example", "signature": signature });
    let issue = [("client_id", "other.example"), ("license_type", "Pro"), ("duration", "30")];
    vec![
        post("/validate_license", &[], &validate),
        Request::get("/public_key", &[]),
        get("/records"),
        get("/records/style.css"),
        get("/records/sign-in"),
        get(&page),
        get(&format!("{page}/record.json")),
        form("/records", &issue),
        form(&format!("{page}/revoke"), &[]),
        form(&format!("{page}/reactivate"), &[("days", "3")]),
        Request::new("POST", "/records/sign-in", &[FORM], records::encoded(&[("token", "x")])).refused(),
        Request::new("POST", "/records/sign-out", &[FORM], String::new()).refused(),
    ]
}

async fn lk(site: &Site) -> Vec<Request> {
    let tenant = Tenant::new(site, "theia").await;
    let limited = tenant.lk3(|key| {
        key.limits.insert("calls".to_owned(), 100);
    });
    let id = tenant.activated(&limited).await;
    assert_eq!(tenant.add("d").await.status / 100, 2);
    let token = format!("Authorization: Bearer {}", tenant.token);
    let mut all = Vec::new();
    for prefix in ["", "/api"] {
        for path in ["/license/status", "/license/decoded", "/license/installation-key", "/license/usage"] {
            all.push(Request::get(&format!("{prefix}{path}"), &[&token]));
        }
        for path in ["/licenses", &format!("/licenses/{id}"), "/devices", "/devices/d?x=y"] {
            all.push(Request::get(&format!("{prefix}{path}"), &[&token]));
        }
        all.push(Request::get(&format!("{prefix}/license/decode?licenseKey={limited}"), &[&token]).refused());
        let keys = [tenant.lk1("PRO-10"), tenant.lk3(|_| {}), tenant.lk3(|_| {})];
        for (path, body) in [
            ("/license/activate", json!({ "licenseKey": keys[0] })),
            ("/license/activate", json!({ "licenseKey": keys[1], "companyName": "c" })),
            ("/license/usage", json!({ "name": "calls", "amount": 1 })),
            ("/devices", json!({ "deviceId": "e", "name": "a device", "pool": "p" })),
            ("/devices/d/activate-license", json!({ "licenseKey": keys[2] })),
        ] {
            all.push(post(&format!("{prefix}{path}"), &[&token], &body).refused());
        }
        let change = json!({ "notes": "a note", "isActive": true });
        let path = format!("{prefix}/licenses/{id}");
        all.push(Request::new("PATCH", &path, &[JSON, &token], change.to_string()));
        all.push(Request::new("DELETE", &format!("{prefix}/licenses/7"), &[&token], String::new()).refused());
        all.push(Request::new("DELETE", &format!("{prefix}/devices/f"), &[&token], String::new()).refused());
    }
    all
}

async fn console(site: &Site) -> Vec<Request> {
    let admin = Person::of(site, Role::Admin).await;
    let other = Person::of(site, Role::SupportAgent).await;
    site.engine.create_token(&Caller::operator(), Role::Developer, "a program", None).await.expect("a token");
    let (cookie, own_id) = (format!("Cookie: {}", admin.cookie), admin.id.to_string());
    let (mut all, mut seen, mut todo) = (Vec::new(), BTreeSet::new(), vec!["/console/".to_owned()]);
    let mut kinds: Vec<String> = Vec::new();
    let mut is_new = |method: &str, path: &str| {
        // Paths are alike that differ in an id only; of each, some.
        let bare = path.split('?').next().unwrap_or_default();
        let kind: Vec<&str> = bare.split('/').map(|part| if part.len() > 30 { "id" } else { part }).collect();
        let kind = format!("{method} {}", kind.join("/"));
        let known = kinds.iter().filter(|it| **it == kind).count();
        kinds.push(kind);
        known < OF_ONE_KIND
    };
    while let Some(path) = todo.pop() {
        if seen.len() >= PAGES || !seen.insert(path.clone()) || !is_new("GET", &path) {
            continue;
        }
        let answer = admin.get(&path).await;
        all.push(Request::get(&path, &[&cookie]).refused());
        for link in answer.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let link = link.replace("&amp;", "&").replace("&#38;", "&");
            if link.starts_with("/console/") && !link.contains("/assets/") {
                todo.insert(0, link);
            }
        }
        for (action, body) in forms(&answer.body, &path) {
            // What would end a session or a token that other requests show is asked for by another's id, below.
            let own = ["/sign-out", "/tokens/", "/me/sessions/", &own_id];
            if !own.iter().any(|part| action.contains(part)) && is_new("POST", &action) {
                all.push(Request::new("POST", &action, &[FORM, &cookie], body).refused());
            }
        }
    }
    for (method, pattern, _) in TABLE {
        for path in paths(pattern) {
            let csrf =
                if *method == "POST" { format!("csrf={}&reason=x", admin.csrf) } else { String::new() };
            all.push(Request::new(method, &path, &[FORM, &cookie], csrf).refused());
        }
    }
    for path in [
        "/console",
        "/console/nothing",
        "/console/sign-in",
        "/console/sign-in/code",
        "/console/set-up?link=x",
    ] {
        all.push(Request::get(path, &[]).refused());
    }
    for path in [
        "/console/language",
        "/console/sign-in",
        "/console/sign-in/code",
        "/console/sign-out",
        "/console/set-up",
    ] {
        let fields =
            [("email", other.email.as_str()), ("password", "wrong"), ("code", "123456"), ("language", "fr")];
        all.push(Request::new("POST", path, &[FORM], records::encoded(&fields)).refused());
    }
    all
}

/// The forms of a page that are sent, filled in as they come, each with where it goes.
fn forms(page: &str, path: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| -> Option<String> {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        let value = rest.split('"').next()?;
        Some(value.replace("&#38;", "&").replace("&#39;", "'").replace("&#34;", "\""))
    };
    let mut all = Vec::new();
    for form in page.split("<form").skip(1) {
        let (tag, rest) = form.split_once('>').unwrap_or((form, ""));
        if !attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
            continue;
        }
        let action = attribute(tag, "action").unwrap_or_else(|| path.to_owned());
        let inside = rest.split("</form>").next().unwrap_or_default();
        let mut body = form_urlencoded::Serializer::new(String::new());
        for field in inside.split('<').filter(|tag| tag.contains(" name=\"")) {
            let Some(name) = attribute(field, "name") else { continue };
            let kept = attribute(field, "value").filter(|value| !value.is_empty());
            // Few keys: a lot of many is no other request, only a slower one.
            let value = if name == "count" || name == "each" { Some("2".to_owned()) } else { kept };
            body.append_pair(&name, value.as_deref().unwrap_or("1"));
        }
        all.push((action, body.finish()));
    }
    all
}
