//! Every operation, by its noun, on both databases: what it changes, what it gives, and what it says when there is nothing
//! to change.

mod audit;
mod batches;
mod catalog;
mod device_pools;
mod entitlements;
mod held;
mod idempotency;
mod imports;
mod installations;
mod invitations;
mod issued;
mod license_changes;
mod license_list;
mod licenses;
mod limits;
mod machines;
mod offline_seats;
mod people;
mod plans;
mod records;
mod removal;
mod sessions;
mod settings;
mod signing_keys;
mod stats;
mod tokens;
mod users;
mod verifications;
