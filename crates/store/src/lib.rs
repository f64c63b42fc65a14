//! Persistence: one set of operations, each one SQL text and one row mapping, over two small drivers.
//!
//! Owns: the model's tables ([`licenses`], [`machines`], …), the write door ([`Store::write`]), migrations, and the two
//! drivers (SQLite, PostgreSQL). Knows no HTTP, no keys and no verdicts; has no clock: time comes with each operation.

pub mod accounts;
mod address;
pub mod audit;
pub mod batches;
pub mod checkpoints;
pub mod device_pools;
mod door;
mod driver;
pub mod entitlements;
pub mod erasure;
mod error;
pub mod idempotency;
pub mod imports;
pub mod installations;
pub mod invitations;
pub mod issued;
pub mod licenses;
pub mod limits;
pub mod machines;
mod migrations;
pub mod offline_seats;
pub mod old;
pub mod people;
pub mod policies;
pub mod products;
mod row;
pub mod sessions;
pub mod settings;
pub mod signing_keys;
mod sql;
pub mod stats;
mod store;
pub mod tables;
pub mod terms;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;
mod tx;
pub mod users;
pub mod verifications;
pub mod versions;

pub use address::{DatabaseAddress, PostgresAddress};
pub use door::{DoorMetrics, Job, Lane};
pub use error::{Source, StoreError};
pub use migrations::latest as latest_schema;
pub use row::{Cell, Column, Map, Row};
pub use sql::{Sql, Value};
pub use store::{Options, Store};
pub use tx::{Read, Tx};
