//! Markup that others wrote into what is kept: every page that shows it says it as a text.

use keyward_core::scheme::Scheme;
use keyward_engine::Caller;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::Lk2Request;
use keyward_engine::license::{Activate, Named, PoolRequest, Suspension};
use keyward_engine::rules::{ExpirationBasis, Rules};
use keyward_engine::token::Role;

use super::{Person, SCRIPT, is_escaped};
use crate::site::Site;

/// Says it within JSON, where a quotation mark has a backslash in front.
fn is_escaped_in_json(page: &str) {
    assert!(!page.contains("<script>alert") && !page.contains(SCRIPT), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_calls_itself_is_no_markup_of_the_log() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let evil = Caller { user_agent: Some(SCRIPT.to_owned()), ..Caller::operator() };
    let token = site.engine.create_token(&evil, Role::ReadOnly, "x", None).await.expect("a token").row.id;
    let entries = site.engine.audit_log(None, 1).await.expect("the log");
    assert_eq!(entries[0].user_agent.as_deref(), Some(SCRIPT), "it is kept as it was sent");
    for path in ["/console/audit".to_owned(), format!("/console/audit?resource={token}")] {
        let page = admin.page(&path).await;
        assert!(page.contains("token.create"), "{page}");
        is_escaped(&page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_a_pool_its_durations_and_its_lots_are_texts() {
    let site = Site::new().await;
    let reader = Person::of(&site, Role::ReadOnly).await;
    let (engine, caller) = (&site.engine, Caller::operator());
    engine.create_product(&caller, "evil", SCRIPT).await.expect("a product");
    let rules = Rules {
        duration: Some(30 * 86_400),
        expiration_basis: ExpirationBasis::FromFirstActivation,
        single_use: true,
        ..Rules::default()
    };
    engine.create_policy(&caller, "evil", "30", SCRIPT, Scheme::Pool, &rules).await.expect("a policy");
    let request = PoolRequest {
        id: None,
        product: "evil".to_owned(),
        policies: vec!["30".to_owned()],
        each: 1,
        name: SCRIPT.to_owned(),
    };
    let mut keys = Vec::new();
    let progress = |part: &[String], _: &_| {
        keys.extend_from_slice(part);
        Ok::<_, keyward_engine::EngineError>(())
    };
    engine.issue_pool(&caller, &request, progress).await.expect("a batch");
    let id = engine.find(&Named::Key(keys.remove(0))).await.expect("a licence").license.id;
    let pages = [
        "/console/pools".to_owned(),
        "/console/products".to_owned(),
        "/console/products/evil".to_owned(),
        "/console/products/evil/30".to_owned(),
        "/console/licenses?product=evil".to_owned(),
        "/console/".to_owned(),
        format!("/console/licenses/{id}"),
    ];
    for path in pages {
        let page = reader.page(&path).await;
        assert!(!page.contains("<script>alert") && !page.contains(SCRIPT), "{path}: {page}");
        if path != "/console/" {
            is_escaped(&page);
        }
    }
    let page = reader.page(&format!("/console/licenses/{id}")).await;
    assert!(super::between(&page, "<dt>Batch</dt>", "</div>").contains("&#60;script&#62;"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_of_a_key_is_a_text_on_its_installations_page() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let request = Lk2Request {
        tier: "PRO-10".to_owned(),
        max_devices: 10,
        company: Some("<script>alert(1)</script>".to_owned()),
        expires: None,
        unique_id: None,
    };
    let form = NewForm::Lk2 { order: Order::default(), request };
    let key = site.engine.issue_form(&Caller::operator(), form).await.expect("a key").key;
    let page = admin.done("/console/license-key", &[("key", &key)]).await;
    is_escaped_in_json(&page);
    is_escaped_in_json(&admin.page("/console/license-key").await);
    is_escaped_in_json(&admin.post("/console/test", &[("text", &key)]).await.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_devices_name_and_the_reason_of_a_suspension_are_texts() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let (engine, caller) = (&site.engine, Caller::operator());
    let made = site.tier_key("pro", "c-1").await;
    let request = Activate { key: made.key, fingerprint: "mac-1".to_owned(), name: Some(SCRIPT.to_owned()) };
    engine.activate(&caller, request, None).await.expect("an answer");
    let place = format!("/console/licenses/{}", made.id);
    for path in [&*place, "/console/devices"] {
        is_escaped(&admin.page(path).await);
    }
    let path = format!("{place}/suspend");
    let answer = admin.post(&path, &[("why", SCRIPT), ("seen", "of another day")]).await;
    assert_eq!(answer.status, 409);
    is_escaped(&answer.body);
    let why = Some(SCRIPT.to_owned());
    engine.suspend(&caller, Named::Id(made.id), Suspension::Suspend, why).await.expect("suspended");
    is_escaped_in_json(&admin.page(&format!("/console/audit?resource={}", made.id)).await);
    let page = admin.page(&place).await;
    is_escaped(&page);
    let csv = admin.get("/console/audit/export?event=license.suspend&as=csv").await;
    assert!(csv.header("content-type") == Some("text/csv; charset=utf-8") && csv.body.contains("<script>"));
}
