//! A support agent on a licence's page: what each action means is read before it is done, and its result seen behind it.

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::license::{Activate, Named, Shown};
use keyward_engine::token::Role;
use uuid::Uuid;

use super::browser::Browser;
use super::people::{ADA, PASSWORD, Person};
use super::signing_in::show_password;
use crate::console_pages::license::{DEVICE, file};
use crate::site::Site;

const SAME: &str = "The customer keeps the key: nothing is to be sent.";
const NEW: &str = "The customer must get the new key or file; the old one still finds the licence.";

/// A licence's page before an agent.
struct Desk<'s> {
    site: &'s Site,
    browser: &'s Browser,
    license: Uuid,
}

impl Desk<'_> {
    async fn shown(&self) -> Shown {
        self.site.engine.show(&Named::Id(self.license)).await.expect("a licence")
    }

    async fn end(&self) -> Timestamp {
        self.shown().await.found.license.expiry.expect("it ends")
    }

    /// Opens the fold of an action, reads what it means, fills it in, and does it.
    async fn does(&self, action: &str, means: &[&str], fields: &[(&str, &str)], result: &str) {
        // Nothing is said any more of what was done before.
        self.browser.open(&format!("/console/licenses/{}", self.license)).await;
        for sentence in means.iter().chain([&result]) {
            self.browser.sees_no(sentence).await;
        }
        self.browser.press(action).await;
        for sentence in means {
            self.browser.sees(sentence).await;
        }
        for (label, text) in fields {
            self.browser.type_in_fold(label, text).await;
        }
        self.browser.press_button(action).await;
        self.browser.sees(result).await;
    }

    /// What every licence goes through; `form` is what is said of its key, `end` how far renewing moves it.
    async fn is_changed(&self, says: (&str, &str), renewed: &str, transferred: &str) {
        let (end, forms) = (self.end().await, self.shown().await.forms.len());
        let means = ["Days of 24 hours, from its end, or from today as its policy says.", says.0];
        self.does("Extend by days", &means, &[("Days", "10")], renewed).await;
        let extended = self.end().await;
        assert_eq!(extended, end.plus_days(10));
        self.does("Renew", &["By the policy’s duration.", says.0], &[], renewed).await;
        assert!(self.end().await > extended);

        let fields =
            [("New device (fingerprint)", "new.example"), ("New customer (e-mail)", "new@example.com")];
        let means = ["To another device, which takes the place of all others", says.1];
        self.does("Transfer", &means, &fields, transferred).await;
        self.browser.sees("new@example.com").await;
        let shown = self.shown().await;
        let devices: Vec<&str> = shown.machines.iter().map(|it| it.fingerprint.as_str()).collect();
        assert_eq!((devices, shown.found.license.transfers), (vec!["new.example"], 1));
        assert_eq!(shown.found.user_email.as_deref(), Some("new@example.com"));
        // What says so gives a new form: extending, renewing, moving.
        let given = usize::from(says.0 == NEW) * 2 + usize::from(says.1 == NEW);
        assert_eq!(shown.forms.len(), forms + given);
    }

    async fn is_revoked_and_reinstated(&self) {
        let means = ["It is refused from now on. Reinstating takes this back."];
        let why = [("Why (for the audit log)", "charged back")];
        self.does("Revoke", &means, &why, "The licence is revoked.").await;
        assert_eq!(self.shown().await.found.license.suspension_reason.as_deref(), Some("revoked"));
        let log = self.site.engine.audit_log(Some(&Named::Id(self.license)), 1).await.expect("the log");
        assert!(log[0].event == "license.revoke" && log[0].detail.contains("charged back"), "{log:?}");
        for said in ["Revoked", "It is no longer suspended, and keeps the end that it has.", SAME] {
            self.browser.sees(said).await;
        }
        self.browser.press_button("Reinstate").await;
        self.browser.sees("The licence is no longer suspended.").await;
        assert_eq!(self.shown().await.found.license.suspension_reason, None);
    }

    async fn is_released(&self, leaves: &str) {
        let means = ["The licence is no longer active on this device.", leaves, SAME];
        self.does("Release", &means, &[], "The device is released.").await;
        self.browser.sees("It runs on no device.").await;
        assert!(self.shown().await.machines.is_empty());
    }
}

/// A support agent's browser; `None` when the tests in the browser are left out.
async fn open(site: &Site, license: Uuid) -> Option<Browser> {
    Person::new(site, Role::SupportAgent, ADA).await;
    let browser = Browser::at(site).await?;
    browser.open(&format!("/console/licenses/{license}")).await;
    show_password(&browser, PASSWORD).await;
    browser.sees("What the customer sees").await;
    Some(browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stays_as_it_is_is_changed_in_every_way() {
    for site in Site::all().await {
        let made = site.pool_key("30").await;
        let request = Activate { key: made.key, fingerprint: "old.example".to_owned(), name: None };
        site.engine.activate(&Caller::operator(), request, None).await.expect("an answer");
        let Some(browser) = open(&site, made.id).await else { return };
        let desk = Desk { site: &site, browser: &browser, license: made.id };
        desk.is_revoked_and_reinstated().await;
        desk.is_changed((SAME, SAME), "The licence is renewed.", "The licence is transferred.").await;
        browser.press("Release").await;
        browser.sees("no longer active on this device").await;
        browser.shot("licence-release").await;
        browser.press("Release").await;
        desk.is_released("A key that works once stays used").await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_changed_in_every_way_and_the_customer_gets_the_new_one() {
    let site = Site::new().await;
    let made = file(&site).await;
    let Some(browser) = open(&site, made.id).await else { return };
    let desk = Desk { site: &site, browser: &browser, license: made.id };
    assert_eq!(desk.shown().await.machines[0].fingerprint, DEVICE);
    let renewed =
        "The licence is renewed and has a new key or file: show it below and send it to the customer.";
    let transferred = renewed.replace("renewed", "transferred");
    desk.is_changed((NEW, NEW), renewed, &transferred).await;
    browser.press("Show the key").await;
    browser.sees("The key as delivered.").await;
    let newest = browser.text_of("key").await;
    assert_ne!(newest, made.key);
    assert!(newest.contains("new.example"), "{newest}");
    browser.shot("licence-file-shown").await;
    let downloads = browser.download_to("helping").await;
    browser.press("Download").await;
    assert_eq!(browser.downloaded(&downloads.join("ABC Traders.key")).await, newest);
    desk.is_revoked_and_reinstated().await;
    desk.is_released("Its key or file goes on naming this device: for another one, transfer the licence.")
        .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_masked_shown_once_written_down_and_taken_away() {
    for (number, site) in Site::all().await.into_iter().enumerate() {
        let lk3 = keyward_core::scheme::lk3::Lk3 {
            tier: "PRO-10".to_owned(),
            company: "Blue Yonder".to_owned(),
            ..Default::default()
        };
        let form = NewForm::Lk3 {
            order: Order::default(),
            request: Box::new(lk3),
            seal: keyward_core::scheme::lk3::Seal::Signature,
            encrypted: false,
        };
        let made = site.engine.issue_form(&Caller::operator(), form).await.expect("a key");
        let Some(browser) = open(&site, made.id).await else { return };
        let revealed = async || {
            let log = site.engine.audit_log(Some(&Named::Id(made.id)), 100).await.expect("the log");
            log.iter().filter(|entry| entry.event == "license.reveal").count()
        };
        browser.sees(&format!("••••{}", &made.key[made.key.len() - 4..])).await;
        browser.sees_no(&made.key).await;
        assert_eq!(revealed().await, 0);
        browser.press("Show the key").await;
        browser.sees("The key as delivered. That you looked at it is written down.").await;
        assert_eq!(browser.text_of("key").await, made.key);
        assert!(browser.markup().await.contains("svg.qr"), "{}", browser.markup().await);
        browser.sees("license.reveal").await;
        assert_eq!(revealed().await, 1);
        assert!(!browser.place().await.contains(&made.key));
        browser.shot("licence-key-shown").await;
        let downloads = browser.download_to(&format!("shown-{number}")).await;
        browser.press("Download").await;
        assert_eq!(browser.downloaded(&downloads.join("Blue Yonder.txt")).await, made.key);
        assert_eq!(revealed().await, 2);
        browser.press("Copy").await;
        browser.sees("Copied").await;

        // Whoever opens the page again sees no key.
        browser.open(&browser.place().await).await;
        browser.sees("What the customer sees").await;
        browser.sees_no(&made.key).await;
        browser.sees("Show the key").await;
        assert_eq!(revealed().await, 2);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}
