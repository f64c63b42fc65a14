//! A PostgreSQL that keeps its connections and says nothing any more.

use std::time::Duration;

use keyward_store::testing::Database;
use keyward_store::{DatabaseAddress, Map, Options, Read as _, Sql, Store, StoreError, settings};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::world::{NOW, job, raw};

/// Forwards to the server, while nobody says that it is silent.
async fn forwarded(database: &Database, silence: &watch::Sender<bool>) -> DatabaseAddress {
    let url = database.url().expect("it is PostgreSQL");
    let (before, rest) = url.split_once('@').expect("an address with a user");
    let (server, name) = rest.split_once('/').expect("an address with a database");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("{before}@{}/{name}", listener.local_addr().unwrap()).parse().unwrap();
    let (server, silent) = (server.to_owned(), silence.subscribe());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = TcpStream::connect(&server).await.unwrap().into_split();
            tokio::spawn(forward(from_client, to_server, silent.clone()));
            tokio::spawn(forward(from_server, to_client, silent.clone()));
        }
    });
    address
}

async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut silent: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let goes_on = silent.wait_for(|silent| !silent).await.is_ok();
        if !goes_on || to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}

/// How an answer's wait ended, well before a person would have looked.
async fn told<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, &'static str> {
    let answer = timeout(Duration::from_secs(60), answer).await.expect("nobody waits for ever");
    answer.map_err(|error| error.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_are_told_the_next_at_once_and_it_goes_on_by_itself() {
    let Some(database) = Database::postgres().await else { return };
    let silence = watch::Sender::new(false);
    let store = Store::open(&forwarded(&database, &silence).await, Options::default()).await.unwrap();
    let put = |name| job((), move |(), tx| Box::pin(settings::put(tx, name, b"", NOW)));
    let name: Map<String> = |row| row.take();
    let line = Sql::of_test("select name from settings where name = 'before'");
    store.write(put("before")).await.unwrap();
    assert_eq!(store.keyed(line, &[], name).await.unwrap().as_deref(), Some("before"));
    // It is felt from then on.
    sleep(Duration::from_secs(4)).await;

    // All that a change needed was asked for and answered; then only its COMMIT is not.
    let falls = silence.clone();
    let committed = job(falls, |falls, tx| {
        Box::pin(async move {
            settings::put(tx, "committed", b"", NOW).await?;
            falls.send(true).map_err(|_| StoreError::Closed)
        })
    });
    let committed = told(store.write(committed));
    let others = async {
        while !*silence.borrow() {
            tokio::task::yield_now().await;
        }
        tokio::join!(
            told(settings::get(&store, "before")),
            told(store.keyed(line, &[], name)),
            told(store.write(put("change"))),
        )
    };
    let (committed, (question, shared, change)) = tokio::join!(committed, others);
    assert_eq!(committed, Err("OUTCOME_UNKNOWN"));
    assert_eq!(question, Err("DATABASE_UNREACHABLE"));
    assert_eq!(shared, Err("DATABASE_UNREACHABLE"));
    assert_eq!(change, Err("DATABASE_UNREACHABLE"));
    // Less than a connection may take: nobody waits for what is known.
    let next = async {
        assert_eq!(told(settings::get(&store, "before")).await, Err("DATABASE_UNREACHABLE"));
        assert_eq!(told(store.write(put("change"))).await, Err("DATABASE_UNREACHABLE"));
    };
    timeout(Duration::from_secs(3), next).await.expect("at once");

    silence.send(false).unwrap();
    let mut is_back = false;
    for _ in 0..3_000 {
        is_back = told(store.keyed(line, &[], name)).await.is_ok();
        if is_back {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert!(is_back, "it goes on by itself");
    store.write(put("after")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_falls_silent_while_the_next_host_answers_keeps_nobody() {
    let Some(database) = Database::postgres().await else { return };
    let silence = watch::Sender::new(false);
    let first = forwarded(&database, &silence).await.to_string();
    let (_, rest) = first.split_once('@').expect("a user");
    let (host, _) = rest.split_once('/').expect("a database");
    let both = database.url().expect("it is PostgreSQL").replace('@', &format!("@{host},"));
    let store = Store::open(&both.parse().unwrap(), Options::default()).await.unwrap();
    // Before anybody has felt for a pulse, and as soon as there is one, that is the next one's.
    silence.send(true).unwrap();
    assert_eq!(told(settings::get(&store, "before")).await, Err("DATABASE_UNREACHABLE"));
    assert_eq!(told(settings::get(&store, "before")).await, Ok(None), "the next one is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_longer_than_a_server_may_be_silent_is_waited_for() {
    let Some(database) = Database::postgres().await else { return };
    let store = database.open().await.unwrap();
    let long = job((), |(), tx| Box::pin(raw(tx, "select pg_sleep(14)")));
    assert_eq!(told(store.write(long)).await, Ok(1));
}

#[tokio::test]
async fn whoever_must_be_alone_is_not_in_its_own_way() {
    let Some(database) = Database::postgres().await else { return };
    let alone = Options { alone: true, ..Options::default() };
    let _first = Store::open(&database.address, alone).await.expect("nobody else is there");
    let error = Store::open(&database.address, alone).await.err().expect("the first is there");
    assert_eq!(error.code(), "DATABASE_IN_USE", "{error}");
}
