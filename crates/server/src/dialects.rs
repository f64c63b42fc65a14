//! The interfaces that clients of the older systems call: the same engine operations in their own words.

pub(crate) mod lk;
pub(crate) mod page;
pub mod pool;
pub(crate) mod records;
pub(crate) mod tier;
