//! The JSON inside system E's second keys: what was read can be sealed, and verifies as the same.
#![no_main]

use std::io::Read as _;

use flate2::{Compression, bufread::GzEncoder};
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_fuzz::{base64url, keys, secret};

libfuzzer_sys::fuzz_target!(|json: &[u8]| {
    let mut packed = Vec::new();
    GzEncoder::new(json, Compression::fast()).read_to_end(&mut packed).expect("memory can be read");
    let text = format!("LK-2-{}-AAAAAAAA", base64url(&packed));
    let Ok(read) = Lk2Key::parse(&text).expect("the form is right").unverified() else { return };
    let sealed = read.seal(secret()).expect("what was read can be sealed");
    let verified = Lk2Key::parse(&sealed).and_then(|key| key.verify(keys())).expect("it was sealed just now");
    // Sealing may choose another id; nothing else.
    assert_eq!(Lk2 { unique_id: read.unique_id.clone(), ..verified }, read);
});
