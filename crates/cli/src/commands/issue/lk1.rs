//! `keyward issue lk1`.

use clap::Args;
use keyward_core::crypto::KeySet;
use keyward_engine::issue;

use super::{Beside, deliver};
use crate::bulk::Bulk;
use crate::clock::{self, Now};
use crate::failure::Failure;
use crate::keys::SealingArgs;

#[derive(Args)]
pub(crate) struct Lk1 {
    /// PRO-10, PRO-20, PRO-50, PRO-100, ENTERPRISE, or another
    #[arg(long, value_name = "TIER")]
    tier: String,
    #[command(flatten)]
    secret: SealingArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    now: Now,
}

impl Lk1 {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let secret = self.secret.read("an lk1 key")?;
        if let Some(count) = self.bulk.count {
            if u32::try_from(count.get()).is_err() {
                return Err(Failure::new("TOO_MANY", "at most 4294967295 lk1 keys at once", "ask for fewer"));
            }
            return self.bulk.write(count.get(), json, |number, rng| {
                let key = issue::lk1(&self.tier, &secret, rng, number as u32)?;
                Ok(vec![("license_key", key), ("tier", self.tier.to_ascii_uppercase())])
            });
        }
        self.bulk.must_be_unused()?;
        let key = issue::lk1(&self.tier, &secret, &mut clock::generator(), 0)?;
        let note = "its check has 16 bits: it catches typing errors and keeps nobody out; prefer lk3";
        deliver(
            &key,
            &KeySet::of_secret(secret.clone()),
            self.now.get(),
            &Beside { note: Some(note), ..Beside::default() },
            json,
        )
    }
}
