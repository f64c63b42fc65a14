//! The use cases of licensing.
//!
//! Owns the private keys ([`keyring`]), the fast provider of cryptography ([`crypto`]), the issuing of every licence form
//! ([`issue`]), secrets at rest ([`vault`]), and tokens with their roles ([`token`]). Time and randomness are arguments;
//! what is issued is stored elsewhere.

pub mod crypto;
pub mod issue;
pub mod keyring;
pub mod token;
pub mod vault;
