//! Customers, installations, pools and settings.

use keyward_engine::license::NewLicense;
use keyward_engine::token::Role;
use keyward_engine::{Caller, NewUser};

use super::{Person, SCRIPT, between, is_escaped};
use crate::site::Site;

async fn customer(site: &Site, id: &str, email: Option<&str>, name: Option<&str>) -> uuid::Uuid {
    let user = NewUser {
        external_id: Some(id.to_owned()),
        email: email.map(str::to_owned),
        name: name.map(str::to_owned),
    };
    let wanted = NewLicense { user: Some(user.clone()), ..NewLicense::default() };
    site.engine.issue_tier(&Caller::operator(), "tier", "PRO", wanted).await.expect("a key");
    site.clock.advance(1);
    site.engine.user(&user).await.expect("a customer").id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_banned_and_let_in_again() {
    for site in Site::all().await {
        let support = Person::of(&site, Role::SupportAgent).await;
        let id = customer(&site, "c-17", Some("ann@example.com"), Some("Ann Other")).await;
        customer(&site, "d-18", None, None).await;
        for q in ["", "c-1", "ann@", "ANN", "ann%20o"] {
            let page = support.page(&format!("/console/customers?q={q}")).await;
            assert!(page.contains("ann@example.com"), "{q}: {page}");
            assert_eq!(page.contains("d-18"), q.is_empty(), "{q}");
        }
        let page = support.page("/console/customers?q=zzz").await;
        assert!(page.contains("Nobody was found"));
        let page = support.page("/console/customers?q=c-17").await;
        let licenses = between(&page, "href=\"/console/licenses?", "\"");
        assert!(support.page(&format!("/console/licenses?{licenses}")).await.contains("ann@example.com"));
        let page = support.done(&format!("/console/customers/{id}/ban"), &[("q", "c-17")]).await;
        assert!(page.contains("The customer was banned.") && page.contains("value=\"c-17\""), "{page}");
        assert_eq!(support.last_event().await, ("user.ban".to_owned(), Some(support.id)));
        let page = support.done(&format!("/console/customers/{id}/lift"), &[]).await;
        assert!(page.contains("The ban was lifted."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_with_the_console_is_no_customer() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let support = Person::of(&site, Role::SupportAgent).await;
    assert!(!support.page("/console/customers").await.contains("admin@example.com"));
    assert_eq!(support.post(&format!("/console/customers/{}/ban", admin.id), &[]).await.status, 404);
    assert_eq!(admin.get("/console/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_customers_stand_on_several_pages() {
    let site = Site::new().await;
    for number in 0..52 {
        customer(&site, &format!("c-{number}."), None, None).await;
    }
    let reader = Person::of(&site, Role::ReadOnly).await;
    let first = reader.page("/console/customers").await;
    assert!(first.contains("c-51.") && !first.contains("c-1."));
    let second = reader.page(between(&first, "rel=\"next\" href=\"", "\"")).await;
    assert!(
        second.contains("c-1.") && second.contains("c-0.") && !second.contains("rel=\"next\""),
        "{second}"
    );
    assert!(!second.contains("/ban\""), "a reader bans nobody");
    assert!(reader.page("/console/customers?q=c").await.contains("These are the first 50"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_free_devices_of_an_installation_are_changed() {
    for site in Site::all().await {
        let sales = Person::of(&site, Role::SalesAgent).await;
        site.engine.create_installation(&Caller::operator(), "acme", None).await.unwrap();
        let page = sales.page("/console/installations").await;
        assert!(page.contains("acme") && page.contains("0 / 3"), "{page}");
        let path = "/console/installations/free";
        let page = sales.done(path, &[("name", "acme"), ("free", "7"), ("seen", "")]).await;
        assert!(page.contains("0 / 7") && page.contains("were changed"), "{page}");
        assert_eq!(sales.last_event().await, ("installation.change".to_owned(), Some(sales.id)));
        let answer = sales.post(path, &[("name", "acme"), ("free", "9"), ("seen", "")]).await;
        assert_eq!(answer.status, 409);
        assert!(answer.body.contains("value=\"9\""), "what was typed is kept");
        let answer = sales.post(path, &[("name", "acme"), ("free", "many"), ("seen", "7")]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("value=\"many\""));
        sales.done(path, &[("name", "acme"), ("free", ""), ("seen", "7")]).await;
        assert_eq!(sales.post(path, &[("name", "none"), ("free", "1"), ("seen", "")]).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_free_devices_at_once_one_is_told() {
    for site in Site::all().await {
        let sales = Person::of(&site, Role::SalesAgent).await;
        let admin = Person::of(&site, Role::Admin).await;
        site.engine.create_installation(&Caller::operator(), "acme", None).await.unwrap();
        let (path, mut seen) = ("/console/installations/free", String::new());
        for turn in 1..9 {
            let (one, other) = (turn.to_string(), (turn + 100).to_string());
            let fields = |free| [("name", "acme"), ("free", free), ("seen", seen.as_str())];
            let (fields_one, fields_other) = (fields(one.as_str()), fields(other.as_str()));
            let (first, second) =
                tokio::join!(sales.post(path, &fields_one), admin.post(path, &fields_other));
            let kept =
                site.engine.installation_named("acme").await.unwrap().free_devices.unwrap().to_string();
            let (won, told) = if first.status == 303 { (one, second) } else { (other, first) };
            assert_eq!((&kept, told.status), (&won, 409));
            assert!(told.body.contains("A colleague changed this"), "{}", told.body);
            let entry = site.engine.audit_log(None, 1).await.unwrap().remove(0);
            let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap();
            assert_eq!(detail["before"].as_u64().map(|it| it.to_string()).unwrap_or_default(), seen);
            seen = kept;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_says_what_is_left_and_when_it_is_low() {
    let site = Site::new().await;
    let reader = Person::of(&site, Role::ReadOnly).await;
    let page = reader.page("/console/pools").await;
    assert!(page.contains("Central pool") && !page.contains("Low stock"), "{page}");
    for _ in 0..11 {
        let key = site.pool_key("30").await;
        let named = keyward_engine::license::Named::Id(key.id);
        let suspend = keyward_engine::license::Suspension::Suspend;
        site.engine.suspend(&Caller::operator(), named, suspend, None).await.unwrap();
    }
    site.pool_key("30").await;
    let page = reader.page("/console/pools").await;
    assert!(page.contains("Low stock") && page.contains("Fewer than 10 % are left of: "), "{page}");
    let unused =
        between(&page, "<a href=\"/console/licenses?product=pool&#38;policy=30&#38;status=unused\">", "<");
    assert_eq!(unused, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_say_no_secret() {
    let site = Site::with(|config| {
        config.secrets.tier_secret = Some(keyward_server::config::SecretText::new("the-secret-of-c"));
    })
    .await;
    let reader = Person::of(&site, Role::ReadOnly).await;
    let page = reader.page("/console/settings").await;
    assert!(page.contains("body_limit") && page.contains("dialects.tier"), "{page}");
    assert!(!page.contains("the-secret-of-c"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_is_shown_as_they_wrote_it() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let id = customer(&site, SCRIPT, None, Some(SCRIPT)).await;
    site.engine.create_installation(&Caller::operator(), SCRIPT, None).await.unwrap();
    let long = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%3E";
    for path in ["/console/customers", "/console/installations"] {
        is_escaped(&admin.page(path).await);
    }
    for path in ["/console/customers", "/console/licenses", "/console/audit"] {
        let name = if path.ends_with("audit") { "event" } else { "q" };
        is_escaped(&admin.page(&format!("{path}?{name}={long}")).await);
    }
    let listed = site.engine.list(&keyward_engine::license::Listing { limit: 1, ..Default::default() }).await;
    let license = listed.unwrap().licenses.remove(0).found.license;
    assert_eq!(license.user_id, Some(id));
    is_escaped(&admin.page(&format!("/console/licenses/{}", license.id)).await);
    let answer = admin
        .post("/console/tokens", &[("name", "x"), ("may", "installation"), ("installation", SCRIPT)])
        .await;
    is_escaped(&answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_a_licence_at_once_one_is_told() {
    for site in Site::all().await {
        let node = site.node().await;
        let (one, two) = (Person::of(&site, Role::SupportAgent).await, Person::of(&node, Role::Admin).await);
        let key = site.tier_key("pro", "c-1").await;
        let place = format!("/console/licenses/{}", key.id);
        for action in ["extend", "transfer", "suspend"] {
            let page = one.page(&place).await;
            let seen = between(&page, "name=\"seen\" value=\"", "\"").to_owned();
            let mine = [("seen", seen.as_str()), ("days", "10"), ("email", "a@example.com")];
            let theirs = [("seen", seen.as_str()), ("days", "20"), ("email", "b@example.com")];
            let path = format!("{place}/{action}");
            let (first, second) = tokio::join!(one.post(&path, &mine), two.post(&path, &theirs));
            let mut statuses = [first.status, second.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [303, 409], "{action}: {} {}", first.body, second.body);
            let refused = if first.status == 409 { first } else { second };
            assert!(refused.body.contains("A colleague changed"), "{}", refused.body);
        }
        let found =
            site.engine.find(&keyward_engine::license::Named::Id(key.id)).await.expect("found").license;
        assert_eq!((found.transfers, found.suspension_reason.as_deref()), (1, Some("suspended")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_activated_in_the_installation_that_is_named() {
    for site in Site::all().await {
        let (support, reader) =
            (Person::of(&site, Role::SupportAgent).await, Person::of(&site, Role::ReadOnly).await);
        let caller = Caller::operator();
        site.engine.create_installation(&caller, "Acme & Sons", None).await.unwrap();
        let order = keyward_engine::form::Order {
            installation: Some("Acme & Sons".to_owned()),
            ..Default::default()
        };
        let request = keyward_engine::issue::Lk2Request {
            tier: "PRO-10".to_owned(),
            max_devices: 10,
            company: None,
            expires: None,
            unique_id: None,
        };
        let form = keyward_engine::form::NewForm::Lk2 { order, request };
        let key = site.engine.issue_form(&caller, form).await.expect("a key").key;
        let page = reader.page("/console/installations").await;
        let link = between(&page, "href=\"/console/license-key?", "\"");
        assert_eq!(link, "installation=Acme+%26+Sons");
        let page = reader.page(&format!("/console/license-key?{link}")).await;
        assert!(page.contains("Acme &#38; Sons</bdi></h1>") && !page.contains("name=\"key\""), "{page}");
        let wrong = support.post("/console/license-key", &[("key", &key)]).await;
        assert_eq!(wrong.status, 422, "it is not of the own one");
        let fields = [("key", key.as_str()), ("installation", "Acme & Sons")];
        let page = support.done("/console/license-key", &fields).await;
        assert!(page.contains("13 (3 free + 10)") && page.contains("License activated"), "{page}");
        assert!(support.page("/console/license-key").await.contains("<strong>3 (3 free)</strong>"));
        for name in ["nobody", SCRIPT, "\0"] {
            let answer = support.post("/console/license-key", &[("key", &key), ("installation", name)]).await;
            assert_eq!(answer.status, 404, "{name}");
            assert!(answer.body.contains("no installation of this name"), "{}", answer.body);
            if name == SCRIPT {
                is_escaped(&answer.body);
            }
        }
    }
}
