//! A licence in hand that fails in several ways is refused for the first of them: revoked, product, feature, device,
//! clock, not before, expiry.

use keyward_core::claims::{Claims, Expires};
use keyward_core::code::Code;
use keyward_core::scheme::lk3::Lk3;
use keyward_core::time::{MICROS_PER_DAY, Timestamp};
use keyward_core::verdict::{DeviceContext, device};
use proptest::prelude::*;

use super::cases;
use super::made_up::text;

/// The steps in their order, with the code that each refuses with.
const STEPS: [Code; 7] = [
    Code::Revoked,
    Code::ProductScopeMismatch,
    Code::EntitlementsMissing,
    Code::WrongDevice,
    Code::ClockTampered,
    Code::NotYetValid,
    Code::Expired,
];

/// What the licence is made out for, and when it is asked about.
#[derive(Clone, Debug)]
struct License {
    product: String,
    feature: String,
    device: String,
    now: Timestamp,
    grace_days: i64,
    trial: bool,
}

fn license() -> impl Strategy<Value = License> {
    let now = (0..250_000_000_000_000_000i64).prop_map(Timestamp::from_micros);
    (text(), text(), text(), now, 0..100i64, any::<bool>()).prop_map(
        |(product, feature, device, now, grace_days, trial)| License {
            product,
            feature,
            device,
            now,
            grace_days,
            trial,
        },
    )
}

impl License {
    /// The verdict when exactly the given steps fail. Every instant lies on the very edge of failing or not.
    fn asked(&self, fails: &[bool; 7]) -> Code {
        let [revoked, product, feature, wrong_device, clock, not_before, expiry] = *fails;
        let other = |text: &str, differs: bool| if differs { format!("{text}x") } else { text.to_owned() };
        let edge = |fails: bool| i64::from(fails);
        let end = self.now.plus_micros(-edge(expiry)).plus_days(-self.grace_days);
        let claims = Claims {
            product: Some(self.product.clone()),
            features: vec!["base".to_owned(), self.feature.clone()],
            device: Some(self.device.clone()),
            not_before: Some(self.now.plus_micros(edge(not_before))),
            expires: Expires::At(end),
            grace_days: self.grace_days,
            trial: self.trial,
            ..Claims::from(Lk3::default())
        };
        let (product, wanted) = (other(&self.product, product), [other(&self.feature, feature)]);
        let this = other(&self.device, wrong_device);
        let context = DeviceContext {
            product: Some(&product),
            features: if feature { &wanted } else { &claims.features },
            device: Some(&this),
            last_seen: Some(self.now.plus_micros(MICROS_PER_DAY + edge(clock))),
            tolerance: None,
            revoked,
        };
        let verdict = device(&claims, &context, self.now);
        assert_eq!(verdict.valid, !fails.contains(&true), "{verdict:?}");
        verdict.code
    }

    /// What a licence is that fails at no step.
    fn standing(&self) -> Code {
        match (self.grace_days, self.trial) {
            (1.., _) => Code::GracePeriod,
            (_, true) => Code::Trial,
            (_, false) => Code::Valid,
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn the_first_step_that_fails_gives_the_code(license in license()) {
        for combination in 0..1u32 << STEPS.len() {
            let fails: [bool; 7] = std::array::from_fn(|step| combination & (1 << step) != 0);
            let first = fails.iter().position(|fails| *fails);
            let wanted = first.map_or(license.standing(), |step| STEPS[step]);
            prop_assert_eq!(license.asked(&fails), wanted, "{:?}", fails);
        }
    }

    /// What the application does not ask for is not compared, whatever the licence says.
    #[test]
    fn what_is_not_asked_for_is_not_compared(license in license()) {
        let claims = Claims {
            product: Some(license.product.clone()),
            device: Some(license.device.clone()),
            ..Claims::from(Lk3::default())
        };
        let verdict = device(&claims, &DeviceContext::default(), license.now);
        prop_assert_eq!(verdict.code, Code::Valid);
    }
}
