//! Lots of pool keys: made behind the page, followed on one, and taken away as a table.
//!
//! Who makes a lot alone sees how far it is. What is in memory is forgotten when the server ends, or when many others were
//! made since; the keys of a finished lot are in the database.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use keyward_engine::license::{PoolKeyOut, PoolRequest};
use keyward_engine::token::Permission;
use keyward_engine::{Actor, EngineError, Policy};
use uuid::Uuid;

use super::{attachment, sentence};
use crate::console::csv_file::Table;
use crate::console::frame::{self, Frame};
use crate::console::language::Language;
use crate::console::texts::{Common, Generate, fill};
use crate::console::visitor::{Posted, Visitor};

/// Lots that are made at once.
const AT_ONCE: usize = 4;
/// Lots that are remembered.
const REMEMBERED: usize = 64;
/// A small lot is ready before its page is shown.
const PATIENCE: Duration = Duration::from_millis(700);

/// The lots that people are making, and made lately.
#[derive(Default)]
pub(crate) struct Lots(Mutex<VecDeque<Arc<Lot>>>);

struct Lot {
    id: Uuid,
    owner: Actor,
    name: String,
    wanted: u64,
    made: AtomicU64,
    /// How it ended; an error in words for its maker.
    end: OnceLock<Result<(), String>>,
}

impl Lots {
    fn find(&self, id: Uuid) -> Option<Arc<Lot>> {
        let lots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lots.iter().find(|lot| lot.id == id).cloned()
    }

    /// Takes a lot in; `None` when so many are being made that there is no room. One that is there already is left alone.
    fn take(&self, lot: Lot) -> Option<(Arc<Lot>, bool)> {
        let mut lots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = lots.iter().find(|there| there.id == lot.id) {
            return Some((Arc::clone(there), false));
        }
        if lots.iter().filter(|lot| lot.end.get().is_none()).count() >= AT_ONCE {
            return None;
        }
        while lots.len() >= REMEMBERED {
            let oldest = lots.iter().position(|lot| lot.end.get().is_some())?;
            lots.remove(oldest);
        }
        let lot = Arc::new(lot);
        lots.push_back(Arc::clone(&lot));
        Some((lot, true))
    }
}

/// Begins to make a lot, and says where it is followed; `None` when too many others are being made. A form that was sent
/// before leads to the lot that it made, whatever server made it.
pub(super) async fn begin(visitor: &Visitor, request: PoolRequest) -> Result<Option<Uuid>, EngineError> {
    let (app, caller) = (visitor.app.clone(), visitor.caller.clone());
    let (context, language) = (visitor.context, visitor.language);
    let id = request.id.unwrap_or_else(|| app.engine().new_id());
    if app.lots().find(id).is_none() && app.engine().batch_progress(id).await?.is_some() {
        return Ok(Some(id));
    }
    let wanted = request.each.saturating_mul(request.policies.len() as u64);
    let (owner, name) = (visitor.session.actor(), request.name.clone());
    let lot = Lot { id, owner, name, wanted, made: AtomicU64::new(0), end: OnceLock::new() };
    let Some((lot, is_new)) = app.lots().take(lot) else { return Ok(None) };
    if !is_new {
        return Ok(Some(id));
    }
    let making = tokio::spawn(async move {
        let progress = |keys: &[String], _: &Policy| {
            lot.made.fetch_add(keys.len() as u64, Ordering::Relaxed);
            Ok::<_, EngineError>(())
        };
        let made = app.engine().issue_pool(&caller, &request, progress).await.map(drop);
        let _ = lot.end.set(made.map_err(|error| {
            let words = sentence(&error, language);
            words.unwrap_or_else(|| {
                // A task of its own: it has to name the request that began it.
                let (code, id) = (error.code(), context.id);
                tracing::error!(error.code = code, request.id = %id, "a lot was not made: {error}");
                Common::of(language).failed_text.to_owned()
            })
        }));
    });
    // Whoever leaves breaks nothing off: the task goes on.
    let _ = tokio::time::timeout(PATIENCE, making).await;
    Ok(Some(id))
}

/// How far a lot is.
struct Progress {
    id: Uuid,
    wanted: u64,
    made: u64,
    state: State,
}

enum State {
    Going,
    Done,
    Failed(String),
    /// Made, and not in memory any more.
    Kept,
    /// Not finished, and not made here.
    Elsewhere,
    /// There is none.
    Gone,
}

#[derive(Template)]
#[template(path = "console/generate_lot.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Generate,
    progress: Progress,
    may_export: bool,
}

/// The part of the page that changes.
#[derive(Template)]
#[template(path = "console/generate_lot.html", block = "progress")]
struct Part<'a> {
    f: Frame<'a>,
    t: &'static Generate,
    progress: Progress,
    may_export: bool,
}

/// `GET /console/generate/lots/{lot}`.
pub(in crate::console) async fn lot(
    visitor: Visitor,
    Path(lot): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseIssue) {
        return no;
    }
    let Ok(id) = Uuid::try_parse(&lot) else { return visitor.none() };
    let (progress, name) = match look(&visitor, id).await {
        Ok(Some(found)) => found,
        Ok(None) => return visitor.none(),
        Err(error) => return visitor.failed(&error),
    };
    let t = Generate::of(visitor.language);
    let f = Frame::of(&visitor, fill(t.lot, &name).trim_end());
    let may_export = visitor.may(Permission::LicenseReveal);
    if headers.contains_key("hx-request") {
        return frame::html(StatusCode::OK, &Part { f, t, progress, may_export });
    }
    frame::html(StatusCode::OK, &Page { f, t, progress, may_export })
}

/// How far a lot is, and its name; `None` when it is somebody else's.
async fn look(visitor: &Visitor, id: Uuid) -> Result<Option<(Progress, String)>, EngineError> {
    let Some(lot) = visitor.app.lots().find(id) else {
        let Some(found) = visitor.app.engine().batch_progress(id).await? else {
            return Ok(Some((Progress { id, wanted: 0, made: 0, state: State::Gone }, String::new())));
        };
        let state = if found.is_ready { State::Kept } else { State::Elsewhere };
        let made = u64::try_from(found.made).unwrap_or_default();
        return Ok(Some((Progress { id, wanted: made, made, state }, found.name)));
    };
    if lot.owner != visitor.session.actor() {
        return Ok(None);
    }
    let state = match lot.end.get() {
        None => State::Going,
        Some(Ok(())) => State::Done,
        Some(Err(words)) => State::Failed(words.clone()),
    };
    let made = lot.made.load(Ordering::Relaxed);
    Ok(Some((Progress { id, wanted: lot.wanted, made, state }, lot.name.clone())))
}

/// `POST /console/generate/lots/{lot}/csv`: its keys, once all of them are there.
pub(in crate::console) async fn csv(Path(lot): Path<String>, posted: Posted) -> Response {
    let Posted { visitor, .. } = posted;
    if let Some(no) = visitor.refusal(Permission::LicenseReveal) {
        return no;
    }
    let Ok(id) = Uuid::try_parse(&lot) else { return visitor.none() };
    let mut name = match look(&visitor, id).await {
        Ok(Some((_, name))) => name,
        Ok(None) => return visitor.none(),
        Err(error) => return visitor.failed(&error),
    };
    let mut table = Table::new(["license_key", "duration_days", "duration_label", "batch_id"]);
    let part = |keys: &[PoolKeyOut]| {
        for key in keys {
            let batch = key.batch.as_deref().unwrap_or_default();
            if name.is_empty() {
                batch.clone_into(&mut name);
            }
            table.row([key.key.as_str(), &key.policy, &key.label, batch]);
        }
        Ok::<_, EngineError>(())
    };
    match visitor.app.engine().export_batch(&visitor.caller, id, part).await {
        Ok(_) => attachment(&name, "csv", "text/csv; charset=utf-8", table.text()),
        Err(error) => visitor.failed(&error),
    }
}

impl Progress {
    const fn is_going(&self) -> bool {
        matches!(self.state, State::Going)
    }

    const fn is_kept(&self) -> bool {
        matches!(self.state, State::Kept)
    }

    fn kept(&self, t: &Generate, language: Language) -> String {
        fill(t.lot_kept, Self::number(self.made, language))
    }

    fn going(&self, t: &Generate, language: Language) -> String {
        fill(t.lot_going, Self::number(self.wanted, language))
    }

    /// Numbers as people read them.
    fn number(number: u64, language: Language) -> String {
        let digits = number.to_string();
        let between = match language {
            Language::English => ",",
            Language::French => "\u{202f}",
        };
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text += between;
            }
            text.push(digit);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_as_each_language_does() {
        let number = |number| Progress::number(number, Language::English);
        assert_eq!((number(0), number(999), number(100_000)), ("0".into(), "999".into(), "100,000".into()));
        assert_eq!(Progress::number(1_234_567, Language::French), "1\u{202f}234\u{202f}567");
    }
}
