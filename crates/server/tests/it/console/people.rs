//! People of the console whose browser is a handful of requests.

use keyward_engine::Caller;
use keyward_engine::people::SecondFactor;
use keyward_engine::token::Role;
use uuid::Uuid;

use crate::records::{FORM, encoded, hidden};
use crate::site::Site;
use crate::world::Answer;

/// Long enough, and nothing that stands in any page.
pub(crate) const PASSWORD: &str = "a sentence that nobody guesses";
pub(crate) const ADA: &str = "ada@example.com";

/// Somebody who signed in.
pub(crate) struct Person<'s> {
    pub(crate) site: &'s Site,
    pub(crate) id: Uuid,
    /// As the browser sends it back: name and value.
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl<'s> Person<'s> {
    /// Somebody new.
    pub(crate) async fn new(site: &'s Site, role: Role, email: &str) -> Self {
        let link = link(site, role, Some(email)).await;
        Self::with(site, email, &accept(site, &link, email, PASSWORD).await).await
    }

    /// Somebody new, who is the administrator.
    pub(crate) async fn ada(site: &'s Site) -> Self {
        Self::new(site, Role::Admin, ADA).await
    }

    /// Another session of somebody who is here.
    pub(crate) async fn again(site: &'s Site, email: &str) -> Self {
        Self::with(site, email, &sign_in(site, email, PASSWORD).await).await
    }

    /// Whoever was let in by this answer.
    pub(crate) async fn with(site: &'s Site, email: &str, answer: &Answer) -> Self {
        assert_eq!((answer.status, answer.header("location")), (303, Some("/console/")), "{answer:?}");
        let people = site.engine.people().await.expect("people");
        let id = people.iter().find(|person| person.email == email).expect("he is here").id;
        let mut person = Self { site, id, cookie: cookie(answer), csrf: String::new() };
        person.csrf = hidden(&person.get("/console/me").await, "csrf");
        person
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        get(self.site, path, &self.cookie).await
    }

    /// Sends a form of a page of his own.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [fields, &[("csrf", self.csrf.as_str())]].concat();
        self.send(path, &fields).await
    }

    /// Sends a form of whoever.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        post(self.site, path, &format!("\r\nCookie: {}", self.cookie), fields).await
    }

    /// Whether he is still signed in.
    pub(crate) async fn is_in(&self) -> bool {
        is_in(self.site, &self.cookie).await
    }

    /// Sets up a second factor, whose present code is used up.
    pub(crate) async fn second_factor(&self) -> SecondFactor {
        let secret = SecondFactor::parse(&hidden(&self.get("/console/me/second-factor").await, "secret"));
        let secret = secret.expect("a secret");
        let fields = [("secret", &**secret.to_text()), ("code", &secret.code(now(self.site)))];
        let answer = self.post("/console/me/second-factor", &fields).await;
        assert_eq!(answer.header("location"), Some("/console/me?done=factor"), "{answer:?}");
        secret
    }
}

pub(crate) fn now(site: &Site) -> keyward_core::time::Timestamp {
    keyward_engine::Clock::now(&*site.clock)
}

/// What a new link carries.
pub(crate) async fn link(site: &Site, role: Role, email: Option<&str>) -> String {
    let link = site.engine.invite(&Caller::operator(), role, email).await;
    link.expect("a link").expose().to_owned()
}

pub(crate) async fn accept(site: &Site, link: &str, email: &str, password: &str) -> Answer {
    let fields = [("link", link), ("email", email), ("password", password), ("again", password)];
    post(site, "/console/set-up", "", &fields).await
}

pub(crate) async fn sign_in(site: &Site, email: &str, password: &str) -> Answer {
    post(site, "/console/sign-in", "", &[("email", email), ("password", password)]).await
}

/// Shows a code, in the session that waits for it.
pub(crate) async fn show_code(site: &Site, cookie: &str, code: &str) -> Answer {
    post(site, "/console/sign-in/code", &format!("\r\nCookie: {cookie}"), &[("code", code)]).await
}

/// `headers` as lines of their own, each with `\r\n` in front.
pub(crate) async fn post(site: &Site, path: &str, headers: &str, fields: &[(&str, &str)]) -> Answer {
    site.ask(&format!("POST {path} HTTP/1.1\r\n{FORM}{headers}"), &encoded(fields)).await
}

pub(crate) async fn get(site: &Site, path: &str, cookie: &str) -> Answer {
    site.ask(&format!("GET {path} HTTP/1.1\r\nCookie: {cookie}"), "").await
}

pub(crate) async fn is_in(site: &Site, cookie: &str) -> bool {
    get(site, "/console/me", cookie).await.status == 200
}

/// The cookie that an answer sets: name and value.
pub(crate) fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
    cookie.unwrap_or_else(|| panic!("no cookie: {answer:?}")).to_owned()
}
