//! `keyward pool reset`.

use std::path::{Path, PathBuf};

use clap::Args;
use keyward_core::time::{Timestamp, date_text};
use keyward_engine::license::PoolKeyOut;
use serde_json::json;

use super::stats;
use crate::bulk::{self, Row, Sink};
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::input;
use crate::output;

#[derive(Args)]
pub(crate) struct Reset {
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Write the keys to this new file [default: pool-export-DATE.csv in the current directory]
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Reset {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let counted = stats::of_pool(opened).await?;
            let product = &opened.config.dialects.pool.product;
            if !self.yes {
                let (total, used) = (counted.total(), counted.used());
                input::confirm(&format!(
                    "This removes all {total} keys of the pool `{product}`, {used} of them used."
                ))?;
            }
            let path = self.export.clone().unwrap_or_else(|| first_free(opened.engine.now(), Path::exists));
            let total = counted.total().max(0).unsigned_abs();
            let mut sink = Sink::csv(&path, total)?;
            let export = async |sink: &mut Sink| {
                let part = |keys: &[PoolKeyOut]| sink.write(&keys.iter().map(row).collect::<Vec<_>>());
                opened.engine.export_pool::<Failure>(product, part).await
            };
            let ids = export(&mut sink).await?;
            sink.finish()?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let progress = bulk::progress(ids.len() as u64);
            let removed = opened
                .engine
                .reset_pool(&opened.caller, product, &ids, &name, |gone| progress.set_position(gone))
                .await;
            progress.finish_and_clear();
            let removed = removed.map_err(|error| {
                let again = "the rest is still there: repeat the command; what was removed is in";
                Failure::from(error).and(format_args!("{again} {}", path.display()))
            })?;
            let file = path.display().to_string();
            if json {
                return output::json(&json!({ "removed": removed, "export": file }));
            }
            output::print(format_args!(
                "removed {removed} keys of the pool `{product}`; they are in {file}\n"
            ))
        })
    }
}

/// The first name of the day that is free.
fn first_free(now: Timestamp, is_taken: impl Fn(&Path) -> bool) -> PathBuf {
    let date = now.date().map_or_else(String::new, date_text);
    let names = (1..).map(|number| match number {
        1 => PathBuf::from(format!("pool-export-{date}.csv")),
        _ => PathBuf::from(format!("pool-export-{date}-{number}.csv")),
    });
    names.into_iter().find(|path| !is_taken(path)).expect("some name is free")
}

fn row(key: &PoolKeyOut) -> Row {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    vec![
        ("license_key", key.key.as_str().to_owned()),
        ("duration_days", key.policy.clone()),
        ("duration_label", key.label.clone()),
        ("batch_id", key.batch.clone().unwrap_or_default()),
        ("status", key.suspension.clone().unwrap_or_else(|| "active".to_owned())),
        ("created_date", key.created_at.to_string()),
        ("activation_date", time(key.used_at)),
        ("expiration_date", time(key.expiry)),
        ("domain_fingerprint", key.devices.join(" ")),
    ]
}
