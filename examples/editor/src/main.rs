//! A small text editor, served as a page to the browser of the same machine: an example of an application with a licence.
//!
//! `license.rs` is all that the licence needs outside its page; the page is `pages/license.rs` and `pages/seat.rs`.

mod document;
mod door;
mod license;
mod options;
mod pages;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser as _;
use keyward_client::LicenseManager;

use crate::document::Document;
use crate::door::Door;
use crate::options::Options;

/// What every page is made from.
struct App {
    license: LicenseManager,
    document: Document,
    /// The trial key that the vendor ships with the application.
    trial: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    // One person uses it: files are read and written between two requests, and nobody waits for a second thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(&options))
}

async fn serve(options: &Options) -> anyhow::Result<()> {
    ensure!(options.listen.ip().is_loopback(), "--listen: {} can be reached from outside", options.listen);
    let license = license::open(options)?;
    // Remembers hourly that the editor runs, so that a clock that is turned back is noticed.
    let _watching = license.watch(Duration::from_secs(600));
    let trial = options.trial.as_ref().map(std::fs::read_to_string).transpose().context("--trial")?;
    let app = Arc::new(App { license, document: Document::in_directory(&options.data), trial });

    let listen = options.listen;
    let listener =
        tokio::net::TcpListener::bind(listen).await.with_context(|| format!("listen on {listen}"))?;
    let door = Door::new(listener.local_addr()?, secret()?);
    println!("Open {} in your browser. Ctrl-C ends it.", door.address());
    let pages = pages::router(app).layer(axum::middleware::from_fn_with_state(Arc::new(door), door::guard));
    axum::serve(listener, pages).with_graceful_shutdown(ended()).await?;
    Ok(())
}

/// What makes the address one that nobody guesses.
#[expect(clippy::disallowed_methods, reason = "the one place that makes chance")]
fn secret() -> anyhow::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("random bytes")?;
    Ok(bytes)
}

/// Waits for Ctrl-C. Where none can come, for ever.
async fn ended() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
