//! The two drivers: each knows how to fetch, execute and commit, and nothing of the model.

pub(crate) mod postgres;
pub(crate) mod sqlite;
