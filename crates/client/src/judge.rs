//! From what was read to the answer: a pure function.

use keyward_core::claims::Claims;
use keyward_core::code::Code;
use keyward_core::crypto::KeySet;
use keyward_core::refusal::Flaw;
use keyward_core::scheme::Scheme;
use keyward_core::seat::Seat;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{self, Access, DeviceContext, Verdict};

use crate::identity::Identity;
use crate::ledger::Seen;
use crate::state::{Answer, State, Trial};
use crate::status::{Note, Source, Status};

/// What does not change while the application runs.
pub(crate) struct Rules {
    pub(crate) product: String,
    pub(crate) keys: KeySet,
    /// How far the clock may lie behind, in microseconds.
    pub(crate) tolerance: i64,
    pub(crate) help: String,
}

/// What was read.
pub(crate) struct Evidence<'a> {
    /// The content of the licence files: the device's own, and the one that it may share.
    pub(crate) licenses: [Option<&'a [u8]>; 2],
    pub(crate) state: &'a State,
    pub(crate) identity: &'a Identity,
    pub(crate) notes: Vec<Note>,
}

/// One thing that may give the right to run.
struct Candidate {
    source: Source,
    claims: Option<Claims>,
    verdict: Verdict,
    lease_until: Option<Timestamp>,
}

/// May it run here, now? Of what there is, the first that says yes decides; otherwise the first that says no.
pub(crate) fn judge(rules: &Rules, evidence: Evidence<'_>, now: Timestamp) -> Status {
    let state = evidence.state;
    let judge = Judge { rules, state, identity: evidence.identity, now };
    let mut candidates = Vec::new();
    candidates.extend(evidence.licenses.into_iter().flatten().map(|bytes| judge.license(bytes)));
    // Another device's licence may stand in a place that both share: then the server's no is the one to tell.
    let others = candidates.pop_if(|last| last.verdict.code == Code::WrongDevice);
    candidates.extend(state.answer.as_ref().map(|answer| judge.answer(answer)));
    candidates.extend(others);
    candidates.extend(state.trial.as_ref().map(|trial| judge.trial(trial)));
    let first = candidates.iter().position(|candidate| candidate.verdict.valid).unwrap_or(0);
    let decides = if candidates.is_empty() { judge.nothing() } else { candidates.swap_remove(first) };
    let behind = decides.verdict.code == Code::ClockTampered;
    let number = behind.then(|| state.ledger.number(evidence.identity.id()));
    let mut notes = evidence.notes;
    let unreached = state.answer.as_ref().is_some_and(|answer| answer.unreached);
    if let (Source::Server, true, Some(lease)) =
        (decides.source, unreached && decides.verdict.valid, decides.lease_until)
    {
        let until = decides.verdict.grace_until.map_or(lease, |end| end.min(lease));
        notes.push(Note::ServerNotReached { until });
    }
    Status {
        verdict: decides.verdict,
        claims: decides.claims,
        source: decides.source,
        device_id: evidence.identity.id().to_owned(),
        recovery_number: number,
        lease_until: decides.lease_until,
        notes,
        at: now,
        help: rules.help.clone(),
    }
}

/// What a licence in hand says, its seal checked: a key or file, or a seat.
pub(crate) enum InHand {
    Key(Box<Claims>),
    Seat(Box<Seat>),
}

impl InHand {
    pub(crate) fn claims(&self) -> Claims {
        match self {
            Self::Key(claims) => (**claims).clone(),
            Self::Seat(seat) => Claims::from((**seat).clone()),
        }
    }
}

/// Reads a licence of any form that holds without a server.
pub(crate) fn read(bytes: &[u8], keys: &KeySet) -> Result<InHand, Box<Verdict>> {
    let refused = |refusal: keyward_core::refusal::Refusal| Box::new(Verdict::from(refusal));
    let text = std::str::from_utf8(bytes).map_err(|_| refused(Flaw::NotText.into()))?;
    if text.trim_start().starts_with("KA-") {
        return Seat::verified(text, keys).map(|seat| InHand::Seat(Box::new(seat))).map_err(refused);
    }
    // A file is signed as it stands; a key is pasted with what stands around it.
    let text = if text.trim_start().starts_with('{') { text } else { text.trim() };
    let claims = Claims::verified(text, keys).map_err(refused)?;
    match claims.scheme {
        Scheme::File | Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3 => Ok(InHand::Key(Box::new(claims))),
        Scheme::Pool | Scheme::Tier | Scheme::Record => {
            let mut verdict = Verdict::refusal(
                Code::NotFound,
                "this key says nothing by itself: only the server that keeps the licence knows about it",
            );
            verdict.remedy = "Activate it online.";
            verdict.access = Access::ReadOnly;
            Err(Box::new(verdict))
        }
    }
}

struct Judge<'a> {
    rules: &'a Rules,
    state: &'a State,
    identity: &'a Identity,
    now: Timestamp,
}

impl Judge<'_> {
    fn license(&self, bytes: &[u8]) -> Candidate {
        let read = match read(bytes, &self.rules.keys) {
            Ok(read) => read,
            Err(verdict) => {
                return Candidate {
                    source: Source::License,
                    claims: None,
                    verdict: *verdict,
                    lease_until: None,
                };
            }
        };
        let claims = read.claims();
        match read {
            InHand::Key(_) => self.decided(Source::License, claims, None),
            InHand::Seat(seat) => self.seat(&seat, claims),
        }
    }

    fn seat(&self, seat: &Seat, claims: Claims) -> Candidate {
        if self.state.returned.iter().any(|returned| returned.nonce == seat.nonce) {
            let detail = "this device gave its seat back";
            let verdict = read_only(Code::NotFound, detail, "Send the vendor a new request.");
            return Candidate { source: Source::Seat, claims: Some(claims), verdict, lease_until: None };
        }
        self.decided(Source::Seat, claims, seat.lease_until)
    }

    fn answer(&self, answer: &Answer) -> Candidate {
        let lease = Timestamp::from_micros(answer.lease_until);
        let end = answer.expires.map(Timestamp::from_micros);
        let mut claims = Claims::bare(Scheme::of(&answer.key).unwrap_or(Scheme::Pool), end.into());
        claims.product = Some(self.rules.product.clone());
        claims.tier.clone_from(&answer.tier);
        claims.holder.clone_from(&answer.holder);
        claims.features.clone_from(&answer.features);
        claims.device = Some(answer.device.clone());
        claims.grace_days = answer.grace_days;
        claims.access_after_expiry = Access::ReadOnly;
        if let Some((code, detail)) = &answer.refused {
            let code =
                Code::ALL.iter().copied().find(|known| known.as_str() == code).unwrap_or(Code::NotFound);
            let verdict = Verdict { expiry: end, ..read_only(code, detail, code.remedy()) };
            return Candidate { source: Source::Server, claims: Some(claims), verdict, lease_until: None };
        }
        self.decided(Source::Server, claims, Some(lease))
    }

    fn trial(&self, trial: &Trial) -> Candidate {
        match Claims::verified(&trial.key, &self.rules.keys) {
            Ok(claims) => {
                let mut claims = claims.started(trial.started());
                claims.access_after_expiry = Access::ReadOnly;
                self.decided(Source::Trial, claims, None)
            }
            Err(refusal) => {
                let verdict = read_only(refusal.code(), &refusal.to_string(), refusal.remedy());
                Candidate { source: Source::Trial, claims: None, verdict, lease_until: None }
            }
        }
    }

    /// Device, clock, start, expiry, lease: the first that fails decides.
    fn decided(&self, source: Source, claims: Claims, lease_until: Option<Timestamp>) -> Candidate {
        // A device that has several ids, and a licence for one of them, is the right one.
        let bound = claims.device.as_deref().filter(|bound| self.identity.is(bound));
        let context = DeviceContext {
            product: Some(&self.rules.product),
            device: Some(bound.unwrap_or(self.identity.id())),
            last_seen: self.state.ledger.highest(),
            tolerance: Some(self.rules.tolerance),
            ..DeviceContext::default()
        };
        let mut verdict = verdict::device(&claims, &context, self.now);
        if verdict.code == Code::ClockTampered {
            verdict.detail = self.turned_back();
            verdict.remedy = "Set the clock right; if it is right now, ask support for a recovery code and tell the number.";
        }
        let mut verdict = verdict::leased(verdict, lease_until, self.now);
        // Which product and device it is for is always compared; what a form does not name needs no warning.
        verdict.warnings.retain(|warning| !matches!(warning, verdict::Warning::ProductNotCompared { .. }));
        Candidate { source, claims: Some(claims), verdict, lease_until }
    }

    fn turned_back(&self) -> String {
        let ledger = &self.state.ledger;
        // People are told the second.
        let shown = |at: Timestamp| Timestamp::from_seconds(at.seconds());
        let (now, seen) = (shown(self.now), shown(ledger.highest().unwrap_or(self.now)));
        let number = ledger.number(self.identity.id());
        format!("the clock says {now}, but {} {seen} (number {number})", Seen::as_str(ledger.seen()))
    }

    fn nothing(&self) -> Candidate {
        let verdict = read_only(
            Code::NotFound,
            "no licence is installed on this device",
            "Import the licence that the vendor sent, or send this device's id to get one.",
        );
        Candidate { source: Source::Nothing, claims: None, verdict, lease_until: None }
    }
}

/// A no that leaves reading.
fn read_only(code: Code, detail: &str, remedy: &'static str) -> Verdict {
    let mut verdict = Verdict::refusal(code, detail);
    verdict.access = Access::ReadOnly;
    verdict.remedy = remedy;
    verdict
}
