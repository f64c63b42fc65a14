//! `keyward audit export`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::verify::hex;
use crate::bulk::Sink;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output;
use keyward_engine::audit::entry_json;

/// Entries read at once.
const PAGE: i64 = 1_000;

#[derive(Args)]
pub(crate) struct Export {
    /// Write to this new file, whole or not at all, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Export {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.read(None, async |opened: &Opened| {
            let head = opened.engine.audit_head().await?;
            let mut sink = Sink::lines(self.out.as_deref(), head.seq.max(0).unsigned_abs())?;
            let (mut after, mut count) = (i64::MIN, 0);
            loop {
                let page = opened.engine.sealed_entries(after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                let lines: Vec<Value> = page
                    .iter()
                    .map(|stored| {
                        let mut line = entry_json(&stored.entry);
                        line["seq"] = json!(stored.seq);
                        line["previous"] = json!(hex(&stored.previous));
                        line["digest"] = json!(hex(&stored.digest));
                        line
                    })
                    .collect();
                count += lines.len();
                if let Err(failure) = sink.write_lines(&lines) {
                    return failure.unless_closed();
                }
            }
            sink.finish().or_else(Failure::unless_closed)?;
            match &self.out {
                Some(path) if json => {
                    output::json(&json!({ "entries": count, "file": path.display().to_string() }))
                }
                Some(path) => output::print(format_args!("wrote {count} entries to {}\n", path.display())),
                None => Ok(()),
            }
        })
    }
}
