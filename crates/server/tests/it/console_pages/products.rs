//! Products and policies: made, changed, and said in plain language.

use keyward_engine::token::Role;

use super::{Person, SCRIPT, between, is_escaped};
use crate::site::Site;

const POLICY: [(&str, &str); 6] = [
    ("code", "pro"),
    ("scheme", "file"),
    ("name", "Professional"),
    ("duration", "365"),
    ("machines", "3"),
    ("grace", "14"),
];

/// The rules of a policy.
fn rules(site: &Site, product: &str, policy: &str) -> keyward_engine::rules::Rules {
    let catalog = site.engine.catalog();
    let product = catalog.product(product).expect("a product").id;
    catalog.policy_of(product, policy).expect("a policy").rules.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_made_with_a_policy_that_says_what_it_means() {
    for site in Site::all().await {
        let sales = Person::of(&site, Role::SalesAgent).await;
        let page = sales.done("/console/products", &[("code", "cad"), ("name", "CAD <&>")]).await;
        assert!(page.contains("CAD &#60;&#38;&#62;") && page.contains("no policy yet"), "{page}");
        assert_eq!(sales.last_event().await, ("product.create".to_owned(), Some(sales.id)));
        let page = sales.done("/console/products/cad", &POLICY).await;
        for sentence in [
            "A licence is good for 365 days.",
            "It runs on up to 3 devices.",
            "Everything works for 14 days after the end.",
            "Then there is no access.",
        ] {
            assert!(page.contains(sentence), "{sentence}: {page}");
        }
        assert_eq!(sales.last_event().await, ("policy.create".to_owned(), Some(sales.id)));
        let answer = sales.post("/console/products/cad", &POLICY).await;
        assert_eq!(answer.status, 409);
        assert!(
            answer.body.contains("one of this code already")
                && answer.body.contains("value=\"Professional\"")
        );
        assert_eq!(sales.post("/console/products", &[("code", "cad"), ("name", "x")]).await.status, 409);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_changed_unless_a_colleague_changed_it_meanwhile() {
    for site in Site::all().await {
        let sales = Person::of(&site, Role::SalesAgent).await;
        let place = "/console/products/records/pro";
        let page = sales.page(place).await;
        let seen = between(&page, "name=\"seen\" value=\"", "\"").to_owned();
        let before = rules(&site, "records", "pro");
        let mut fields = vec![("seen", seen.as_str()), ("name", "Pro"), ("duration", ""), ("machines", "1")];
        // Nothing else changes than what was typed.
        fields.extend([("grace", "12h"), ("access", "read_only"), ("transfers", "2"), ("window", "30")]);
        let page = sales.done(place, &fields).await;
        assert!(
            page.contains("The policy was changed.") && page.contains("Everything works for 12 hours"),
            "{page}"
        );
        let mut wanted = before;
        (wanted.grace_period, wanted.max_transfers, wanted.transfer_window) =
            (43_200, Some(2), Some(2_592_000));
        wanted.access_after_expiry = keyward_engine::rules::AccessAfterExpiry::ReadOnly;
        assert_eq!(rules(&site, "records", "pro"), wanted);
        assert_eq!(sales.last_event().await, ("policy.change".to_owned(), Some(sales.id)));
        fields[1].1 = "Mine";
        let answer = sales.post(place, &fields).await;
        assert_eq!(answer.status, 409);
        assert!(answer.body.contains("A colleague changed this") && answer.body.contains("value=\"Mine\""));
        assert_eq!(rules(&site, "records", "pro"), wanted);

        // Another node knows nothing of it yet.
        let node = site.node().await;
        let seen = between(&sales.page(place).await, "name=\"seen\" value=\"", "\"").to_owned();
        let catalog = node.engine.catalog();
        let old = catalog.policy_of(catalog.product("records").unwrap().id, "pro").unwrap();
        let caller = keyward_engine::Caller::operator();
        assert!(node.engine.change_policy(&caller, old, "Theirs", &old.rules).await.unwrap());
        fields[0].1 = seen.as_str();
        assert_eq!(sales.post(place, &fields).await.status, 409);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_policy_is_said_and_kept() {
    let site = Site::new().await;
    let sales = Person::of(&site, Role::SalesAgent).await;
    for (field, value) in [
        ("code", "Not A Code"),
        ("code", ""),
        ("code", "../.."),
        ("scheme", "pool"),
        ("name", ""),
        ("name", "\0"),
        ("duration", "soon"),
        ("machines", "-1"),
        ("grace", SCRIPT),
    ] {
        let mut fields = POLICY;
        fields.iter_mut().find(|(name, _)| *name == field).expect("a field").1 = value;
        let answer = sales.post("/console/products/records", &fields).await;
        assert_eq!(answer.status, 422, "{field} {value}");
        assert!(answer.body.contains("role=\"alert\""));
        if value == SCRIPT {
            is_escaped(&answer.body);
        }
    }
    for code in ["Not A Code", "", "a/b", SCRIPT] {
        assert_eq!(
            sales.post("/console/products", &[("code", code), ("name", "x")]).await.status,
            422,
            "{code}"
        );
    }
    assert_eq!(sales.post("/console/products/none", &POLICY).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn features_are_added_and_removed() {
    for site in Site::all().await {
        let sales = Person::of(&site, Role::SalesAgent).await;
        let place = "/console/products/records/pro/features";
        assert!(sales.done(place, &[("add", "export_pdf")]).await.contains(">export_pdf</span>"));
        assert_eq!(sales.last_event().await, ("entitlement.attach".to_owned(), Some(sales.id)));
        assert!(!sales.done(place, &[("remove", "export_pdf")]).await.contains(">export_pdf</span>"));
        sales.done(place, &[("remove", "export_pdf")]).await;
        for bad in ["", "two words", SCRIPT] {
            assert_eq!(sales.post(place, &[("add", bad)]).await.status, 422, "{bad}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_shown_as_they_are_written() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    is_escaped(&admin.done("/console/products", &[("code", "x"), ("name", SCRIPT)]).await);
    let fields = POLICY.map(|(name, value)| (name, if name == "name" { SCRIPT } else { value }));
    is_escaped(&admin.done("/console/products/x", &fields).await);
    is_escaped(&admin.page("/console/products").await);
    is_escaped(&admin.page("/console/products/x").await);
    is_escaped(&admin.page("/console/licenses?product=x").await);
}
