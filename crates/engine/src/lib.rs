//! The use cases of licensing, each one named operation with its audit event in the same transaction.
//!
//! Owns the [`Engine`] with its operations on licences, tokens, users and keys; the private keys ([`keyring`]), secrets
//! at rest ([`vault`]), the fast provider of cryptography ([`crypto`]) and the making of every licence form ([`issue`]).
//! Clock and generator are handed in; what is kept is kept by the store. Knows no HTTP and no SQL.

pub mod archive;
mod attempts;
pub mod audit;
pub mod backup;
mod caller;
mod catalog;
mod clock;
pub mod crypto;
mod devices;
mod engine;
mod entitlements;
pub mod erasure;
mod error;
mod export;
mod features;
pub mod form;
mod idempotency;
pub mod import;
pub mod installation;
pub mod issue;
pub mod keyring;
pub mod keys;
pub mod license;
pub mod offline;
pub mod people;
mod products;
mod recorder;
pub mod rules;
pub mod seed;
mod sessions;
mod start;
pub mod statistics;
mod sweeps;
pub mod token;
mod tokens;
mod users;
pub mod vault;

pub use attempts::{AttemptPage, AttemptSearch};
pub use caller::{Actor, Caller, Front};
pub use catalog::{Catalog, Installation, Key, Material, Policy, Product};
pub use clock::Clock;
pub use engine::{Chance, Engine};
pub use entitlements::Holder;
pub use error::EngineError;
pub use features::{Feature, check_feature_code};
pub use idempotency::{Idempotency, Render, Repeatable};
pub use recorder::{Attempt, Detail, Recorded};
pub use sessions::{Csrf, Session, SessionSecret, Who};
pub use start::{MasterKeySource, Setup};
pub use sweeps::Swept;
pub use tokens::{Bearer, IssuedToken, StoredToken};
pub use users::NewUser;
