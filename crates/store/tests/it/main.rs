//! The contract suite: what the store promises, on both databases.

mod contract;
mod door;
mod opening;
mod races;
mod schema;
mod world;
