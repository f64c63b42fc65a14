//! People, the links that let them in, and tokens.

use keyward_engine::token::Role;

use super::open;
use crate::console::people::Person;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_changed_and_locked_out() {
    let site = Site::new().await;
    let bob = Person::new(&site, Role::SupportAgent, "bob@example.com").await;
    let Some(browser) = open(&site).await else { return };
    browser.press("People").await;
    browser.sees("bob@example.com").await;
    browser.shot("people").await;
    browser.type_into("E-mail", "eve@example.com").await;
    browser.tick("Sales").await;
    browser.press("Make the link").await;
    browser.sees("The link for eve@example.com").await;
    browser.shot("people-invited").await;
    // Until somebody opens it, the link waits; withdrawn, it does not.
    browser.press("People").await;
    browser.sees("eve@example.com").await;
    browser.press("Withdraw").await;
    browser.press_button("Withdraw").await;
    browser.sees_soon_no("eve@example.com").await;

    browser.press("bob@example.com").await;
    browser.sees("Change the role").await;
    browser.shot("person").await;
    browser.press("Lock out").await;
    browser.press_button("Lock out").await;
    browser.sees("The person is locked out.").await;
    browser.shot("person-locked-out").await;
    assert!(!bob.is_in().await);
    browser.press_button("Let in again").await;
    browser.sees("The person may sign in again.").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_shown_once_and_revoked() {
    let site = Site::new().await;
    let Some(browser) = open(&site).await else { return };
    browser.press("Tokens").await;
    browser.sees("There is no token yet.").await;
    browser.shot("tokens-none").await;
    browser.type_into("Name, by which", "nightly export").await;
    browser.tick("Read only").await;
    browser.press("Make it").await;
    browser.sees("It is shown only now.").await;
    browser.shot("token-made").await;
    browser.press("Tokens").await;
    browser.sees("nightly export").await;
    browser.sees_no("It is shown only now.").await;
    browser.shot("tokens").await;
    browser.press("Revoke").await;
    browser.press_button("Revoke").await;
    browser.sees("The token was revoked.").await;
    browser.shot("tokens-revoked").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
