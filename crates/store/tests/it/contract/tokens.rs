//! Tokens.

use keyward_core::time::Timestamp;
use keyward_store::tokens::{self, Token};

use crate::world::{ACCOUNT, NOW, TEXTS, digest, id, worlds};

fn token(number: u32) -> Token {
    Token {
        id: id(number.into()),
        account_id: ACCOUNT,
        kind: "admin".to_owned(),
        role: None,
        name: TEXTS[0].to_owned(),
        digest: digest(number).to_vec(),
        hint: "wxyz".to_owned(),
        installation_id: None,
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

#[tokio::test]
async fn a_token_is_found_by_its_digest_and_revoked_once() {
    for w in worlds().await {
        let full = Token {
            role: Some("read-only".to_owned()),
            expires_at: Some(Timestamp::from_micros(i64::MAX)),
            revoked_at: Some(NOW),
            last_used_at: Some(NOW),
            ..token(2)
        };
        for one in [token(1), full.clone()] {
            w.write(one, |it, tx| Box::pin(tokens::insert(tx, it))).await.unwrap();
        }
        let error = w.write(token(1), |it, tx| Box::pin(tokens::insert(tx, it))).await.unwrap_err();
        assert_eq!(error.code(), "CONFLICT");
        assert_eq!(tokens::by_digest(&w.store, &digest(2)).await.unwrap().as_ref(), Some(&full));
        assert_eq!(tokens::by_digest(&w.store, &digest(3)).await.unwrap(), None);
        assert_eq!(tokens::by_id(&w.store, id(2)).await.unwrap().as_ref(), Some(&full));
        assert_eq!(tokens::by_id(&w.store, id(3)).await.unwrap(), None);

        let later = NOW.plus_seconds(60);
        let revoke = async |number| {
            w.write((), move |(), tx| Box::pin(tokens::revoke(tx, id(number), later))).await.unwrap()
        };
        assert!(revoke(1).await);
        assert!(!revoke(1).await && !revoke(2).await && !revoke(3).await);
        w.write((), move |(), tx| Box::pin(tokens::touch(tx, id(1), later))).await.unwrap();
        let used = Token { revoked_at: Some(later), last_used_at: Some(later), ..token(1) };
        assert_eq!(tokens::of_account(&w.store, ACCOUNT).await.unwrap(), [used, full]);
        assert!(tokens::of_account(&w.store, id(5)).await.unwrap().is_empty());
    }
}
