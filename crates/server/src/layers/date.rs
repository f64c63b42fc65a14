//! The `Date` of answers, by the server's own clock; written once a second.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use axum::http::HeaderValue;
use keyward_core::time::Timestamp;

/// The last second that there are two digits of a year's century for (RFC 9110): the end of the year 9999.
const LAST: u64 = 253_402_300_799;

/// The date as it was written last, and for which second.
#[derive(Default)]
pub(super) struct Dates(ArcSwapOption<(u64, HeaderValue)>);

impl Dates {
    /// The header at an instant; `None` where HTTP has no date for it.
    pub(super) fn header(&self, now: Timestamp) -> Option<HeaderValue> {
        let second = u64::try_from(now.seconds()).ok().filter(|second| *second <= LAST)?;
        if let Some(last) = &*self.0.load()
            && last.0 == second
        {
            return Some(last.1.clone());
        }
        let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second));
        let header = HeaderValue::from_str(&text).ok()?;
        self.0.store(Some(Arc::new((second, header.clone()))));
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_that_of_its_second() {
        let dates = Dates::default();
        let at = |seconds| {
            dates.header(Timestamp::from_seconds(seconds)).map(|date| date.to_str().unwrap().to_owned())
        };
        for _ in 0..2 {
            assert_eq!(at(1_800_000_000).as_deref(), Some("Fri, 15 Jan 2027 08:00:00 GMT"));
        }
        assert_eq!(at(0).as_deref(), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert_eq!(at(253_402_300_799).as_deref(), Some("Fri, 31 Dec 9999 23:59:59 GMT"));
        assert_eq!((at(-1), at(253_402_300_800)), (None, None));
    }
}
