//! The worker, run as its administrator runs it.

mod server;
mod vendor;
mod worker;
