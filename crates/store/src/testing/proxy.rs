//! A connection to PostgreSQL that breaks while a COMMIT is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::DatabaseAddress;

/// What is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The server never hears of the COMMIT.
    Question,
    /// The server does it and its answer is lost.
    Answer,
}

/// Forwards bytes to the server until it is armed and sees a COMMIT; then that connection breaks.
pub struct Proxy {
    /// The database through it.
    pub address: DatabaseAddress,
    armed: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of a database.
    ///
    /// # Panics
    /// When the address is not one of the test server.
    pub async fn start(database: &DatabaseAddress, lost: Lost) -> Self {
        let address = database.to_string();
        let (before, rest) = address.split_once('@').expect("an address with a user");
        let (server, name) = rest.split_once('/').expect("an address with a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let through = listener.local_addr().expect("an address");
        let address = format!("{before}@{through}/{name}").parse().expect("an address");
        let armed = Arc::new(AtomicBool::new(false));
        let (server, theirs) = (server.to_owned(), Arc::clone(&armed));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the test server listens");
                tokio::spawn(forward(client, server, lost, Arc::clone(&theirs)));
            }
        });
        Self { address, armed, task }
    }

    /// Breaks connections from now on, or no more.
    pub fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(
    client: TcpStream,
    server: TcpStream,
    lost: Lost,
    armed: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let (mut client_in, mut client_out) = client.into_split();
    let (mut server_in, mut server_out) = server.into_split();
    let answers = tokio::spawn(async move { tokio::io::copy(&mut server_in, &mut client_out).await });
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = client_in.read(&mut buffer).await?;
        let bytes = &buffer[..length];
        // As a statement of its own: the words that open a connection speak of `read committed`.
        let commit = bytes.windows(7).any(|word| word.eq_ignore_ascii_case(b"commit\0"));
        if length == 0 || (commit && armed.load(Ordering::Relaxed)) {
            answers.abort();
            // Aborted, it gives nothing of use.
            let _ = answers.await;
            if length > 0 && lost == Lost::Answer {
                server_out.write_all(bytes).await?;
                // Kept open: the server is to finish before it notices.
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            return Ok(());
        }
        server_out.write_all(bytes).await?;
    }
}
