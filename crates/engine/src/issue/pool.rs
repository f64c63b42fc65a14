//! Keys of a central pool (system B).

use std::collections::HashSet;

use keyward_core::scheme::pool::PoolKey;
use rand_core::Rng;

use super::IssueError;

/// So many keys are kept apart in memory at once (some 600 MB).
const MAX_KEYS: u64 = 10_000_000;

/// Refuses a pool that could not be made whole.
///
/// # Errors
/// Beyond ten million keys.
pub fn check_pool_size(keys: u64) -> Result<(), IssueError> {
    if keys > MAX_KEYS { Err(IssueError::TooManyPoolKeys(MAX_KEYS)) } else { Ok(()) }
}

/// New pool keys, no two of them equal.
#[derive(Debug, Default)]
pub struct PoolKeys {
    made: HashSet<PoolKey>,
}

impl PoolKeys {
    /// Another key.
    ///
    /// # Errors
    /// After ten million keys.
    pub fn next(&mut self, rng: &mut impl Rng) -> Result<PoolKey, IssueError> {
        if self.made.len() as u64 >= MAX_KEYS {
            return Err(IssueError::TooManyPoolKeys(MAX_KEYS));
        }
        loop {
            let key = PoolKey::generate(rng);
            if self.made.insert(key.clone()) {
                return Ok(key);
            }
        }
    }
}
