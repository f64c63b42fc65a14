//! What only few may do.

use keyward_core::scheme::lk3::{Lk3, Seal};
use keyward_engine::Caller;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::token::Role;

use super::{act, fill_in, go_to, open, press, skip, tab_to, tab_to_choice};
use crate::console::browser::UP;
use crate::console::people::Person;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_verified() {
    let site = Site::new().await;
    let Some(browser) = open(&site, "/console/").await else { return };
    go_to(&browser, "Audit log", "Event begins with").await;
    press(&browser, "Verify the log").await;
    browser.sees("The log is sound").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_copied_and_revoked() {
    let site = Site::new().await;
    let Some(browser) = open(&site, "/console/").await else { return };
    go_to(&browser, "Tokens", "Make a token").await;
    fill_in(&browser, "Name, by which people recognise it", "nightly export").await;
    tab_to(&browser, "Read only").await;
    browser.keys([' ']).await;
    press(&browser, "Make it").await;
    browser.sees("The new token").await;
    skip(&browser).await;
    press(&browser, "Copy").await;
    browser.sees("Copied").await;
    press(&browser, "Revoke").await;
    press(&browser, "Revoke").await;
    browser.sees("The token was revoked.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_given_another_role_and_locked_out() {
    let site = Site::new().await;
    let bob = Person::new(&site, Role::SupportAgent, "bob@example.com").await;
    let Some(browser) = open(&site, "/console/").await else { return };
    go_to(&browser, "People", "bob@example.com").await;
    fill_in(&browser, "E-mail", "eve@example.com").await;
    // Of several choices one goes to that which is chosen, then to others by the arrows.
    tab_to_choice(&browser, "Support").await;
    browser.keys([UP]).await;
    assert!(browser.focused().await.starts_with("Sales"));
    press(&browser, "Make the link").await;
    browser.sees("The link for eve@example.com").await;
    let waiting = site.engine.waiting_invitations(2).await.expect("invitations");
    assert_eq!((waiting.len(), waiting[0].role), (1, Role::SalesAgent));
    skip(&browser).await;
    press(&browser, "Copy").await;
    browser.sees("Copied").await;
    act(&browser, "Withdraw", &[], "The invitation was withdrawn.").await;
    assert!(site.engine.waiting_invitations(2).await.expect("invitations").is_empty());

    press(&browser, "bob@example.com").await;
    browser.sees("Change the role").await;
    skip(&browser).await;
    press(&browser, "Change the role").await;
    tab_to_choice(&browser, "Support").await;
    browser.keys([UP]).await;
    press(&browser, "Change the role").await;
    browser.sees_soon_no("Role Support").await;
    assert_eq!(site.engine.person(bob.id).await.expect("he is here").role, Role::SalesAgent);
    skip(&browser).await;
    act(&browser, "Lock out", &[], "The person is locked out.").await;
    assert!(!bob.is_in().await);
    // How he is let in again is open already.
    tab_to(&browser, "Let in again").await;
    press(&browser, "Let in again").await;
    browser.sees("The person may sign in again.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signing_key_is_rotated_and_retired() {
    let site = Site::new().await;
    let request = Box::new(Lk3 { tier: "PRO-10".to_owned(), ..Lk3::default() });
    let form = NewForm::Lk3 { order: Order::default(), request, seal: Seal::Signature, encrypted: false };
    site.engine.issue_form(&Caller::operator(), form).await.expect("a key");
    let state = async |hint: &str| {
        let keys = site.engine.list_keys().await.expect("keys");
        let key = keys.into_iter().find(|key| key.key_id.as_deref() == Some(hint));
        key.expect("it is there").state
    };
    let keys = site.engine.list_keys().await.expect("keys");
    let hint = keys.iter().find(|key| key.algorithm == "ed25519").and_then(|key| key.key_id.as_deref());
    let hint = hint.expect("a key that signs");
    let Some(browser) = open(&site, "/console/").await else { return };
    go_to(&browser, "Signing keys", "the private part never leaves the server").await;
    press(&browser, hint).await;
    browser.sees("BEGIN PUBLIC KEY").await;
    skip(&browser).await;
    act(&browser, "Rotate", &[], "This key signs from now on.").await;
    assert_eq!(state(hint).await, "verify_only");

    press(&browser, "All keys").await;
    browser.sees("the private part never leaves the server").await;
    skip(&browser).await;
    press(&browser, hint).await;
    browser.sees("BEGIN PUBLIC KEY").await;
    skip(&browser).await;
    let sure = format!("Type the key’s hint {hint} to confirm");
    act(&browser, "Retire", &[(&sure, hint)], "The key was retired.").await;
    assert_eq!(state(hint).await, "retired");
}
