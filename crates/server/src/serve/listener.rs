//! An open address, or a sentence that says why it is not and what to do.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::tls::Tls;

/// An open address.
pub struct Listener {
    pub(super) socket: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) tls: Option<Tls>,
}

impl Listener {
    /// Opens an address; port 0 takes any that is free.
    pub async fn bind(address: SocketAddr, tls: Option<Tls>) -> Result<Self, BindError> {
        let failed = |source| BindError { address, source };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address, tls })
    }

    /// The address, with the port that was taken.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/", self.address)
    }
}

/// Why an address could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", self.reason())]
pub struct BindError {
    address: SocketAddr,
    source: io::Error,
}

impl BindError {
    fn reason(&self) -> String {
        match self.source.kind() {
            ErrorKind::AddrInUse => "another program has this port".to_owned(),
            ErrorKind::PermissionDenied => "the system does not allow it".to_owned(),
            ErrorKind::AddrNotAvailable => "this computer does not have that address".to_owned(),
            _ => self.source.to_string(),
        }
    }

    /// What the operator can do.
    pub fn remedy(&self) -> String {
        match self.source.kind() {
            ErrorKind::AddrInUse => {
                let other =
                    SocketAddr::new(self.address.ip(), self.address.port().checked_add(1).unwrap_or(8080));
                format!("stop the other program, or choose another address: --listen {other}")
            }
            ErrorKind::PermissionDenied => {
                let other = SocketAddr::new(self.address.ip(), 8080);
                format!(
                    "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE); or choose another: --listen {other}"
                )
            }
            ErrorKind::AddrNotAvailable => {
                let port = self.address.port();
                format!(
                    "use one that it has, or --listen 0.0.0.0:{port} for all, or --listen 127.0.0.1:{port} for itself"
                )
            }
            _ => "check server.listen, and `listen` of the dialects".to_owned(),
        }
    }
}
