//! A trial that counts from its first start on a device.

use keyward_core::claims::{Claims, Expires};
use keyward_core::code::Code;
use keyward_core::scheme::lk3::Lk3;
use keyward_core::time::Timestamp;
use keyward_core::verdict::{DeviceContext, Verdict, Warning, device};

const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

fn trial(expires: Option<u64>) -> Claims {
    Lk3 { trial_days: Some(14), expires, ..Lk3::default() }.into()
}

fn asked(claims: &Claims, now: Timestamp) -> Verdict {
    device(claims, &DeviceContext::default(), now)
}

#[test]
fn it_ends_so_many_days_after_its_start() {
    let claims = trial(None).started(START);
    let end = START.plus_days(14);
    assert_eq!(claims.expires, Expires::At(end));
    assert_eq!(asked(&claims, end).code, Code::Trial);
    assert_eq!(asked(&claims, end.plus_micros(1)).code, Code::Expired);
}

#[test]
fn its_own_end_comes_first_where_it_does() {
    let seconds = |at: Timestamp| Some(at.seconds().cast_unsigned());
    let sooner = trial(seconds(START.plus_days(3))).started(START);
    assert_eq!(sooner.expires, Expires::At(START.plus_days(3)));
    let later = trial(seconds(START.plus_days(300))).started(START);
    assert_eq!(later.expires, Expires::At(START.plus_days(14)));
}

#[test]
fn where_it_was_not_started_it_says_how_long_it_is() {
    let verdict = asked(&trial(None), START);
    assert_eq!((verdict.code, verdict.valid), (Code::Trial, true));
    assert_eq!(verdict.warnings, [Warning::NotStarted { days: 14 }]);
}

#[test]
fn other_licences_do_not_count_from_a_start() {
    let claims = Claims::from(Lk3::default());
    assert_eq!(claims.clone().started(START), claims);
}
