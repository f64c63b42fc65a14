//! One's own account: the second factor, from its first code to its last.

use keyward_engine::people::SecondFactor;

use super::{fill_in, open, press, sign_in, skip};
use crate::console::browser::ENTER;
use crate::console::people::{PASSWORD, now};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_set_up_asked_for_and_turned_off() {
    let site = Site::new().await;
    let Some(browser) = open(&site, "/console/me").await else { return };
    browser.sees("Change the password").await;
    skip(&browser).await;
    press(&browser, "Set up a second factor").await;
    browser.sees("Scan this with your authenticator app").await;
    skip(&browser).await;
    press(&browser, "Copy").await;
    browser.sees("Copied").await;
    let secret = SecondFactor::parse(&browser.text_of("secret").await).expect("a secret");
    let confirm = "Then type the code that it shows.";
    fill_in(&browser, confirm, "000000").await;
    fill_in(&browser, "Present password", PASSWORD).await;
    browser.keys([ENTER]).await;
    browser.sees("This code does not fit.").await;
    browser.has_focus(confirm).await;
    browser.keys(secret.code(now(&site)).chars()).await;
    fill_in(&browser, "Present password", PASSWORD).await;
    press(&browser, "Turn it on").await;
    browser.sees("The second factor is on.").await;

    press(&browser, "Sign out").await;
    sign_in(&browser).await;
    browser.sees("Code from your authenticator app").await;
    // One looks at the device, types, and is in.
    browser.has_focus("Code from your authenticator app").await;
    browser.keys("000000".chars().chain([ENTER])).await;
    browser.sees("This code is wrong or was used before.").await;
    browser.has_focus("Code from your authenticator app").await;
    site.clock.advance(30);
    browser.keys(secret.code(now(&site)).chars().chain([ENTER])).await;
    browser.sees("Sign out").await;

    press(&browser, "ada@example.com Administrator").await;
    browser.sees("Change the password").await;
    skip(&browser).await;
    // The first of this name changes the password.
    fill_in(&browser, "Present password", "").await;
    fill_in(&browser, "Present password", PASSWORD).await;
    press(&browser, "Turn it off").await;
    browser.sees("The second factor is off.").await;
}
