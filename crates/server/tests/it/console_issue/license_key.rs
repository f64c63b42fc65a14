//! System E's licence page, and the console's session at its endpoints.

use keyward_engine::token::Role;
use serde_json::json;

use super::Person;
use crate::lk::tenant::assert_no;
use crate::site::{Site, ask};

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_key_adds_its_devices() {
    for site in Site::all().await {
        let person = Person::at(&site).await;
        let page = person.get("/console/license-key").await;
        assert!(page.body.contains("<strong>3 (3 free)</strong>"), "{}", page.body);
        let key = person.made("lk2", "PRO-10", &[("company", "Acme & Sons")]).await;
        let answer = person.post("/console/license-key", &[("key", &format!(" {key}\r\n"))]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/console/license-key?done=activated"))
        );
        let page = person.get("/console/license-key?done=activated").await;
        for text in [
            "License activated",
            "<strong>PRO-10</strong>",
            "<strong>13 (3 free + 10)</strong>",
            "Acme &#38; Sons",
            "Perpetual",
        ] {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
        let again = person.post("/console/license-key", &[("key", &key)]).await;
        assert_eq!(again.header("location"), Some("/console/license-key?done=again"));
        let key = person.made("lk3", "PRO-20", &[("expires", "2027-12-31")]).await;
        person.post("/console/license-key", &[("key", &key)]).await;
        let page = person.get("/console/license-key").await;
        assert!(page.body.contains("33 (3 free + 10 + 20)"), "{}", page.body);
        assert!(page.body.contains("2027-12-31 00:00:00"), "{}", page.body);
        for wrong in ["LK-2-nonsense", "<b>x</b>"] {
            let refused = person.post("/console/license-key", &[("key", wrong)]).await;
            assert_eq!(refused.status, 422, "{refused:?}");
            assert!(
                refused.body.contains("role=\"alert\"") && !refused.body.contains("<b>x"),
                "{}",
                refused.body
            );
            assert!(refused.body.contains(if wrong.starts_with('L') { wrong } else { "&#60;b&#62;x" }));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_led_to_the_page_and_a_program_is_not() {
    let site = Site::with(|config| {
        config.dialects.lk.listen = Some(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await;
    let browser = "GET /license HTTP/1.1\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8";
    let led = site.ask(browser, "").await;
    assert_eq!((led.status, led.header("location")), (303, Some("/console/license-key")));
    for accept in ["", "\r\nAccept: */*", "\r\nAccept: application/json"] {
        let answer = site.ask(&format!("GET /license HTTP/1.1{accept}"), "").await;
        assert_eq!(answer.status, 200, "{accept}");
        assert!(answer.body.contains("POST /license/activate"), "{accept}");
    }
    // There is no console at the listener of its own.
    let own = site.urls.last().expect("a listener");
    for path in ["/license", "/"] {
        assert_eq!(ask(own, &browser.replace("/license", path), "").await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_console_is_a_way_in() {
    for site in Site::all_with(|config| {
        config.dialects.lk.listen = Some(std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    })
    .await
    {
        let support = Person::of(&site, Role::SupportAgent).await;
        let (sales, admin) = (Person::at(&site).await, Person::of(&site, Role::Admin).await);
        let reader = Person::of(&site, Role::ReadOnly).await;
        let key = sales.made("lk2", "PRO-10", &[]).await;
        let body = json!({ "licenseKey": key }).to_string();
        let head = |person: &Person<'_>, method: &str, path: &str, more: &str| {
            let json = "Content-Type: application/json";
            format!("{method} {path} HTTP/1.1\r\n{json}\r\nCookie: {}{more}", person.cookie)
        };
        let proof = |person: &Person<'_>| format!("\r\nX-CSRF-Token: {}", person.csrf);
        for more in ["", "\r\nX-CSRF-Token: wrong", &proof(&sales)] {
            let answer = site.ask(&head(&support, "POST", "/license/activate", more), &body).await;
            assert_no(&answer, 403, "FORBIDDEN", more);
        }
        let answer = site.ask(&head(&reader, "POST", "/license/activate", &proof(&reader)), &body).await;
        assert_no(&answer, 403, "FORBIDDEN", "reads only");
        let answer =
            site.ask(&head(&support, "POST", "/api/license/activate", &proof(&support)), &body).await;
        assert_eq!((answer.status, &answer.json()["totalStatus"]["totalMaxDevices"]), (200, &json!(13)));
        let status = site.ask(&head(&reader, "GET", "/license/status", ""), "").await;
        assert_eq!((status.status, &status.json()["tier"]), (200, &json!("PRO-10")));
        // Whole keys are for those who may see them, and that is written down.
        for path in ["/licenses", "/licenses/1", "/api/licenses"] {
            assert_no(&site.ask(&head(&reader, "GET", path, ""), "").await, 403, "FORBIDDEN", path);
        }
        let list = site.ask(&head(&support, "GET", "/licenses", ""), "").await;
        assert_eq!(list.json()[0]["key"], json!(key));
        let log = site.engine.audit_log(None, 1_000).await.expect("the log");
        assert_eq!(log.iter().filter(|entry| entry.event == "license.reveal").count(), 1);
        let secret = "/license/installation-key";
        assert_no(&site.ask(&head(&sales, "GET", secret, ""), "").await, 403, "FORBIDDEN", secret);
        assert_eq!(site.ask(&head(&admin, "GET", secret, ""), "").await.status, 200);
        // A token that is shown counts, and at the listener of its own the cookie says nothing.
        let shown =
            site.ask(&head(&admin, "GET", "/license/status", "\r\nAuthorization: Bearer x"), "").await;
        assert_no(&shown, 401, "UNAUTHORIZED", "a wrong token");
        let own = site.urls.last().expect("a listener");
        let answer = ask(own, &head(&admin, "GET", "/license/status", ""), "").await;
        assert_no(&answer, 401, "UNAUTHORIZED", "elsewhere");
    }
}
