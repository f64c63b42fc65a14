//! Parts of a table read and made into something else on all cores, ahead of whoever takes them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::task::{JoinHandle, spawn_blocking};

use super::{OldRow, OldRows};
use crate::StoreError;

/// What comes of the parts of a table, in their order. Two for each core are under way at the most.
pub struct Ahead<T> {
    rows: OldRows,
    make: Arc<dyn Fn(Vec<OldRow>) -> T + Send + Sync>,
    under_way: VecDeque<JoinHandle<Result<T, StoreError>>>,
    most: usize,
}

impl<T: Send + 'static> Ahead<T> {
    pub(super) fn new(rows: OldRows, make: impl Fn(Vec<OldRow>) -> T + Send + Sync + 'static) -> Self {
        let most = 2 * available_parallelism().map_or(1, usize::from);
        Self { rows, make: Arc::new(make), under_way: VecDeque::new(), most }
    }

    /// What comes of the next part; `None` at the end.
    ///
    /// # Errors
    /// When the rest cannot be read.
    pub async fn next(&mut self) -> Result<Option<T>, StoreError> {
        while self.under_way.len() < self.most
            && let Some(part) = self.rows.coming.next().await?
        {
            let make = Arc::clone(&self.make);
            self.under_way.push_back(spawn_blocking(move || part.read().map(|rows| make(rows))));
        }
        let Some(first) = self.under_way.pop_front() else { return Ok(None) };
        first.await.map_err(|_| StoreError::Closed)?.map(Some)
    }
}
