//! How good licences become bad input.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::GzEncoder;
use keyward_core::refusal::MAX_TEXT;
use keyward_core::scheme::lk2::seal_encoded;
use serde_json::Value;

use crate::world::{WORLD, secret};

/// A licence as it comes out of other programs' hands: quoted, percent-encoded, in base64.
pub(super) fn wrapped(text: &str) -> [String; 4] {
    [
        serde_json::to_string(text).expect("a text can be written as JSON"),
        text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        STANDARD.encode(text),
        URL_SAFE_NO_PAD.encode(text),
    ]
}

/// A file whose payload was written as JSON once more than it should.
pub(super) fn payload_as_text(file: &str) -> String {
    let mut file: Value = serde_json::from_str(file).expect("a file is JSON");
    file["payload"] = Value::String(file["payload"].to_string());
    file.to_string()
}

/// The same JSON, with more white space than any licence has bytes.
pub(super) fn padded(json: &str) -> String {
    json.replacen('{', &with("{", &" ".repeat(MAX_TEXT)), 1)
}

pub(super) fn with(text: &str, more: &str) -> String {
    text.to_owned() + more
}

pub(super) fn without_last(text: &str, characters: usize) -> String {
    text.chars().take(text.chars().count() - characters).collect()
}

/// Another letter at one place of a key.
pub(super) fn altered(key: &str, place: usize) -> String {
    let (before, rest) = key.split_at(place);
    format!("{before}{}{}", if rest.starts_with('A') { 'B' } else { 'A' }, &rest[1..])
}

/// A correctly sealed key of any payload.
pub(super) fn sealed_lk2(payload: &str) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(payload.as_bytes()).and_then(|()| encoder.finish());
    seal_encoded(&URL_SAFE_NO_PAD.encode(packed.expect("memory can be written")), &secret()).1
}

/// A correctly signed key of any header and payload.
pub(super) fn sealed_lk3(flags: u8, payload: &[u8]) -> String {
    let key = &WORLD.ed25519;
    let body = [&[flags][..], &key.public().id().0, payload].concat();
    let signature = key.sign(&[b"keyward/lk3", &body[..]].concat());
    format!("LK-3-{}", URL_SAFE_NO_PAD.encode([body, signature].concat()))
}
