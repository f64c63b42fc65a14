//! Dates and instants: whatever reads is written so that it reads the same.
#![no_main]

use keyward_core::device::parse_last_seen;
use keyward_core::time::{Timestamp, date_text, parse_date};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let read = Timestamp::parse_rfc3339;
    if let Some(time) = read(text) {
        assert_eq!(Timestamp::parse_human(text), Some(time));
        // An offset can lead past the year 9999, where nothing can be written.
        if time.date().is_some() {
            assert_eq!(read(&time.to_string()), Some(time));
            assert_eq!(time.to_ecmascript().and_then(|text| read(&text)), Some(time.floor_millis()));
        }
    }
    if let Some(time) = Timestamp::parse_record_text(text) {
        assert_eq!(time.to_record_text().as_deref(), Some(text));
    }
    if let Some(date) = parse_date(text) {
        assert_eq!(date_text(date), text);
        assert_eq!(Timestamp::parse_human(text), Some(Timestamp::midnight(date)));
    }
    parse_last_seen(text);
});
