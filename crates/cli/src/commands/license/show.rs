//! `keyward license show`.

use clap::Args;
use keyward_core::audit::Entry;
use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_engine::license::{Named, Question, Shown};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Which, explain, summary};
use crate::clock::instant;
use crate::commands::{audit, seat};
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output::{self, Columns, Table, or_dash, time};

/// Events and attempts that are shown.
const SHOWN: usize = 20;

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    which: Which,
    /// Show the whole key, too; that it was looked at is written into the audit log
    #[arg(long, conflicts_with = "as_of")]
    reveal: bool,
    /// Answer as if it were this instant: RFC 3339, or a date
    #[arg(long, value_name = "TIME", value_parser = instant)]
    as_of: Option<Timestamp>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// All that is shown.
struct View {
    shown: Shown,
    events: Vec<Entry>,
    key: Option<Zeroizing<String>>,
}

impl Show {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let named = self.which.named()?;
        let work = async |opened: &Opened| {
            let shown = opened.engine.show(&named).await.map_err(|error| explain(&named, error))?;
            let id = Named::Id(shown.found.license.id);
            let key = if self.reveal { Some(opened.engine.reveal(&opened.caller, &id).await?) } else { None };
            let events = opened.engine.audit_log(Some(&id), SHOWN as i64).await?;
            let view = View { shown, events, key };
            if json { output::json(&view.json(opened)) } else { view.print(opened) }
        };
        if self.reveal { self.database.change(None, work) } else { self.database.read(self.as_of, work) }
    }
}

const fn asked(question: Question) -> (&'static str, &'static str) {
    match question {
        Question::Run => ("run", "may it run"),
        Question::Activate => ("activate", "be activated"),
        Question::Change => ("change", "be changed"),
    }
}

fn answer(verdict: &Verdict) -> String {
    if verdict.code == Code::Valid {
        return "yes".to_owned();
    }
    let yes = if verdict.valid { "yes" } else { "no" };
    format!("{yes}: {} ({})", verdict.code, verdict.detail)
}

impl View {
    fn print(&self, opened: &Opened) -> Result<(), Failure> {
        let (shown, row) = (&self.shown, &self.shown.found.license);
        let mut table = Table::default();
        summary::rows(opened, &shown.found, &mut table);
        table.optional("whole key", self.key.as_ref().map(|key| key.as_str()));
        for (question, verdict) in &shown.verdicts {
            table.row(asked(*question).1, answer(verdict));
        }
        let limit = shown.found.policy.rules.machine_limit(row.max_machines);
        let of = limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
        table.row("devices", format_args!("{}{of}", row.machines_count));
        let max_uses = row.max_uses.or(shown.found.policy.rules.max_uses);
        if row.uses > 0 || max_uses.is_some() {
            let of = max_uses.map(|limit| format!(" of {limit}")).unwrap_or_default();
            table.row("uses", format_args!("{}{of}", row.uses));
        }
        if row.transfers > 0 {
            table.row("transfers", row.transfers);
        }
        table.row("made", time(row.created_at));
        output::print(table)?;
        self.lists()
    }

    fn lists(&self) -> Result<(), Failure> {
        let shown = &self.shown;
        if !shown.machines.is_empty() {
            let mut list = Columns::new(&["DEVICE", "ACTIVATED", "LAST SEEN", "NAME"]);
            for machine in &shown.machines {
                let name = or_dash(machine.name.as_ref());
                let (activated, seen) = (time(machine.created_at), time(machine.last_seen_at));
                list.row(&[&machine.fingerprint, &activated, &seen, &name]);
            }
            output::print(format_args!("\n{list}"))?;
        }
        if !shown.seats.is_empty() {
            let mut list = Columns::new(&["OFFLINE SEAT", "RUNS UNTIL", "LAST REQUEST"]);
            for machine in &shown.machines {
                if let Some((_, seat)) = shown.seats.iter().find(|(id, _)| *id == machine.id) {
                    let until =
                        seat.until.map_or_else(|| "the licence ends".to_owned(), |at| time(at).to_string());
                    list.row(&[&machine.fingerprint, &until, &seat::hex(&seat.nonce)]);
                }
            }
            output::print(format_args!("\n{list}"))?;
        }
        let signed = shown.forms.iter().any(|form| form.signed_by.is_some());
        if shown.forms.len() > 1 || signed {
            let mut list =
                Columns::new(&["FORM", "ENDS IN", "ISSUED", "EXPIRES", "REPLACED", "DEVICE", "SIGNED BY"]);
            for form in &shown.forms {
                let hint = or_dash(form.hint.as_ref().map(|hint| format!("…{hint}")));
                let (expires, replaced) =
                    (or_dash(form.expires_at.map(time)), or_dash(form.superseded_at.map(time)));
                let (device, key) = (or_dash(form.device.as_ref()), or_dash(form.signed_by.as_ref()));
                list.row(&[&form.scheme, &hint, &time(form.issued_at), &expires, &replaced, &device, &key]);
            }
            output::print(format_args!("\n{list}"))?;
        }
        if !shown.limits.is_empty() {
            let mut list = Columns::new(&["LIMIT", "USED", "OF"]);
            for limit in &shown.limits {
                list.row(&[&limit.name, &limit.used, &limit.maximum]);
            }
            output::print(format_args!("\n{list}"))?;
        }
        if !self.events.is_empty() {
            output::print(format_args!("\n{}", audit::list(&self.events)))?;
        }
        if !shown.attempts.is_empty() {
            let mut list = Columns::new(&["ASKED", "THROUGH", "ANSWER", "TIMES", "FROM"]);
            for attempt in shown.attempts.iter().take(SHOWN) {
                let from = or_dash(attempt.address.as_ref());
                list.row(&[&time(attempt.at), &attempt.front, &attempt.code, &attempt.count, &from]);
            }
            output::print(format_args!("\n{list}"))?;
        }
        Ok(())
    }

    fn json(&self, opened: &Opened) -> Value {
        let shown = &self.shown;
        let mut object = summary::json(opened, &shown.found);
        object["key"] = json!(self.key.as_ref().map(|key| key.as_str()));
        let verdicts: serde_json::Map<String, Value> = shown
            .verdicts
            .iter()
            .map(|(question, verdict)| (asked(*question).0.to_owned(), json!(verdict)))
            .collect();
        object["verdicts"] = verdicts.into();
        object["machines"] = shown
            .machines
            .iter()
            .map(|machine| {
                let seat = shown.seats.iter().find(|(id, _)| *id == machine.id).map(|(_, seat)| seat);
                json!({
                    "offlineSeat": seat.map(|seat| json!({
                        "leaseUntil": seat.until, "request": seat::hex(&seat.nonce),
                    })),
                    "id": machine.id.to_string(), "fingerprint": machine.fingerprint, "name": machine.name,
                    "pool": machine.pool, "address": machine.address, "userAgent": machine.user_agent,
                    "activated": machine.created_at, "lastSeen": machine.last_seen_at,
                })
            })
            .collect();
        object["forms"] = shown
            .forms
            .iter()
            .map(|form| {
                json!({
                    "scheme": form.scheme, "hint": form.hint, "device": form.device, "issued": form.issued_at,
                    "expires": form.expires_at, "superseded": form.superseded_at, "signedBy": form.signed_by,
                })
            })
            .collect();
        object["limits"] = shown
            .limits
            .iter()
            .map(|limit| json!({ "name": limit.name, "used": limit.used, "limit": limit.maximum }))
            .collect();
        object["events"] = self.events.iter().map(keyward_engine::audit::entry_json).collect();
        object["attempts"] = shown
            .attempts
            .iter()
            .take(SHOWN)
            .map(|attempt| {
                json!({
                    "at": attempt.at, "front": attempt.front, "code": attempt.code, "reason": attempt.reason,
                    "count": attempt.count, "address": attempt.address, "origin": attempt.origin,
                    "userAgent": attempt.user_agent,
                })
            })
            .collect();
        object
    }
}
