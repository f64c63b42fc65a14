//! Installations (system E): what one customer's running copy has, which licences add up in it, and how many devices they
//! allow.
//!
//! Everything is decided under the lock of the installation's row: its licences add up, so no single licence can decide.
//! [`Holding`] is what an installation has at an instant. Reading it settles what time has changed: what expired is
//! deactivated, and since when more devices are in use than allowed is written down.

mod activate;
mod change;
mod create;
mod device;
mod free;
mod holding;
mod place;
mod remove;
mod settle;
mod usage;

pub use activate::KeyActivation;
pub use change::LicenseChange;
pub(crate) use change::PAUSED;
pub(crate) use device::scope_of_devices;
pub use device::{Device, DeviceActivation, DeviceRequest};
pub(crate) use free::free_subject;
pub use holding::{Held, Holding, Standing};
pub use usage::UseOutcome;

/// Days that devices run on after there are more than the licences allow.
pub const OVER_LIMIT_DAYS: i64 = 7;
/// Wrong `lk1` keys that an installation may try in an hour: their check has 16 bits.
pub const WRONG_KEYS_AN_HOUR: i64 = 5;
/// The code of the policy of the built-in free tier.
pub const FREE: &str = "free";
