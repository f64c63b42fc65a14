//! Pictures of pages in light, in dark and on a phone, and what must hold of every page that is looked at: nothing lies
//! beside a phone's screen, no address is broken where there is room, the browser has nothing to complain about, and
//! nothing keeps anybody from using it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::pages::{PAGES, is_of};
use super::{Browser, text};

/// Of the npm package axe-core, which finds what keeps people from using a page.
static AXE: LazyLock<String> = LazyLock::new(|| {
    let file = root().join("target/npm/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask test` installs what this test needs", file.display())
    })
});

/// What a picture is called, the colours, and the width.
const LOOKS: [(&str, &str, u32); 3] =
    [("light", "light", 1280), ("dark", "dark", 1280), ("phone", "light", 390)];

/// Bytes of a page with its style sheet, scripts and pictures, at the most.
const HEAVIEST: u32 = 60_000;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Browser {
    /// Takes the pictures of a page, `target/screenshots/<name>-….png`.
    pub(crate) async fn shot(&self, name: &str) {
        if let Some((pattern, _)) = PAGES.iter().find(|(_, picture)| *picture == name) {
            let place = self.place().await;
            assert!(is_of(&place, pattern), "the picture {name} is of {place}, not of {pattern}");
        }
        let mut wrong = [self.complaints().await, self.shifts().await, self.weight().await].concat();
        for (look, scheme, width) in LOOKS {
            let is_phone = width < 500;
            self.look(scheme, width, is_phone).await;
            self.picture(&format!("{name}-{look}"), width).await;
            let found =
                [self.beside(width).await, self.torn(is_phone).await, self.hindrances().await].concat();
            wrong.extend(found.into_iter().map(|what| format!("{look}: {what}")));
        }
        self.look_as_before().await;
        let wrong: String = wrong.into_iter().map(|what| format!("\n  {what}")).collect();
        assert!(wrong.is_empty(), "the page {name}, {}:{wrong}", self.place().await);
    }

    /// Nothing lies beside a screen of this width either.
    pub(crate) async fn fits(&self, width: u32) {
        self.look("light", width, false).await;
        let beside = self.beside(width).await;
        self.look_as_before().await;
        assert_eq!(beside, Vec::<String>::new());
    }

    /// The upper part of a page in light.
    pub(crate) async fn top(&self, width: u32, height: u32) -> Vec<u8> {
        self.look("light", width, false).await;
        let whole = self.height().await;
        let picture = self.clip(width, whole.min(height.into())).await;
        self.look_as_before().await;
        picture
    }

    /// The elements of a page with their classes; those within a drawing are part of what it shows.
    pub(crate) async fn markup(&self) -> String {
        let script = "return [...document.body.querySelectorAll('*')].filter(e => !e.parentElement.closest('svg')) \
                      .map(e => [e.localName, ...e.classList].join('.')).join(' ');";
        text(&self.run(script).await.expect("a page is open"))
    }

    async fn look(&self, scheme: &str, width: u32, is_phone: bool) {
        let features = [
            json!({ "name": "prefers-color-scheme", "value": scheme }),
            json!({ "name": "prefers-reduced-motion", "value": "reduce" }),
        ];
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let size = json!({ "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": is_phone });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    async fn look_as_before(&self) {
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
        self.cdp("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    async fn height(&self) -> u64 {
        let height = self.run("return document.documentElement.scrollHeight;").await.expect("a page is open");
        height.as_u64().expect("a number")
    }

    async fn picture(&self, name: &str, width: u32) {
        let picture = self.clip(width, self.height().await).await;
        let directory = root().join("target/screenshots");
        std::fs::create_dir_all(&directory).expect("a directory for pictures");
        std::fs::write(directory.join(format!("{name}.png")), picture).expect("the picture is written");
    }

    /// A PNG of a page down to this height.
    async fn clip(&self, width: u32, height: u64) -> Vec<u8> {
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.cdp("Page.captureScreenshot", wanted).await;
        BASE64_STANDARD.decode(text(&picture["data"])).expect("a picture")
    }

    /// What moved while the page was loaded (Layout Instability API). Where a page comes in pieces, the columns of a
    /// table become as wide as its later rows need; up to what Web Vitals call good, that is a table's nature.
    async fn shifts(&self) -> Vec<String> {
        let script = "const done = arguments[arguments.length - 1]; const moved = []; \
                      const isCell = s => s.node && s.node.parentElement && s.node.parentElement.closest('table'); \
                      new PerformanceObserver(list => { for (const it of list.getEntries()) \
                      if (!it.hadRecentInput && it.value > (it.sources.every(isCell) ? 0.1 : 0.01)) \
                      moved.push('it moved by ' + it.value + ' at ' + it.startTime + ': ' + \
                      it.sources.map(s => s.node && s.node.outerHTML || '').join(' | ').slice(0, 200)); }) \
                      .observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(moved), 50);";
        let found = self.post("/execute/async", json!({ "script": script, "args": [] })).await;
        texts(&found.expect("the browser has looked"))
    }

    /// What is sent for the page and all that it loads, when that is more than people on slow lines shall wait for.
    async fn weight(&self) -> Vec<String> {
        let script = format!(
            "const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]; \
             const sum = all.reduce((sum, it) => sum + it.encodedBodySize, 0); \
             return sum > {HEAVIEST} ? ['its weight is ' + sum + ': ' + all.map(it => it.name + ' ' + it.encodedBodySize)] : [];"
        );
        texts(&self.run(&script).await.expect("the page is weighed"))
    }

    /// What lies beside the screen.
    async fn beside(&self, width: u32) -> Vec<String> {
        // A browser on a phone makes the window wider instead.
        let script = format!(
            "if (document.documentElement.scrollWidth <= {width}) return []; \
             const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > {width}); \
             return ['wider than {width} pixels: ' + wide.map(e => e.outerHTML.slice(0, 80)).slice(-3).join(' | ')];"
        );
        texts(&self.run(&script).await.expect("the page is measured"))
    }

    /// The addresses and codes of tables that stand on two lines although the screen is wide; not the longest.
    async fn torn(&self, is_phone: bool) -> Vec<String> {
        if is_phone {
            return Vec::new();
        }
        let script = "return [...document.querySelectorAll('.by bdi, .codes td.first code')] \
             .filter(e => /^\\S{1,32}$/.test(e.textContent) && e.getClientRects().length > 1) \
             .map(e => 'broken within a word: ' + e.textContent);";
        texts(&self.run(script).await.expect("the page is read"))
    }

    /// What the browser complained about since it was asked last: errors of scripts, and what the policy refuses.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" })).await.expect("a log");
        let lines = log.as_array().into_iter().flatten();
        let severe = lines.filter(|line| line["level"] == "SEVERE").map(|line| text(&line["message"]));
        // That a page was refused is what the page itself says.
        severe
            .filter(|message| !message.contains("/console/") || !message.contains("with a status of 4"))
            .collect()
    }

    /// What axe-core finds serious or worse.
    async fn hindrances(&self) -> Vec<String> {
        self.run(&AXE).await.expect("axe-core is loaded");
        let script = "const done = arguments[arguments.length - 1]; \
                      axe.run(document, { resultTypes: ['violations'] }).then(found => done(found.violations \
                      .filter(v => v.impact === 'serious' || v.impact === 'critical') \
                      .flatMap(v => v.nodes.map(n => v.id + ' at ' + n.target.join(' ') + ': ' + n.failureSummary))), \
                      error => done([String(error)]));";
        let found = self.post("/execute/async", json!({ "script": script, "args": [] })).await;
        texts(&found.expect("axe-core has looked"))
    }

    /// A command of Chromium's own (Chrome DevTools Protocol).
    pub(super) async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.post("/goog/cdp/execute", body).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}
