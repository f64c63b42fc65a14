//! Testing a licence: which form it is, and every check in order. Nothing is changed, and it is no attempt to validate.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_core::claims::{Claims, Expires};
use keyward_core::code::Code;
use keyward_core::refusal::Refusal;
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{self, DeviceContext, Verdict};
use keyward_engine::EngineError;
use keyward_engine::license::{Examined, Found};
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::claims::rows;
use super::frame::{self, Frame, instant};
use super::language::Language;
use super::licenses::{called, devices};
use super::texts::{Examine, fill};
use super::visitor::{Posted, Visitor};
use super::words::{self, Words};

#[derive(Template)]
#[template(path = "console/examine.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Examine,
    text: &'a str,
    problem: Option<&'static str>,
    result: Option<Outcome>,
}

/// What came of it.
struct Outcome {
    class: &'static str,
    word: &'static str,
    sentence: String,
    remedy: String,
    code: &'static str,
    checks: Vec<Check>,
    rows: Vec<(&'static str, String)>,
    /// Whether nobody vouches for what it says.
    is_unchecked: bool,
    license: Option<Uuid>,
}

struct Check {
    name: &'static str,
    result: Tick,
    why: String,
}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tick {
    Pass,
    Fail,
    /// Worth knowing, and no reason to refuse it.
    Note,
    /// Not asked of this form, or because of what failed before.
    Skip,
}

/// `GET /console/test`.
pub(super) async fn show(visitor: Visitor) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    page(&visitor, StatusCode::OK, "", None, None)
}

fn page(
    visitor: &Visitor,
    status: StatusCode,
    text: &str,
    problem: Option<&'static str>,
    result: Option<Outcome>,
) -> Response {
    let t = Examine::of(visitor.language);
    frame::html(status, &Page { f: Frame::of(visitor, t.title), t, text, problem, result })
}

/// `POST /console/test`: what was pasted is in no address, and kept nowhere.
pub(super) async fn test(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let t = Examine::of(visitor.language);
    // Browsers write line ends as CR LF, and people copy spaces along; neither is part of any licence.
    let text = fields.get("text").replace("\r\n", "\n");
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.is_empty() {
        return page(&visitor, StatusCode::UNPROCESSABLE_ENTITY, "", Some(t.missing), None);
    }
    let result = match visitor.app.engine().examine(text).await {
        Ok(examined) => of_licence(&visitor, &examined, t),
        Err(EngineError::Refused(refusal)) => of_nothing(&refusal, visitor.language),
        Err(error) => return visitor.failed(&error),
    };
    page(&visitor, StatusCode::OK, text, None, Some(result))
}

/// A text that is no licence.
fn of_nothing(refusal: &Refusal, language: Language) -> Outcome {
    let t = Examine::of(language);
    let Words { sentence, remedy } = words::refusal(refusal, language);
    let names = [t.seal, t.registered, t.newest, t.standing, t.end, t.devices];
    let mut checks = vec![Check { name: t.form, result: Tick::Fail, why: sentence.clone() }];
    checks.extend(names.map(|name| Check { name, result: Tick::Skip, why: String::new() }));
    Outcome {
        class: "ended",
        word: t.invalid,
        sentence,
        remedy,
        code: refusal.code().as_str(),
        checks,
        rows: Vec::new(),
        is_unchecked: false,
        license: None,
    }
}

fn of_licence(visitor: &Visitor, examined: &Examined, t: &'static Examine) -> Outcome {
    let now = visitor.app.engine().now();
    let is_retired = examined.made_with.as_ref().is_some_and(|maker| maker.state == "retired");
    let is_sealed = examined.made_with.is_some() && !is_retired;
    let offline = match (&examined.claims, is_sealed || examined.scheme == Scheme::Pool) {
        (Ok(claims), true) => verdict::device(claims, &DeviceContext::default(), now),
        (Ok(_), false) => Refusal::BadSignature.into(),
        (Err(refusal), _) => refusal.clone().into(),
    };
    // A pool key says nothing about itself: what this server does not know is not there.
    let unknown = || Verdict::refusal(Code::NotFound, t.registered_no);
    let is_unknown = examined.found.is_none() && examined.scheme == Scheme::Pool;
    // A record is found by its signature, whatever else of it was altered.
    let is_altered = examined.made_with.is_none() && examined.tried > 0 && examined.scheme != Scheme::Pool;
    let verdict = match &examined.verdict {
        _ if is_altered => offline,
        Some(verdict) => verdict.clone(),
        None if is_unknown => unknown(),
        None => offline,
    };
    let (class, word) = standing(&verdict, examined.found.as_ref(), t);
    let claims = examined.claims.as_ref().ok();
    let Words { sentence, remedy } = words::verdict(&verdict, visitor.language);
    let mut checks = vec![
        Check { name: t.form, result: Tick::Pass, why: fill(t.form_is, examined.scheme.as_str()) },
        seal(examined, t),
        registered(examined, t),
        newest(examined, t),
        suspension(examined.found.as_ref(), t),
        end(examined, &verdict, now, t),
    ];
    checks.extend(of_devices(examined, t));
    Outcome {
        class,
        word,
        sentence,
        remedy: if verdict.valid || class == "active" { String::new() } else { remedy },
        code: verdict.code.as_str(),
        checks,
        rows: claims.map(|claims| rows(claims, visitor.language)).unwrap_or_default(),
        is_unchecked: !is_sealed && examined.scheme != Scheme::Pool,
        license: examined.found.as_ref().map(|found| found.license.id),
    }
}

/// The documents' colours, and a word.
fn standing(verdict: &Verdict, found: Option<&Found>, t: &'static Examine) -> (&'static str, &'static str) {
    match verdict.code {
        Code::GracePeriod => ("grace", t.grace),
        Code::Trial => ("trial", t.trial),
        Code::Valid if found.is_some_and(is_unused) => ("active", t.unused),
        _ if verdict.valid => ("active", t.valid),
        // It was given out, and no device has asked for it yet.
        Code::NoMachine | Code::NoMachines => ("active", t.unused),
        Code::NotFound => ("none", t.unknown),
        Code::Expired => ("ended", t.expired),
        _ => ("ended", t.invalid),
    }
}

fn is_unused(found: &Found) -> bool {
    found.policy.rules.single_use && found.license.first_activated_at.is_none()
}

fn seal(examined: &Examined, t: &'static Examine) -> Check {
    let (result, why) = match &examined.made_with {
        _ if examined.scheme == Scheme::Pool => (Tick::Skip, t.seal_none.to_owned()),
        Some(maker) => {
            let of = maker.installation.as_ref().or(maker.product.as_ref());
            let of = of.cloned().unwrap_or_default();
            match (&maker.key_id, maker.state.as_str()) {
                (key, "retired") => (Tick::Fail, fill(t.seal_retired, key.as_ref().unwrap_or(&of))),
                (Some(key), _) => (Tick::Pass, fill(t.seal_key, key)),
                (None, _) => (Tick::Pass, fill(t.seal_secret, of)),
            }
        }
        None if examined.tried == 0 => (Tick::Fail, t.seal_no_key.to_owned()),
        None => (Tick::Fail, fill(t.seal_bad, examined.tried)),
    };
    Check { name: t.seal, result, why }
}

fn registered(examined: &Examined, t: &'static Examine) -> Check {
    let (result, why) = match &examined.found {
        Some(found) => {
            let called = called(found);
            let name = if called.is_empty() { found.policy.row.name.clone() } else { called };
            (Tick::Pass, fill(t.registered_yes, name))
        }
        // A form that says everything itself is good without: only its vendor knows more.
        None if examined.made_with.is_some() => (Tick::Note, t.registered_no.to_owned()),
        None => (Tick::Fail, t.registered_no.to_owned()),
    };
    Check { name: t.registered, result, why }
}

fn newest(examined: &Examined, t: &'static Examine) -> Check {
    let (result, why) = match (&examined.found, examined.superseded_at) {
        (None, _) => (Tick::Skip, String::new()),
        (Some(_), None) => (Tick::Pass, t.newest_yes.to_owned()),
        (Some(_), Some(at)) => (Tick::Note, fill(t.newest_no, instant(at))),
    };
    Check { name: t.newest, result, why }
}

fn suspension(found: Option<&Found>, t: &'static Examine) -> Check {
    let (result, why) = match found {
        None => (Tick::Skip, ""),
        Some(found) if found.user_banned => (Tick::Fail, t.banned),
        Some(found) => match found.license.suspension_reason.as_deref() {
            None => (Tick::Pass, t.standing_yes),
            Some("revoked") => (Tick::Fail, t.revoked),
            Some("auto") => (Tick::Fail, t.auto),
            Some(_) => (Tick::Fail, t.suspended),
        },
    };
    Check { name: t.standing, result, why: why.to_owned() }
}

fn end(examined: &Examined, verdict: &Verdict, now: Timestamp, t: &'static Examine) -> Check {
    let said = || match examined.claims.as_ref().map(|claims: &Claims| claims.expires) {
        Ok(Expires::At(end)) => Some(Some(end)),
        Ok(Expires::Never) => Some(None),
        Ok(Expires::NotInKey) | Err(_) => None,
    };
    let end = match &examined.found {
        Some(found) => match found.license.expiry {
            None if found.policy.rules.duration.is_some() && found.license.first_activated_at.is_none() => {
                return Check { name: t.end, result: Tick::Note, why: t.end_begins.to_owned() };
            }
            end => Some(end),
        },
        None => said(),
    };
    let (result, why) = match end {
        None => (Tick::Skip, t.end_unknown.to_owned()),
        Some(None) => (Tick::Pass, t.end_never.to_owned()),
        Some(Some(end)) if end >= now => (Tick::Pass, fill(t.end_at, instant(end))),
        Some(Some(end)) if verdict.code == Code::GracePeriod => (Tick::Note, fill(t.end_grace, instant(end))),
        Some(Some(end)) => (Tick::Fail, fill(t.end_over, instant(end))),
    };
    Check { name: t.end, result, why }
}

/// Which devices it is for, and whether it was used where it may be once.
fn of_devices(examined: &Examined, t: &'static Examine) -> Vec<Check> {
    let Some(found) = &examined.found else {
        let bound = examined.claims.as_ref().ok().and_then(|claims| claims.device.as_ref());
        let (result, why) =
            bound.map_or((Tick::Skip, String::new()), |device| (Tick::Note, fill(t.devices_bound, device)));
        return vec![Check { name: t.devices, result, why }];
    };
    let (license, rules) = (&found.license, &found.policy.rules);
    let used = devices(license.machines_count, rules, license.max_machines);
    let is_full =
        rules.machine_limit(license.max_machines).is_some_and(|most| license.machines_count >= most);
    let bound = examined.claims.as_ref().ok().and_then(|claims| claims.device.as_ref());
    let (result, why) = match bound {
        Some(device) => (Tick::Pass, fill(t.devices_bound, device)),
        None if is_full => (Tick::Note, fill(t.devices_full, used)),
        None => (Tick::Pass, fill(t.devices_room, used)),
    };
    let mut checks = vec![Check { name: t.devices, result, why }];
    if rules.single_use {
        let (result, why) = match license.first_activated_at {
            None => (Tick::Pass, t.used_no.to_owned()),
            Some(at) => (Tick::Fail, fill(t.used_yes, instant(at))),
        };
        checks.push(Check { name: t.used, result, why });
    }
    checks
}

impl Tick {
    const fn word(self, t: &'static Examine) -> &'static str {
        match self {
            Self::Pass => t.pass,
            Self::Fail => t.fail,
            Self::Note => t.note,
            Self::Skip => t.skip,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Pass => "good",
            Self::Fail => "bad",
            Self::Note => "late",
            Self::Skip => "",
        }
    }
}
