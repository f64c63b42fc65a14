//! `/license/…`: what the installation has.

mod activate;
mod decode;
mod decoded;
mod status;

pub(super) use activate::activate;
pub(super) use decode::decode;
pub(super) use decoded::decoded;
pub(super) use status::status;
