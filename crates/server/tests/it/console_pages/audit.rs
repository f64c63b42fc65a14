//! The audit log: found, paged, verified and exported.

use keyward_engine::license::{Named, Suspension};
use keyward_engine::token::Role;
use keyward_engine::{Actor, Caller, Front};

use super::{Person, SCRIPT, between, is_escaped};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_found_by_who_what_and_when() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        admin.post("/console/tokens", &[("name", "CI"), ("may", "read-only")]).await;
        let key = site.pool_key("30").await;
        site.clock.advance(86_400);
        // The first session is over.
        let reader = Person::of(&site, Role::ReadOnly).await;
        let license = Named::Id(key.id);
        let why = Some("asked to".to_owned());
        site.engine.suspend(&Caller::operator(), license, Suspension::Suspend, why).await.unwrap();
        let find = async |query: &str| {
            let page = reader.page(&format!("/console/audit{query}")).await;
            let rows =
                page.split("<tbody>").nth(1).unwrap_or_default().split("</tbody>").next().unwrap_or_default();
            rows.split("<b>")
                .skip(1)
                .map(|rest| rest.split('<').next().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(find("?event=license.s").await, ["license.suspend"]);
        assert_eq!(find("?event=license.").await, ["license.suspend", "license.issue"]);
        assert_eq!(find("?event=license.issue,+license.s").await, ["license.suspend", "license.issue"]);
        assert_eq!(find("?event=token&actor=user").await, ["token.create"]);
        assert!(find("?event=token&actor=operator").await.is_empty());
        assert_eq!(find(&format!("?resource={}", key.id)).await.len(), 2);
        assert_eq!(find("?event=license&from=2027-01-16").await, ["license.suspend"]);
        assert_eq!(find("?event=license&to=2027-01-15").await, ["license.issue"]);
        assert!(find("?event=license&from=2027-01-17").await.is_empty());
        assert_eq!(find("?event=license%25").await, [""; 0], "no wildcard");
        let page = reader.page("/console/audit?event=token&actor=user").await;
        assert!(page.contains("admin@example.com"), "{page}");
        let page = reader.page("/console/audit?resource=x&from=soon&event=%00").await;
        assert!(page.contains("could not be read") && page.contains("value=\"soon\""), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn older_entries_stand_on_the_next_pages() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        for number in 0..120 {
            let name = format!("number-{number}.");
            site.engine.create_token(&Caller::operator(), Role::ReadOnly, &name, None).await.unwrap();
        }
        let (mut place, mut seen) = ("/console/audit?event=token.create".to_owned(), Vec::new());
        loop {
            let page = admin.page(&place).await;
            seen.extend(page.split("number-").skip(1).map(|rest| rest.split('.').next().unwrap().to_owned()));
            if !page.contains("rel=\"next\"") {
                break;
            }
            place = between(&page, "rel=\"next\" href=\"", "\"").replace("&#38;", "&");
        }
        let wanted: Vec<String> = (0..120).rev().map(|number| number.to_string()).collect();
        assert_eq!(seen, wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_is_verified_with_one_button() {
    for site in Site::all().await {
        let reader = Person::of(&site, Role::ReadOnly).await;
        while site.engine.seal_audit().await.unwrap().is_none() {
            site.clock.advance(10);
        }
        let head = site.engine.audit_head().await.unwrap();
        let answer = reader.post("/console/audit/verify", &[]).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("The log is sound: all "), "{}", answer.body);
        assert!(head.count > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filtered_entries_are_exported_as_texts() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let evil = Caller { user_agent: Some("=1+1,\"x\"".to_owned()), ..Caller::operator() };
    site.engine.create_token(&evil, Role::ReadOnly, SCRIPT, None).await.unwrap();
    let csv = admin.get("/console/audit/export?event=token&as=csv").await;
    assert_eq!(csv.status, 200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"audit.csv\""));
    let lines: Vec<&str> = csv.body.lines().collect();
    assert_eq!(lines.len(), 2, "{}", csv.body);
    assert!(lines[0].starts_with("at,event,outcome,"));
    assert!(
        lines[1].contains(",token.create,done,operator,") && lines[1].contains("\"'=1+1,\"\"x\"\"\""),
        "{}",
        lines[1]
    );
    let json = admin.get("/console/audit/export?event=token&as=jsonl").await;
    let line: serde_json::Value = serde_json::from_str(json.body.trim()).expect("one line");
    assert_eq!(
        (line["event"].as_str(), line["userAgent"].as_str()),
        (Some("token.create"), Some("=1+1,\"x\""))
    );
    // The page says the detail as a text; JSON has a backslash in front of the quotation mark.
    let page = admin.page("/console/audit?event=token").await;
    assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;"), "{page}");
    let page =
        admin.page(&format!("/console/audit?event={}", "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%3E")).await;
    is_escaped(&page);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_did_something_is_called_by_name_here_and_on_the_licences_page() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        let support = Person::of(&site, Role::SupportAgent).await;
        let engine = &site.engine;
        let id = site.pool_key("30").await.id;
        let path = format!("/console/licenses/{id}");
        let seen = between(&support.page(&path).await, "name=\"seen\" value=\"", "\"").to_owned();
        support.done(&format!("{path}/suspend"), &[("seen", &seen), ("why", "asked to")]).await;
        let changes = [
            ("Shop", Suspension::Reinstate),
            ("", Suspension::Suspend),
            ("admin@example.com", Suspension::Reinstate),
        ];
        for (name, change) in changes {
            let token = engine.create_token(&Caller::operator(), Role::SalesAgent, name, None).await.unwrap();
            let caller = Caller::new(Actor::Token(token.row.id), Front::Tier);
            engine.suspend(&caller, Named::Id(id), change, None).await.unwrap();
        }
        // One who is gone.
        let gone = Caller::new(Actor::User(uuid::Uuid::max()), Front::Console);
        engine.suspend(&gone, Named::Id(id), Suspension::Suspend, None).await.unwrap();
        let by = async |page: &str| {
            let page = admin.page(page).await;
            let cells = page.split("<td class=\"wrap by\"").skip(1);
            let mut by: Vec<String> = cells.map(|cell| between(cell, "<bdi>", "</bdi>").to_owned()).collect();
            by.reverse();
            by
        };
        let (mut on_page, in_log) = (by(&path).await, by(&format!("/console/audit?resource={id}")).await);
        if on_page.first().is_some_and(|last| *last == in_log[in_log.len() - 1]) {
            on_page.reverse();
        }
        assert_eq!(on_page, in_log);
        let unnamed = in_log[3].strip_prefix("Token …").expect("its id").len();
        assert_eq!(
            [&in_log[..3], &in_log[4..]].concat(),
            [
                "Command line",
                "support-agent@example.com",
                "Token Shop",
                "Token admin@example.com",
                "Person …ffffffff"
            ]
        );
        assert_eq!(unnamed, 8);
        let page = support.page(&path).await;
        assert!(page.contains("</bdi> <span class=\"soft\">console</span>"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_calls_itself_is_shown_in_a_line() {
    let site = Site::new().await;
    let reader = Person::of(&site, Role::ReadOnly).await;
    let long = format!("{}éyz", "x".repeat(79));
    for (name, program) in [("short", "Shop/1.0"), ("long", &*long)] {
        let caller = Caller { user_agent: Some(program.to_owned()), ..Caller::operator() };
        site.engine.create_token(&caller, Role::ReadOnly, name, None).await.expect("a token");
    }
    let page = reader.page("/console/audit?event=token.create").await;
    assert!(page.contains("title=\"Shop/1.0\">Shop/1.0</bdi>"), "{page}");
    let cut = long.strip_suffix("yz").expect("its end");
    assert!(page.contains(&format!("title=\"{long}\">{cut}…</bdi>")), "{page}");
}
