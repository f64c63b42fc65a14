//! A support agent finds a customer's licence, sees what the customer sees, and helps.

use keyward_engine::license::{NewLicense, Term};
use keyward_engine::token::Role;
use keyward_engine::{Caller, NewUser};
use serde_json::json;

use super::browser::Browser;
use super::people::{ADA, PASSWORD, Person};
use super::signing_in::show_password;
use crate::site::Site;

const SCRIPT: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>";

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_finds_a_licence_by_its_last_characters_and_suspends_it() {
    for site in Site::all().await {
        Person::new(&site, Role::SupportAgent, ADA).await;
        let pool = site.pool_key("30").await;
        site.pool_key("30").await;
        let body = json!({ "license_key": pool.key, "domain_fingerprint": SCRIPT });
        assert_eq!(site.post("/api/activate", &body).await.status, 200);
        let user =
            NewUser { external_id: Some(SCRIPT.to_owned()), name: Some(SCRIPT.to_owned()), email: None };
        let metadata = Some(json!({ SCRIPT: SCRIPT }).to_string());
        let name = Some(format!("Very long name {SCRIPT} that goes on and on"));
        let wanted =
            NewLicense { user: Some(user), metadata, name, term: Term::Days(20), ..NewLicense::default() };
        site.engine.issue_tier(&Caller::operator(), "tier", "pro", wanted).await.expect("a key");
        site.engine.flush_recorder().await;

        let Some(browser) = Browser::at(&site).await else { return };
        browser.open("/console/").await;
        show_password(&browser, PASSWORD).await;
        browser.sees("Activation rate").await;
        browser.shot("overview").await;
        browser.press("Refused today 0").await;
        browser.sees("Attempts to validate").await;
        browser.shot("attempts").await;
        browser.press("Licences").await;
        browser.sees("Very long name <script>alert(1)").await;
        browser.shot("licences").await;

        let last = &pool.key[pool.key.len() - 4..];
        browser.type_into("Search", last).await;
        browser.sees_soon_no("Very long name").await;
        // The address leads a colleague there, too.
        browser.is_at(last).await;
        browser.press(&format!("…{last}")).await;
        browser.sees("What the customer sees").await;
        browser.shot("licence").await;
        browser.press("Suspend").await;
        browser.sees("The customer keeps the key: nothing is to be sent.").await;
        browser.press_button("Suspend").await;
        browser.sees("The licence is suspended.").await;
        browser.shot("licence-suspended").await;
        assert_ne!(site.get(&format!("/api/validate/{}", pool.key)).await.status, 200);
        browser.press_button("Reinstate").await;
        browser.sees("The licence is no longer suspended.").await;

        browser.press("All licences").await;
        browser.sees("Very long name").await;
        browser.press("Go on").await;
        browser.sees("No licence is ticked.").await;
        browser.press("Licences").await;
        browser.sees("Very long name").await;
        browser.tick("Tick all of this page").await;
        browser.press("Go on").await;
        browser.sees("Licences: 3").await;
        browser.shot("licences-bulk").await;
        browser.type_into("Why (for the audit log)", "not paid").await;
        browser.press_button("Suspend").await;
        browser.sees("Done: 3").await;
        browser.shot("licences-bulk-done").await;
        browser.press("Devices").await;
        browser.sees("<img src=x onerror=alert(2)>").await;
        browser.shot("devices").await;
        browser.press("Licences").await;
        browser.type_into("Search", "nothing of this name").await;
        browser.sees("Nothing was found.").await;
        browser.shot("licences-none").await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}
