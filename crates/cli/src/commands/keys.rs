//! `keyward keys`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use keyward_core::crypto::PublicKey;
use keyward_engine::keyring::{self, RsaSize, SigningKey};
use serde_json::json;

use crate::clock;
use crate::failure::Failure;
use crate::{keys, output};

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make a private key file and print its public key
    New(New),
    /// Print the public key of a key file
    Public(Public),
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
    /// A PEM file, private or public
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Keys {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let public = match self {
            Self::New(new) => new.run()?,
            Self::Public(public) => public.run()?,
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
        let text = keys::read_file(path)?;
        keyring::read_public(&text).map_err(|error| Failure::key_file(&path.display().to_string(), &error))
    }
}

fn algorithm_name(key: &PublicKey) -> String {
    match key.algorithm() {
        keyward_core::crypto::Algorithm::Ed25519 => "Ed25519".to_owned(),
        keyward_core::crypto::Algorithm::RsaPkcs1Sha256 => format!("RSA, {} bits", key.bits()),
    }
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
