//! One file per command.

pub(crate) mod device;
pub(crate) mod inspect;
pub(crate) mod issue;
pub(crate) mod keys;
pub(crate) mod verify;
