//! The keys and secrets of a database: made once, followed by new ones, taken in, exported, sealed under a master key.

mod master;
mod secrets;
mod signing;
mod transport;
