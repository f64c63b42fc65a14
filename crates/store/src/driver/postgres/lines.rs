//! Connections that questions share: what many ask at the same time is sent together and answered one after the other, which
//! costs both sides far less than a connection for each.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use deadpool_postgres::Object;
use tokio::time::timeout;

use super::{Database, PATIENCE, no_answer};
use crate::StoreError;

/// Of the connections, every so many-th is shared.
const EVERY: usize = 4;
/// More than this the server's cores would not make use of.
const MOST: usize = 4;

pub(crate) struct Lines {
    lines: Vec<Line>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Line {
    open: Mutex<Option<Arc<Object>>>,
    /// One who connects; the others wait for it.
    connecting: tokio::sync::Mutex<()>,
}

impl Line {
    fn open(&self) -> Option<Arc<Object>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().filter(|connection| !connection.is_closed()).map(Arc::clone)
    }

    fn set(&self, connection: &Arc<Object>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(connection));
    }
}

impl Lines {
    /// Out of so many connections.
    pub(crate) fn of(connections: usize) -> Self {
        let count = (connections / EVERY).clamp(1, MOST);
        Self { lines: (0..count).map(|_| Line::default()).collect(), next: AtomicUsize::new(0) }
    }
}

impl Database {
    /// A connection that others use at the same time: for single statements that are quick.
    pub(crate) async fn line(&self) -> Result<Arc<Object>, StoreError> {
        let Lines { lines, next } = &self.lines;
        let line = &lines[next.fetch_add(1, Ordering::Relaxed) % lines.len()];
        if let Some(connection) = line.open() {
            return Ok(connection);
        }
        // Each before may have waited in vain.
        let _one = timeout(PATIENCE, line.connecting.lock()).await.map_err(|_| no_answer())?;
        if let Some(connection) = line.open() {
            return Ok(connection);
        }
        let connection = Arc::new(self.connection().await?);
        line.set(&connection);
        Ok(connection)
    }
}
