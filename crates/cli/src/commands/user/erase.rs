//! `keyward user erase`.

use clap::Args;
use keyward_engine::erasure::{Erased, Traces};
use serde_json::{Map, Value, json};

use crate::bulk;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::input;
use crate::output::{self, Table};

#[derive(Args)]
pub(crate) struct Erase {
    /// The person's e-mail address, id, or the vendor's own id; or how licences name the person
    #[arg(value_name = "WHO")]
    who: String,
    /// Say what would go, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// On SQLite, leave what was overwritten in the database's files until they are written anew (`vacuum`)
    #[arg(long)]
    no_vacuum: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// What became of the files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    /// Nothing of the person is in them.
    Clean,
    /// Somebody has to see to it.
    Left,
    /// Nothing was done.
    Untouched,
}

impl Erase {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let engine = &opened.engine;
            let traces = engine.traces(&self.who).await?;
            let would = engine.rehearse_erasure(&opened.caller, &traces).await?;
            if traces.finishes {
                output::tell("this finishes an erasure that was interrupted");
            }
            if self.dry_run {
                let named = engine.still_named(&traces, false).await?;
                return self.show(&traces, &would, &named, Files::Untouched, json);
            }
            if !self.yes {
                output::tell(format_args!("{}", table(&traces, &would)));
                input::confirm("This cannot be undone, and backups still have it.")?;
            }
            let progress = bulk::progress(traces.len() as u64);
            let erased = engine.erase(&opened.caller, &traces, |done| progress.set_position(done)).await;
            progress.finish_and_clear();
            let erased = erased.map_err(|error| {
                Failure::from(error).and("a part may be gone; repeat the command to finish it")
            })?;
            let is_clean = engine.finish_erasure(&traces, !self.no_vacuum).await.map_err(not_scrubbed)?;
            let files = if is_clean { Files::Clean } else { Files::Left };
            let named = engine.still_named(&traces, true).await?;
            self.show(&traces, &erased, &named, files, json)
        })
    }

    fn show(
        &self,
        traces: &Traces,
        erased: &Erased,
        named: &[(&'static str, i64)],
        files: Files,
        json: bool,
    ) -> Result<(), Failure> {
        if json {
            let counts: Map<String, Value> =
                erased.counts().map(|(name, count)| (name.to_owned(), count.into())).into_iter().collect();
            return output::json(&json!({
                "dryRun": files == Files::Untouched,
                "users": traces.users.iter().map(|user| user.id.to_string()).collect::<Vec<_>>(),
                "licenses": traces.licenses.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "erased": counts,
                "stillNamed": named.iter().map(|(place, rows)| json!({ "place": place, "rows": rows })).collect::<Vec<_>>(),
                "filesClean": files == Files::Clean,
                "finishes": traces.finishes,
            }));
        }
        output::print(table(traces, erased))?;
        for (place, rows) in named {
            let rows = if *rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
            let advice = match *place {
                "audit_log.detail" => "the chain covers it, so that it cannot go",
                _ => "look whether that is to go, too",
            };
            output::tell(format_args!("note: the person is still named in {place}, in {rows}: {advice}"));
        }
        match files {
            Files::Untouched => output::tell("nothing was changed (--dry-run)"),
            Files::Clean => output::tell("erased; backups from before still have it"),
            Files::Left => output::tell(
                "erased; the database's files and log may still have it until they are written anew, and so do backups: \
                 docs/operations.md, \"Erase a person\"",
            ),
        }
        Ok(())
    }
}

fn not_scrubbed(error: keyward_engine::EngineError) -> Failure {
    let rest = "the person is erased, but the database's files could not be written anew: repeat the command to finish it, where \
                others write or read for long at a better hour";
    Failure::from(error).and(rest)
}

fn table(traces: &Traces, erased: &Erased) -> Table {
    let mut table = Table::default();
    for user in &traces.users {
        table.row("person", format_args!("{} ({})", user.id, user.role));
    }
    for (name, count) in erased.counts() {
        let what = match name {
            "users" => continue,
            "licenses" => "their keys go on working",
            "forms" => "texts of licences, not to be shown or renewed any more",
            "machines" => "name, host and address of devices",
            "attempts" => "address, origin and program of attempts to validate",
            "entries" => "address and program of entries of the audit log",
            "tokens" => "revoked",
            "sessions" => "ended",
            "invitations" => "links to set up an account",
            "answers" => "kept for repetitions",
            _ => "",
        };
        if count > 0 {
            table.row(name, format_args!("{count}: {what}"));
        }
    }
    table
}
