//! Small texts, correctly sealed, that unpack to much more than a licence can be.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use keyward_core::claims::Claims;
use keyward_core::refusal::{MAX_TEXT, Refusal};
use keyward_core::scheme::lk2::{MAX_UNPACKED, seal_encoded};

use crate::world::{WORLD, secret};

const MIB: usize = 1024 * 1024;

/// So many bytes of zeros as one gzip member, packed piece by piece.
fn zeros(length: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let piece = [0; 64 * 1024];
    for start in (0..length).step_by(piece.len()) {
        encoder.write_all(&piece[..piece.len().min(length - start)]).expect("memory can be written");
    }
    encoder.finish().expect("memory can be written")
}

fn sealed(packed: &[u8]) -> String {
    seal_encoded(&URL_SAFE_NO_PAD.encode(packed), &secret()).1
}

/// What the text is too large for.
fn refused_as_too_large(text: &str) -> Option<&'static str> {
    match Claims::verified(text, &WORLD.keys) {
        Err(Refusal::TooLarge { what, .. }) => Some(what),
        _ => None,
    }
}

/// Gzip packs zeros a thousand to one, so this is about the most that fits into a text of 128 KiB.
#[test]
fn the_largest_bomb_that_fits_into_a_key() {
    let key = sealed(&zeros(94 * MIB));
    assert!(key.len() <= MAX_TEXT && key.len() > MAX_TEXT * 9 / 10, "{} bytes", key.len());
    assert_eq!(refused_as_too_large(&key), Some("unpacked payload"));
}

#[test]
fn a_bomb_of_many_members() {
    let member = zeros(MIB);
    let key = sealed(&member.repeat(64));
    assert!(key.len() <= MAX_TEXT, "{} bytes", key.len());
    assert_eq!(refused_as_too_large(&key), Some("unpacked payload"));
}

#[test]
fn a_gibibyte_is_refused_before_it_is_unpacked() {
    let key = sealed(&zeros(16 * MIB).repeat(64));
    assert_eq!(refused_as_too_large(&key), Some("text"));
}

/// The limit itself is a payload; one byte more is not.
#[test]
fn the_limit_is_exact() {
    let payload = |length| {
        let mut text = br#"{"v":2,"t":"PRO-10","d":10,"i":"2026-01-01"}"#.to_vec();
        text.resize(length, b' ');
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(&text).and_then(|()| encoder.finish()).expect("memory can be written")
    };
    let at_the_limit = sealed(&payload(MAX_UNPACKED));
    assert!(at_the_limit.len() <= MAX_TEXT);
    assert!(Claims::verified(&at_the_limit, &WORLD.keys).is_ok());
    assert_eq!(refused_as_too_large(&sealed(&payload(MAX_UNPACKED + 1))), Some("unpacked payload"));
}
