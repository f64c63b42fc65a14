//! The parts that an import is written in: one is on its way while the next is put together.

use std::sync::Arc;

use keyward_core::time::Timestamp;
use keyward_store::StoreError;
use keyward_store::batches::Batch;

use super::System;
use super::run::Run;
use super::write::{Begin, GoesOn, Part};
use crate::EngineError;

/// Licences of one transaction at the most.
const AT_ONCE: usize = 4_096;
/// Licences of the first one, and of any on a slow disk.
pub(super) const AT_FIRST: usize = 256;
/// How long a transaction may take, in microseconds: others wait behind it. A longer one is followed by smaller ones.
const HOLD: i64 = 80_000;
/// How often an import shows that it goes on, in microseconds.
const SHOWN: i64 = 2_000_000;
/// A part that is being written, and how long it took in microseconds.
pub(super) type Writing = tokio::task::JoinHandle<Result<i64, EngineError>>;

impl Run<'_> {
    /// Begins the batch, when that was not done.
    pub(super) async fn begin(&mut self) -> Result<(), EngineError> {
        if !self.begun {
            let batch = Batch {
                id: self.batch,
                account_id: self.engine.account.id,
                name: name(self.import.system, self.now),
                wanted: 0,
                created_at: self.now,
            };
            self.engine.store.write(Begin { batch }).await?;
            self.begun = true;
        }
        Ok(())
    }

    /// Writes the part that was put together, once the one before is written.
    pub(super) async fn write(&mut self) -> Result<(), EngineError> {
        let empty = Part { batch: self.batch, account: self.engine.account.id, ..Part::default() };
        let part = std::mem::replace(&mut self.part, empty);
        if part.licenses.is_empty() && part.forms.is_empty() || self.report.refused {
            return Ok(());
        }
        self.begin().await?;
        self.written().await?;
        let (engine, given_up) = (Arc::clone(self.engine), self.given_up());
        self.writing = Some(tokio::spawn(async move {
            let begun = engine.now();
            match engine.store.write(part).await {
                Ok(true) => Ok(engine.now().micros() - begun.micros()),
                Ok(false) => Err(given_up),
                Err(StoreError::Conflict { .. }) => {
                    Err(StoreError::Busy("licences of the import were made by somebody else meanwhile")
                        .into())
                }
                Err(error) => Err(error.into()),
            }
        }));
        Ok(())
    }

    /// Waits until the part before is written.
    pub(super) async fn written(&mut self) -> Result<(), EngineError> {
        let Some(writing) = self.writing.take() else { return Ok(()) };
        let took = writing.await.unwrap_or(Err(StoreError::Closed.into()))?;
        self.size = match took {
            took if took > HOLD => (self.size / 2).max(AT_FIRST),
            took if took < HOLD / 2 => (self.size * 2).min(AT_ONCE),
            _ => self.size,
        };
        Ok(())
    }

    /// Shows now and then that this import goes on, also where nothing is to be written: what stands still is removed.
    pub(super) async fn goes_on(&mut self) -> Result<(), EngineError> {
        let now = self.engine.now();
        if self.begun && now >= self.shown.plus_micros(SHOWN) {
            self.shown = now;
            if !self.engine.store.write(GoesOn { batch: self.batch }).await? {
                return Err(self.given_up());
            }
        }
        Ok(())
    }

    pub(super) fn given_up(&self) -> EngineError {
        let name = format!("{}: a server that started meanwhile removed what was not finished", self.batch);
        EngineError::NotFound { what: "batch", name }
    }
}

/// What the batch of an import is called.
fn name(system: System, now: Timestamp) -> String {
    format!("import {} {}", system.as_str(), Timestamp::from_seconds(now.seconds()))
}
