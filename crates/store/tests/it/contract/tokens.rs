//! Tokens.

use keyward_core::time::Timestamp;
use keyward_store::tokens::{self, Filter, Token};

use super::license_list::plan;
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

#[tokio::test]
async fn tokens_are_called_by_their_names() {
    for w in worlds().await {
        for number in 1..=20 {
            let one = Token { name: format!("number {number}"), ..token(number) };
            w.write(one, |it, tx| Box::pin(tokens::insert(tx, it))).await.unwrap();
        }
        let names = async |account, numbers: &[u128]| {
            let ids: Vec<_> = numbers.iter().copied().map(id).collect();
            let mut names = tokens::names(&w.store, account, &ids).await.unwrap();
            names.sort();
            names
        };
        let number = |number: u128| (id(number), format!("number {number}"));
        assert_eq!(names(ACCOUNT, &[3, 99, 1]).await, [number(1), number(3)]);
        let all: Vec<u128> = (1..=20).collect();
        assert_eq!(names(ACCOUNT, &all).await, all.iter().copied().map(number).collect::<Vec<_>>());
        assert!(names(ACCOUNT, &[]).await.is_empty() && names(id(5), &all).await.is_empty());
    }
}

#[tokio::test]
async fn tokens_are_read_by_page_from_the_newest_on() {
    for w in worlds().await {
        for number in 1..=9_u32 {
            let kind = if number % 3 == 0 { "inst" } else { "admin" };
            let revoked_at = (number % 2 == 0).then_some(NOW);
            let one = Token { kind: kind.to_owned(), revoked_at, ..token(number) };
            w.write(one, |it, tx| Box::pin(tokens::insert(tx, it))).await.unwrap();
        }
        for (kind, revoked, wanted) in [
            (None, None, &[9, 8, 7, 6, 5, 4, 3, 2, 1][..]),
            (None, Some(true), &[8, 6, 4, 2]),
            (Some("inst"), None, &[9, 6, 3]),
            (Some("inst"), Some(false), &[9, 3]),
            (None, Some(false), &[9, 7, 5, 3, 1]),
            (Some("admin"), Some(true), &[8, 4, 2]),
            (Some("none"), None, &[]),
        ] {
            let mut before = i64::MAX;
            let mut found = Vec::new();
            loop {
                let filter = Filter { kind, revoked };
                let page = tokens::before(&w.store, ACCOUNT, filter, before, 2).await.unwrap();
                assert!(page.len() <= 2);
                let Some((serial, _)) = page.last() else { break };
                before = *serial;
                found.extend(page.into_iter().map(|(_, token)| token.id));
            }
            let wanted: Vec<_> = wanted.iter().map(|number| id(*number)).collect();
            assert_eq!(found, wanted, "{kind:?} {revoked:?}");
        }
        let nobody = tokens::before(&w.store, id(5), Filter::default(), i64::MAX, 9).await;
        assert!(nobody.unwrap().is_empty());
        if w.store.kind() == "sqlite" {
            for (name, index) in [
                ("TOKENS_BEFORE", "tokens_by_account"),
                ("TOKENS_OPEN_BEFORE", "tokens_open"),
                ("TOKENS_REVOKED_BEFORE", "tokens_revoked"),
                ("TOKENS_OF_KIND_BEFORE", "tokens_by_kind"),
                ("TOKENS_OPEN_OF_KIND_BEFORE", "tokens_of_kind_open"),
                ("TOKENS_REVOKED_OF_KIND_BEFORE", "tokens_of_kind_revoked"),
            ] {
                let plan = plan(&w, name).await;
                let walks = format!("INDEX {index} (");
                assert!(plan.contains(&walks) && !plan.contains("TEMP B-TREE"), "{name}: {plan}");
            }
        }
    }
}
