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
        ("scheme", "zip"),
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

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_made_for_every_kind_of_key_and_offered_where_keys_are_made() {
    let site = Site::new().await;
    let sales = Person::of(&site, Role::SalesAgent).await;
    for (product, scheme) in [
        ("records", "record"),
        ("pool", "pool"),
        ("tier", "tier"),
        ("records", "file"),
        ("lk", "lk1"),
        ("lk", "lk2"),
        ("lk", "lk3"),
    ] {
        assert!(
            sales.page(&format!("/console/products/{product}")).await.contains(&format!("<option>{scheme}"))
        );
        let code = format!("gold{scheme}");
        let fields = [("code", code.as_str()), ("scheme", scheme), ("name", &code), ("duration", "90")];
        let page = sales.done(&format!("/console/products/{product}"), &fields).await;
        assert!(
            page.contains("The policy was made.") && page.contains(&format!("<dd>{scheme}</dd>")),
            "{page}"
        );
        assert_eq!(page.contains("A key works once"), scheme == "pool", "{page}");
        let page = sales.page(&format!("/console/generate/{scheme}")).await;
        // A file finds its policy by its grace.
        assert_eq!(page.contains(&code), scheme != "file", "{scheme}: {page}");
    }
    let page = sales.page("/console/products/pool/goldpool").await;
    assert!(page.contains("name=\"single-use\" value=\"1\" checked") && !page.contains("name=\"basis\""));
    let pool = rules(&site, "pool", "goldpool");
    assert!(pool.single_use);
    assert_eq!(pool.expiration_basis, keyward_engine::rules::ExpirationBasis::FromFirstActivation);
    for (product, scheme, code, duration, why) in [
        ("tier", "tier", "two-words", "", "cannot say this one"),
        ("lk", "lk1", "two-words", "", "cannot say this one"),
        ("pool", "pool", "hours", "12h", "whole days"),
        ("pool", "pool", "for-ever", "", "whole days"),
    ] {
        let fields = [("code", code), ("scheme", scheme), ("name", "x"), ("duration", duration)];
        let answer = sales.post(&format!("/console/products/{product}"), &fields).await;
        assert_eq!(answer.status, 422, "{code}");
        assert!(answer.body.contains(why) && answer.body.contains(code), "{why}: {}", answer.body);
    }
}

/// The form of a policy as its page shows it, every field that is chosen or filled in.
fn form(page: &str) -> Vec<(String, String)> {
    let form = between(page, "<details><summary><b>", "</form>");
    let mut fields = Vec::new();
    for tag in form.split('<').filter_map(|tag| tag.strip_prefix("input ")) {
        let value = |name: &str| {
            tag.contains(&format!(" {name}=\"")).then(|| between(tag, &format!(" {name}=\""), "\""))
        };
        let tag = format!(" {tag}");
        let is_choice = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
        if is_choice && !tag.contains(" checked") {
            continue;
        }
        let name = between(&tag, " name=\"", "\"").to_owned();
        fields.push((name, value("value").unwrap_or_default().to_owned()));
    }
    fields
}

fn with(mut fields: Vec<(String, String)>, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    for (name, value) in changes {
        fields.retain(|(it, _)| it != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .filter(|(name, _)| name != "csrf")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rarer_rules_are_changed_in_plain_language() {
    use keyward_engine::rules::{Arithmetic, ExpirationBasis, ExpirationStrategy};
    use keyward_engine::rules::{MachineUniqueness, Overage, RenewalBasis, Rules, TransferStrategy};
    for site in Site::all().await {
        let sales = Person::of(&site, Role::SalesAgent).await;
        site.tier_key("pro", "c-1").await;
        let place = "/console/products/tier/pro";
        let page = sales.page(place).await;
        assert!(page.contains("<dt>Licences under it</dt><dd>1</dd>"), "{page}");
        assert!(
            page.contains("These hold at once for every licence") && !page.contains("name=\"single-use\"")
        );
        let before = rules(&site, "tier", "pro");
        // Sent as it stands, nothing changes.
        sales.done(place, &pairs(&form(&page))).await;
        assert_eq!(rules(&site, "tier", "pro"), before);
        let changed = with(
            form(&sales.page(place).await),
            &[
                ("strict", "1"),
                ("machines", "4"),
                ("expiration", "MAINTAIN_ACCESS"),
                ("overage", "ALLOW_1_5X_OVERAGE"),
                ("basis", "FROM_FIRST_ACTIVATION"),
                ("arithmetic", "months"),
                ("renewal", "FROM_NOW"),
                ("moved", "RESET_EXPIRY"),
                ("unique", "UNIQUE_PER_PRODUCT"),
            ],
        );
        let page = sales.done(place, &pairs(&changed)).await;
        let wanted = Rules {
            strict: true,
            max_machines: Some(4),
            expiration_strategy: ExpirationStrategy::MaintainAccess,
            overage_strategy: Overage::By1_5,
            expiration_basis: ExpirationBasis::FromFirstActivation,
            duration_arithmetic: Arithmetic::Months,
            renewal_basis: RenewalBasis::FromNow,
            transfer_strategy: TransferStrategy::ResetExpiry,
            machine_uniqueness_strategy: MachineUniqueness::PerProduct,
            ..before
        };
        assert_eq!(rules(&site, "tier", "pro"), wanted);
        assert!(between(&page, "class=\"rules\"", "</ul>").contains("may be exceeded by half"), "{page}");
        assert_eq!(sales.last_event().await, ("policy.change".to_owned(), Some(sales.id)));
        // A tick that is taken away is not sent.
        let without = form(&page).into_iter().filter(|(name, _)| name != "strict").collect::<Vec<_>>();
        sales.done(place, &pairs(&without)).await;
        assert_eq!(rules(&site, "tier", "pro"), Rules { strict: false, ..wanted.clone() });
        for (name, value) in
            [("basis", "FROM_FIRST_USE"), ("overage", "DEFAULT"), ("unique", SCRIPT), ("machines", "1")]
        {
            let bad = with(form(&sales.page(place).await), &[(name, value)]);
            let answer = sales.post(place, &pairs(&bad)).await;
            assert_eq!(answer.status, 422, "{name} {value}");
        }
        assert_eq!(rules(&site, "tier", "pro"), Rules { strict: false, ..wanted });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_a_policy_at_once_one_is_told() {
    for site in Site::all().await {
        let node = site.node().await;
        let (one, two) =
            (Person::of(&site, Role::SalesAgent).await, Person::of(&node, Role::Developer).await);
        let place = "/console/products/tier/pro";
        for round in 0..5 {
            let fields = form(&one.page(place).await);
            let grace = [(round * 2 + 1).to_string(), (round * 2 + 2).to_string()];
            let mine = with(fields.clone(), &[("grace", &grace[0])]);
            let theirs = with(fields, &[("grace", &grace[1])]);
            let (mine, theirs) = (pairs(&mine), pairs(&theirs));
            let (first, second) = tokio::join!(one.post(place, &mine), two.post(place, &theirs));
            let mut statuses = [first.status, second.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [303, 409], "{} {}", first.body, second.body);
            let days = if first.status == 303 { &grace[0] } else { &grace[1] };
            site.engine.refresh().await.expect("reads");
            let stands = rules(&site, "tier", "pro").grace_period;
            assert_eq!(stands, days.parse::<i64>().expect("days") * 86_400);
        }
    }
}
