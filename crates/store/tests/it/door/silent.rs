//! A PostgreSQL that keeps its connections and says nothing any more.

use std::time::Duration;

use keyward_store::testing::Database;
use keyward_store::{DatabaseAddress, Map, Options, Read as _, Sql, Store, StoreError, settings};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::world::{NOW, job, raw};

const ANY: &str = "select name from settings where name = 'before'";
const NAME: Map<String> = |row| row.take();
/// By then the pulse is felt.
const FELT: Duration = Duration::from_secs(4);

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// It is taken, and goes no further.
    Silent,
    /// Connections end, and new ones at once.
    Closed,
    /// Connections end, and of new ones nobody hears.
    Dropped,
    /// Of new ones nobody hears.
    Full,
}

/// New connections that the system takes for a listener who does not.
const BACKLOG: u32 = 1;

/// An address that leads to the server as long as the way is open.
async fn forwarded(database: &Database, way: &watch::Sender<Way>) -> DatabaseAddress {
    let url = database.url().expect("it is PostgreSQL");
    let (before, rest) = url.split_once('@').expect("an address with a user");
    let (server, name) = rest.split_once('/').expect("an address with a database");
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(BACKLOG).unwrap();
    let address = format!("{before}@{}/{name}", listener.local_addr().unwrap()).parse().unwrap();
    let (server, mut way) = (server.to_owned(), way.subscribe());
    tokio::spawn(async move {
        loop {
            let state = *way.borrow_and_update();
            if matches!(state, Way::Dropped | Way::Full) {
                let filled = fill(&listener).await;
                way.wait_for(|way| *way != state).await.unwrap();
                drop(filled);
            }
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = way.changed() => continue,
            };
            let client = accepted.unwrap().0;
            if *way.borrow() != Way::Closed {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(forward(client, server, way.clone()));
            }
        }
    });
    address
}

/// Connects until nobody hears of more.
async fn fill(listener: &TcpListener) -> Vec<TcpStream> {
    let mut filled = Vec::new();
    let connect = || timeout(Duration::from_millis(300), TcpStream::connect(listener.local_addr().unwrap()));
    while let Ok(connected) = connect().await {
        filled.push(connected.unwrap());
    }
    filled
}

async fn forward(client: TcpStream, server: TcpStream, mut way: watch::Receiver<Way>) {
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = pass_on(from_client, to_server, way.clone()) => {}
        () = pass_on(from_server, to_client, way.clone()) => {}
        _ = way.wait_for(|way| matches!(way, Way::Closed | Way::Dropped)) => {}
    }
}

async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut way: watch::Receiver<Way>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let goes_on = way.wait_for(|way| *way != Way::Silent).await.is_ok();
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

/// Asks over a connection that others share.
async fn ask(store: &Store) -> Result<Option<String>, &'static str> {
    told(store.keyed(Sql::of_test(ANY), &[], NAME)).await
}

/// Asks until there is an answer.
async fn until_it_goes_on(store: &Store) {
    for _ in 0..3_000 {
        if ask(store).await.is_ok() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not go on by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_are_told_the_next_at_once_and_it_goes_on_by_itself() {
    let Some(database) = Database::postgres().await else { return };
    let way = watch::Sender::new(Way::Open);
    let store = Store::open(&forwarded(&database, &way).await, Options::default()).await.unwrap();
    let put = |name| job((), move |(), tx| Box::pin(settings::put(tx, name, b"", NOW)));
    store.write(put("before")).await.unwrap();
    assert_eq!(ask(&store).await.unwrap().as_deref(), Some("before"));
    sleep(FELT).await;

    // All that a change needed was asked for and answered; then only its COMMIT is not.
    let falls = way.clone();
    let committed = job(falls, |falls, tx| {
        Box::pin(async move {
            settings::put(tx, "committed", b"", NOW).await?;
            falls.send(Way::Silent).map_err(|_| StoreError::Closed)
        })
    });
    let committed = told(store.write(committed));
    let others = async {
        while *way.borrow() == Way::Open {
            tokio::task::yield_now().await;
        }
        tokio::join!(told(settings::get(&store, "before")), ask(&store), told(store.write(put("change"))),)
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

    way.send(Way::Open).unwrap();
    until_it_goes_on(&store).await;
    store.write(put("after")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_falls_silent_while_the_next_host_answers_keeps_nobody() {
    let Some(database) = Database::postgres().await else { return };
    let way = watch::Sender::new(Way::Open);
    let first = forwarded(&database, &way).await.to_string();
    let (_, rest) = first.split_once('@').expect("a user");
    let (host, _) = rest.split_once('/').expect("a database");
    let both = database.url().expect("it is PostgreSQL").replace('@', &format!("@{host},"));
    let store = Store::open(&both.parse().unwrap(), Options::default()).await.unwrap();
    // Before anybody has felt for a pulse, and as soon as there is one, that is the next one's.
    way.send(Way::Silent).unwrap();
    assert_eq!(told(settings::get(&store, "before")).await, Err("DATABASE_UNREACHABLE"));
    assert_eq!(told(settings::get(&store, "before")).await, Ok(None), "the next one is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_comes_back_is_felt_as_soon_as_it_is_used() {
    let Some(database) = Database::postgres().await else { return };
    let (first, second) = (watch::Sender::new(Way::Open), watch::Sender::new(Way::Open));
    let url = forwarded(&database, &first).await.to_string();
    let other = forwarded(&database, &second).await.to_string();
    let host = |url: &str| url.split(['@', '/']).nth(3).expect("a host").to_owned();
    let both = url.replace(&host(&url), &format!("{},{}", host(&url), host(&other)));
    let store = Store::open(&both.parse().unwrap(), Options::default()).await.unwrap();
    sleep(FELT).await;
    first.send(Way::Closed).unwrap();
    until_it_goes_on(&store).await;
    sleep(FELT).await;
    first.send(Way::Open).unwrap();
    // More at the same time than are open.
    let some = (0..4).map(|_| store.write(job((), |(), tx| Box::pin(raw(tx, "select pg_sleep(1)")))));
    futures_util::future::try_join_all(some).await.unwrap();
    sleep(FELT).await;
    first.send(Way::Silent).unwrap();
    let asked = (0..8).map(|_| told(settings::get(&store, "before")));
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.contains(&Err("DATABASE_UNREACHABLE")), "{answers:?}");
    until_it_goes_on(&store).await;
    assert_eq!(told(settings::get(&store, "before")).await, Ok(None), "the second one is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_machine_that_is_off_everybody_is_told_at_once() {
    let Some(database) = Database::postgres().await else { return };
    let way = watch::Sender::new(Way::Open);
    let store = Store::open(&forwarded(&database, &way).await, Options::default()).await.unwrap();
    sleep(FELT).await;
    way.send(Way::Dropped).unwrap();
    // Many who share a connection do not wait for each other's attempts.
    let asked = (0..64).map(|_| ask(&store));
    let answers = timeout(Duration::from_secs(20), futures_util::future::join_all(asked)).await;
    assert!(answers.expect("in time").iter().all(|answer| *answer == Err("DATABASE_UNREACHABLE")));
    let mut is_known = false;
    for _ in 0..60 {
        let asked = (0..64).map(|_| ask(&store));
        let answers = timeout(Duration::from_secs(1), futures_util::future::join_all(asked)).await;
        is_known = answers.is_ok_and(|all| all.iter().all(|answer| *answer == Err("DATABASE_UNREACHABLE")));
        if is_known {
            break;
        }
    }
    assert!(is_known, "everybody is told at once");
    way.send(Way::Open).unwrap();
    until_it_goes_on(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_only_new_connections_are_not_answered_those_that_are_open_go_on() {
    let Some(database) = Database::postgres().await else { return };
    let way = watch::Sender::new(Way::Open);
    let address = forwarded(&database, &way).await;
    let store = Store::open(&address, Options::default()).await.unwrap();
    // Before the pulse has its own.
    way.send(Way::Full).unwrap();
    for _ in 0..18 {
        sleep(Duration::from_secs(1)).await;
        assert_eq!(told(settings::get(&store, "before")).await, Ok(None));
    }
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
