//! What is issued can be read again by the same program; what could not be is refused instead.

use keyward_core::claims::Claims;
use keyward_core::refusal::MAX_TEXT;
use keyward_core::scheme::lk1::Lk1;
use keyward_core::scheme::lk3::Lk3;
use keyward_engine::issue::{self, FileRequest, IssueError, Lk2Request, Lk3Sealer, RecordRequest};

use crate::world::{KEY_A, KEY_D, NOW, WORLD, generator, secret};

/// Up to here every form takes a name.
const SHORT: usize = MAX_TEXT / 8;

/// Texts as long as the limit of a licence, a little less and a good deal less, in characters that are written with
/// one byte and with six.
fn long_texts() -> impl Iterator<Item = String> {
    let lengths = [SHORT / 2, MAX_TEXT / 6 - 100, MAX_TEXT / 2, MAX_TEXT - 100, MAX_TEXT];
    lengths.into_iter().flat_map(|length| ["A", "é"].map(|letter| letter.repeat(length)))
}

/// Whether it was issued, and then it must be read.
fn is_issued(what: &str, issued: Result<String, IssueError>) -> bool {
    let Ok(text) = issued else { return false };
    let read = Claims::verified(&text, &WORLD.keys);
    assert!(read.is_ok(), "{what} was issued ({} bytes: {text:.40}…) and reads as {read:?}", text.len());
    true
}

#[test]
fn records_and_files_of_long_names() {
    for name in long_texts() {
        let record = RecordRequest {
            client_id: name.clone(),
            license_type: "Pro".to_owned(),
            days: Some(30),
            profile: None,
        };
        let record = record.issue(&KEY_A.signing, NOW).and_then(|record| Ok(record.to_json()?));
        let file = FileRequest {
            product: String::new(),
            license_type: String::new(),
            issued_to: name.clone(),
            device_id: String::new(),
            months: 12,
            grace_period_days: 0,
        };
        let file = file.issue(&KEY_D.signing, NOW).map(|file| file.to_text());
        let issued = [is_issued("a record", record), is_issued("a file", file)];
        assert!(name.len() > SHORT || issued == [true; 2], "names of {} bytes are usual", name.len());
    }
}

#[test]
fn keys_of_long_names() {
    for name in long_texts() {
        let ascii = name.is_ascii();
        let tier = issue::tier(&name, "QF", &secret(), NOW, 0);
        let lk1 = Lk1 { tier: "GOLD".to_owned(), random: name.clone() };
        let lk1 = lk1.seal(&secret()).map_err(IssueError::from);
        let lk2 = Lk2Request {
            tier: "GOLD".to_owned(),
            max_devices: 1,
            company: Some(name.clone()),
            expires: None,
            unique_id: None,
        };
        let lk2 = lk2.issue(&secret(), NOW).map(|(key, _)| key);
        let lk3 = Lk3 { company: name.clone(), ..Lk3::default() };
        let lk3 = Lk3Sealer::Signature(&WORLD.ed25519, None).issue(&lk3, &mut generator(3));
        let issued = [("tier", tier), ("lk1", lk1), ("lk2", lk2), ("lk3", lk3)]
            .map(|(scheme, key)| is_issued(scheme, key));
        assert!(name.len() > SHORT || issued == [ascii, ascii, true, true], "names of {} bytes", name.len());
    }
}

/// The prefix of a product must not make its keys unrecognisable, or look like those of another form.
#[test]
fn tier_keys_of_odd_prefixes() {
    for prefix in ["QF", "ACME2", "SIXTEENLETTERSXX", "SEVENTEENLETTERSX", "LK", "qf", "É", "{", "\"", ""] {
        let issued = is_issued(&format!("prefix {prefix:?}"), issue::tier("pro", prefix, &secret(), NOW, 0));
        assert!(issued || !["QF", "ACME2"].contains(&prefix), "{prefix} is a usual prefix");
    }
}
