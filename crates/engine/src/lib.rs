//! The use cases of licensing.
//!
//! Owns the private keys ([`keyring`]), the fast provider of cryptography ([`crypto`]) and the issuing of every licence
//! form ([`issue`]). Time and randomness are arguments; what is issued is stored elsewhere.

pub mod crypto;
pub mod issue;
pub mod keyring;
