//! A PostgreSQL server that is not there.

use keyward_store::{DatabaseAddress, Options, Store};
use tokio::net::TcpListener;

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
