//! The editor over HTTP, as a browser uses it.

mod browser;
mod document;
mod door;
mod license;
mod seat;
mod vendor;
