//! A PostgreSQL server that is not there.

use std::net::SocketAddr;
use std::time::Duration;

use keyward_store::testing::Database;
use keyward_store::{DatabaseAddress, Options, Store};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_without_the_password() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for host in [closed.to_string(), "nowhere.invalid:5432".to_owned()] {
        let address: DatabaseAddress =
            format!("postgres://me:hunter2@{host}/db?sslmode=disable").parse().unwrap();
        let error = Store::open(&address, Options::default()).await.err().unwrap();
        assert_eq!(error.code(), "DATABASE_UNREACHABLE", "{error}");
        assert!(error.is_temporary() && error.remedy().contains("check that the database runs"));
        let shown = format!("{error} {error:?} {address} {address:?} {}", error.remedy());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_or_speaks_something_else_is_unreachable_too() {
    for answer in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let _ = tokio::io::AsyncWriteExt::write_all(&mut client, answer).await;
            }
        });
        let address: DatabaseAddress = format!("postgres://me:hunter2@{host}/db").parse().unwrap();
        let error = Store::open(&address, Options::default()).await.err().unwrap();
        assert_eq!(error.code(), "DATABASE_UNREACHABLE", "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

/// Takes every connection and says nothing, as a PostgreSQL that is stopped.
async fn silent() -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap();
    let taking = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((client, _)) = listener.accept().await {
            kept.push(client);
        }
    });
    (host, taking)
}

#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_is_unreachable_too() {
    let (host, _taking) = silent().await;
    let address: DatabaseAddress = format!("postgres://me:hunter2@{host}/db").parse().unwrap();
    let opened = timeout(Duration::from_secs(60), Store::open(&address, Options::default())).await;
    let error = opened.expect("it is given up").err().unwrap();
    assert_eq!(error.code(), "DATABASE_UNREACHABLE", "{error}");
    assert!(error.is_temporary() && !format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn such_a_server_does_not_keep_the_next_one_from_its_turn() {
    let Some(database) = Database::postgres().await else { return };
    let (host, _taking) = silent().await;
    let there = database.url().expect("it is PostgreSQL").replace("@", &format!("@{host},"));
    let address = format!("{there}?target_session_attrs=read-write").parse().unwrap();
    let store = Store::open(&address, Options::default()).await.expect("the second one is asked");
    assert_eq!(store.kind(), "postgres");
}

#[tokio::test]
async fn a_machine_that_says_nothing_does_not_keep_the_next_one_from_its_turn() {
    let Some(database) = Database::postgres().await else { return };
    // What is sent to a full queue is dropped, as on its way to a machine that is switched off.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let silent = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(Ok(client)) = timeout(Duration::from_millis(200), TcpStream::connect(silent)).await {
        queue.push(client);
    }
    let there = database.url().expect("it is PostgreSQL").replace("@", &format!("@{silent},"));
    let address = format!("{there}?target_session_attrs=read-write").parse().unwrap();
    let store = Store::open(&address, Options::default()).await.expect("the second one is asked");
    assert_eq!(store.kind(), "postgres");
}
