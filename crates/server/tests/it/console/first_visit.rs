//! The first visit, from the link to a signed-in administrator; and the visits after it.

use keyward_engine::Caller;
use keyward_engine::token::Role;

use super::browser::Browser;
use super::people::{ADA, PASSWORD};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn the_link_makes_an_administrator_who_signs_out_and_in_again() {
    for site in Site::all().await {
        let Some(browser) = Browser::at(&site).await else { return };
        browser.open("/console/").await;
        browser.sees("Password forgotten, or no account yet?").await;
        browser.shot("sign-in").await;

        let link = site.engine.invite(&Caller::operator(), Role::Admin, None).await.expect("a link");
        browser.open(&format!("/console/set-up?link={}", link.expose())).await;
        browser.sees("You will be the administrator of this Keyward.").await;
        browser.shot("set-up").await;
        browser.type_into("E-mail address", ADA).await;
        browser.type_into("Your name", "Ada").await;
        browser.type_into("Password", PASSWORD).await;
        browser.type_into("The password again", "another sentence").await;
        browser.press("Create the account").await;
        browser.sees("The two passwords are not the same.").await;
        assert_eq!(browser.value_of("E-mail address").await, ADA);
        assert_eq!(browser.value_of("Your name").await, "Ada");
        browser.type_into("Password", PASSWORD).await;
        browser.type_into("The password again", PASSWORD).await;
        browser.press("Create the account").await;
        browser.sees("Administrator").await;
        assert_eq!(browser.place().await, "/console/");

        browser.press("Sign out").await;
        browser.sees("Password forgotten, or no account yet?").await;
        assert_eq!(browser.place().await, "/console/sign-in");
        browser.type_into("E-mail address", ADA).await;
        browser.type_into("Password", "a sentence that somebody guesses").await;
        browser.press("Sign in").await;
        browser.sees("The address or the password is wrong").await;
        assert_eq!(browser.value_of("E-mail address").await, ADA);
        assert_eq!(browser.value_of("Password").await, "");
        browser.shot("sign-in-wrong").await;
        browser.type_into("Password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.sees("Sign out").await;
        browser.sees("Ada").await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}
