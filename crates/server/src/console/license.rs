//! One licence: how it stands, what there is of it, and what can be done.

mod act;
mod answer;
mod simulate;

pub(super) use act::{act, back, back_from, reveal};
pub(super) use simulate::parse as instant_of;

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_core::audit::Entry;
use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_engine::EngineError;
use keyward_engine::license::{Form, Found, Named, Shown};
use keyward_engine::token::Permission;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::actors::Actors;
use super::frame::{self, Frame, instant};
use super::language::Language;
use super::licenses::{called, customer, devices, end};
use super::qr::Qr;
use super::standing::Standing;
use super::texts::{Licenses, fill};
use super::visitor::Visitor;
use super::words::{self, Words};
use super::{attempts, audit};
use crate::web::Fields;
use answer::Answer;
use simulate::Simulation;

#[derive(Template)]
#[template(path = "console/license.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Licenses,
    id: Uuid,
    name: String,
    hint: Option<&'a str>,
    standing: Standing,
    answer: Answer,
    simulation: Simulation,
    facts: Vec<(&'static str, String)>,
    features: Vec<String>,
    metadata: Vec<(String, String)>,
    key: Option<Key>,
    machines: Vec<Machine>,
    limits: &'a [keyward_store::limits::Limit],
    forms: Vec<FormRow>,
    events: Vec<Event>,
    all_events: String,
    attempts: Vec<Attempt>,
    all_attempts: String,
    may: May,
    seen: String,
    problem: Option<String>,
    typed: &'a Typed,
}

/// What was typed into the forms of a page that is shown again.
#[derive(Default)]
pub(super) struct Typed {
    /// Of which form.
    action: String,
    beyond: bool,
    days: String,
    device: String,
    email: String,
    why: String,
}

struct Key {
    text: Zeroizing<String>,
    qr: Option<Qr>,
}

struct Machine {
    id: Uuid,
    fingerprint: String,
    name: String,
    activated: String,
    seen: String,
}

struct FormRow {
    scheme: String,
    hint: String,
    device: String,
    issued: String,
    end: String,
    is_newest: bool,
}

struct Event {
    at: String,
    event: String,
    words: Option<&'static str>,
    by: String,
    front: String,
    address: String,
}

struct Attempt {
    at: String,
    front: String,
    code: String,
    count: i64,
    address: String,
}

/// What whoever looks may do with it now.
struct May {
    audit: bool,
    change: bool,
    reveal: bool,
    is_suspended: bool,
    is_revoked: bool,
    renew: bool,
    extend: bool,
    renewing_gives_form: bool,
    moving_gives_form: bool,
    /// What a released device leaves.
    release_note: &'static str,
}

/// What a page is about beside the licence.
#[derive(Default)]
pub(super) struct Told {
    status: StatusCode,
    notice: Option<&'static str>,
    problem: Option<String>,
    key: Option<Zeroizing<String>>,
    typed: Typed,
}

/// `GET /console/licenses/{id}`.
pub(super) async fn show(visitor: Visitor, Path(id): Path<String>, uri: Uri) -> Response {
    let t = Licenses::of(visitor.language);
    let fields = Fields::of_query(uri.query());
    let notice = match fields.get("done") {
        "suspend" => Some(t.done_suspend),
        "revoke" => Some(t.done_revoke),
        "reinstate" => Some(t.done_reinstate),
        "renew" | "extend" => Some(t.done_renew),
        "renew-form" | "extend-form" => Some(t.done_renew_form),
        "transfer" => Some(t.done_transfer),
        "transfer-form" => Some(t.done_transfer_form),
        "release" => Some(t.done_release),
        _ => None,
    };
    whole(&visitor, &id, &fields, Told { notice, ..Told::default() }).await
}

/// The licence of an address.
async fn find(visitor: &Visitor, id: &str) -> Result<Shown, Response> {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return Err(no);
    }
    let Ok(id) = Uuid::try_parse(id) else { return Err(visitor.none()) };
    visitor.app.engine().show(&Named::Id(id)).await.map_err(|error| visitor.failed(&error))
}

async fn whole(visitor: &Visitor, id: &str, fields: &Fields, told: Told) -> Response {
    let shown = match find(visitor, id).await {
        Ok(shown) => shown,
        Err(answer) => return answer,
    };
    let (t, now) = (Licenses::of(visitor.language), visitor.app.engine().now());
    let found = &shown.found;
    let by = match Actors::of(&shown.events, visitor.app.engine(), visitor.language).await {
        Ok(by) => by,
        Err(error) => return visitor.failed(&error),
    };
    let simulation = Simulation::of(fields, &shown, now, t);
    let standing = Standing::of(found, &shown.verdicts[0].1, t);
    let features = features(found);
    let page = Page {
        f: Frame::of(visitor, title(found, t)).saying(told.notice),
        t,
        id: found.license.id,
        name: title(found, t),
        hint: shown.forms.last().and_then(|form| form.hint.as_deref()).or(found.license.key_hint.as_deref()),
        answer: Answer::of(&simulation, visitor.language),
        simulation,
        facts: facts(found, visitor, t),
        features,
        metadata: metadata(found),
        key: told.key.map(|text| Key { qr: Qr::of_key(&text), text }),
        machines: machines(&shown),
        limits: &shown.limits,
        forms: shown.forms.iter().rev().map(form_row).collect(),
        events: shown.events.iter().map(|entry| event(entry, &by, visitor.language)).collect(),
        all_events: audit::about(found.license.id),
        all_attempts: attempts::on(found.license.id),
        attempts: shown
            .attempts
            .iter()
            .take(20)
            .map(|attempt| Attempt {
                at: instant(attempt.at),
                front: attempt.front.clone(),
                code: attempt.code.clone(),
                count: attempt.count,
                address: attempt.address.clone().unwrap_or_default(),
            })
            .collect(),
        may: may(visitor, &shown, t),
        seen: found.seen(),
        standing,
        problem: told.problem,
        typed: &told.typed,
    };
    frame::html(told.status, &page)
}

pub(super) fn title(found: &Found, t: &Licenses) -> String {
    let called = called(found);
    if !called.is_empty() {
        return called;
    }
    format!("{} …{}", t.license, found.license.key_hint.as_deref().unwrap_or_default())
}

fn facts(found: &Found, visitor: &Visitor, t: &'static Licenses) -> Vec<(&'static str, String)> {
    let (license, rules) = (&found.license, &found.policy.rules);
    let c = super::texts::Common::of(visitor.language);
    let product = visitor.app.engine().catalog().product_by_id(license.product_id).map(|it| it.name.clone());
    let uses = match license.max_uses.or(rules.max_uses) {
        Some(limit) => format!("{} / {limit}", license.uses),
        None if license.uses > 0 => license.uses.to_string(),
        None => String::new(),
    };
    let some = |at: Option<Timestamp>| at.map(instant).unwrap_or_default();
    let facts = [
        (t.product, product.unwrap_or_default()),
        (t.policy, found.policy.row.name.clone()),
        (t.scheme, license.scheme.clone()),
        (t.customer, customer(found)),
        (t.ends, end(found, c)),
        (t.devices, devices(license.machines_count, rules, license.max_machines)),
        (t.uses, uses),
        (t.transfers, if license.transfers > 0 { license.transfers.to_string() } else { String::new() }),
        (t.batch, found.batch_name.clone().unwrap_or_default()),
        (t.made, instant(license.created_at)),
        (t.first_used, some(license.first_activated_at)),
        (t.last_checked, some(license.last_validated_at)),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Its own features, and those of its policy.
fn features(found: &Found) -> Vec<String> {
    let mut all = found.policy.model.entitlements.clone();
    all.extend(
        found.entitlements.iter().filter(|own| !found.policy.model.entitlements.contains(own)).cloned(),
    );
    all
}

fn metadata(found: &Found) -> Vec<(String, String)> {
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&found.license.metadata);
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    object.unwrap_or_default().into_iter().map(|(name, value)| (name, text(value))).collect()
}

fn machines(shown: &Shown) -> Vec<Machine> {
    let machine = |machine: &keyward_store::machines::Machine| Machine {
        id: machine.id,
        fingerprint: machine.fingerprint.clone(),
        name: machine.name.clone().unwrap_or_default(),
        activated: instant(machine.created_at),
        seen: instant(machine.last_seen_at),
    };
    shown.machines.iter().map(machine).collect()
}

/// The device that the newest form names.
fn bound_to(shown: &Shown) -> Option<&str> {
    shown.forms.last()?.device.as_deref()
}

fn form_row(form: &Form) -> FormRow {
    FormRow {
        scheme: form.scheme.clone(),
        hint: form.hint.clone().unwrap_or_default(),
        device: form.device.clone().unwrap_or_default(),
        issued: instant(form.issued_at),
        end: form.expires_at.map(instant).unwrap_or_default(),
        is_newest: form.superseded_at.is_none(),
    }
}

fn event(entry: &Entry, by: &Actors, language: Language) -> Event {
    Event {
        at: instant(entry.at),
        event: entry.event.clone(),
        words: words::event(&entry.event, language),
        by: by.called(entry),
        front: entry.front.clone(),
        address: entry.address.clone().unwrap_or_default(),
    }
}

fn may(visitor: &Visitor, shown: &Shown, t: &'static Licenses) -> May {
    let found = &shown.found;
    let reason = found.license.suspension_reason.as_deref();
    let ends = found.license.expiry.is_some();
    let scheme = found.license.scheme.as_str();
    let runs = matches!(reason, None | Some("auto"));
    May {
        audit: visitor.may(Permission::AuditRead),
        change: visitor.may(Permission::LicenseChange),
        reveal: visitor.may(Permission::LicenseReveal),
        is_suspended: reason.is_some(),
        is_revoked: reason == Some("revoked"),
        renew: ends && runs && found.policy.rules.duration.is_some(),
        extend: ends && runs,
        renewing_gives_form: matches!(scheme, "record" | "file" | "lk2" | "lk3"),
        moving_gives_form: matches!(scheme, "file" | "lk3"),
        release_note: match bound_to(shown) {
            _ if found.policy.rules.single_use => t.release_once,
            Some(_) => t.release_bound,
            None => t.release_free,
        },
    }
}

/// What the page says of an error that the person can do something about; `None` is ours.
pub(super) fn sentence(error: &EngineError, language: Language) -> Option<String> {
    let t = Licenses::of(language);
    match error {
        EngineError::AlreadySo(_) => Some(t.already.to_owned()),
        // The reader is the one who can.
        EngineError::NotAllowed(no) if matches!(no.code, Code::Revoked | Code::Suspended) => {
            Some(t.reinstate_first.to_owned())
        }
        EngineError::NotAllowed(_)
        | EngineError::Limit { .. }
        | EngineError::Taken { .. }
        | EngineError::Invalid { .. }
        | EngineError::Date(_)
        | EngineError::Issue(_)
        | EngineError::SecretInUse { .. } => words::error(error, language).map(Words::together),
        _ => None,
    }
}

impl Page<'_> {
    fn as_of(&self) -> String {
        match &self.simulation.at {
            Some(at) => fill(self.t.verdict_as_of, at),
            None => self.t.verdict_now.to_owned(),
        }
    }

    fn form_note(&self, gives_form: bool) -> &'static str {
        if gives_form { self.t.new_form } else { self.t.same_form }
    }
}
