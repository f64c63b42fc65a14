//! The console's pages over HTTP: who may open what, and each area's job done as a browser without scripts does it.

mod audit;
mod features;
mod keys;
pub(crate) mod license;
mod licenses;
mod others;
mod overview;
mod people;
mod products;
pub(crate) mod rights;
mod scripts;
mod secrets;
mod tokens;

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::people::Welcome;
use keyward_engine::token::Role;
use uuid::Uuid;

use crate::site::Site;
use crate::world::Answer;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const PASSWORD: &str = "correct horse battery";

/// What a customer or an API may write, and no page may say in earnest.
pub(crate) const SCRIPT: &str = "<script>alert(1)</script>\"'>";

/// Somebody at a browser who signed in.
pub(crate) struct Person<'s> {
    pub(crate) site: &'s Site,
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl<'s> Person<'s> {
    /// Invited and signed in, with an address of the role's name.
    pub(crate) async fn of(site: &'s Site, role: Role) -> Self {
        Self::called(site, role, &format!("{role}@example.com")).await
    }

    pub(crate) async fn called(site: &'s Site, role: Role, email: &str) -> Self {
        let (engine, caller) = (&site.engine, Caller::operator());
        let link = engine.invite(&caller, role, Some(email)).await.expect("a link");
        let welcome = Welcome { password: PASSWORD.to_owned().into(), ..Welcome::default() };
        let session = engine.accept(&caller, &link, welcome).await.expect("a session").secret;
        let cookie = format!("keyward_console={}", session.expose());
        let session = engine.session(&session).await.expect("reads").expect("a session");
        let id = session.person().expect("a person").id;
        Self { site, id, email: email.to_owned(), cookie, csrf: session.csrf.expose().to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.site.ask(&format!("GET {path} HTTP/1.1\r\nCookie: {}", self.cookie), "").await
    }

    /// A page that must be there.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Sends a form with the session's own proof.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, fields, &self.csrf).await
    }

    pub(crate) async fn post_with(&self, path: &str, fields: &[(&str, &str)], csrf: &str) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields).append_pair("csrf", csrf);
        let head = format!("POST {path} HTTP/1.1\r\n{FORM}\r\nCookie: {}", self.cookie);
        self.site.ask(&head, &body.finish()).await
    }

    /// Sends a form that leads on, and gives the page that it leads to.
    pub(crate) async fn done(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        let place = answer.header("location").expect("a place").to_owned();
        self.page(&place).await
    }

    /// What an area wrote down last, with who did it.
    pub(crate) async fn last_event(&self) -> (String, Option<Uuid>) {
        let newest = self.site.engine.audit_log(None, 1).await.expect("reads").remove(0);
        (newest.event, newest.actor_id)
    }
}

/// What stands between two texts of a page.
pub(crate) fn between<'p>(page: &'p str, before: &str, behind: &str) -> &'p str {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {page}"));
    rest.split_once(behind).map_or(rest, |(text, _)| text)
}

/// What is shown once on a page.
pub(crate) fn shown(page: &str) -> &str {
    between(page, "id=\"shown\" tabindex=\"0\"><code>", "</code>")
}

/// The page says no markup that somebody wrote into a field, and says its text.
pub(crate) fn is_escaped(page: &str) {
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(!page.contains(SCRIPT), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#62;"), "{page}");
}

pub(crate) fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}
