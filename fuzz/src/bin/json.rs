//! JSON: what `JSON.stringify` gives is read again as what gives the same.
#![no_main]

use keyward_core::json::{ecmascript, parse};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(value) = parse(text, "text") else { return };
    let compact = ecmascript::stringify(&value);
    for written in [&compact, &ecmascript::stringify_pretty(&value)] {
        let again = parse(written, "text").expect("what was written can be read");
        assert_eq!(ecmascript::stringify(&again), compact);
    }
});
