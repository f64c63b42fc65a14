//! A browser, in the words of whoever sits at it: what is typed into which field, which button is pressed, what is seen.

mod files;
mod pages;
mod shot;

pub(crate) use files::file;
pub(crate) use pages::PAGES;
pub(crate) use shot::root;

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::driver;
use crate::site::Site;

/// So many run at once: each takes hundreds of megabytes.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));
/// How long is looked before something counts as missing, on a busy machine too, and how long between two looks.
const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN: Duration = Duration::from_millis(100);
/// How an element is told apart from other values (W3C WebDriver, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys that write nothing (W3C WebDriver, section 17.4.2).
pub(crate) const TAB: char = '\u{e004}';
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const UP: char = '\u{e013}';
const CONTROL: char = '\u{e009}';

/// A browser with nothing in it. Closed when it is dropped.
pub(crate) struct Browser {
    session: String,
    site: String,
    _place: SemaphorePermit<'static>,
}

impl Browser {
    /// `None` when the tests in the browser are left out.
    pub(crate) async fn at(site: &Site) -> Option<Self> {
        Self::speaking(site, "en-GB,en").await
    }

    /// One whose owner reads these languages.
    pub(crate) async fn speaking(site: &Site, languages: &str) -> Option<Self> {
        if !driver::is_wanted().await {
            return None;
        }
        let place = tokio::time::timeout(Duration::from_secs(600), PLACES.acquire()).await;
        let _place = place.expect("a browser of another test closes").expect("nobody closes the semaphore");
        let session = driver::new_session(languages).await;
        Some(Self { session, site: site.url.trim_end_matches('/').to_owned(), _place })
    }

    /// Types an address of the site.
    pub(crate) async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.site);
        self.post("/url", json!({ "url": url })).await.expect("the page opens");
    }

    /// Puts a text into the field with this label, instead of what is there.
    pub(crate) async fn type_into(&self, label: &str, text: &str) {
        self.on(&field(label), label, async |element| {
            self.post(&format!("/element/{element}/clear"), json!({})).await?;
            self.post(&format!("/element/{element}/value"), json!({ "text": text })).await
        })
        .await;
    }

    /// Chooses one of the list with this label.
    pub(crate) async fn choose(&self, label: &str, name: &str) {
        let path = format!("{}//option[normalize-space() = {}]", field(label), quoted(name));
        let press = async |element| self.post(&format!("/element/{element}/click"), json!({})).await;
        self.on(&path, name, press).await;
    }

    /// Ticks the box, or chooses the one of several, with this label around it.
    pub(crate) async fn tick(&self, label: &str) {
        let path = format!("{}//input | //input[@aria-label = {}]", label_of(label), quoted(label));
        let press = async |element| self.post(&format!("/element/{element}/click"), json!({})).await;
        self.on(&path, label, press).await;
    }

    /// Picks a day, as 2027-12-31: which digits a browser takes in which order is its owner's habit.
    pub(crate) async fn pick_day(&self, label: &str, day: &str) {
        self.on(&field(label), label, async |element| {
            let script = "arguments[0].value = arguments[1]; \
                          arguments[0].dispatchEvent(new Event('change', { bubbles: true }));";
            let arguments = json!([{ ELEMENT: element }, day]);
            self.post("/execute/sync", json!({ "script": script, "args": arguments })).await
        })
        .await;
    }

    /// What is in the field with this label.
    pub(crate) async fn value_of(&self, label: &str) -> String {
        let value = async |element| self.get(&format!("/element/{element}/property/value")).await;
        text(&self.on(&field(label), label, value).await)
    }

    /// Presses the button, or follows the link, with this text.
    pub(crate) async fn press(&self, name: &str) {
        self.press_within("", name).await;
    }

    /// Presses the button with this text: that which a fold of the same name has opened, for example.
    pub(crate) async fn press_button(&self, name: &str) {
        let path = format!("//button[normalize-space() = {}]", quoted(name));
        let press = async |element| self.post(&format!("/element/{element}/click"), json!({})).await;
        self.on(&path, name, press).await;
    }

    /// Presses the one of the section with this heading.
    pub(crate) async fn press_in(&self, heading: &str, name: &str) {
        self.press_within(&section(heading), name).await;
    }

    /// Puts a text into a field of the section with this heading.
    pub(crate) async fn type_in(&self, heading: &str, label: &str, text: &str) {
        let path = format!("{}//*[@id = {}{}/@for]", section(heading), section(heading), label_of(label));
        self.on(&path, label, async |element| {
            self.post(&format!("/element/{element}/value"), json!({ "text": text })).await
        })
        .await;
    }

    /// Puts a text into a field of a fold that is open, instead of what is there.
    pub(crate) async fn type_in_fold(&self, label: &str, text: &str) {
        let fold = "//details[@open]";
        let path = format!("{fold}//*[@id = {fold}{}/@for]", label_of(label));
        self.on(&path, label, async |element| {
            self.post(&format!("/element/{element}/clear"), json!({})).await?;
            self.post(&format!("/element/{element}/value"), json!({ "text": text })).await
        })
        .await;
    }

    async fn press_within(&self, within: &str, name: &str) {
        let path = format!(
            "{within}//*[self::a or self::button or self::summary][normalize-space() = {}]",
            quoted(name)
        );
        self.on(&path, name, async |element| {
            self.post(&format!("/element/{element}/click"), json!({})).await
        })
        .await;
    }

    /// Presses keys one after the other, wherever the focus is.
    pub(crate) async fn keys(&self, keys: impl IntoIterator<Item = char>) {
        let strokes = keys.into_iter().flat_map(|key| {
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
        });
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>() }]);
        self.post("/actions", json!({ "actions": actions })).await.expect("the keys are pressed");
    }

    /// Presses a key while Control is held down.
    pub(crate) async fn control(&self, key: char) {
        let stroke = |kind: &str, key: char| json!({ "type": kind, "value": key.to_string() });
        let strokes = [("keyDown", CONTROL), ("keyDown", key), ("keyUp", key), ("keyUp", CONTROL)]
            .map(|(kind, key)| stroke(kind, key));
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": strokes }]);
        self.post("/actions", json!({ "actions": actions })).await.expect("the keys are pressed");
    }

    /// What has the focus: the label of a field, or the text of anything else, or what is read out instead.
    pub(crate) async fn focused(&self) -> String {
        let script = "const it = document.activeElement; \
                      const said = (it.labels && it.labels.length ? it.labels[0] : it).innerText.trim(); \
                      return said || it.ariaLabel || '';";
        // Between two pages nothing has it.
        self.run(script).await.map(|name| text(&name)).unwrap_or_default()
    }

    /// Waits until the page says something.
    pub(crate) async fn sees(&self, what: &str) {
        self.until(&format!("does not say “{what}”"), async || self.text().await.contains(what)).await;
    }

    /// Waits until a field holds a text, as one that is read from a file.
    pub(crate) async fn holds(&self, label: &str, wanted: &str) {
        self.until(&format!("has no such text in “{label}”"), async || {
            self.value_of(label).await.trim() == wanted.trim()
        })
        .await;
    }

    /// Waits until this has the focus.
    pub(crate) async fn has_focus(&self, name: &str) {
        self.until(&format!("has not the focus on “{name}”"), async || self.focused().await == name).await;
    }

    /// Waits until the address has this part.
    pub(crate) async fn is_at(&self, part: &str) {
        self.until(&format!("has no “{part}” in its address"), async || {
            self.place().await.contains(part)
        })
        .await;
    }

    async fn until(&self, otherwise: &str, is_so: impl AsyncFn() -> bool) {
        let begun = Instant::now();
        while !is_so().await {
            if begun.elapsed() > PATIENCE {
                self.failed(otherwise).await;
            }
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// Waits until the page does not say something any more.
    pub(crate) async fn sees_soon_no(&self, what: &str) {
        self.until(&format!("still says “{what}”"), async || !self.text().await.contains(what)).await;
    }

    /// The page, which is there already, does not say something.
    pub(crate) async fn sees_no(&self, what: &str) {
        if self.text().await.contains(what) {
            self.failed(&format!("says “{what}”")).await;
        }
    }

    /// What the page says, as a person sees it, in one line.
    pub(crate) async fn text(&self) -> String {
        // Between two pages there is nothing to see.
        let said = self.run("return document.body ? document.body.innerText : '';").await;
        said.map(|said| text(&said).split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
    }

    /// The text of the element with this id.
    pub(crate) async fn text_of(&self, id: &str) -> String {
        let path = format!("//*[@id = {}]", quoted(id));
        let said = async |element| self.get(&format!("/element/{element}/text")).await;
        text(&self.on(&path, id, said).await)
    }

    /// Where the browser is, without the site.
    pub(crate) async fn place(&self) -> String {
        let url = text(&self.get("/url").await.expect("a page is open"));
        url.strip_prefix(&self.site).map_or(url.clone(), str::to_owned)
    }

    /// Cuts the browser off from every network, or takes that back.
    pub(crate) async fn offline(&self, is_offline: bool) {
        let conditions = json!({ "offline": is_offline, "latency": 0, "throughput": 10_000_000 });
        let body = json!({ "network_conditions": conditions });
        self.post("/chromium/network_conditions", body).await.expect("the network is cut off");
    }

    /// Runs a script in the page, as an extension of the browser would.
    async fn run(&self, script: &str) -> Result<Value, String> {
        self.post("/execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Does something to an element once it is there and can be used.
    async fn on(&self, path: &str, name: &str, act: impl AsyncFn(String) -> Result<Value, String>) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.post("/element", json!({ "using": "xpath", "value": path })).await;
            let done = match found {
                Ok(found) => act(text(&found[ELEMENT])).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(value) => return value,
                // Until then it is of a page that has just been left, or is still drawn.
                Err(error) if begun.elapsed() > PATIENCE => {
                    self.failed(&format!("has no “{name}” that can be used: {error}")).await;
                }
                Err(_) => tokio::time::sleep(BETWEEN).await,
            }
        }
    }

    async fn failed(&self, what: &str) -> ! {
        let (place, said) = (self.place().await, self.text().await);
        panic!("the page {place} {what}\nIt says: {said}")
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        driver::command("POST", format!("/session/{}{path}", self.session), body).await
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        driver::command("GET", format!("/session/{}{path}", self.session), Value::Null).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // One that does not close ends with the tests.
        let _ = driver::send("DELETE", &format!("/session/{}", self.session), &Value::Null);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The label, which may go on behind the words: with “(optional)”, for example.
fn label_of(label: &str) -> String {
    format!("//label[starts-with(normalize-space(), {})]", quoted(label))
}

fn field(label: &str) -> String {
    format!("//*[@id = {}/@for]", label_of(label))
}

fn section(heading: &str) -> String {
    format!("//section[*[self::h1 or self::h2][normalize-space() = {}]]", quoted(heading))
}

/// A text in an XPath, which knows no escapes.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}
