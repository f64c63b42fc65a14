//! `keyward keys`: key files, and the keys of the database.

mod check;
mod master;
mod stored;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use keyward_core::crypto::PublicKey;
use keyward_engine::keyring::{self, RsaSize, SigningKey};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::clock;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::{keys, output};

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make a private key file and print its public key
    New(New),
    /// Print the public key of a key file, or of a key in the database
    Public(Public),
    /// List the keys and secrets of the database; nothing secret is shown
    List(stored::List),
    /// Make a new key that signs from now on
    ///
    /// What the one before signed still verifies.
    Rotate(stored::Rotate),
    /// Take a key out of use: nothing that it signed is taken any more
    Retire(stored::Retire),
    /// Take in a key file: a private key signs from now on
    Import(stored::Import),
    /// Say whether what was taken in verifies an old licence: the rehearsal of a move
    ///
    /// Every key and secret of the database is tried, whatever its product, installation or state. Exit status 0 when one
    /// fits.
    Check(check::Check),
    /// Write a private key under a passphrase
    Export(stored::Export),
    /// Seal the database under a new master key
    RotateMaster(master::RotateMaster),
    /// Write the master key under a passphrase
    ExportMaster(master::ExportMaster),
    /// Put the master key back that `keys export-master` wrote
    ///
    /// It is written where the configuration has it, as a new file. The database is not asked.
    ImportMaster(master::ImportMaster),
}

#[derive(Args)]
pub(crate) struct New {
    /// The file to write; only you can read it, and no other file is overwritten
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Ed25519 for `lk3`; RSA for `record` and `file`
    #[arg(long, value_enum, default_value_t)]
    algorithm: Algorithm,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Algorithm {
    #[default]
    Ed25519,
    #[value(name = "rsa-2048")]
    Rsa2048,
    #[value(name = "rsa-3072")]
    Rsa3072,
    #[value(name = "rsa-4096")]
    Rsa4096,
}

#[derive(Args)]
pub(crate) struct Public {
    /// A PEM file, private or public, or the id of a key in the database, as `keys list` shows it
    #[arg(value_name = "FILE|ID")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Keys {
    /// Says whether the answer is a yes; everything but a check is done or fails.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        match self {
            Self::Check(command) => command.run(json),
            other => other.work(json).map(|()| true),
        }
    }

    fn work(&self, json: bool) -> Result<(), Failure> {
        let public = match self {
            Self::New(new) => new.run()?,
            Self::Public(public) => public.run()?,
            Self::List(command) => return command.run(json),
            Self::Rotate(command) => return command.run(json),
            Self::Retire(command) => return command.run(json),
            Self::Import(command) => return command.run(json),
            Self::Export(command) => return command.run(json),
            Self::Check(command) => return command.run(json).map(drop),
            Self::RotateMaster(command) => return command.run(json),
            Self::ExportMaster(command) => return command.run(json),
            Self::ImportMaster(command) => return command.run(json),
        };
        let pem = public.to_pem();
        if json {
            let object = json!({
                "id": public.id().to_string(),
                "algorithm": algorithm_name(&public),
                "publicKey": pem,
            });
            return output::print(format_args!("{object:#}\n"));
        }
        output::print(pem)?;
        output::tell(format_args!("key {} ({})", public.id(), algorithm_name(&public)));
        Ok(())
    }
}

impl New {
    fn run(&self) -> Result<PublicKey, Failure> {
        let key = match self.algorithm {
            Algorithm::Ed25519 => SigningKey::generate_ed25519(&mut clock::generator()),
            Algorithm::Rsa2048 => SigningKey::generate_rsa(RsaSize::Bits2048),
            Algorithm::Rsa3072 => SigningKey::generate_rsa(RsaSize::Bits3072),
            Algorithm::Rsa4096 => SigningKey::generate_rsa(RsaSize::Bits4096),
        };
        write_private(&self.file, key.to_pem().as_bytes())?;
        let file = self.file.display();
        output::tell(format_args!("wrote the private key to {file}: keep it secret, and keep a copy"));
        Ok(key.public().clone())
    }
}

impl Public {
    fn run(&self) -> Result<PublicKey, Failure> {
        let path = &self.file;
        let id = path.to_str().and_then(|text| Uuid::try_parse(text).ok());
        let text = match id {
            Some(id) if !path.exists() => self.database.read(None, async |opened: &Opened| {
                Ok(Zeroizing::new(opened.engine.public_key(id).await?))
            })?,
            _ => keys::read_file(path)?,
        };
        keyring::read_public(&text).map_err(|error| Failure::key_file(&path.display().to_string(), &error))
    }
}

fn algorithm_name(key: &PublicKey) -> String {
    match key.algorithm() {
        keyward_core::crypto::Algorithm::Ed25519 => "Ed25519".to_owned(),
        keyward_core::crypto::Algorithm::RsaPkcs1Sha256 => format!("RSA, {} bits", key.bits()),
    }
}

/// Gives out a key under a passphrase.
fn hand_over(text: &str, out: Option<&Path>, json: bool) -> Result<(), Failure> {
    let Some(path) = out else {
        return if json { output::json(&json!({ "key": text })) } else { output::print(text) };
    };
    write_private(path, text.as_bytes())?;
    let file = path.display().to_string();
    if json {
        return output::json(&json!({ "file": file }));
    }
    output::print(format_args!("wrote {file}: whoever has it and the passphrase has the key\n"))
}

/// Writes a file that only its owner can read; one that exists is left alone.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(
            "FILE_EXISTS",
            format_args!("{} exists; a private key is never overwritten", path.display()),
            "choose another name, or move that file away",
        ),
        _ => Failure::file(path, &error),
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| Failure::file(path, &error))
}
