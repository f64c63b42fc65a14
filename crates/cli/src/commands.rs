//! One file per command.

pub(crate) mod activate_offline;
pub(crate) mod admin;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod device;
pub(crate) mod export;
mod form_file;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod installation;
pub(crate) mod issue;
pub(crate) mod keys;
pub(crate) mod license;
pub(crate) mod pool;
pub(crate) mod register;
pub(crate) mod release_offline;
pub(crate) mod restore;
mod seat;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod verify;
