//! Tokens: made, shown once, revoked.

use keyward_engine::Caller;
use keyward_engine::token::Role;

use super::{Person, SCRIPT, is_escaped, shown};
use crate::site::{START, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_shown_once_and_revoked() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        let fields = [("name", "CI"), ("may", "read-only"), ("days", "30")];
        let answer = admin.post("/console/tokens", &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let text = shown(&answer.body).to_owned();
        assert_eq!(admin.last_event().await, ("token.create".to_owned(), Some(admin.id)));
        let bearer = site.engine.authenticate(&text).await.unwrap().expect("it is good");
        assert_eq!(bearer.role, Some(Role::ReadOnly));
        let row = site.engine.tokens().await.unwrap().remove(0);
        assert_eq!(row.expires_at, Some(super::seconds(START + 30 * 86_400)));

        let page = admin.page("/console/tokens").await;
        assert!(!page.contains(&text) && page.contains(&format!("…{}", &text[text.len() - 4..])), "{page}");
        let path = format!("/console/tokens/{}/revoke", row.id);
        assert!(admin.done(&path, &[]).await.contains("The token was revoked."));
        assert!(site.engine.authenticate(&text).await.unwrap().is_none());
        assert!(admin.done(&path, &[]).await.contains("It was revoked already."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_an_installation_may_read_its_secret_when_an_administrator_says_so() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let developer = Person::of(&site, Role::Developer).await;
    site.engine.create_installation(&Caller::operator(), "acme", None).await.unwrap();
    let fields = [("name", "Acme"), ("may", "installation"), ("installation", "acme"), ("reads-key", "1")];
    let answer = developer.post("/console/tokens", &fields).await;
    assert_eq!(answer.status, 422, "whoever has the secret can make keys");
    assert!(answer.body.contains("value=\"acme\"") && !answer.body.contains("name=\"reads-key\""));
    assert_eq!(developer.post("/console/tokens", &fields[..3]).await.status, 200);
    let answer = admin.post("/console/tokens", &fields).await;
    let bearer = site.engine.authenticate(shown(&answer.body)).await.unwrap().expect("it is good");
    assert!(bearer.reads_installation_key && bearer.role.is_none());
    let page = developer.page("/console/tokens").await;
    assert!(page.contains("Installation acme") && page.contains("and its secret"), "{page}");
    assert_eq!(page.matches("/revoke\"").count(), 1, "not the one that may do more");
    let path = format!("/console/tokens/{}/revoke", bearer.token);
    assert_eq!(developer.post(&path, &[]).await.status, 403);
    admin.done(&path, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_or_revokes_a_token_that_may_do_more() {
    let site = Site::new().await;
    let developer = Person::of(&site, Role::Developer).await;
    let page = developer.page("/console/tokens").await;
    let offers = |role: &str| page.contains(&format!("name=\"may\" value=\"{role}\""));
    assert!(offers("developer") && !offers("admin"), "{page}");
    let answer = developer.post("/console/tokens", &[("name", "x"), ("may", "admin")]).await;
    assert_eq!(answer.status, 422);
    let made = site.engine.create_token(&Caller::operator(), Role::Admin, SCRIPT, None).await.unwrap();
    let answer = developer.post(&format!("/console/tokens/{}/revoke", made.row.id), &[]).await;
    assert_eq!(answer.status, 403);
    assert!(site.engine.authenticate(made.token.expose()).await.unwrap().is_some());
    is_escaped(&developer.page("/console/tokens").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_token_is_said_and_kept() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    for fields in [
        [("name", ""), ("may", "admin"), ("days", "")],
        [("name", "x\0"), ("may", "admin"), ("days", "")],
        [("name", "x"), ("may", "root"), ("days", "")],
        [("name", "x"), ("may", "admin"), ("days", "0")],
        [("name", "x"), ("may", "installation"), ("days", "")],
        [("name", SCRIPT), ("may", "admin"), ("days", "soon")],
    ] {
        let answer = admin.post("/console/tokens", &fields).await;
        assert_eq!(answer.status, 422, "{fields:?}");
        assert!(answer.body.contains("role=\"alert\""));
        if fields[0].1 == SCRIPT {
            is_escaped(&answer.body);
            assert!(answer.body.contains("value=\"soon\""));
        }
    }
    assert!(site.engine.tokens().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tokens_stand_on_several_pages() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    for number in 0..101 {
        let name = format!("number-{number}.");
        site.engine.create_token(&Caller::operator(), Role::ReadOnly, &name, None).await.unwrap();
    }
    let first = admin.page("/console/tokens").await;
    assert!(first.contains("number-100.") && !first.contains("number-0."));
    let second = admin.page(super::between(&first, "rel=\"next\" href=\"", "\"")).await;
    assert!(second.contains("number-0.") && !second.contains("rel=\"next\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_filtered_by_kind_and_whether_they_are_revoked() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        let (engine, caller) = (&site.engine, Caller::operator());
        for number in 0..102 {
            let role = if number % 2 == 0 { Role::ReadOnly } else { Role::Developer };
            let made = engine.create_token(&caller, role, &format!("number-{number}."), None).await.unwrap();
            if number == 4 {
                engine.revoke_token(&caller, made.row.id).await.unwrap();
            }
        }
        engine.create_installation(&caller, "acme", None).await.unwrap();
        engine.create_installation_token(&caller, "acme", false, "of acme", None).await.unwrap();
        let names = |page: &str| page.matches("<td class=\"first\">").count();
        for (filter, wanted) in [
            ("", 100),
            ("kind=read", 51),
            ("kind=dev&state=open", 51),
            ("kind=read&state=revoked", 1),
            ("state=revoked", 1),
            ("kind=inst", 1),
            ("kind=admin", 0),
            ("kind=none&state=none", 100),
        ] {
            let page = admin.page(&format!("/console/tokens?{filter}")).await;
            assert_eq!(names(&page), wanted, "{filter}");
            assert_eq!(page.contains("No token is like that."), wanted == 0, "{filter}");
        }
        let first = admin.page("/console/tokens?state=open").await;
        let next = super::between(&first, "rel=\"next\" href=\"", "\"").replace("&#38;", "&");
        let second = admin.page(&next).await;
        assert!(
            second.contains("number-0.") && second.contains("number-1.") && names(&second) == 2,
            "{second}"
        );
        assert!(second.contains("value=\"open\" selected"), "the filter stays");
    }
}
