//! `keyward issue tier`.

use clap::Args;
use keyward_core::crypto::KeySet;
use keyward_core::scheme::tier::PREFIX;
use keyward_engine::issue::{self, MAX_AHEAD_SECONDS};

use super::{Beside, deliver};
use crate::bulk::Bulk;
use crate::clock::Now;
use crate::failure::Failure;
use crate::keys::SealingArgs;

#[derive(Args)]
pub(crate) struct Tier {
    /// free, pro, elite, lifetime, or another of letters, digits and `_`
    #[arg(value_name = "TIER")]
    tier: String,
    /// What the keys of the product begin with
    #[arg(long, value_name = "LETTERS", default_value = PREFIX)]
    prefix: String,
    #[command(flatten)]
    secret: SealingArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    now: Now,
}

impl Tier {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let secret = self.secret.read("a tier key")?;
        let now = self.now.get();
        let issue = |ahead| issue::tier(&self.tier, &self.prefix, &secret, now, ahead);
        if let Some(count) = self.bulk.count {
            // Asked before anything is written, so that nothing is half done.
            issue(count.get().saturating_sub(1).min(MAX_AHEAD_SECONDS))?;
            return self.bulk.write(count.get(), json, |number, _| {
                Ok(vec![("license_key", issue(number)?), ("tier", self.tier.clone())])
            });
        }
        self.bulk.must_be_unused()?;
        let note = "verified online: a server must know this key; whoever has the secret can make others";
        deliver(
            &issue(0)?,
            &KeySet::of_secret(secret.clone()),
            now,
            &Beside { note: Some(note), ..Beside::default() },
            json,
        )
    }
}
