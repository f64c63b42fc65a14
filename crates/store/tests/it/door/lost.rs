//! A connection to PostgreSQL that breaks while a COMMIT is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keyward_store::{Options, Store, settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{NOW, postgres};

#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// The server never hears of it.
    Question,
    /// The server does it and its answer is lost.
    Answer,
}

/// Forwards bytes between a client and the server until it is armed and sees a COMMIT.
async fn forward(
    client: TcpStream,
    server: TcpStream,
    cut: Cut,
    armed: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let (mut client_in, mut client_out) = client.into_split();
    let (mut server_in, mut server_out) = server.into_split();
    let answers = tokio::spawn(async move { tokio::io::copy(&mut server_in, &mut client_out).await });
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = client_in.read(&mut buffer).await?;
        let bytes = &buffer[..length];
        let commit = bytes.windows(6).any(|word| word.eq_ignore_ascii_case(b"commit"));
        if length == 0 || (commit && armed.load(Ordering::Relaxed)) {
            answers.abort();
            let _ = answers.await;
            if length > 0 && cut == Cut::Answer {
                server_out.write_all(bytes).await?;
                // Kept open: the server is to finish before it notices.
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            }
            return Ok(());
        }
        server_out.write_all(bytes).await?;
    }
}

async fn lose(cut: Cut, is_there: bool) {
    let Some(w) = postgres().await else { return };
    let address = w.database.address.to_string();
    let (before, rest) = address.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxied = format!("{before}@{}/{name}", listener.local_addr().unwrap());
    let armed = Arc::new(AtomicBool::new(false));
    let (server, theirs) = (server.to_owned(), Arc::clone(&armed));
    let proxy = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(forward(client, server, cut, Arc::clone(&theirs)));
        }
    });
    let store = Store::open(&proxied.parse().unwrap(), Options::default()).await.unwrap();
    let write = async |name| {
        let put = crate::world::job((), move |(), tx| Box::pin(settings::put(tx, name, b"", NOW)));
        store.write(put).await
    };
    write("before").await.unwrap();
    armed.store(true, Ordering::Relaxed);
    let error = write("lost").await.unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN", "{error}");
    assert!(!error.is_temporary());
    armed.store(false, Ordering::Relaxed);
    // The broken connection is not used again.
    write("after").await.unwrap();
    let mut there = false;
    for _ in 0..100 {
        there = settings::get(&w.store, "lost").await.unwrap().is_some();
        if there == is_there {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(there, is_there);
    assert_eq!(store.metrics().repeated(), 0);
    proxy.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_may_have_happened_and_is_not_repeated() {
    lose(Cut::Answer, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_lost_itself_has_the_same_answer() {
    lose(Cut::Question, false).await;
}
