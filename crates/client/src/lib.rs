//! The application's side of licensing.
//!
//! Owns what an application asks of the machine it runs on: today the facts of which system D's device id is made.

pub mod device;
