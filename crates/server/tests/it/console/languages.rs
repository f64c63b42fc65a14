//! The language: what the browser asks for, until a person chooses another.

use keyward_engine::token::Role;

use super::browser::Browser;
use super::people::{ADA, PASSWORD, Person, link};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_asks_for_french_gets_it() {
    let site = Site::new().await;
    Person::ada(&site).await;
    let Some(browser) = Browser::speaking(&site, "fr-CA,fr,en").await else { return };
    browser.open("/console/me").await;
    browser.sees("Mot de passe oublié, ou pas encore de compte ?").await;
    browser.shot("sign-in-french").await;
    browser.type_into("Adresse e-mail", ADA).await;
    browser.type_into("Mot de passe", PASSWORD).await;
    browser.press("Se connecter").await;
    browser.sees("Changer le mot de passe").await;
    browser.shot("me-french").await;

    browser.press("English").await;
    browser.sees("Change the password").await;
    assert_eq!(browser.place().await, "/console/me");
    browser.press("Sign out").await;
    browser.sees("Password forgotten").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_that_was_chosen_stays() {
    let site = Site::new().await;
    let link = link(&site, Role::Admin, None).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/sign-in?next=/console/me%3Fa%3Db").await;
    browser.sees("Password forgotten").await;
    browser.press("Français").await;
    browser.sees("Mot de passe oublié").await;
    browser.open("/console/nothing-of-this-name").await;
    browser.sees("Il n’y a rien à cette adresse.").await;
    browser.press("English").await;
    browser.sees("Password forgotten").await;
    // Nobody loses his link by it.
    browser.open(&format!("/console/set-up?link={link}")).await;
    browser.press("Français").await;
    browser.sees("Vous serez l’administrateur de ce Keyward.").await;
    browser.shot("set-up-french").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
