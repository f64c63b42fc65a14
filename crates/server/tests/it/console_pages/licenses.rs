//! The list of licences: what is typed, filtered and ticked.

use keyward_engine::license::{Activate, Activation, Named, NewLicense, PoolRequest, Suspension, Term};
use keyward_engine::token::Role;
use keyward_engine::{Caller, EngineError, NewUser, Repeatable};
use uuid::Uuid;

use super::{Person, SCRIPT, between, is_escaped};
use crate::site::Site;

/// A licence of system C's kind: of a customer, with a name and metadata.
async fn license(site: &Site, name: &str, email: &str, metadata: &str) -> Uuid {
    let user = NewUser { email: Some(email.to_owned()), ..NewUser::default() };
    let wanted = NewLicense {
        user: Some(user),
        name: Some(name.to_owned()),
        metadata: Some(metadata.to_owned()),
        ..NewLicense::default()
    };
    let made = site.engine.issue_tier(&Caller::operator(), "tier", "PRO", wanted).await.expect("a key");
    site.clock.advance(1);
    made.id
}

/// The names that a list shows.
fn named<'n>(page: &str, names: &[&'n str]) -> Vec<&'n str> {
    names.iter().copied().filter(|name| page.contains(&format!("<bdi>{name}</bdi>"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn words_companies_domains_and_metadata_are_found() {
    for site in Site::all().await {
        let support = Person::of(&site, Role::SupportAgent).await;
        license(&site, "Müller & Söhne", "ann@acme.example", r#"{"company":"Northwind Traders"}"#).await;
        license(&site, "Berlin office", "bob@other.example", r#"{"order":"A-1001","seats":5}"#).await;
        let all = ["Müller &#38; Söhne", "Berlin office"];
        for (typed, wanted) in [
            ("", &all[..]),
            ("muller", &all[..1]),
            ("SÖHNE mull", &all[..1]),
            ("traders", &all[..1]),
            ("acme.example", &all[..1]),
            ("ann", &all[..1]),
            ("office berl", &all[1..]),
            ("office muller", &[]),
            ("order:A-1001", &all[1..]),
            ("order:a-10", &all[1..]),
            ("ORDER: A-1001", &all[1..]),
            ("seats:5", &all[1..]),
            ("seats:6", &[]),
            ("example", &all[..]),
            ("ffice", &[]),
            ("Berlin: office", &all[1..]),
        ] {
            let page = support.page(&format!("/console/licenses?q={}", encoded(typed))).await;
            assert_eq!(named(&page, &all), wanted, "{typed}");
            // Sent without a script: what finds something may stand in an address.
            let posted = support.post("/console/licenses", &[("q", typed)]).await;
            let is_found = typed.is_empty() || !wanted.is_empty();
            assert_eq!(posted.status, if is_found { 303 } else { 200 }, "{typed}");
            if let Some(place) = posted.header("location") {
                assert_eq!(named(&support.page(place).await, &all), wanted, "as typed: {typed}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_without_a_name_is_called_by_whom_it_was_made_for() {
    for site in Site::all().await {
        let support = Person::of(&site, Role::SupportAgent).await;
        let hidden = r#"{"company":"","issuedTo":7,"customer":"Nobody","name":"Not this"}"#;
        for (name, metadata, wanted) in [
            (Some("Own name"), r#"{"company":"Northwind"}"#, "Own name"),
            (None, r#"{"company":"Northwind <b>","issuedTo":"Ann"}"#, "Northwind &#60;b&#62;"),
            (None, r#"{"company":" ","issuedTo":"Ann Other"}"#, "Ann Other"),
            (None, hidden, ""),
        ] {
            let wanted_license = NewLicense {
                name: name.map(str::to_owned),
                metadata: Some(metadata.to_owned()),
                ..NewLicense::default()
            };
            let made =
                site.engine.issue_tier(&Caller::operator(), "tier", "PRO", wanted_license).await.unwrap();
            site.clock.advance(1);
            let list = support.page("/console/licenses").await;
            let cell = between(&list, &format!("href=\"/console/licenses/{}\">", made.id), "</a>");
            let title = support.page(&format!("/console/licenses/{}", made.id)).await;
            let title = between(&title, "<h1><bdi>", "</bdi>");
            if wanted.is_empty() {
                assert!(title.starts_with("Licence …") && cell.starts_with("<code>…"), "{title} {cell}");
            } else {
                assert_eq!((cell, title), (format!("<bdi>{wanted}</bdi>").as_str(), wanted));
            }
        }
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_sorted_and_filtered_by_installation() {
    let site = Site::new().await;
    let reader = Person::of(&site, Role::ReadOnly).await;
    for (name, days) in [("later", 90), ("sooner", 20)] {
        let term = Term::Days(days);
        let user = Some(NewUser { email: Some(format!("{name}@example.com")), ..NewUser::default() });
        let wanted = NewLicense { name: Some(name.to_owned()), term, user, ..NewLicense::default() };
        site.engine.issue_tier(&Caller::operator(), "tier", "PRO", wanted).await.expect("a key");
        site.clock.advance(1);
    }
    let order = async |sort: &str| {
        let page = reader.page(&format!("/console/licenses?sort={sort}")).await;
        page.find("<bdi>later</bdi>").expect("a row") < page.find("<bdi>sooner</bdi>").expect("a row")
    };
    assert!(!order("").await, "the newest first");
    assert!(order("oldest").await);
    assert!(!order("ends").await, "the next end first");
    for (sort, wanted) in [("", false), ("oldest", true), ("ends", false)] {
        assert_eq!(order(&format!("{sort}&q=example")).await, wanted, "a search: {sort}");
    }
    for wrong in ["within=soon", "within=0", "status=none", "scheme=none", "user=none"] {
        let page = reader.page(&format!("/console/licenses?{wrong}")).await;
        assert!(named(&page, &["later", "sooner"]).is_empty(), "{wrong}");
        assert_eq!(page.contains("Give the days as a whole number"), wrong.starts_with("within"), "{wrong}");
        let file = reader.get(&format!("/console/licenses/export?{wrong}")).await.body;
        assert_eq!(file.lines().count(), 1, "{file}");
    }
    assert_eq!(named(&reader.page("/console/licenses?within=30").await, &["later", "sooner"]), ["sooner"]);
    site.engine.create_installation(&Caller::operator(), "acme", None).await.unwrap();
    let page = reader.page("/console/licenses?installation=acme").await;
    assert!(!page.contains("<bdi>later</bdi>") && page.contains("value=\"acme\""), "{page}");
    let page = reader.page("/console/installations").await;
    assert!(page.contains("/console/licenses?installation=acme"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_looked_through_and_changed_together() {
    for site in Site::all().await {
        let support = Person::of(&site, Role::SupportAgent).await;
        let mut ids = Vec::new();
        for name in ["one", "two", "three"] {
            ids.push(license(&site, name, &format!("{name}@example.com"), "{}").await.to_string());
        }
        let nothing = [("which", "ticked"), ("action", "suspend")];
        let answer = support.post("/console/licenses/bulk", &nothing).await;
        assert!(answer.status == 422 && answer.body.contains("No licence is ticked"), "{}", answer.body);

        let ticked =
            [("license", &*ids[0]), ("license", &*ids[1]), ("which", "ticked"), ("action", "suspend")];
        let sure = support.post("/console/licenses/bulk", &ticked).await;
        assert!(sure.status == 200 && sure.body.contains("Licences: 2"), "{}", sure.body);
        assert!(sure.body.contains("stops working at the next check"), "{}", sure.body);
        let is_suspended = async |id: &str| {
            let found = site.engine.show(&Named::Id(id.parse().unwrap())).await.unwrap().found;
            found.license.suspension_reason.is_some()
        };
        assert!(!is_suspended(&ids[0]).await, "nothing is done yet");

        // A colleague is faster with one of them.
        let first = Named::Id(ids[0].parse().unwrap());
        site.engine.suspend(&Caller::operator(), first, Suspension::Revoke, None).await.unwrap();
        let mut form = vec![("step", "do"), ("action", "suspend"), ("why", "not paid")];
        let seen: Vec<&str> = sure
            .body
            .split("name=\"license\" value=\"")
            .skip(1)
            .filter_map(|it| it.split('"').next())
            .collect();
        form.extend(seen.iter().map(|seen| ("license", *seen)));
        let done = support.post("/console/licenses/bulk", &form).await;
        assert!(done.body.contains("Done: 1") && done.body.contains("Not done: 1"), "{}", done.body);
        assert!(done.body.contains("A colleague changed it meanwhile"), "{}", done.body);
        assert!(is_suspended(&ids[1]).await && !is_suspended(&ids[2]).await);
        assert_eq!(support.last_event().await, ("license.suspend".to_owned(), Some(support.id)));

        // All that a list finds.
        let all = [("which", "all"), ("q", "three"), ("action", "extend")];
        let sure = support.post("/console/licenses/bulk", &all).await.body;
        assert!(sure.contains("Licences: 1") && sure.contains("<bdi>three</bdi>"), "{sure}");
        let seen = between(&sure, "name=\"license\" value=\"", "\"").to_owned();
        let form = [("step", "do"), ("action", "extend"), ("days", "x"), ("license", &*seen)];
        let answer = support.post("/console/licenses/bulk", &form).await;
        assert!(answer.status == 422 && answer.body.contains("value=\"x\""), "{}", answer.body);
        assert!(answer.body.contains("Give a whole number of days"), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_extended_and_each_says_whether_the_customer_gets_something() {
    let site = Site::new().await;
    let support = Person::of(&site, Role::SupportAgent).await;
    let wanted = NewLicense { name: Some("ends".to_owned()), term: Term::Days(10), ..NewLicense::default() };
    let made = site.engine.issue_tier(&Caller::operator(), "tier", "PRO", wanted).await.expect("a key");
    let wanted = NewLicense { term: Term::Never, ..NewLicense::default() };
    let endless = site.engine.issue_tier(&Caller::operator(), "tier", "PRO", wanted).await.expect("a key").id;
    let id = made.id;
    let all = [("which", "all"), ("action", "extend")];
    let sure = support.post("/console/licenses/bulk", &all).await.body;
    let mut form = vec![("step", "do"), ("action", "extend"), ("days", "20")];
    let seen: Vec<&str> =
        sure.split("name=\"license\" value=\"").skip(1).filter_map(|it| it.split('"').next()).collect();
    form.extend(seen.iter().map(|seen| ("license", *seen)));
    let done = support.post("/console/licenses/bulk", &form).await.body;
    assert!(done.contains("Done: 1") && done.contains("Not done: 1"), "{done}");
    let end = site.engine.listed(id).await.unwrap().found.license.expiry;
    assert_eq!(end, made.expiry.map(|end| end.plus_days(20)));
    assert_eq!(site.engine.listed(endless).await.unwrap().found.license.expiry, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_and_what_is_ticked_are_exported_without_keys_and_formulas() {
    let site = Site::new().await;
    let support = Person::of(&site, Role::SupportAgent).await;
    let one = license(&site, "=1+1", "one@example.com", r#"{"order":"7"}"#).await.to_string();
    license(&site, "two", "two@example.com", "{}").await;
    let whole = support.get("/console/licenses/export").await;
    assert!(
        whole.head.to_ascii_lowercase().contains("attachment; filename=\"licenses.csv\""),
        "{}",
        whole.head
    );
    assert_eq!(whole.body.lines().count(), 3, "{}", whole.body);
    assert!(whole.body.contains(",'=1+1,") && whole.body.contains("one@example.com"), "{}", whole.body);
    assert_eq!(support.last_event().await, ("license.export".to_owned(), Some(support.id)));
    let found = support.get("/console/licenses/export?q=two").await.body;
    assert_eq!(found.lines().count(), 2, "{found}");
    let ticked = [("which", "ticked"), ("action", "export"), ("license", &*one)];
    let ticked = support.post("/console/licenses/bulk", &ticked).await.body;
    assert!(ticked.lines().count() == 2 && ticked.contains(&one), "{ticked}");
    let key = site.engine.reveal(&Caller::operator(), &Named::Id(one.parse().unwrap())).await.unwrap();
    assert!(!whole.body.contains(key.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_listed_and_lead_to_their_licences() {
    for site in Site::all().await {
        let reader = Person::of(&site, Role::ReadOnly).await;
        assert!(reader.page("/console/devices").await.contains("No licence runs on a device yet."));
        for (name, fingerprint) in [("pool", "shop.example"), (SCRIPT, SCRIPT)] {
            let wanted = NewLicense { name: Some(name.to_owned()), ..NewLicense::default() };
            let operator = Caller::operator();
            let key = site.engine.issue_pool_key(&operator, "pool", "30", wanted).await.expect("a key").key;
            let request = Activate { key, fingerprint: fingerprint.to_owned(), name: None };
            let answer = site.engine.activate(&operator, request, None).await.expect("an answer");
            assert!(matches!(answer, Repeatable::Fresh(Activation::Done(_))), "{answer:?}");
            site.clock.advance(1);
        }
        let page = reader.page("/console/devices").await;
        assert!(page.contains("shop.example"), "{page}");
        is_escaped(&page);
        let page = reader.page("/console/devices?q=shop").await;
        assert!(page.contains("shop.example") && !page.contains("alert"), "{page}");
        let license = between(&page, "href=\"/console/licenses/", "\"");
        assert!(reader.page(&format!("/console/licenses/{license}")).await.contains("shop.example"));
        assert!(reader.page("/console/devices?q=zzz").await.contains("No device begins so."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_key_is_typed_without_a_script_and_stands_in_no_address() {
    let site = Site::new().await;
    let reader = Person::of(&site, Role::ReadOnly).await;
    let wanted = NewLicense { name: Some("one".to_owned()), ..NewLicense::default() };
    let made = site.engine.issue_tier(&Caller::operator(), "tier", "PRO", wanted).await.expect("a key");
    let page = reader.page("/console/licenses").await;
    let form = between(&page, "<form class=\"filters\"", "</form>");
    assert!(form.contains("method=\"post\"") && form.contains("name=\"csrf\""), "{form}");
    let answer = reader.post("/console/licenses", &[("q", &made.key)]).await;
    assert_eq!(answer.header("location"), Some(&*format!("/console/licenses/{}", made.id)));
    let beginning = &made.key[..made.key.len() - 3];
    let answer = reader.post("/console/licenses", &[("q", beginning)]).await;
    assert!(answer.status == 200 && answer.header("location").is_none());
    assert!(answer.body.contains("Nothing was found"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_list_the_rest_follows_and_nothing_is_done_twice() {
    let site = Site::new().await;
    let support = Person::of(&site, Role::SupportAgent).await;
    let request = PoolRequest {
        id: None,
        product: "pool".to_owned(),
        policies: vec!["30".to_owned()],
        each: 520,
        name: "a lot".to_owned(),
    };
    let keep = |_: &[String], _: &_| Ok::<_, EngineError>(());
    site.engine.issue_pool(&Caller::operator(), &request, keep).await.expect("a batch");
    let fields = |page: &str| -> Vec<(String, String)> {
        let form = page.split("<form ").find(|form| form.contains("/console/licenses/bulk")).expect("a form");
        let inputs = form.split("<input ").skip(1).filter(|input| input.contains("type=\"hidden\""));
        let value = |input: &str, name: &str| between(input, &format!("{name}=\""), "\"").to_owned();
        inputs
            .map(|input| (value(input, "name"), value(input, "value")))
            .filter(|(n, _)| n != "csrf")
            .collect()
    };
    let send = async |fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let answer = support.post("/console/licenses/bulk", &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let all = [("which", "all"), ("product", "pool"), ("action", "suspend")];
    let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sure = send(&all).await;
    assert!(sure.contains("Licences: 500") && sure.contains("The list finds more."));
    let done = send(&fields(&sure)).await;
    assert!(done.contains("Done: 500") && done.contains("Go on with the rest"));
    let sure = send(&fields(&done)).await;
    assert!(sure.contains("Licences: 20") && !sure.contains("The list finds more."));
    let done = send(&fields(&sure)).await;
    assert!(done.contains("Done: 20") && !done.contains("Not done") && !done.contains("Go on with the rest"));
}
