//! The console's pages that make licences, test them, and activate the keys of the account's own installation.

mod forms;
mod kinds;
mod license_key;
mod lots;
mod testing;

use keyward_engine::Caller;
use keyward_engine::token::Role;

use crate::records::{FORM, encoded, hidden};
use crate::site::Site;
use crate::world::Answer;

/// Somebody at a browser who signed in to the console.
struct Person<'s> {
    site: &'s Site,
    cookie: String,
    csrf: String,
}

impl<'s> Person<'s> {
    async fn at(site: &'s Site) -> Self {
        Self::of(site, Role::SalesAgent).await
    }

    async fn of(site: &'s Site, role: Role) -> Self {
        let (engine, caller) = (&site.engine, Caller::operator());
        let made = engine.create_token(&caller, role, "a person", None).await.expect("a token");
        let bearer = engine.authenticate(made.token.expose()).await.expect("asked").expect("it is good");
        let secret = engine.open_session(&caller, &bearer).await.expect("a session");
        let cookie = format!("keyward_console={}", secret.expose());
        let mut person = Self { site, cookie, csrf: String::new() };
        person.csrf = hidden(&person.get("/console/").await, "csrf");
        person
    }

    async fn get(&self, path: &str) -> Answer {
        self.site.ask(&format!("GET {path} HTTP/1.1\r\nCookie: {}", self.cookie), "").await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [fields, &[("csrf", self.csrf.as_str())]].concat();
        let head = format!("POST {path} HTTP/1.1\r\n{FORM}\r\nCookie: {}", self.cookie);
        self.site.ask(&head, &encoded(&fields)).await
    }

    /// Opens the form of a kind and sends it; the policy is named as the list names it.
    async fn generate(&self, kind: &str, policy: &str, fields: &[(&str, &str)]) -> Answer {
        let path = format!("/console/generate/{kind}");
        let page = self.get(&path).await;
        assert_eq!(page.status, 200, "{kind}: {page:?}");
        let (form, policy) = (hidden(&page, "form"), option(&page, policy));
        let fields = [fields, &[("form", form.as_str()), ("policy", policy.as_str())]].concat();
        self.post(&path, &fields).await
    }

    /// Makes a licence, and gives its key or text.
    async fn made(&self, kind: &str, policy: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.generate(kind, policy, fields).await;
        assert_eq!(answer.status, 200, "{kind}: {answer:?}");
        assert!(answer.body.contains("Read back and checked."), "{kind}: {}", answer.body);
        shown(&answer)
    }
}

/// The value of a choice by its name; the empty one when there is none.
fn option(page: &Answer, name: &str) -> String {
    let end = format!(">{name}</option>");
    let Some((before, _)) = page.body.split_once(&end) else { return String::new() };
    let (_, value) = before.rsplit_once("<option value=\"").expect("an option");
    value.split('"').next().expect("a value").to_owned()
}

/// The key or text that a page shows.
fn shown(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("id=\"key\" tabindex=\"0\"><code>").expect("a key is shown");
    plain(rest.split("</code>").next().expect("its end"))
}

/// A text as it is without HTML.
fn plain(html: &str) -> String {
    let text = html.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">");
    text.replace("&#38;", "&")
}
