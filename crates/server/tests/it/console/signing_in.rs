//! Signing in at a browser: delays after wrong passwords, and the second factor.

use keyward_engine::people::SecondFactor;

use super::browser::Browser;
use super::people::{ADA, PASSWORD, Person, now, sign_in};
use crate::site::Site;

/// Shows address and password, once the page to sign in at is open.
pub(super) async fn show_password(browser: &Browser, password: &str) {
    browser.type_into("E-mail address", ADA).await;
    browser.type_into("Password", password).await;
    browser.press("Sign in").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_types_wrong_passwords_has_to_wait_and_is_told_how_long() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    for _ in 0..5 {
        assert_eq!(sign_in(&site, ADA, "not this one").await.status, 401);
        site.clock.advance(1);
    }
    browser.open("/console/me").await;
    show_password(&browser, "not this one").await;
    browser.sees("The address or the password is wrong").await;
    site.clock.advance(1);
    show_password(&browser, PASSWORD).await;
    browser.sees("Several wrong attempts were made for this address. Try again in a second.").await;
    assert_eq!(browser.value_of("E-mail address").await, ADA);
    browser.shot("sign-in-wait").await;
    site.clock.advance(1);
    browser.type_into("Password", PASSWORD).await;
    browser.press("Sign in").await;
    // Where he wanted to go in the first place.
    browser.sees("Change the password").await;
    assert_eq!(browser.place().await, "/console/me");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_second_factor_a_password_alone_lets_nobody_in() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/me").await;
    show_password(&browser, PASSWORD).await;
    browser.press("Set up a second factor").await;
    browser.sees("Scan this with your authenticator app").await;
    browser.shot("second-factor").await;
    let secret = SecondFactor::parse(&browser.text_of("secret").await).expect("a secret");
    let confirm = "Then type the code that it shows.";
    browser.type_into(confirm, "000000").await;
    browser.type_into("Present password", PASSWORD).await;
    browser.press("Turn it on").await;
    browser.sees("This code does not fit.").await;
    assert_eq!(browser.text_of("secret").await, *secret.to_text(), "the device has this one already");
    let code = secret.code(now(&site));
    browser.type_into(confirm, &format!("{} {}", &code[..3], &code[3..])).await;
    browser.type_into("Present password", PASSWORD).await;
    browser.press("Turn it on").await;
    browser.sees("The second factor is on.").await;
    browser.shot("me-second-factor").await;
    browser.press("Sign out").await;

    let field = "Code from your authenticator app";
    show_password(&browser, PASSWORD).await;
    browser.sees(field).await;
    browser.shot("code").await;
    browser.open("/console/me").await;
    browser.sees("Password forgotten").await;
    browser.open("/console/sign-in/code").await;
    browser.type_into(field, &code).await;
    browser.press("Continue").await;
    browser.sees("This code is wrong or was used before.").await;
    browser.shot("code-wrong").await;
    site.clock.advance(30);
    browser.type_into(field, &secret.code(now(&site))).await;
    browser.press("Continue").await;
    browser.sees("Sign out").await;

    // It goes again with the password, not without.
    browser.open("/console/me").await;
    browser.type_in("Second factor", "Present password", "not this one").await;
    browser.press_in("Second factor", "Turn it off").await;
    browser.sees("The present password is wrong.").await;
    browser.type_in("Second factor", "Present password", PASSWORD).await;
    browser.press_in("Second factor", "Turn it off").await;
    browser.sees("The second factor is off.").await;
}
