//! `/licenses`: the licences of the installation, one by one.

mod change;
mod remove;
mod show;

pub(super) use change::change;
pub(super) use remove::remove;
pub(super) use show::{list, show};
