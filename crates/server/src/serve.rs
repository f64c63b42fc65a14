//! Sockets: which addresses are opened, how connections are served, and how all of it ends.

mod addresses;
mod listener;
mod patience;
mod run;
mod signals;
mod tls;

pub use addresses::{Serves, addresses};
pub use listener::{BindError, Listener};
pub use run::{Ending, Times, run};
pub use signals::{Reload, Stop, nothing_to_reload, signals};
pub use tls::{Tls, TlsError};
