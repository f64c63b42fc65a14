//! People: invited, changed, locked out and let in, and given a new link.

use keyward_engine::Caller;
use keyward_engine::people::{InvitationSecret, Welcome};
use keyward_engine::token::Role;

use super::{Person, SCRIPT, is_escaped, shown};
use crate::site::Site;

/// The secret of a link on a page.
fn secret(page: &str) -> InvitationSecret {
    let link =
        shown(page).strip_prefix("http://test/console/set-up?link=").expect("a link to this very host");
    InvitationSecret::parse(link).expect("a secret")
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_by_a_link_that_is_shown_once() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        let fields = [("email", "Bob@Example.com"), ("role", "support-agent")];
        let answer = admin.post("/console/people/invite", &fields).await;
        assert_eq!(answer.status, 200);
        let link = secret(&answer.body);
        assert_eq!(admin.last_event().await, ("person.invite".to_owned(), Some(admin.id)));
        assert!(!admin.page("/console/people").await.contains("set-up?link"), "it is shown once");

        let welcome = Welcome {
            name: Some("Bob".to_owned()),
            password: "long enough for all".to_owned().into(),
            ..Welcome::default()
        };
        site.engine.accept(&Caller::operator(), &link, welcome).await.expect("he is in");
        let page = admin.page("/console/people").await;
        assert!(
            page.contains("bob@example.com") && page.contains("Bob") && page.contains("Support"),
            "{page}"
        );
        let answer = admin.post("/console/people/invite", &fields).await;
        assert_eq!(answer.status, 409, "he is here already");
        assert!(answer.body.contains("value=\"Bob@Example.com\""), "what was typed is kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_invitation_is_said_and_kept() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    for (email, role) in [("", "admin"), ("nobody", "admin"), ("a@example.com", "god"), (SCRIPT, "admin")] {
        let answer = admin.post("/console/people/invite", &[("email", email), ("role", role)]).await;
        assert_eq!(answer.status, 422, "{email} {role}");
        assert!(answer.body.contains("role=\"alert\""));
        if email == SCRIPT {
            is_escaped(&answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_changed_unless_a_colleague_changed_it_meanwhile() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        let bob = Person::called(&site, Role::ReadOnly, "bob@example.com").await;
        let path = format!("/console/people/{}/role", bob.id);
        let page = admin.done(&path, &[("seen", "read-only"), ("role", "developer")]).await;
        assert!(page.contains("The role was changed."));
        assert_eq!(bob.get("/console/tokens").await.status, 200, "it holds where he is signed in");
        let answer = admin.post(&path, &[("seen", "read-only"), ("role", "admin")]).await;
        assert_eq!(answer.status, 409);
        assert!(answer.body.contains("A colleague changed this"), "{}", answer.body);
        assert_eq!(site.engine.person(bob.id).await.unwrap().role, Role::Developer);
        assert_eq!(admin.post(&path, &[("seen", "developer"), ("role", "")]).await.status, 422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_a_role_at_once_one_is_told() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        let eve = Person::called(&site, Role::Admin, "eve@example.com").await;
        let bob = Person::called(&site, Role::ReadOnly, "bob@example.com").await;
        let path = format!("/console/people/{}/role", bob.id);
        let mut seen = "read-only";
        for _ in 0..8 {
            let mut others =
                ["developer", "support-agent", "sales-agent"].into_iter().filter(|it| *it != seen);
            let (one, other) = (others.next().expect("one"), others.next().expect("another"));
            let fields = |role| [("seen", seen), ("role", role)];
            let (fields_one, fields_other) = (fields(one), fields(other));
            let (first, second) =
                tokio::join!(admin.post(&path, &fields_one), eve.post(&path, &fields_other));
            let kept = site.engine.person(bob.id).await.unwrap().role.as_str();
            let (won, told) = if first.status == 303 { (one, second) } else { (other, first) };
            assert_eq!((kept, told.status), (won, 409), "{seen} to {one} or {other}");
            assert!(told.body.contains("A colleague changed this"), "{}", told.body);
            let now = format!("name=\"seen\" value=\"{won}\"");
            assert!(told.body.contains(&now), "it is shown as it is now: {}", told.body);
            seen = won;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_locked_out_at_once_and_let_in_again() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        let bob = Person::called(&site, Role::Developer, "bob@example.com").await;
        let page = admin.done(&format!("/console/people/{}/lock-out", bob.id), &[]).await;
        assert!(page.contains("The person is locked out."));
        assert_eq!(bob.get("/console/").await.status, 401);
        assert!(admin.page("/console/people").await.contains("Locked out"));
        let sign_in = site.engine.sign_in(&Caller::operator(), &bob.email, super::PASSWORD).await.unwrap();
        assert!(sign_in.is_none());
        admin.done(&format!("/console/people/{}/let-in", bob.id), &[]).await;
        let sign_in = site.engine.sign_in(&Caller::operator(), &bob.email, super::PASSWORD).await.unwrap();
        assert!(sign_in.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_link_ends_the_sessions_from_before() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let bob = Person::called(&site, Role::Developer, "bob@example.com").await;
    let answer = admin.post(&format!("/console/people/{}/reset", bob.id), &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(bob.get("/console/").await.status, 401);
    let invitation = site.engine.invitation(&secret(&answer.body)).await.unwrap().expect("it is good");
    assert_eq!(invitation.email.as_deref(), Some("bob@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_does_it_to_himself_and_an_administrator_stays() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    for action in ["role", "lock-out", "reset"] {
        let path = format!("/console/people/{}/{action}", admin.id);
        let answer = admin.post(&path, &[("seen", "admin"), ("role", "read-only")]).await;
        assert_eq!(answer.status, 422, "{action}");
        assert!(answer.body.contains("ask another administrator"), "{}", answer.body);
    }
    assert_eq!(admin.get("/console/people").await.status, 200, "still in");
    assert_eq!(admin.post(&format!("/console/people/{}/remove", admin.id), &[]).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_shown_as_they_are_written() {
    let site = Site::new().await;
    let admin = Person::of(&site, Role::Admin).await;
    let caller = Caller::operator();
    let link = site.engine.invite(&caller, Role::ReadOnly, Some("eve@example.com")).await.unwrap();
    let welcome = Welcome {
        name: Some(SCRIPT.to_owned()),
        password: "long enough for all".to_owned().into(),
        ..Welcome::default()
    };
    site.engine.accept(&caller, &link, welcome).await.unwrap();
    is_escaped(&admin.page("/console/people").await);
    let eve =
        site.engine.people().await.unwrap().into_iter().find(|it| it.email == "eve@example.com").unwrap();
    is_escaped(&admin.page(&format!("/console/people/{}", eve.id)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_waits_is_withdrawn_or_made_anew() {
    for site in Site::all().await {
        let admin = Person::of(&site, Role::Admin).await;
        assert!(!admin.page("/console/people").await.contains("Waiting invitations"));
        let fields = [("email", "bob@example.com"), ("role", "support-agent")];
        let first = secret(&admin.post("/console/people/invite", &fields).await.body);
        let page = admin.page("/console/people").await;
        let waiting = super::between(&page, "Waiting invitations", "</table>");
        for text in ["bob@example.com", "Support", "admin@example.com"] {
            assert!(waiting.contains(text), "{text}: {waiting}");
        }
        assert!(
            !page.contains(first.expose()) && !page.contains("set-up?link"),
            "nothing secret is shown again"
        );
        let id = |page: &str| super::between(page, "/console/people/invitations/", "/").to_owned();
        let again = admin.post(&format!("/console/people/invitations/{}/again", id(&page)), &[]).await;
        assert_eq!(again.status, 200, "{}", again.body);
        let second = secret(&again.body);
        assert!(site.engine.invitation(&first).await.unwrap().is_none());
        let invitation = site.engine.invitation(&second).await.unwrap().expect("it is good");
        assert_eq!(
            (invitation.email.as_deref(), invitation.role),
            (Some("bob@example.com"), Role::SupportAgent)
        );
        assert_eq!(admin.last_event().await, ("person.invite".to_owned(), Some(admin.id)));

        let path =
            format!("/console/people/invitations/{}/withdraw", id(&admin.page("/console/people").await));
        let page = admin.done(&path, &[]).await;
        assert!(
            page.contains("The invitation was withdrawn.") && !page.contains("bob@example.com"),
            "{page}"
        );
        assert!(site.engine.invitation(&second).await.unwrap().is_none());
        assert_eq!(admin.last_event().await, ("person.uninvite".to_owned(), Some(admin.id)));
        assert!(admin.done(&path, &[]).await.contains("It waits no more"));
        assert!(admin.done(&path.replace("withdraw", "again"), &[]).await.contains("It waits no more"));
        assert_eq!(admin.post(&path.replace("withdraw", "read"), &[]).await.status, 404);

        // One for a new password, and one for whoever opens it, made at the command line.
        site.engine.reset_person(&Caller::operator(), &admin.email).await.unwrap();
        site.engine.invite(&Caller::operator(), Role::ReadOnly, None).await.unwrap();
        let bob = Person::called(&site, Role::Admin, "eve@example.com").await;
        let page = bob.page("/console/people").await;
        for text in ["new password", "whoever opens it", "the command line"] {
            assert!(page.contains(text), "{text}: {page}");
        }
    }
}
