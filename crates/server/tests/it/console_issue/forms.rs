//! What forms refuse, whom, and what stays in them.

use keyward_engine::Caller;
use keyward_engine::token::Role;

use super::{Person, kinds::KINDS};
use crate::records::{FORM, encoded, sites};
use crate::site::Site;

/// The public part of a key that was made for this test.
const SMALL_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDjXzjvttzeEnb/9T7NSAp++Fk0
bHMIoY4Cga00A5c9QWsOF2ECOmf73b6nemhSG4kjaA6xi192lJc/CCVmb1L+P1XB
ovCsKlyEg6bgDgLwdSelsPmMWowFi7ciMP/cCMp2AhK0O71wb+9MUg/Rq0iWaLO4
bvxrYO5ldapyfTCBVwIDAQAB
-----END PUBLIC KEY-----
";

const SCRIPT: &str = "<script>alert(\"1\")</script>";

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_cannot_be_followed_keeps_what_was_typed() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let file = |field: &'static str, value: &'static str| {
        let mut fields = KINDS[3].2.to_vec();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        fields
    };
    let cases = [
        ("record", "Pro", vec![("client_id", "  "), ("days", "77")], "This is needed."),
        ("record", "Pro", vec![("client_id", "a"), ("days", "0")], "Give a whole number from 1"),
        ("record", "Pro", vec![("client_id", "a"), ("days", "x")], "Give a whole number from 1"),
        ("record", "no such type", vec![("client_id", "typed.example")], "Choose one of the list."),
        ("pool", "1 mois", vec![("count", "100001")], "Give a whole number from 1"),
        ("pool", "each of them", vec![("count", "20001")], "At most 100,000 keys"),
        ("tier", "pro", vec![("email", "nobody")], "Type an e-mail address"),
        ("file", "", file("device_id", "has a space"), "no spaces"),
        ("file", "", file("months", ""), "This is needed."),
        ("lk1", "PRO-10", vec![("expires", "2020-01-01")], "This day has begun already"),
        ("lk2", "PRO-10", vec![("expires", "31.12.2027")], "Give a date"),
        ("lk2", "PRO-10", vec![("devices", "-1"), ("company", "Typed Company")], "Give a whole number"),
        ("lk3", "PRO-10", vec![("limits", "a=1\na=2")], "each name once"),
        ("lk3", "PRO-10", vec![("limits", "a")], "each name once"),
        ("lk3", "PRO-10", vec![("trial_days", "99999999")], "Give a whole number"),
    ];
    for (kind, policy, fields, wanted) in cases {
        let what = format!("{kind} {fields:?}");
        let answer = person.generate(kind, policy, &fields).await;
        assert_eq!(answer.status, 422, "{what}: {answer:?}");
        assert!(answer.body.contains(wanted), "{what}: {}", answer.body);
        assert!(answer.body.contains("aria-invalid=\"true\""), "{what}");
        for (_, value) in fields.iter().filter(|(_, value)| !value.trim().is_empty()) {
            assert!(answer.body.contains(value), "{what}: {value} is gone");
        }
    }
    let listed =
        site.engine.list(&keyward_engine::license::Listing { limit: 10, ..Default::default() }).await;
    assert!(listed.expect("a list").licenses.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_a_licence_is_led_to_it() {
    for site in sites().await {
        let person = Person::at(&site).await;
        let fields = [("client_id", "example.com"), ("days", "30")];
        person.made("record", "Pro", &fields).await;
        let again = person.generate("record", "Pro", &fields).await;
        assert_eq!(again.status, 409, "{again:?}");
        assert!(again.body.contains("This client has a licence already."), "{}", again.body);
        let link = again.body.split("<a href=\"/console/licenses/").nth(1).expect("a link");
        let id = link.split('"').next().expect("an id");
        assert!(person.get(&format!("/console/licenses/{id}")).await.body.contains("example.com"));
        assert!(again.body.contains("value=\"example.com\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_shown_as_text() {
    let site = Site::new().await;
    let person = Person::of(&site, Role::Admin).await;
    for (kind, policy, fields) in [
        ("record", "Pro", vec![("client_id", SCRIPT)]),
        ("lk2", "PRO-10", vec![("company", SCRIPT), ("notes", SCRIPT)]),
        (
            "lk3",
            "PRO-10",
            vec![("company", SCRIPT), ("features", SCRIPT), ("limits", "<b>=1"), ("device", "<b>")],
        ),
        ("pool", "1 mois", vec![("count", "2"), ("batch", SCRIPT)]),
        ("file", "", {
            let mut fields = KINDS[3].2.to_vec();
            fields.retain(|(name, _)| !matches!(*name, "name" | "company" | "product"));
            fields.extend([("name", SCRIPT), ("company", SCRIPT), ("product", "<i>")]);
            fields
        }),
    ] {
        let mut answer = person.generate(kind, policy, &fields).await;
        if let Some(place) = answer.header("location") {
            answer = person.get(place).await;
        }
        assert!(matches!(answer.status, 200 | 422), "{kind}: {answer:?}");
        for bad in ["<script>alert", "<b>", "<i>"] {
            assert!(!answer.body.contains(bad), "{kind}: {}", answer.body);
        }
        assert!(answer.body.contains("&#60;script&#62;"), "{kind}: {}", answer.body);
    }
    let answer = person.post("/console/test", &[("text", SCRIPT)]).await;
    assert!(answer.body.contains("&#60;script&#62;") && !answer.body.contains("<script>alert"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_roles_that_may_make_licences_do() {
    let site = Site::new().await;
    for role in Role::ALL {
        let may = !matches!(role, Role::SupportAgent | Role::ReadOnly);
        let person = Person::of(&site, role).await;
        let menu = person.get("/console/").await.body;
        assert_eq!(menu.contains("href=\"/console/generate\""), may, "{role}");
        assert!(menu.contains("href=\"/console/test\""), "{role}");
        assert_eq!(person.get("/console/generate").await.status, if may { 200 } else { 403 }, "{role}");
        for (kind, ..) in KINDS {
            let path = format!("/console/generate/{kind}");
            assert_eq!(person.get(&path).await.status, if may { 200 } else { 403 }, "{role} {kind}");
            assert_eq!(person.post(&path, &[]).await.status, if may { 422 } else { 403 }, "{role} {kind}");
        }
        assert_eq!(person.get("/console/test").await.status, 200, "{role}");
        assert_eq!(person.get("/console/license-key").await.status, 200, "{role}");
        let activates = if role == Role::ReadOnly { 403 } else { 422 };
        assert_eq!(person.post("/console/license-key", &[]).await.status, activates, "{role}");
        let downloads = if role == Role::ReadOnly { 403 } else { 404 };
        let id = uuid::Uuid::nil();
        for path in [format!("/console/generate/download/{id}"), format!("/console/generate/lots/{id}/csv")] {
            assert_eq!(person.post(&path, &[]).await.status, downloads, "{role} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_does_nothing() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let paths = KINDS.iter().map(|(kind, ..)| format!("/console/generate/{kind}"));
    let others = [
        "/console/test",
        "/console/license-key",
        "/console/generate/download/x",
        "/console/generate/lots/x/csv",
    ];
    for path in paths.chain(others.map(str::to_owned)) {
        let head = format!("POST {path} HTTP/1.1\r\n{FORM}\r\nCookie: {}", person.cookie);
        for csrf in ["", "wrong"] {
            let answer = site.ask(&head, &encoded(&[("csrf", csrf), ("text", "x"), ("key", "x")])).await;
            assert_eq!(answer.status, 403, "{path}: {answer:?}");
        }
        // Nobody is signed in: the page to sign in at.
        let answer = site.ask(&format!("POST {path} HTTP/1.1\r\n{FORM}"), "").await;
        assert_eq!(answer.status, 401, "{path}");
    }
    for path in ["/console/generate", "/console/generate/lk3", "/console/test", "/console/license-key"] {
        assert_eq!(site.get(path).await.status, 401, "{path}");
    }
    assert_eq!(person.get("/console/generate/nothing").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_weak_says_so_where_it_is_chosen() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let page = person.get("/console/generate").await.body;
    for text in ["16 bits", "48 bits", "Take LK-3"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(person.get("/console/generate/lk2").await.body.contains("48 bits"));
    assert!(person.get("/console/generate/lk1").await.body.contains("16 bits"));
    assert!(!page.contains("1024 bits"));
    site.engine.import_key(&Caller::operator(), SMALL_KEY, Some("records")).await.expect("it is taken in");
    for path in ["/console/generate", "/console/generate/record"] {
        assert!(person.get(path).await.body.contains("A key of 1024 bits is still accepted"), "{path}");
    }
    assert!(!person.get("/console/generate/file").await.body.contains("1024 bits"));
    let french =
        format!("GET /console/generate/lk2 HTTP/1.1\r\nCookie: {}; keyward_language=fr", person.cookie);
    assert!(site.ask(&french, "").await.body.contains("Son sceau n’a que 48 bits"));
}
