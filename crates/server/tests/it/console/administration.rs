//! The pages of those who run the server and of those who say what is sold.

mod catalogue;
mod customers;
mod log;
mod people;

use super::browser::Browser;
use super::people::{PASSWORD, Person};
use super::signing_in::show_password;
use crate::site::Site;

/// The administrator's browser; `None` when the tests in the browser are left out.
async fn open(site: &Site) -> Option<Browser> {
    Person::ada(site).await;
    let browser = Browser::at(site).await?;
    browser.open("/console/").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Sign out").await;
    Some(browser)
}
