//! The people of the console: invitations that wait, and why nobody is banned as a customer.

use keyward_engine::people::Welcome;
use keyward_engine::token::Role;
use keyward_engine::{Actor, Caller, NewUser};

use crate::stored::Stored;

#[tokio::test]
async fn an_invitation_waits_until_it_is_used_withdrawn_or_replaced() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let first = engine.invite(&caller, Role::Admin, Some("ada@example.com")).await.expect("a link");
        let welcome = || Welcome { password: "long enough for all".to_owned().into(), ..Welcome::default() };
        engine.accept(&caller, &first, welcome()).await.expect("she is in");
        assert!(engine.waiting_invitations(9).await.expect("reads").is_empty(), "it was used");
        let ada = engine.people().await.expect("reads").remove(0).id;
        let by_ada = Caller { actor: Actor::User(ada), ..caller.clone() };

        let old = engine.invite(&by_ada, Role::SupportAgent, Some("bob@example.com")).await.expect("a link");
        let waits = engine.waiting_invitations(9).await.expect("reads").remove(0);
        assert_eq!((waits.by, waits.role), (Some(ada), Role::SupportAgent));
        stored.clock.advance(1_800);
        let (again, new) = engine.replace_invitation(&caller, waits.id).await.expect("another link");
        assert_eq!(
            (again.email.as_deref(), again.role, again.by),
            (Some("bob@example.com"), waits.role, None)
        );
        assert_eq!(again.expires_at, waits.expires_at.plus_seconds(1_800));
        assert!(engine.invitation(&old).await.expect("reads").is_none(), "the first one is gone");
        assert!(engine.invitation(&new).await.expect("reads").is_some());
        let gone = engine.replace_invitation(&caller, waits.id).await.expect_err("it is gone");
        assert_eq!(gone.code(), "NOT_FOUND");

        engine.withdraw_invitation(&caller, again.id).await.expect("withdrawn");
        assert!(engine.invitation(&new).await.expect("reads").is_none());
        let gone = engine.withdraw_invitation(&caller, again.id).await.expect_err("it is gone");
        assert_eq!(gone.code(), "NOT_FOUND");
        let events = stored.events().await;
        let wanted = ["person.invite", "person.invite", "person.uninvite"];
        assert!(events.ends_with(&wanted.map(str::to_owned)), "{events:?}");

        engine.invite(&caller, Role::ReadOnly, None).await.expect("a link");
        stored.clock.advance(3_600);
        assert!(engine.waiting_invitations(9).await.expect("reads").is_empty(), "its time is over");
    }
}

#[tokio::test]
async fn whoever_works_with_the_console_is_not_banned_as_a_customer() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let email = || Some("ada@example.com".to_owned());
        let link = engine.invite(&caller, Role::Admin, email().as_deref()).await.expect("a link");
        let welcome = Welcome { password: "long enough for all".to_owned().into(), ..Welcome::default() };
        engine.accept(&caller, &link, welcome).await.expect("she is in");
        for banned in [true, false] {
            let user = NewUser { email: email(), ..NewUser::default() };
            let refused = engine.ban_user(&caller, user, banned).await.expect_err("she is no customer");
            assert_eq!(refused.code(), "INVALID_ARGUMENT");
        }
        assert_eq!(engine.people().await.expect("reads")[0].locked_out_at, None);
        assert!(!stored.events().await.contains(&"user.ban".to_owned()));
    }
}
