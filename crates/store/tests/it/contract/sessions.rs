//! Sessions.

use keyward_store::sessions::{self, Session};

use crate::world::{ACCOUNT, NOW, TEXTS, digest, id, worlds};

fn session(number: u32) -> Session {
    Session {
        id: id(number.into()),
        account_id: ACCOUNT,
        digest: digest(number).to_vec(),
        csrf_digest: digest(number + 100).to_vec(),
        user_id: None,
        token_id: None,
        address: Some("2001:db8::7".to_owned()),
        user_agent: Some(TEXTS[1].to_owned()),
        created_at: NOW,
        last_seen_at: NOW,
        expires_at: NOW.plus_seconds(i64::from(number)),
    }
}

#[tokio::test]
async fn a_session_is_good_until_its_end_and_goes_when_it_is_ended() {
    for w in worlds().await {
        for number in 1..=4 {
            w.write(session(number), |it, tx| Box::pin(sessions::insert(tx, it))).await.unwrap();
        }
        let error = w.write(session(1), |it, tx| Box::pin(sessions::insert(tx, it))).await.unwrap_err();
        assert_eq!(error.code(), "CONFLICT");
        let found = async |number, second| {
            sessions::by_digest(&w.store, &digest(number), NOW.plus_seconds(second)).await.unwrap()
        };
        assert_eq!(found(2, 1).await, Some(session(2)));
        assert_eq!(found(2, 2).await, None);
        assert_eq!(found(9, 0).await, None);

        let later = NOW.plus_seconds(3);
        w.write((), move |(), tx| Box::pin(sessions::touch(tx, id(4), later))).await.unwrap();
        assert_eq!(found(4, 3).await.unwrap().last_seen_at, later);
        let removed = w.write((), move |(), tx| Box::pin(sessions::delete_expired(tx, later))).await;
        assert_eq!(removed.unwrap(), 3);
        let end = async || w.write((), |(), tx| Box::pin(sessions::delete(tx, id(4)))).await.unwrap();
        assert!(end().await);
        assert!(!end().await);
        assert_eq!(w.count("select count(*) from sessions").await, 0);
    }
}
