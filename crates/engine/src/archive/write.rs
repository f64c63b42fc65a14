//! Writing a database down from one snapshot: as it is read, never all in memory.

use std::io::{self, Write};

use keyward_store::tables::{Kept, Snapshot, TABLES};
use rand_core::CryptoRng;

use super::format::{Counts, Head, Tally};
use super::line::RowWriter;
use super::sealed::SealingWriter;
use super::{ArchiveError, Secrets};
use crate::EngineError;
use crate::vault::Vault;

/// Where lines go.
pub enum Sink<W: Write> {
    /// As they are.
    Clear(W),
    /// Under a passphrase.
    Sealed(Box<SealingWriter<W>>),
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The first line.
    pub head: Head,
    /// What the last line says.
    pub counts: Counts,
}

impl<W: Write> Sink<W> {
    /// Writes what stands before the first line.
    pub(crate) fn sealed(
        out: W,
        head: &Head,
        passphrase: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EngineError> {
        let sealing = SealingWriter::new(out, &head.in_clear().line(), passphrase, rng)?;
        Ok(Self::Sealed(Box::new(sealing)))
    }

    fn finish(self) -> io::Result<W> {
        match self {
            Self::Clear(mut out) => out.flush().map(|()| out),
            Self::Sealed(sealing) => sealing.finish(),
        }
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(out) => out.write(bytes),
            Self::Sealed(sealing) => sealing.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes head, rows and end, and gives back where they went; `progress` is told how many rows there were.
pub(crate) async fn write<W: Write>(
    snapshot: &Snapshot<'_>,
    head: Head,
    vault: Option<&Vault>,
    mut sink: Sink<W>,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(Written, W), EngineError> {
    sink.write_all(&head.line()).map_err(ArchiveError::Output)?;
    let writer = RowWriter { secrets: head.secrets, vault };
    let (mut tally, mut line, mut count) = (Tally::default(), Vec::new(), 0);
    for table in TABLES {
        if head.secrets != Secrets::Sealed && matches!(table.kept, Kept::Backup(_)) {
            continue;
        }
        tally.table(table);
        let take = |row: &mut keyward_store::Row<'_>| {
            if writer.write(&mut line, table, row)? {
                tally.line(table, &line);
                sink.write_all(&line).map_err(ArchiveError::Output)?;
            }
            count += 1;
            progress(count);
            Ok::<_, EngineError>(())
        };
        snapshot.each(table, take).await?;
    }
    let counts = tally.counts();
    sink.write_all(&counts.clone().line()).map_err(ArchiveError::Output)?;
    let out = sink.finish().map_err(ArchiveError::Output)?;
    Ok((Written { head, counts }, out))
}
