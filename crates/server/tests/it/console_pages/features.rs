//! Features: listed with what has them, made, renamed, and removed when nothing has them.

use keyward_engine::token::Role;
use keyward_engine::{Caller, Holder};

use super::{Person, SCRIPT, between, is_escaped};
use crate::site::Site;

const HERE: &str = "/console/features";

/// The row of a feature.
fn row<'p>(page: &'p str, code: &str) -> &'p str {
    between(page, &format!("<code>{code}</code>"), "</tr>")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_is_made_given_renamed_and_removed() {
    for site in Site::all().await {
        let sales = Person::of(&site, Role::SalesAgent).await;
        let page = sales.done(HERE, &[("code", "zz_pdf"), ("name", "")]).await;
        assert!(row(&page, "zz_pdf").contains("zz pdf") && row(&page, "zz_pdf").contains("unused"), "{page}");
        assert_eq!(sales.last_event().await, ("entitlement.create".to_owned(), Some(sales.id)));
        let page = sales.page(HERE).await;
        assert!(row(&page, "api_access").contains("/console/products/tier/elite"), "{page}");
        let id = between(row(&page, "zz_pdf"), "/console/features/", "/").to_owned();
        let (rename, delete) = (format!("{HERE}/{id}/rename"), format!("{HERE}/{id}/delete"));
        let page = sales.done(&rename, &[("seen", "zz pdf"), ("name", "PDF")]).await;
        assert!(row(&page, "zz_pdf").contains(">PDF<"), "{page}");
        let late = sales.post(&rename, &[("seen", "zz pdf"), ("name", "Mine")]).await;
        assert_eq!(late.status, 409);
        assert!(late.body.contains("A colleague changed this") && late.body.contains("value=\"Mine\""));

        sales.done("/console/products/tier/pro/features", &[("add", "zz_pdf")]).await;
        let page = sales.page(HERE).await;
        let it = row(&page, "zz_pdf");
        assert!(it.contains("/console/products/tier/pro") && !it.contains("/delete\""), "{it}");
        let refused = sales.post(&delete, &[]).await;
        assert_eq!(refused.status, 409);
        assert!(refused.body.contains("A policy or a licence has it"), "{}", refused.body);
        sales.done("/console/products/tier/pro/features", &[("remove", "zz_pdf")]).await;
        let key = site.tier_key("pro", "c-1").await;
        let named = keyward_engine::license::Named::Id(key.id);
        let codes = ["zz_pdf".to_owned()];
        let caller = Caller::operator();
        site.engine.attach_entitlements(&caller, Holder::License(named.clone()), &codes).await.unwrap();
        assert_eq!(sales.post(&delete, &[]).await.status, 409, "a licence has it");
        site.engine.detach_entitlements(&caller, Holder::License(named), &codes).await.unwrap();
        let page = sales.done(&delete, &[]).await;
        assert!(page.contains("The feature was removed.") && !page.contains("zz_pdf"), "{page}");
        assert_eq!(sales.last_event().await, ("entitlement.delete".to_owned(), Some(sales.id)));
        assert_eq!(sales.post(&delete, &[]).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_feature_is_said_and_kept() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    for (code, name, status) in [
        ("", "x", 422),
        ("two words", "x", 422),
        (SCRIPT, "x", 422),
        ("x", "\0", 422),
        ("api_access", "", 409),
    ] {
        let answer = admin.post(HERE, &[("code", code), ("name", name)]).await;
        assert_eq!(answer.status, status, "{code} {name}");
        assert!(answer.body.contains("role=\"alert\""));
        if code == SCRIPT {
            is_escaped(&answer.body);
        }
    }
    is_escaped(&admin.done(HERE, &[("code", "x"), ("name", SCRIPT)]).await);
    admin.page(&format!("{HERE}?after=%00")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_features_stand_on_several_pages() {
    let site = Site::new().await;
    let reader = Person::of(&site, Role::ReadOnly).await;
    for number in 0..101 {
        let code = format!("x-{number:03}");
        site.engine.create_feature(&Caller::operator(), &code, "").await.unwrap();
    }
    let first = reader.page(HERE).await;
    assert!(
        !first.contains("x-100") && !first.contains("/rename\"") && !first.contains("<form class=\"fields")
    );
    let second = reader.page(between(&first, "rel=\"next\" href=\"", "\"")).await;
    assert!(second.contains("x-100") && !second.contains("rel=\"next\""), "{second}");
}
