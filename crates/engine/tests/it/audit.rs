//! The audit chain: whatever is done to it afterwards is found and named at the right place, and OpenSSL agrees with its
//! checkpoints.

mod chain;
mod change;
mod checkpoint;
mod every_change;
mod large;
mod tamper;
