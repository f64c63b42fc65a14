//! The write door: what one job does to its neighbours, and what becomes of a change when something breaks.

mod busy;
mod commit;
mod full;
mod jobs;
mod lanes;
mod log;
mod lost;
mod retry;
mod rogue;
mod version;
