//! The contract suite: what the store promises, on both databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests may do what tests may")]

mod contract;
mod door;
mod old;
mod opening;
mod races;
mod remembered;
mod schema;
mod tables;
mod world;
