//! Entitlements of policies and licences.

use keyward_store::entitlements::{self, Entitlement};
use keyward_store::{StoreError, Tx};
use uuid::Uuid;

use super::license_list::plan;
use crate::world::{ACCOUNT, NOW, POLICY, TEXTS, id, license, worlds};

async fn ensure(tx: &Tx<'_>, number: u128, code: &str) -> Result<Uuid, StoreError> {
    let wanted = Entitlement {
        id: id(number),
        account_id: ACCOUNT,
        code: code.to_owned(),
        name: TEXTS[0].to_owned(),
        created_at: NOW,
    };
    entitlements::ensure(tx, &wanted).await
}

#[tokio::test]
async fn a_feature_is_made_once_and_found_by_its_code() {
    for w in worlds().await {
        for text in TEXTS {
            let first = w.write((), move |(), tx| Box::pin(ensure(tx, 200 + text.len() as u128, text))).await;
            let second = w.write((), move |(), tx| Box::pin(ensure(tx, 999, text))).await;
            assert_eq!(first.unwrap(), second.unwrap(), "{text}");
            let found = entitlements::by_code(&w.store, ACCOUNT, text).await.unwrap();
            assert_eq!(found, Some(id(200 + text.len() as u128)));
        }
        assert_eq!(entitlements::by_code(&w.store, id(5), "").await.unwrap(), None);
    }
}

#[tokio::test]
async fn features_keep_the_order_of_their_list_until_they_are_taken_away() {
    for w in worlds().await {
        let owner = w.license(1, |_| {}).await.id;
        let nobody = license(2).id;
        w.write((), move |(), tx| {
            Box::pin(async move {
                for (place, code) in ["zeta", "alpha", "mid"].into_iter().enumerate() {
                    let feature = ensure(tx, 300 + place as u128, code).await?;
                    let place = place as i64;
                    assert!(entitlements::attach_to_policy(tx, ACCOUNT, POLICY, feature, 9 - place).await?);
                    assert!(!entitlements::attach_to_policy(tx, ACCOUNT, POLICY, feature, 0).await?);
                    assert!(entitlements::attach_to_license(tx, ACCOUNT, owner, feature, place).await?);
                    assert!(!entitlements::attach_to_license(tx, ACCOUNT, owner, feature, 7).await?);
                }
                Ok(())
            })
        })
        .await
        .unwrap();
        let of_policies: Vec<_> = entitlements::of_policies(&w.store).await.unwrap();
        let codes: Vec<_> = of_policies.iter().map(|(policy, code)| (*policy, code.as_str())).collect();
        assert_eq!(codes, [(POLICY, "mid"), (POLICY, "alpha"), (POLICY, "zeta")]);
        assert_eq!(entitlements::of_license(&w.store, owner).await.unwrap(), ["zeta", "alpha", "mid"]);
        assert!(entitlements::of_license(&w.store, nobody).await.unwrap().is_empty());

        w.write((), move |(), tx| {
            Box::pin(async move {
                assert!(entitlements::detach_from_policy(tx, POLICY, id(301)).await?);
                assert!(!entitlements::detach_from_policy(tx, POLICY, id(301)).await?);
                assert!(entitlements::detach_from_license(tx, owner, id(300)).await?);
                assert!(!entitlements::detach_from_license(tx, nobody, id(302)).await?);
                Ok(())
            })
        })
        .await
        .unwrap();
        assert_eq!(entitlements::of_policies(&w.store).await.unwrap().len(), 2);
        // Behind the last one, however many were taken away.
        assert_eq!(entitlements::next_place_of_policy(&w.store, POLICY).await.unwrap(), 10);
        assert_eq!(entitlements::next_place_of_license(&w.store, owner).await.unwrap(), 3);
        assert_eq!(entitlements::next_place_of_license(&w.store, nobody).await.unwrap(), 0);
        let lock = async |policy| {
            w.write((), move |(), tx| Box::pin(keyward_store::policies::lock(tx, policy))).await.unwrap()
        };
        assert!(lock(POLICY).await && !lock(id(999)).await);
        assert_eq!(entitlements::of_license(&w.store, owner).await.unwrap(), ["alpha", "mid"]);
    }
}

#[tokio::test]
async fn features_are_read_by_page_renamed_and_removed_when_nothing_has_them() {
    for w in worlds().await {
        let owner = w.license(1, |_| {}).await.id;
        w.write((), move |(), tx| {
            Box::pin(async move {
                for (place, code) in ["b", "d", "a", "c"].into_iter().enumerate() {
                    ensure(tx, 400 + place as u128, code).await?;
                }
                entitlements::attach_to_policy(tx, ACCOUNT, POLICY, id(401), 0).await?;
                entitlements::attach_to_license(tx, ACCOUNT, owner, id(402), 0).await.map(drop)
            })
        })
        .await
        .unwrap();
        let mut after = String::new();
        let mut found = Vec::new();
        loop {
            let page = entitlements::after(&w.store, ACCOUNT, &after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after.clone_from(&last.entitlement.code);
            found.extend(page.into_iter().map(|it| (it.entitlement.code, it.has_license)));
        }
        let wanted = [("a", true), ("b", false), ("c", false), ("d", false)];
        assert_eq!(found, wanted.map(|(code, has)| (code.to_owned(), has)));
        assert!(entitlements::after(&w.store, id(5), "", 9).await.unwrap().is_empty());

        let rename = async |account, number: u128, before: &'static str| {
            w.write((), move |(), tx| Box::pin(entitlements::rename(tx, account, id(number), before, "new")))
                .await
                .unwrap()
        };
        assert!(!rename(id(5), 400, TEXTS[0]).await && !rename(ACCOUNT, 400, "other").await);
        assert!(rename(ACCOUNT, 400, TEXTS[0]).await && !rename(ACCOUNT, 400, TEXTS[0]).await);
        let named = entitlements::after(&w.store, ACCOUNT, "a", 1).await.unwrap().remove(0).entitlement;
        assert_eq!((named.code.as_str(), named.name.as_str()), ("b", "new"));

        let delete = async |account, number: u128| {
            w.write((), move |(), tx| Box::pin(entitlements::delete_unused(tx, account, id(number))))
                .await
                .unwrap()
        };
        assert!(!delete(ACCOUNT, 401).await, "a policy has it");
        assert!(!delete(ACCOUNT, 402).await, "a licence has it");
        assert!(!delete(id(5), 400).await && delete(ACCOUNT, 400).await && !delete(ACCOUNT, 400).await);
        let code = async |number: u128| entitlements::code(&w.store, ACCOUNT, id(number)).await.unwrap();
        assert_eq!((code(400).await, code(403).await.as_deref()), (None, Some("c")));
        if w.store.kind() == "sqlite" {
            for name in ["ENTITLEMENTS_AFTER", "DELETE_UNUSED"] {
                let plan = plan(&w, name).await;
                assert!(plan.contains("license_entitlements_by_feature"), "{plan}");
                assert!(!plan.contains("SCAN e") && !plan.contains("SCAN license"), "{plan}");
            }
        }
    }
}
