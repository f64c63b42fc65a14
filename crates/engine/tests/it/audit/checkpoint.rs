//! Checkpoints: what they prove, and that OpenSSL reads them as we do.

use std::process::Command;

use keyward_core::audit::FindingKind::{CheckpointMismatch, CheckpointSignature};
use keyward_core::audit::{Checkpoint, Entry, FindingKind, Head, Verifier};

use keyward_engine::keyring::SigningKey;

use super::chain::{Chain, sealed};
use crate::world::{KEY_A, NOW, generator};

fn chain() -> Chain {
    Chain::of(25, 10)
}

/// Seals everything anew from a place on, head included, as somebody would who knows how.
fn reseal(chain: &mut Chain, from: usize) {
    let mut head = chain.head_before(from);
    for row in &mut chain.rows[from..] {
        (*row, head) = sealed(&head, row.entry.clone());
    }
    chain.head = head;
}

fn first(chain: &Chain) -> Option<(FindingKind, i64)> {
    chain.report().first().map(|first| (first.kind, first.seq))
}

#[test]
fn a_chain_sealed_anew_after_a_change_contradicts_the_next_checkpoint() {
    for (place, seq) in [(0, 10), (9, 10), (10, 20), (19, 20)] {
        let mut chain = chain();
        chain.rows[place].entry.event.push('!');
        reseal(&mut chain, place);
        assert_eq!(first(&chain), Some((CheckpointMismatch, seq)), "{place}");
    }
}

#[test]
fn a_tail_cut_off_together_with_the_head_contradicts_a_checkpoint() {
    let mut chain = chain();
    chain.cut(15);
    chain.head = chain.head_before(15);
    assert_eq!(first(&chain), Some((CheckpointMismatch, 16)));
}

#[test]
fn a_changed_checkpoint_has_no_signature() {
    let changes: [fn(&mut Checkpoint); 6] = [
        |checkpoint| checkpoint.seq += 1,
        |checkpoint| checkpoint.digest[31] ^= 1,
        |checkpoint| checkpoint.count -= 1,
        |checkpoint| checkpoint.at = checkpoint.at.plus_micros(1),
        |checkpoint| checkpoint.signature[0] ^= 1,
        |checkpoint| checkpoint.signature.clear(),
    ];
    for change in changes {
        let mut chain = chain();
        change(&mut chain.checkpoints[1]);
        let seq = chain.checkpoints[1].seq;
        let report = chain.report();
        assert_eq!(report.findings.len(), 1);
        assert_eq!(first(&chain), Some((CheckpointSignature, seq)));
        assert_eq!(report.checkpoints, 1, "the other one still fits");
    }
}

#[test]
fn a_checkpoint_of_an_unknown_or_another_key_proves_nothing() {
    let chain = chain();
    let other = SigningKey::generate_ed25519(&mut generator(4));
    for key in [None, Some(other.public()), Some(KEY_A.signing.public())] {
        let mut verifier = Verifier::new();
        verifier.checkpoint(&chain.checkpoints[0], key);
        let report = verifier.finish(&Head::genesis());
        assert_eq!(report.first().map(|first| first.kind), Some(CheckpointSignature));
    }
}

#[test]
fn checkpoints_may_all_come_ahead_and_none_too_late() {
    let chain = chain();
    let mut verifier = Verifier::new();
    chain.checkpoints.iter().rev().for_each(|checkpoint| verifier.checkpoint(checkpoint, Some(&chain.key)));
    chain.rows.iter().for_each(|row| verifier.entry(row));
    let report = verifier.finish(&chain.head);
    assert!(report.is_sound() && report.checkpoints == 2, "{report:?}");

    let mut late = Verifier::new();
    chain.rows.iter().for_each(|row| late.entry(row));
    late.checkpoint(&chain.checkpoints[0], Some(&chain.key));
    assert_eq!(late.finish(&chain.head).first().map(|first| first.kind), Some(CheckpointMismatch));
}

#[test]
fn openssl_accepts_a_checkpoint_and_refuses_an_altered_one() {
    let chain = chain();
    let Checkpoint { seq, digest, count, at, signature, .. } = &chain.checkpoints[1];
    let message = Checkpoint::message(*seq, digest, *count, *at);
    assert!(message.is_ascii() && message.starts_with(b"keyward/checkpoint/1\nseq 20\ndigest "));
    let altered = Checkpoint::message(*seq, digest, count + 1, *at);
    let folder = std::env::temp_dir().join(format!("keyward-checkpoint-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).expect("a file can be written");
    };
    write("pub.pem", chain.key.to_pem().as_bytes());
    write("sig", signature);
    let accepted = [("message", &message), ("altered", &altered)].map(|(name, bytes)| {
        write(name, bytes);
        let arguments = "pkeyutl -verify -pubin -inkey pub.pem -rawin -sigfile sig -in";
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .arg(name)
            .current_dir(&folder)
            .output()
            .expect("`openssl` starts; `cargo xtask test` installs it");
        output.status.success()
    });
    std::fs::remove_dir_all(&folder).expect("the folder can be removed");
    assert_eq!(accepted, [true, false]);
}

#[test]
fn the_digests_never_change() {
    let mut entry = Entry {
        id: uuid::Uuid::from_u128(1),
        account: None,
        at: NOW,
        event: "license.issue".to_owned(),
        outcome: "done".to_owned(),
        actor_kind: "token".to_owned(),
        actor_id: Some(uuid::Uuid::from_u128(2)),
        resource_type: "license".to_owned(),
        resource_id: None,
        front: "records".to_owned(),
        request_id: Some(String::new()),
        detail: "{}".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        user_agent: None,
        personal_salt: None,
        personal_digest: None,
    };
    entry.seal_personal([3; 16]);
    let (_, head) = Head::genesis().seal(&entry);
    let text = String::from_utf8(Checkpoint::message(head.seq, &head.digest, head.count, entry.at));
    let wanted = "keyward/checkpoint/1\nseq 1\n\
        digest 2b2cbad9ae8b3576fca237daa7f31e7f9056f24a930fe06939b179b659ff9d2a\ncount 1\nat 1767225600000000\n";
    assert_eq!(text.expect("ASCII"), wanted);
}
