//! The pure core of Keyward: every licence form, read and written bit for bit, and one verdict.
//!
//! Owns the schemes ([`scheme`]), what a licence in hand says ([`claims`]), the verdicts ([`verdict`]), the model that
//! they decide on ([`model`]), what passes between a device without a network and its vendor ([`seat`], [`recovery`]), and the arithmetic of dates. Has no clock, no randomness, no I/O and no private keys:
//! time, chance and cryptography are arguments.

#![forbid(unsafe_code)]

mod armour;
pub mod audit;
pub mod calendar;
pub mod claims;
pub mod code;
pub mod crypto;
pub mod device;
pub mod json;
pub mod model;
pub mod network;
pub mod recovery;
pub mod refusal;
pub mod scheme;
pub mod seat;
pub mod time;
pub mod verdict;
mod wire;
