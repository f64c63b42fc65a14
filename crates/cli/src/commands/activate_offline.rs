//! `keyward activate-offline`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use keyward_engine::offline::Answered;
use serde_json::json;

use super::license::summary;
use super::seat;
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::{input, output, qr};

#[derive(Args)]
pub(crate) struct ActivateOffline {
    /// The request that the device shows: its text, a file, or `-` for standard input
    #[arg(value_name = "REQUEST")]
    request: String,
    /// Write the answer to this file (usually *.kwa) instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show the answer as a QR code, too
    #[arg(long)]
    qr: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl ActivateOffline {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let request = input::license(&self.request)??;
        if let Some(path) = self.out.as_ref().filter(|path| path.exists()) {
            return Err(in_the_way(path));
        }
        self.database.change(self.now.given(), async |opened: &Opened| {
            let done = opened.engine.activate_offline(&opened.caller, &request).await?;
            let (answered, sentence) = match done.answered {
                Answered::Counted => ("counted", "the device counts from now on"),
                Answered::Renewed => ("renewed", "the device counted before; its lease is renewed"),
                Answered::Again => ("again", "this request was answered before: the same answer again"),
            };
            if let Some(path) = &self.out {
                write(path, &done.text)?;
            }
            if json {
                return output::json(&json!({
                    "answer": done.text, "answered": answered, "file": self.out, "name": done.name,
                    "seat": seat::seat_json(&done.seat), "license": summary::json(opened, &done.found),
                }));
            }
            match &self.out {
                Some(path) => output::tell(format_args!("wrote {}: bring it to the device", path.display())),
                None => output::print(format_args!("{}\n", done.text))?,
            }
            let mut table = seat::seat_table(&done.seat);
            table.row("note", sentence);
            output::tell(format_args!("\n{}", table.to_string().trim_end()));
            if self.qr {
                output::tell(format_args!("\n{}", qr::code(&done.text)?));
            }
            Ok(())
        })
    }
}

fn in_the_way(path: &Path) -> Failure {
    Failure::new(
        "FILE_EXISTS",
        format_args!("{} exists already", path.display()),
        "name another file with --out, or move that one away",
    )
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| writeln!(file, "{text}"));
    written.map_err(|error| {
        Failure::file(path, &error).and("the device counts: the same request gets the same answer again")
    })
}
