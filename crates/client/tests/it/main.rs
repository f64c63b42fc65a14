//! The application's side, from outside.

mod clock;
mod device;
mod faults;
mod license;
#[cfg(feature = "online")]
mod online;
#[cfg(target_os = "linux")]
mod permissions;
mod seats;
mod shared;
mod tampering;
mod trial;
mod vectors;
mod world;
