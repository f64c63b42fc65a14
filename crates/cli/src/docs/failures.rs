//! One of each failure of the database and the engine, with `…` where a name stands.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use keyward_core::calendar;
use keyward_core::crypto::KeyFileError;
use keyward_core::scheme::Scheme;
use keyward_engine::EngineError;
use keyward_engine::archive::ArchiveError;
use keyward_engine::token::Role;
use keyward_engine::vault::passphrase::PassphraseError;
use keyward_engine::vault::{MasterKeyError, Place, VaultError};
use keyward_store::StoreError;
use uuid::Uuid;

const NAME: &str = "…";

/// All that have a code of their own; those of verdicts and of the issuing of forms have other tables.
pub(super) fn all() -> Vec<EngineError> {
    let mut all: Vec<EngineError> = store().into_iter().map(Into::into).collect();
    all.extend(vault().into_iter().map(EngineError::from));
    all.extend(master_key().into_iter().map(EngineError::from));
    all.extend(archive().into_iter().map(EngineError::from));
    all.extend(engine());
    all
}

fn engine() -> Vec<EngineError> {
    let name = || NAME.to_owned();
    vec![
        EngineError::MasterKeyMissing { wanted: name(), place: name() },
        EngineError::MasterKeyRotated,
        EngineError::Passphrase(PassphraseError::TooShort(1)),
        EngineError::Passphrase(PassphraseError::Malformed),
        EngineError::Passphrase(PassphraseError::TooCostly),
        EngineError::Passphrase(PassphraseError::Wrong),
        EngineError::Passphrase(PassphraseError::Memory),
        EngineError::UnknownSigner { scheme: Scheme::File, product: name(), tried: 2 },
        EngineError::KeyFile(KeyFileError::NotPem),
        EngineError::Date(calendar::OutOfRange),
        EngineError::NotFound { what: NAME, name: name() },
        EngineError::Taken { what: NAME, name: name() },
        EngineError::AlreadySo(NAME),
        EngineError::Changed(NAME),
        EngineError::Limit { what: NAME, limit: 2, used: 2 },
        EngineError::Invalid { field: NAME, wanted: name() },
        EngineError::IdempotencyReused,
        EngineError::IdempotencyInProgress,
        EngineError::PublicSecret,
        EngineError::SecretInUse { product: name() },
        EngineError::Forbidden(Role::ReadOnly),
        EngineError::NoFreeSecond,
    ]
}

fn store() -> Vec<StoreError> {
    let name = || NAME.to_owned();
    let source = || -> keyward_store::Source { Arc::new(io::Error::other(NAME)) };
    vec![
        StoreError::Address("the address of the database cannot be used".to_owned()),
        StoreError::Foreign { place: name(), tables: name() },
        StoreError::OldDatabase { place: name(), why: name() },
        StoreError::Newer { found: 2, known: 1 },
        StoreError::Migration(name()),
        StoreError::InUse(name()),
        StoreError::File { path: name(), why: name() },
        StoreError::Unreachable(source()),
        StoreError::Busy(NAME),
        StoreError::Full,
        StoreError::Disk(source()),
        StoreError::ReadOnly(source()),
        StoreError::Poisoned,
        StoreError::OutcomeUnknown,
        StoreError::Conflict { constraint: name() },
        StoreError::Database(source()),
        StoreError::Panicked(NAME),
        StoreError::Waited(NAME),
        StoreError::Shape { column: 0, wanted: NAME },
        StoreError::Closed,
    ]
}

fn archive() -> Vec<ArchiveError> {
    let name = || NAME.to_owned();
    vec![
        ArchiveError::Foreign { path: PathBuf::from(NAME), wanted: NAME },
        ArchiveError::Newer { found: name(), known: name() },
        ArchiveError::Damaged(name()),
        ArchiveError::Truncated(NAME),
        ArchiveError::WithoutSecrets,
        ArchiveError::NotEmpty(name()),
        ArchiveError::Served(name()),
        ArchiveError::Differs { what: NAME },
        ArchiveError::LogBroken { seq: 2, finding: name() },
    ]
}

fn vault() -> Vec<VaultError> {
    let place = Place { table: NAME, column: NAME, row: Uuid::nil() };
    vec![
        VaultError::MasterKeyWrong { given: NAME.to_owned(), needed: NAME.to_owned() },
        VaultError::Damaged(NAME),
        VaultError::Value(place),
        VaultError::OtherKey(place),
    ]
}

fn master_key() -> Vec<MasterKeyError> {
    let path = || PathBuf::from(NAME);
    vec![
        MasterKeyError::Malformed { length: 1 },
        MasterKeyError::Public,
        MasterKeyError::Exposed { path: path(), mode: 0o644 },
        MasterKeyError::File { path: path(), source: io::Error::other(NAME) },
    ]
}

/// A new failure does not compile until someone decides in which table it stands.
#[expect(dead_code, reason = "only whether it compiles matters")]
fn decided(error: &EngineError) {
    match error {
        EngineError::Store(
            StoreError::Address(_)
            | StoreError::Foreign { .. }
            | StoreError::OldDatabase { .. }
            | StoreError::Newer { .. }
            | StoreError::Migration(_)
            | StoreError::InUse(_)
            | StoreError::File { .. }
            | StoreError::Unreachable(_)
            | StoreError::Busy(_)
            | StoreError::Full
            | StoreError::Disk(_)
            | StoreError::ReadOnly(_)
            | StoreError::Poisoned
            | StoreError::OutcomeUnknown
            | StoreError::Conflict { .. }
            | StoreError::Panicked(_)
            | StoreError::Waited(_)
            | StoreError::Shape { .. }
            | StoreError::Closed
            | StoreError::Database(_),
        )
        | EngineError::Vault(
            VaultError::MasterKeyWrong { .. }
            | VaultError::Damaged(_)
            | VaultError::Value(_)
            | VaultError::OtherKey(_),
        )
        | EngineError::MasterKey(
            MasterKeyError::Empty
            | MasterKeyError::Malformed { .. }
            | MasterKeyError::Public
            | MasterKeyError::Exposed { .. }
            | MasterKeyError::InFile { .. }
            | MasterKeyError::File { .. },
        )
        | EngineError::MasterKeyMissing { .. }
        | EngineError::MasterKeyRotated
        | EngineError::Archive(
            ArchiveError::Foreign { .. }
            | ArchiveError::Newer { .. }
            | ArchiveError::Damaged(_)
            | ArchiveError::Truncated(_)
            | ArchiveError::WithoutSecrets
            | ArchiveError::NotEmpty(_)
            | ArchiveError::Served(_)
            | ArchiveError::Differs { .. }
            | ArchiveError::LogBroken { .. },
        )
        | EngineError::Passphrase(
            PassphraseError::TooShort(_)
            | PassphraseError::Kind
            | PassphraseError::File(_)
            | PassphraseError::Malformed
            | PassphraseError::TooCostly
            | PassphraseError::Wrong
            | PassphraseError::Memory,
        )
        | EngineError::UnknownSigner { .. }
        | EngineError::KeyFile(_)
        | EngineError::Date(_)
        | EngineError::NotFound { .. }
        | EngineError::Taken { .. }
        | EngineError::AlreadySo(_)
        | EngineError::Changed(_)
        | EngineError::Limit { .. }
        | EngineError::Invalid { .. }
        | EngineError::IdempotencyReused
        | EngineError::IdempotencyInProgress
        | EngineError::PublicSecret
        | EngineError::SecretInUse { .. }
        | EngineError::Forbidden(_)
        | EngineError::NoFreeSecond => {}
        // In the tables of verdicts and of the command line.
        EngineError::Issue(_)
        | EngineError::Refused(_)
        | EngineError::NotAllowed(_)
        | EngineError::Archive(ArchiveError::File { .. } | ArchiveError::Output(_)) => {}
    }
}
