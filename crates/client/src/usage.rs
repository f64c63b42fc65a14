//! Counting what is used: by feature and day, on this device, and told to nobody before the user consents.

use std::collections::BTreeMap;

use keyward_core::time::Timestamp;

use crate::error::ClientError;
use crate::manager::LicenseManager;

/// Days that are kept when nobody asks for them.
const KEPT: i64 = 400;

/// What was counted: by feature and day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Whether the user agreed, or was not asked yet.
    pub consent: Option<bool>,
    /// By feature, and by day since 1970.
    pub counted: BTreeMap<String, BTreeMap<i64, u64>>,
}

impl LicenseManager {
    /// Counts one use of a feature.
    ///
    /// # Errors
    /// `DISK` when it cannot be remembered.
    pub fn record_use(&self, feature: &str) -> Result<(), ClientError> {
        let today = self.0.clock.now().days();
        self.0.change(|state| {
            let days = state.usage.counted.entry(feature.to_owned()).or_default();
            let uses = days.entry(today).or_default();
            *uses = uses.saturating_add(1);
            days.retain(|day, _| *day > today - KEPT);
            Ok(())
        })
    }

    /// Whether totals may be told to the vendor. A no forgets what was counted.
    ///
    /// # Errors
    /// `DISK` when it cannot be remembered.
    pub fn consent(&self, agrees: bool) -> Result<(), ClientError> {
        self.0.change(|state| {
            state.usage.consent = Some(agrees);
            if !agrees {
                state.usage.counted.clear();
                state.usage.sending.clear();
            }
            Ok(())
        })
    }

    /// What was counted and not told yet.
    pub fn usage(&self) -> Usage {
        let mut usage = self.0.state().usage;
        for (feature, sending) in std::mem::take(&mut usage.sending) {
            usage.count(&feature, &sending.days);
        }
        Usage { consent: usage.consent, counted: usage.counted }
    }
}

impl crate::state::Usage {
    /// Adds what was counted of a feature on these days.
    pub(crate) fn count(&mut self, feature: &str, days: &BTreeMap<i64, u64>) {
        let counted = self.counted.entry(feature.to_owned()).or_default();
        for (day, uses) in days {
            let before = counted.entry(*day).or_default();
            *before = before.saturating_add(*uses);
        }
    }
}

impl Usage {
    /// The totals by feature.
    pub fn totals(&self) -> BTreeMap<&str, u64> {
        self.counted.iter().map(|(feature, days)| (feature.as_str(), days.values().sum())).collect()
    }

    /// The first day that was counted.
    pub fn since(&self) -> Option<Timestamp> {
        let days = self.counted.values().flat_map(BTreeMap::keys);
        days.min().map(|day| Timestamp::from_seconds(day * 86_400))
    }
}
