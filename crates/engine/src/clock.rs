//! Time as an argument.

use keyward_core::time::Timestamp;

/// Where the present comes from.
pub trait Clock: Send + Sync + 'static {
    /// The present.
    fn now(&self) -> Timestamp;
}
