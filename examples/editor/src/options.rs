//! What the editor is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use keyward_client::Timestamp;

/// A small text editor with a licence.
#[derive(clap::Parser)]
pub(crate) struct Options {
    /// Where the document and the licence stand
    #[arg(long, env = "EDITOR_DATA", value_name = "DIR", default_value = "editor-data")]
    pub(crate) data: PathBuf,
    /// The vendor's public key, in PEM. An application that is sold has it built in
    #[arg(long, env = "EDITOR_KEY", value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The product's code
    #[arg(long, env = "EDITOR_PRODUCT", value_name = "CODE", default_value = "editor")]
    pub(crate) product: String,
    /// The trial key that the vendor ships
    #[arg(long, env = "EDITOR_TRIAL", value_name = "FILE")]
    pub(crate) trial: Option<PathBuf>,
    /// Where the browser finds it; port 0 takes a free one
    #[arg(long, env = "EDITOR_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:7420")]
    pub(crate) listen: SocketAddr,
    /// Another time than the present, for tests
    #[arg(long, hide = true, value_parser = instant)]
    pub(crate) now: Option<Timestamp>,
}

fn instant(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse_human(text).ok_or("a date or time, as 2026-01-31 or 2026-01-31T12:00:00Z")
}
