//! The tour of `docs/console.md`, walked on the same data and at the same time each day, and its pictures.
//!
//! Another version of Chromium, or other fonts, draw the same page with other pixels. So a picture is not compared with
//! the page: it fits as long as the page's words, markup and style sheet are those that it was taken of, and digests of
//! these three stand beside the pictures. `UPDATE_DOCS=1` takes the pictures anew.

mod digest;

use std::collections::BTreeMap;
use std::path::PathBuf;

use keyward_core::time::Timestamp;
use keyward_engine::license::{Named, NewLicense, Suspension, Term};
use keyward_engine::{Caller, NewUser};
use serde_json::json;

use super::browser::{Browser, root};
use super::generating::{LK3, fill_in};
use super::people::{ADA, PASSWORD, Person};
use super::signing_in::show_password;
use crate::site::{START, Site};
use digest::Digest;

/// No picture is higher.
const HEIGHT: u32 = 800;
const WIDTH: u32 = 1280;
/// All of them together are no larger, in bytes.
const MOST: usize = 600_000;
const DIGESTS: &str = "pages.json";
const HOW: &str =
    "`UPDATE_DOCS=1 cargo test -p keyward-server --test it -- console::tour` takes the pictures anew";

/// The directory of the pictures.
fn place() -> PathBuf {
    root().join("docs/images/console")
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// Three weeks of a vendor's work.
async fn fill(site: &Site) {
    let caller = Caller::operator();
    let day = |day: i64| Timestamp::from_seconds(START - (21 - day) * 86_400);
    site.clock.set(day(0));
    for _ in 0..40 {
        site.pool_key("180").await;
    }
    for at in 0..=21 {
        site.clock.set(day(at));
        for number in 0..1 + at * 5 % 4 {
            let key = site.pool_key("30").await.key;
            for _ in 0..at % 3 {
                site.get(&format!("/api/validate/{key}")).await;
            }
            let shop =
                json!({ "license_key": key, "domain_fingerprint": format!("shop-{at}-{number}.example") });
            assert_eq!(site.post("/api/activate", &shop).await.status, 200);
        }
        if at % 5 == 4 {
            site.get("/api/validate/ABCDEFGHJKLM").await;
        }
    }
    for (name, days) in [
        ("Acme Tools", 20),
        ("Borealis", 90),
        ("Cobalt Studio", 365),
        ("Delta Print", 28),
        ("Elm & Oak", 730),
    ] {
        site.clock.advance(60);
        let user =
            NewUser { external_id: Some(name.to_lowercase()), name: Some(name.to_owned()), email: None };
        let (user, name, term) = (Some(user), Some(name.to_owned()), Term::Days(days));
        let wanted = NewLicense { user, name, term, ..NewLicense::default() };
        let made = site.engine.issue_tier(&caller, "tier", "pro", wanted).await.expect("a key");
        if days == 90 {
            let named = Named::Key(made.key);
            site.engine.suspend(&caller, named, Suspension::Suspend, None).await.expect("suspended");
        }
    }
    site.get("/api/validate/ABCDEFGHJKLM").await;
    site.engine.flush_recorder().await;
}

/// Takes or compares the picture of the page that is open.
async fn picture(browser: &Browser, name: &str, digests: &mut BTreeMap<String, Digest>) {
    let digest = Digest::of(&browser.text().await, &browser.markup().await);
    if is_updating() {
        let picture = browser.top(WIDTH, HEIGHT).await;
        std::fs::create_dir_all(place()).expect("a directory for pictures");
        std::fs::write(place().join(format!("{name}.png")), picture).expect("the picture is written");
    } else {
        let known = known();
        let known = known.get(name).unwrap_or_else(|| panic!("there is no picture {name}: {HOW}"));
        assert_eq!(
            *known,
            digest,
            "the picture {name} is not of this page any more: {HOW}\n{}",
            browser.text().await
        );
    }
    digests.insert(name.to_owned(), digest);
}

/// The digests that stand beside the pictures.
fn known() -> BTreeMap<String, Digest> {
    let file = place().join(DIGESTS);
    let text =
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}; {HOW}", file.display()));
    serde_json::from_str(&text).expect("digests")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pictures_of_the_tour_are_of_the_pages_as_they_are() {
    let site = Site::seeded(2_027).await;
    fill(&site).await;
    Person::ada(&site).await;
    let Some(browser) = Browser::at(&site).await else { return };
    let mut digests = BTreeMap::new();
    browser.open("/console/").await;
    show_password(&browser, PASSWORD).await;
    browser.sees("Activation rate").await;
    browser.sees(ADA).await;
    picture(&browser, "overview", &mut digests).await;

    browser.press("Generate").await;
    browser.press(LK3.1).await;
    browser.sees("Another kind").await;
    fill_in(&browser, LK3).await;
    browser.press_button("Generate").await;
    browser.sees("Read back and checked.").await;
    picture(&browser, "generated", &mut digests).await;
    let key = browser.text_of("key").await;

    browser.press("Licences").await;
    browser.sees("Acme Tools").await;
    picture(&browser, "licences", &mut digests).await;
    browser.type_into("Search", &key).await;
    browser.sees("What the customer sees").await;
    browser.sees("Blue Yonder Ltd").await;
    picture(&browser, "licence", &mut digests).await;

    browser.press("Test a licence").await;
    browser.type_into("Key or licence", &key).await;
    browser.press("Test").await;
    browser.sees("fits the key").await;
    picture(&browser, "test", &mut digests).await;

    if is_updating() {
        let text = serde_json::to_string_pretty(&digests).expect("digests");
        std::fs::write(place().join(DIGESTS), text + "\n").expect("the digests are written");
    }
    assert_eq!(known(), digests, "digests of pictures that are not taken: {HOW}");
}

#[test]
fn each_picture_of_the_page_is_there_and_none_is_left_over() {
    if is_updating() {
        // They are being written.
        return;
    }
    let page = std::fs::read_to_string(root().join("docs/console.md")).expect("the page");
    let named = page.split("](images/console/").skip(1).filter_map(|rest| rest.split(')').next());
    let mut named: Vec<String> = named.map(str::to_owned).collect();
    named.sort_unstable();
    let there = std::fs::read_dir(place())
        .expect("pictures")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8"));
    let mut there: Vec<String> = there.filter(|name| name != DIGESTS).collect();
    there.sort_unstable();
    assert_eq!(named, there, "the pictures that docs/console.md shows, and those that there are");
    let taken: Vec<String> = known().into_keys().map(|name| format!("{name}.png")).collect();
    assert_eq!(there, taken, "the pictures, and those that the tour takes");
    let mut size = 0;
    for name in there {
        let picture = std::fs::read(place().join(&name)).expect("a picture");
        // Its first chunk says how large it is (ISO/IEC 15948, section 11.2.2).
        assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture[12..16] == *b"IHDR", "{name} is no PNG");
        let side = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(side(16), WIDTH, "{name}");
        assert!(side(20) <= HEIGHT, "{name}");
        size += picture.len();
    }
    assert!(size <= MOST, "{size} bytes of pictures");
}
