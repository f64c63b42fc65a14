//! The second factor: codes of six digits that change every thirty seconds (RFC 6238). Each works once.

use std::fmt;

use keyward_core::time::Timestamp;
use keyward_store::people;
use keyward_store::{Job, Tx, audit};
use rand_core::Rng as _;
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{Caller, Engine, EngineError};

/// Bytes of a secret, as RFC 4226 section 4 recommends.
const SECRET: usize = 20;

/// A secret that a person's own device keeps. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SecondFactor(Zeroizing<[u8; SECRET]>);

/// A code that is not that of now, or was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongCode;

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactor")
    }
}

impl SecondFactor {
    /// Reads the text of one; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let secret = Secret::try_from_base32(text.trim()).ok()?;
        Some(Self(Zeroizing::new(secret.as_bytes().try_into().ok()?)))
    }

    /// The text, for the person's own device (RFC 4648, base 32).
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(Secret::from(*self.0).to_base32())
    }

    /// The code at an instant.
    pub fn code(&self, at: Timestamp) -> String {
        self.totp().generate(seconds(at)).to_string()
    }

    /// The step whose code this is: that of now, the one before or behind.
    fn step(&self, code: &str, now: Timestamp) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = self.totp().check(&digits, seconds(now))?;
        i64::try_from(step).ok()
    }

    fn totp(&self) -> Totp {
        Builder::new().with_secret(Secret::from(*self.0)).build_noncompliant()
    }
}

fn seconds(at: Timestamp) -> u64 {
    at.seconds().max(0).cast_unsigned()
}

impl Engine {
    /// A new secret, which nobody keeps yet.
    pub fn new_second_factor(&self) -> SecondFactor {
        let mut bytes = Zeroizing::new([0; SECRET]);
        self.with_chance(|chance| chance.fill_bytes(bytes.as_mut_slice()));
        SecondFactor(bytes)
    }

    /// Asks for codes of this secret from now on, once a first code shows that the person's device has it; `None` when the
    /// password that he shows is wrong.
    ///
    /// # Errors
    /// When there is no such person, he has a second factor already, or the database refuses.
    pub async fn set_second_factor(
        &self,
        caller: &Caller,
        person: Uuid,
        password: &str,
        secret: &SecondFactor,
        code: &str,
    ) -> Result<Option<Result<(), WrongCode>>, EngineError> {
        let now = self.now();
        // Whoever finds an open browser does not know it.
        let row = self.person_row(person).await?;
        if !self.has_password(password, row.password_hash.as_deref()).await? {
            return Ok(None);
        }
        let Some(step) = secret.step(code, now) else { return Ok(Some(Err(WrongCode))) };
        let sealed = self.seal("users", "totp_sealed", person, &secret.to_text());
        let entry =
            self.entry(caller, "person.second_factor", ("user", Some(person)), &json!({ "on": true }), now);
        self.store.write(Setting { person, sealed: Some((sealed, step)), entry }).await?;
        Ok(Some(Ok(())))
    }

    /// Asks for no codes any more; `false` when the password that the person shows is wrong.
    ///
    /// # Errors
    /// When there is no such person, or the database refuses.
    pub async fn drop_second_factor(
        &self,
        caller: &Caller,
        person: Uuid,
        password: &str,
    ) -> Result<bool, EngineError> {
        let row = self.person_row(person).await?;
        if !self.has_password(password, row.password_hash.as_deref()).await? {
            return Ok(false);
        }
        let detail = json!({ "on": false });
        let entry = self.entry(caller, "person.second_factor", ("user", Some(person)), &detail, self.now());
        self.store.write(Setting { person, sealed: None, entry }).await?;
        Ok(true)
    }

    /// The step of a code that may be used up now; `None` when it is wrong.
    pub(super) fn step_of(
        &self,
        person: &people::Person,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<i64>, EngineError> {
        let Some(sealed) = &person.totp_sealed else { return Ok(None) };
        let text = self.unseal("users", "totp_sealed", person.id, sealed)?;
        Ok(SecondFactor::parse(&text).and_then(|secret| secret.step(code, now)))
    }
}

struct Setting {
    person: Uuid,
    sealed: Option<(Vec<u8>, i64)>,
    entry: keyward_core::audit::Entry,
}

impl Job for Setting {
    const NAME: &'static str = "person.second_factor";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let sealed = self.sealed.as_ref().map(|(sealed, _)| sealed.as_slice());
        // One that is there is dropped with the password first, which whoever finds an open browser does not know.
        let there = people::by_id(tx, self.person).await?.is_some_and(|row| row.totp_sealed.is_some());
        if there && sealed.is_some() {
            let wanted = "somebody who has none; turn the present one off first".to_owned();
            return Err(EngineError::Invalid { field: "second factor", wanted });
        }
        if !people::set_totp(tx, self.person, sealed).await? {
            return Err(EngineError::NotFound { what: "person", name: self.person.to_string() });
        }
        if let Some((_, step)) = self.sealed {
            people::use_step(tx, self.person, step).await?;
        }
        Ok(audit::append(tx, &self.entry).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238 appendix B: the last six of its eight digits.
        let secret = SecondFactor(Zeroizing::new(*b"12345678901234567890"));
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let at = Timestamp::from_micros(second * 1_000_000);
            assert_eq!(secret.code(at), code, "at {second}");
            let spaced = format!(" {} {} ", &code[..3], &code[3..]);
            assert_eq!(secret.step(&spaced, at), Some(second / 30));
            assert_eq!(secret.step(code, at.plus_seconds(30)), Some(second / 30), "a slow clock");
            assert_eq!(secret.step(code, at.plus_seconds(90)), None);
        }
        for bad in ["", "12345", "1234567", "abcdef", "２８７０８２"] {
            assert_eq!(secret.step(bad, Timestamp::from_micros(59_000_000)), None, "{bad:?}");
        }
        let again = SecondFactor::parse(&secret.to_text()).unwrap();
        assert_eq!(*again.0, *secret.0);
        assert!(SecondFactor::parse("AAAA").is_none() && SecondFactor::parse("!").is_none());
    }
}
