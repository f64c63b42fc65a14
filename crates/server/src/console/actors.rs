//! Those who did something, as the pages that tell of it call them.

use std::collections::HashMap;

use keyward_core::audit::Entry;
use keyward_engine::{Engine, EngineError};
use uuid::Uuid;

use super::language::Language;
use super::texts::AuditTexts;

/// Whoever did some entries of the audit log.
pub(super) struct Actors {
    names: HashMap<Uuid, String>,
    t: &'static AuditTexts,
}

impl Actors {
    /// Asks for all of them at once.
    pub(super) async fn of(
        entries: &[Entry],
        engine: &Engine,
        language: Language,
    ) -> Result<Self, EngineError> {
        Ok(Self { names: engine.actors(entries).await?, t: AuditTexts::of(language) })
    }

    /// How whoever did this is called. A token says that it is one: its name is any text.
    pub(super) fn called(&self, entry: &Entry) -> String {
        let kind = kind(&entry.actor_kind, self.t);
        let Some(id) = entry.actor_id else { return kind.to_owned() };
        match (self.names.get(&id), entry.actor_kind.as_str()) {
            (Some(email), "user") => email.clone(),
            (Some(name), _) => format!("{kind} {name}"),
            (None, _) => format!("{kind} {}", short(id)),
        }
    }
}

/// What kind of actor it is.
pub(super) fn kind(kind: &str, t: &'static AuditTexts) -> &'static str {
    match kind {
        "user" => t.user,
        "token" => t.token,
        "operator" => t.operator,
        "system" => t.system,
        _ => t.anonymous,
    }
}

/// What tells one id from another at a glance: its end, for its beginning is the time.
pub(super) fn short(id: Uuid) -> String {
    let text = id.simple().to_string();
    format!("…{}", &text[text.len() - 8..])
}
