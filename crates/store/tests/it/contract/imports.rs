//! Imports: what is asked for many licences at once, and what a broken-off one leaves.

use keyward_store::batches::{self, Batch};
use keyward_store::licenses::{self, License};
use keyward_store::policies::{self, Policy};
use keyward_store::users::User;
use keyward_store::verifications::{self, Verification};
use keyward_store::{entitlements, imports, issued, machines, users};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, PRODUCT, World, digest, id, license, policy, worlds};

const BATCH: Uuid = id(90);

async fn begin(w: &World) {
    let batch =
        Batch { id: BATCH, account_id: ACCOUNT, name: "import".to_owned(), wanted: 0, created_at: NOW };
    w.write(batch, |it, tx| Box::pin(batches::insert(tx, it))).await.unwrap();
}

fn user(number: u128, name: &str, email: Option<&str>) -> User {
    User {
        id: id(number),
        account_id: ACCOUNT,
        external_id: Some(name.to_owned()),
        email: email.map(str::to_owned),
        name: None,
        role: "user".to_owned(),
        banned_at: None,
        created_at: NOW,
    }
}

async fn add(w: &World, licenses: Vec<License>, users: Vec<User>) {
    w.write((licenses, users), |(licenses, users), tx| {
        Box::pin(async move {
            imports::insert_users(tx, users, &imports::mark(BATCH)).await?;
            batches::advance(tx, BATCH, licenses.len() as i64).await?;
            licenses::insert_all(tx, licenses).await
        })
    })
    .await
    .unwrap();
}

fn of_batch(number: u32) -> License {
    License { batch_id: Some(BATCH), ..license(number) }
}

#[tokio::test]
async fn many_licences_are_found_by_key_form_and_subject_also_before_they_are_seen() {
    for w in worlds().await {
        begin(&w).await;
        let (db, other) = (&w.store, id(3));
        let any = async |product, schemes| imports::any_like(db, ACCOUNT, product, schemes).await.unwrap();
        assert!(!any(PRODUCT, ["pool12"; 3]).await);
        let users = vec![user(70, "u1", Some("a@example.org")), user(71, "U1", None)];
        let mut licenses: Vec<License> = (0..70).map(of_batch).collect();
        licenses[3].user_id = Some(id(70));
        licenses[4].subject = Some("shop.example".to_owned());
        let (third, fourth) = (licenses[3].id, licenses[4].id);
        add(&w, licenses, users).await;
        let form = issued::Issued {
            id: id(80),
            account_id: ACCOUNT,
            license_id: fourth,
            scheme: "record".to_owned(),
            form_sealed: vec![1],
            digest: digest(1_000).to_vec(),
            hint: None,
            signing_key_id: None,
            device: None,
            issued_at: NOW,
            expires_at: None,
            superseded_at: None,
        };
        let forms = vec![form.clone(), form];
        let added = w.write(forms, |it, tx| Box::pin(issued::insert_all(tx, it))).await.unwrap();
        assert_eq!(added, 1, "the same form once");

        assert!(any(PRODUCT, ["file"; 3]).await, "of the product");
        assert!(any(other, ["lk1", "lk2", "pool12"]).await, "of the form");
        assert!(!any(other, ["lk1", "lk2", "lk3"]).await, "neither");
        let digests: Vec<[u8; 32]> = (0..100).map(digest).collect();
        let found = imports::by_digest(db, ACCOUNT, &digests).await.unwrap();
        let mut known: Vec<_> = found.iter().map(|(digest, _)| *digest).collect();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), 70);
        let of = |wanted: Uuid| found.iter().find(|(_, known)| known.id == wanted).unwrap().1.clone();
        assert_eq!(of(third).user_external_id.as_deref(), Some("u1"));
        assert_eq!(of(third).unfinished, Some(BATCH));
        assert!(imports::by_digest(db, ACCOUNT, &[]).await.unwrap().is_empty());
        assert_eq!(imports::by_form(db, ACCOUNT, &[digest(1_000)]).await.unwrap()[0].1.id, fourth);
        let subjects = ["shop.example".to_owned(), "another".to_owned()];
        assert_eq!(imports::by_subject(db, PRODUCT, &subjects).await.unwrap()[0].1.id, fourth);
        let names = ["u1", "U1", "nobody"].map(str::to_owned);
        let mut users = imports::users_by_external_id(db, ACCOUNT, &names).await.unwrap();
        users.sort();
        users.dedup();
        assert_eq!(users.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["U1", "u1"]);
        let emails = ["a@example.org".to_owned()];
        assert_eq!(imports::users_by_email(db, ACCOUNT, &emails).await.unwrap()[0].1, id(70));

        let settle =
            async |made| w.write((), move |(), tx| Box::pin(imports::settle(tx, BATCH, made))).await.unwrap();
        assert!(!settle(69).await, "another number");
        assert!(settle(70).await);
        assert!(w.write((), |(), tx| Box::pin(batches::finish(tx, BATCH, NOW))).await.unwrap());
        assert_eq!(imports::by_digest(db, ACCOUNT, &[digest(3)]).await.unwrap()[0].1.unfinished, None);
        assert!(!settle(70).await, "ready");
    }
}

#[tokio::test]
async fn a_broken_off_import_leaves_nothing() {
    for w in worlds().await {
        begin(&w).await;
        let made = Policy { id: id(60), code: "90".to_owned(), metadata: imports::mark(BATCH), ..policy() };
        w.write(made, |it, tx| Box::pin(policies::insert(tx, it))).await.unwrap();
        let mut licenses: Vec<License> = (0..5).map(of_batch).collect();
        (licenses[0].policy_id, licenses[1].user_id) = (id(60), Some(id(70)));
        let first = licenses[0].id;
        // A customer who got another licence meanwhile stays.
        add(&w, licenses, vec![user(70, "u1", None), user(71, "u2", None)]).await;
        w.license(50, |license| license.user_id = Some(id(71))).await;
        w.write(first, |first, tx| {
            Box::pin(async move {
                let machine = machines::Machine {
                    id: id(61),
                    account_id: ACCOUNT,
                    license_id: *first,
                    user_id: None,
                    fingerprint: "f".to_owned(),
                    uniqueness_scope: *first,
                    pool: None,
                    name: None,
                    address: None,
                    user_agent: None,
                    created_at: NOW,
                    last_seen_at: NOW,
                };
                assert_eq!(machines::insert_all(tx, &[machine.clone(), machine]).await?, 1);
                let feature = entitlements::Entitlement {
                    id: id(62),
                    account_id: ACCOUNT,
                    code: "api".to_owned(),
                    name: "api".to_owned(),
                    created_at: NOW,
                };
                let mut features = vec![entitlements::ensure(tx, &feature).await?];
                // Made by the import; the second one is taken up by another policy.
                for (number, code) in [(63, "beta"), (64, "taken"), (65, "api")] {
                    let more = entitlements::Entitlement {
                        id: id(number),
                        code: code.to_owned(),
                        ..feature.clone()
                    };
                    features.push(imports::ensure_feature(tx, &more, &imports::mark(BATCH)).await?);
                }
                assert_eq!(features, [id(62), id(63), id(64), id(62)]);
                let feature = features[0];
                let attached = [(*first, feature, 0), (*first, feature, 1), (*first, features[1], 2)];
                entitlements::attach_all(tx, ACCOUNT, &attached).await?;
                entitlements::attach_to_policy(tx, ACCOUNT, id(60), feature, 0).await?;
                entitlements::attach_to_policy(tx, ACCOUNT, id(60), features[1], 1).await?;
                entitlements::attach_to_policy(tx, ACCOUNT, policy().id, features[2], 0).await?;
                let attempt = Verification {
                    account_id: ACCOUNT,
                    license_id: None,
                    at: NOW,
                    front: "tier".to_owned(),
                    code: "NOT_FOUND".to_owned(),
                    reason: None,
                    count: 1,
                    address: None,
                    origin: None,
                    user_agent: Some(imports::attempt_mark(BATCH)),
                };
                let other = Verification { user_agent: None, ..attempt.clone() };
                verifications::insert_all(tx, &[attempt, other]).await
            })
        })
        .await
        .unwrap();

        let remove = async |limit: i64| {
            w.write((), move |(), tx| {
                Box::pin(async move {
                    batches::abandon(tx, BATCH).await?;
                    imports::delete_beside(tx, BATCH, limit).await?;
                    licenses::delete_of_batch(tx, BATCH, limit).await
                })
            })
            .await
            .unwrap()
        };
        assert_eq!((remove(2).await, remove(2).await, remove(2).await), (2, 2, 1));
        let more = w.write((), |(), tx| Box::pin(imports::delete_made(tx, ACCOUNT, BATCH, 1))).await.unwrap();
        assert!(more, "as many as were to be removed");
        let more = w.write((), |(), tx| Box::pin(imports::delete_made(tx, ACCOUNT, BATCH, 9))).await.unwrap();
        assert!(!more);
        assert!(w.write((), |(), tx| Box::pin(batches::delete(tx, BATCH))).await.unwrap());
        for (what, left) in [
            ("select count(*) from licenses", 1),
            ("select count(*) from machines", 0),
            ("select count(*) from license_entitlements", 0),
            ("select count(*) from policy_entitlements", 1),
            ("select count(*) from entitlements", 2),
            ("select count(*) from policies", 1),
            ("select count(*) from verifications", 1),
        ] {
            assert_eq!(w.count(what).await, left, "{what}");
        }
        assert!(users::by_id(&w.store, id(70)).await.unwrap().is_none());
        assert!(users::by_id(&w.store, id(71)).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn whatever_an_import_writes_shows_that_it_goes_on() {
    for w in worlds().await {
        begin(&w).await;
        let advance = async |made: i64| {
            w.write(made, |made, tx| Box::pin(imports::advance(tx, BATCH, *made))).await.unwrap()
        };
        let looked_at = async || batches::unfinished(&w.store).await.unwrap();
        let mut before = looked_at().await;
        for made in [2, 0, 0] {
            assert!(advance(made).await);
            let now = looked_at().await;
            assert_ne!(now, before);
            before = now;
        }
        assert_eq!((before[0].id, before[0].made), (BATCH, 2));
        assert!(w.write((), |(), tx| Box::pin(imports::settle(tx, BATCH, 2))).await.unwrap());
        assert!(w.write((), |(), tx| Box::pin(batches::finish(tx, BATCH, NOW))).await.unwrap());
        assert!(!advance(0).await, "ready");
    }
}
