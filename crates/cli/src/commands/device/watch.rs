//! Watching: one line whenever the answer changes.

use std::sync::mpsc::channel;
use std::time::Duration;

use clap::Args;

use super::application::Application;
use super::status::show;
use crate::failure::Failure;

/// Print the status now and whenever it changes, until stopped; a server that was set up is asked hourly
#[derive(Args)]
pub(crate) struct Watch {
    /// Look at the files and the clock at least every so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    every: u64,
    /// Stop after so many lines
    #[arg(long, value_name = "N")]
    lines: Option<u64>,
    #[command(flatten)]
    application: Application,
}

impl Watch {
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        let manager = self.application.open()?;
        let (tell, changed) = channel();
        manager.on_change(move |status| drop(tell.send(status.clone())));
        let mut valid = show(&manager.status(), json)?;
        let _watching = manager.watch(Duration::from_secs(self.every.max(1)));
        let more = self
            .lines
            .map_or(usize::MAX, |lines| usize::try_from(lines).unwrap_or(usize::MAX).saturating_sub(1));
        for status in changed.iter().take(more) {
            valid = show(&status, json)?;
        }
        Ok(valid)
    }
}
