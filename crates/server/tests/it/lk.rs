//! System E over HTTP: the requests of its document, and what an installation may and may not.

mod bad_input;
mod border;
mod devices;
mod doors;
mod expiry;
mod guessing;
mod licenses;
mod limits;
mod products;
mod races;
mod repetitions;
mod seed;
mod silence;
mod strangers;
pub(crate) mod tenant;
mod truth;
mod unfinished;
mod vectors;
mod vendor;

const DAY: i64 = 86_400;
