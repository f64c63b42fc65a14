//! Somebody who sells makes licences of every kind, and gives them away.

use keyward_engine::token::Role;

use super::browser::{Browser, file};
use super::people::{ADA, PASSWORD, Person};
use super::signing_in::show_password;
use crate::site::Site;

/// A kind: its name in addresses, its link, a choice, and what is typed into which field.
type Kind =
    (&'static str, &'static str, (&'static str, &'static str), &'static [(&'static str, &'static str)]);

/// The field for the last day.
const DAY: &str = "Ends on";

pub(super) const LK2: Kind =
    ("lk2", "Self-contained key (LK-2) weak", ("Tier", "PRO-10"), &[("Company", "Acme & Sons")]);
pub(super) const LK3: Kind = (
    "lk3",
    "Signed key (LK-3) recommended",
    ("Policy", "PRO-20"),
    &[
        ("Company", "Blue Yonder Ltd"),
        ("Customer’s e-mail address", "it@example.com"),
        (DAY, "2027-12-31"),
        ("Features", "export, sync"),
        ("Limits", "api_calls=1000"),
    ],
);
pub(super) const FILE: Kind = (
    "file",
    "Device file",
    ("", ""),
    &[
        ("Product", "desk"),
        ("Device id", "0123456789ABCDEF"),
        ("Customer’s name", "ABC Traders"),
        ("Customer’s e-mail address", "abc@example.com"),
        ("Months", "12"),
    ],
);
pub(super) const RECORD: Kind =
    ("record", "Signed record", ("Type", "Pro"), &[("Client id", "example.com"), ("Days", "30")]);
const POOL: Kind = ("pool", "Pool keys", ("Duration", "1 mois"), &[("How many", "1")]);
const TIER: Kind =
    ("tier", "Tier key", ("Tier", "pro"), &[("Your id of the customer", "u-17"), ("Days", "365")]);
const LK1: Kind = ("lk1", "Short key (LK-1) weak", ("Tier", "PRO-10"), &[(DAY, "2028-01-31")]);

/// Fills the form of a kind in, which is open.
pub(super) async fn fill_in(browser: &Browser, (_, _, (label, choice), fields): Kind) {
    if !choice.is_empty() {
        browser.choose(label, choice).await;
    }
    for (label, text) in fields {
        match *label {
            DAY => browser.pick_day(label, text).await,
            _ => browser.type_into(label, text).await,
        }
    }
}

/// Makes a licence, and gives its key or text.
pub(super) async fn made(browser: &Browser, kind: Kind) -> String {
    browser.open(&format!("/console/generate/{}", kind.0)).await;
    fill_in(browser, kind).await;
    browser.press_button("Generate").await;
    browser.sees("Read back and checked.").await;
    browser.text_of("key").await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_chosen_filled_in_and_made() {
    let site = Site::new().await;
    Person::new(&site, Role::SalesAgent, ADA).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/generate").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Choose what the application that you sell can read.").await;
    browser.shot("generate").await;
    for kind in [LK3, RECORD, POOL, TIER, FILE, LK2, LK1] {
        browser.press("Generate").await;
        browser.press(kind.1).await;
        browser.sees("Another kind").await;
        browser.shot(&format!("generate-{}", kind.0)).await;
        fill_in(&browser, kind).await;
        browser.press_button("Generate").await;
        browser.sees("Read back and checked.").await;
        browser.shot(&format!("generated-{}", kind.0)).await;
        let examined = site.engine.examine(&browser.text_of("key").await).await.expect("a licence");
        assert!(examined.found.is_some(), "{}", kind.0);
        browser.press("The licence’s page").await;
        browser.sees("What the customer sees").await;
        browser.sees_no("Nothing to do").await;
        browser.shot(&format!("licence-{}", kind.0)).await;
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_is_marked_and_what_was_typed_stays() {
    let site = Site::new().await;
    Person::new(&site, Role::SalesAgent, ADA).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/generate/lk2").await;
    show_password(&browser, PASSWORD).await;
    browser.choose("Tier", "PRO-20").await;
    browser.type_into("Company", "Acme & Sons").await;
    browser.pick_day(DAY, "2020-01-01").await;
    browser.shot("generate-form").await;
    browser.press_button("Generate").await;
    browser.sees("This day has begun already: the licence would be over.").await;
    assert_eq!(browser.value_of("Company").await, "Acme & Sons");
    browser.shot("generate-refused").await;
    browser.pick_day(DAY, "2028-01-01").await;
    browser.press_button("Generate").await;
    browser.sees("Read back and checked.").await;
    browser.sees("Acme & Sons").await;

    // Each client has one record.
    made(&browser, RECORD).await;
    browser.open("/console/generate/record").await;
    fill_in(&browser, RECORD).await;
    browser.press_button("Generate").await;
    browser.sees("This client has a licence already.").await;
    browser.shot("generate-taken").await;
    browser.press("Renew or change that one").await;
    browser.sees("What the customer sees").await;
    browser.sees("example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_is_followed_and_taken_away_as_a_table() {
    let site = Site::new().await;
    Person::new(&site, Role::SalesAgent, ADA).await;
    let Some(browser) = Browser::at(&site).await else { return };
    browser.open("/console/generate/pool").await;
    show_password(&browser, PASSWORD).await;
    browser.choose("Duration", "1 mois").await;
    browser.type_into("How many", "60000").await;
    browser.type_into("Name of the lot", "spring").await;
    browser.press_button("Generate").await;
    browser.sees("60,000 keys are being made.").await;
    browser.shot("lot-going").await;
    browser.sees("All keys are made.").await;
    browser.sees("60,000 / 60,000 made").await;
    browser.shot("lot").await;
    let downloads = browser.download_to("lot").await;
    browser.press("Download the table (CSV)").await;
    let table = browser.downloaded(&downloads.join("spring.csv")).await;
    let rows: Vec<&str> = table.split_terminator("\r\n").skip(1).collect();
    assert_eq!(rows.len(), 60_000);
    assert!(rows.iter().all(|row| row.ends_with(",30,1 mois,spring")), "{:?}", rows.first());
    browser.sees("All keys are made.").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_made_found_again_suspended_and_seen_as_a_file() {
    for (number, site) in Site::all().await.into_iter().enumerate() {
        Person::new(&site, Role::SalesAgent, ADA).await;
        let Some(browser) = Browser::at(&site).await else { return };
        browser.open("/console/").await;
        show_password(&browser, PASSWORD).await;
        browser.sees("Sign out").await;
        let downloads = browser.download_to(&format!("made-{number}")).await;
        let text = made(&browser, FILE).await;
        browser.press("Download").await;
        assert_eq!(browser.downloaded(&downloads.join("ABC Traders.key")).await, text);
        browser.press("Licences").await;
        browser.type_into("Search", "abc@").await;
        browser.is_at("abc").await;
        browser.sees("ABC Traders").await;
        browser.press("ABC Traders").await;
        browser.sees("What the customer sees").await;
        browser.press("Suspend").await;
        browser.press_button("Suspend").await;
        browser.sees("The licence is suspended.").await;

        // A whole key leads straight to its licence, and stands in no address.
        let key = made(&browser, LK3).await;
        browser.press("Licences").await;
        browser.type_into("Search", &key).await;
        browser.sees("What the customer sees").await;
        browser.sees("Blue Yonder Ltd").await;
        assert!(!browser.place().await.contains(&key));
        browser.open("/console/test").await;
        browser.choose_file("Or a file", &file("suspended.key", &text)).await;
        browser.holds("Key or licence", &text).await;
        browser.press("Test").await;
        browser.sees("it is suspended").await;
        browser.shot("test-suspended").await;
    }
}
