//! Everything that the account has, written down to be taken in by another database.

use std::io::Write;

use keyward_store::tables::{self, Snapshot, TABLES};
use serde_json::json;

use crate::archive::{Counts, Head, Secrets, Sink, Written, write};
use crate::audit::Note;
use crate::{Caller, Engine, EngineError};

impl Engine {
    /// Writes an export: under a passphrase with all secrets, without one with none. That it went out is written down
    /// afterwards, so that the file does not speak of itself. `progress` is told how many rows of how many are done.
    ///
    /// # Errors
    /// When the passphrase is too short, nothing can be written, or the database refuses.
    pub async fn export<W: Write>(
        &self,
        caller: &Caller,
        out: W,
        passphrase: Option<&str>,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<(Written, W), EngineError> {
        let secrets = if passphrase.is_some() { Secrets::Opened } else { Secrets::None };
        let done = self.store.snapshot(async |snapshot| {
            let mut head = self.head(snapshot, secrets).await?;
            let sink = match passphrase {
                None => Sink::Clear(out),
                Some(passphrase) => {
                    let sink = self.with_chance(|chance| Sink::sealed(out, &head, passphrase, chance))?;
                    head.lookup_key = Some(hex::encode(self.vault.lookup_key()));
                    sink
                }
            };
            self.written(snapshot, head, sink, progress).await
        });
        let (written, out) = done.await?;
        self.note_written(caller, "account.export", &written.head, &written.counts).await?;
        Ok((written, out))
    }

    pub(crate) async fn head(&self, snapshot: &Snapshot<'_>, secrets: Secrets) -> Result<Head, EngineError> {
        let schema = snapshot.schema().await?;
        // The key that seals what is in the snapshot: it may have been rotated since this engine was started.
        let stored = crate::start::stored_vault(snapshot).await?;
        let master = stored.map_or_else(|| self.master_id(), |sealed| sealed.master_id);
        Ok(Head::new(secrets, self.store.kind(), schema, &master, self.now()))
    }

    pub(crate) async fn written<W: Write>(
        &self,
        snapshot: &Snapshot<'_>,
        head: Head,
        sink: Sink<W>,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<(Written, W), EngineError> {
        let mut total = 0;
        for table in TABLES.iter().filter(|table| table.is_exported() || head.secrets == Secrets::Sealed) {
            total += tables::count(snapshot, table).await?.unsigned_abs();
        }
        write(snapshot, head, Some(&self.vault), sink, &mut |done| progress(done, total)).await
    }

    pub(crate) async fn note_written(
        &self,
        caller: &Caller,
        event: &'static str,
        head: &Head,
        counts: &Counts,
    ) -> Result<(), EngineError> {
        let detail = json!({
            "secrets": head.secrets, "rows": counts.total(), "content": counts.content,
            "masterKey": head.master_key,
        });
        let entry = self.entry(caller, event, ("account", Some(self.account.id)), &detail, self.now());
        Ok(self.store.write(Note { entry }).await?)
    }
}
