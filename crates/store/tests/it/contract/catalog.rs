//! Accounts, products, policies and their version.

use keyward_core::time::Timestamp;
use keyward_store::{accounts, policies, products, versions};

use crate::world::{NOW, POLICY, TEXTS, account, id, policy, product, worlds};

#[tokio::test]
async fn the_first_account_stays_the_first_and_slugs_are_unique() {
    for w in worlds().await {
        let mut other = account();
        (other.id, other.slug, other.name) = (id(90), "other".to_owned(), TEXTS[0].to_owned());
        assert!(w.write(other.clone(), |it, tx| Box::pin(accounts::insert(tx, it))).await.unwrap());
        other.id = id(91);
        assert!(!w.write(other, |it, tx| Box::pin(accounts::insert(tx, it))).await.unwrap());
        assert_eq!(accounts::first(&w.store).await.unwrap(), Some(account()));
    }
}

#[tokio::test]
async fn products_come_back_as_they_went_in_and_their_codes_are_unique() {
    for w in worlds().await {
        let mut all = vec![product()];
        for (number, text) in (100..).zip(TEXTS) {
            let mut next = product();
            (next.id, next.code, next.name) = (id(number), format!("{number}{text}"), text.to_owned());
            (next.key_prefix, next.metadata) = (None, format!("{{\"a\":{text:?}}}"));
            next.created_at = Timestamp::from_micros(if number % 2 == 0 { i64::MIN } else { i64::MAX });
            assert!(w.write(next.clone(), |it, tx| Box::pin(products::insert(tx, it))).await.unwrap());
            all.push(next);
        }
        let mut taken = product();
        taken.id = id(99);
        assert!(!w.write(taken, |it, tx| Box::pin(products::insert(tx, it))).await.unwrap());
        assert_eq!(products::all(&w.store).await.unwrap(), all);
    }
}

#[tokio::test]
async fn the_rules_of_a_policy_are_replaced_as_a_whole() {
    for w in worlds().await {
        let mut free = policy();
        (free.id, free.code, free.scheme) = (id(100), "free".to_owned(), None);
        assert!(w.write(free.clone(), |it, tx| Box::pin(policies::insert(tx, it))).await.unwrap());
        let mut taken = policy();
        taken.id = id(101);
        assert!(!w.write(taken, |it, tx| Box::pin(policies::insert(tx, it))).await.unwrap());
        let by_code = async |product, code| policies::by_code(&w.store, product, code).await.unwrap();
        assert_eq!(by_code(free.product_id, "free").await, Some(free.id));
        assert_eq!(by_code(free.product_id, "paid").await, None);
        assert_eq!(by_code(id(777), "free").await, None);

        let later = Timestamp::from_micros(i64::MAX);
        let set = async |policy| {
            let rules = r#"{"maxMachines":3,"name":"🐎"}"#;
            w.write((), move |(), tx| Box::pin(policies::set_rules(tx, policy, rules, later))).await.unwrap()
        };
        assert!(set(POLICY).await);
        assert!(!set(id(777)).await);
        let mut changed = policy();
        (changed.rules, changed.updated_at) = (r#"{"maxMachines":3,"name":"🐎"}"#.to_owned(), later);
        assert_eq!(policies::rules(&w.store, POLICY).await.unwrap(), Some(changed.rules.clone()));
        assert_eq!(policies::rules(&w.store, id(777)).await.unwrap(), None);
        let name = async |policy| {
            w.write((), move |(), tx| Box::pin(policies::set_name(tx, policy, "New", NOW))).await.unwrap()
        };
        assert!(name(POLICY).await && !name(id(777)).await);
        (changed.name, changed.updated_at) = ("New".to_owned(), NOW);
        assert_eq!(policies::all(&w.store).await.unwrap(), [changed, free]);
    }
}

#[tokio::test]
async fn the_version_of_the_catalogue_rises_by_one() {
    for w in worlds().await {
        let version = async || versions::get(&w.store, versions::CATALOG).await.unwrap();
        assert_eq!(version().await, 1);
        for name in [versions::CATALOG, versions::CATALOG, "no such"] {
            w.write((), move |(), tx| Box::pin(versions::raise(tx, name))).await.unwrap();
        }
        assert_eq!(version().await, 3);
        assert_eq!(versions::get(&w.store, "no such").await.unwrap(), 0);
    }
}
