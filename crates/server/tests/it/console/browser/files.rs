//! Files that somebody chooses, drops, and is given.

use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::time::Instant;

use super::{BETWEEN, Browser, PATIENCE, field};

/// Where a test puts its files.
fn place() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("files")
}

/// A file with this text. Each test calls its own by a name of its own.
pub(crate) fn file(name: &str, text: &str) -> PathBuf {
    let file = place().join(name);
    std::fs::create_dir_all(place()).expect("a directory for files");
    std::fs::write(&file, text).expect("the file is written");
    file
}

impl Browser {
    /// Chooses a file in the field with this label.
    pub(crate) async fn choose_file(&self, label: &str, file: &Path) {
        let name = file.to_str().expect("a name in UTF-8");
        self.on(&field(label), label, async |element| {
            self.post(&format!("/element/{element}/value"), json!({ "text": name })).await
        })
        .await;
    }

    /// Drags a file from another window onto the field with this label, and drops it there.
    pub(crate) async fn drop_file(&self, label: &str, file: &Path) {
        let place = async |element| self.get(&format!("/element/{element}/rect")).await;
        let place = self.on(&field(label), label, place).await;
        let at = |side: &str| place[side].as_f64().expect("a number") + 10.0;
        let data = json!({ "items": [], "files": [file], "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": at("x"), "y": at("y"), "data": data });
            self.cdp("Input.dispatchDragEvent", event).await;
        }
    }

    /// Puts what is downloaded from now on into an empty directory of this name.
    pub(crate) async fn download_to(&self, name: &str) -> PathBuf {
        let directory = place().join(name);
        // What a former run left.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).expect("a directory for downloads");
        let wanted = json!({ "behavior": "allow", "downloadPath": directory });
        self.cdp("Browser.setDownloadBehavior", wanted).await;
        directory
    }

    /// The text of a file that was downloaded, once it is there.
    pub(crate) async fn downloaded(&self, file: &Path) -> String {
        let begun = Instant::now();
        loop {
            // All of it takes the place of an empty file that keeps the name meanwhile.
            match std::fs::read_to_string(file) {
                Ok(text) if !text.is_empty() => return text,
                _ if begun.elapsed() > PATIENCE => {
                    self.failed(&format!("gives no file {}", file.display())).await;
                }
                _ => tokio::time::sleep(BETWEEN).await,
            }
        }
    }
}
