//! The signing keys of the database: `keyward keys list`, `rotate`, `retire`, `import`, `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use keyward_core::crypto::Algorithm;
use keyward_engine::keys::{KeyInfo, Rotate as Which};
use keyward_engine::vault::passphrase;
use keyward_engine::{EngineError, keyring};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::keys::{self, PassphraseArgs};
use crate::output::{self, Columns, or_dash, time};

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct Rotate {
    /// The key to follow: its id, as `keys list` shows it
    #[arg(value_name = "ID", required_unless_present = "algorithm")]
    id: Option<Uuid>,
    /// Instead: the key of this algorithm
    #[arg(long, value_enum, conflicts_with = "id")]
    algorithm: Option<Kind>,
    /// Of this product [default: of the account as a whole]
    #[arg(long, value_name = "CODE", conflicts_with = "id")]
    product: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// For `lk3` and checkpoints
    Ed25519,
    /// For `record` and `file`
    Rsa,
}

#[derive(Args)]
pub(crate) struct Retire {
    /// The key's id, as `keys list` shows it
    #[arg(value_name = "ID")]
    id: Uuid,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct Import {
    /// A PEM file (PKCS#1, PKCS#8, or a public key, which only verifies), or one made by `keys export`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only for this product [default: for the account as a whole]
    #[arg(long, value_name = "CODE")]
    product: Option<String>,
    /// The product is one of device-bound files (system D), and is made where there is none
    #[arg(long, requires = "product")]
    files: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct Export {
    /// The key's id, as `keys list` shows it
    #[arg(value_name = "ID")]
    id: Uuid,
    /// Write to this new file, which only you can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn object(key: &KeyInfo) -> Value {
    json!({
        "id": key.id.to_string(), "product": key.product, "algorithm": key.algorithm, "bits": key.bits,
        "state": key.state, "keyId": key.key_id, "private": key.private, "imported": key.imported,
        "created": key.created_at, "retired": key.retired_at, "warnings": key.warnings,
    })
}

impl List {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.read(None, async |opened: &Opened| {
            let keys = opened.engine.list_keys().await?;
            for warning in opened.engine.public_secret_warnings() {
                output::tell(format_args!("warning: {}", output::printable(&warning)));
            }
            if json {
                return output::json(&keys.iter().map(object).collect());
            }
            let mut list = Columns::new(&["ID", "PRODUCT", "ALGORITHM", "BITS", "STATE", "KEY", "MADE"]);
            for key in &keys {
                let (product, bits) = (or_dash(key.product.as_ref()), or_dash(key.bits));
                let hint = or_dash(key.key_id.as_ref());
                list.row(&[
                    &key.id,
                    &product,
                    &key.algorithm,
                    &bits,
                    &key.state,
                    &hint,
                    &time(key.created_at),
                ]);
            }
            output::print(list)?;
            for key in &keys {
                for warning in &key.warnings {
                    output::tell(format_args!("warning: key {}: {}", key.id, output::printable(warning)));
                }
            }
            Ok(())
        })
    }
}

fn done(sentence: &str, key: &KeyInfo, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&object(key));
    }
    let hint = key.key_id.as_ref().map(|hint| format!(", {hint}")).unwrap_or_default();
    output::print(format_args!("key {} ({}{hint}) {sentence}\n", key.id, key.algorithm))?;
    for warning in &key.warnings {
        output::tell(format_args!("warning: {}", output::printable(warning)));
    }
    Ok(())
}

impl Rotate {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let which = match (self.id, self.algorithm) {
            (Some(id), _) => Which::Id(id),
            (None, kind) => Which::Of {
                product: self.product.clone(),
                algorithm: match kind {
                    Some(Kind::Rsa) => Algorithm::RsaPkcs1Sha256,
                    Some(Kind::Ed25519) | None => Algorithm::Ed25519,
                },
            },
        };
        self.database.change(None, async |opened: &Opened| {
            let key = opened.engine.rotate_key(&opened.caller, which).await?;
            done("signs from now on; the one before still verifies", &key, json)
        })
    }
}

impl Retire {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let key = opened.engine.retire_key(&opened.caller, self.id).await?;
            done("is retired: what it signed is taken no more", &key, json)
        })
    }
}

impl Import {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let mut text = keys::read_file(&self.file)?;
        if text.contains(SEALED) {
            let passphrase = self.passphrase.read_known()?;
            let opened = passphrase::open(&passphrase, &text).map_err(EngineError::from)?;
            *text = String::from_utf8_lossy(&opened.bytes).into_owned();
        }
        self.database.change(None, async |opened: &Opened| {
            if let (Some(product), true) = (&self.product, self.files) {
                // A file that is no key makes no product.
                keyring::read_public(&text)
                    .map_err(|error| Failure::key_file(&self.file.display().to_string(), &error))?;
                opened.engine.ensure_file_product(&opened.caller, product).await?;
            }
            let key = opened.engine.import_key(&opened.caller, &text, self.product.as_deref()).await;
            let key = key.map_err(|error| {
                let unknown = matches!(error, EngineError::NotFound { what: "product", .. });
                let failure = Failure::from(error);
                if unknown {
                    failure.and("for device-bound files add --files, which makes the product")
                } else {
                    failure
                }
            })?;
            let small =
                key.bits.is_some_and(|bits| bits < keyring::MIN_SIGNING_RSA_BITS) && key.algorithm == "rsa";
            let sentence = match (key.private && key.state == "active", small) {
                (true, _) => "signs from now on",
                (false, true) => "verifies from now on, and signs nothing: it is smaller than 2048 bits",
                (false, false) => "verifies from now on, and signs nothing",
            };
            done(sentence, &key, json)
        })
    }
}

/// What the label of a key under a passphrase says.
const SEALED: &str = "KEYWARD";

impl Export {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let passphrase = self.passphrase.read_new()?;
        self.database.change(None, async |opened: &Opened| {
            let text = opened.engine.export_key(&opened.caller, self.id, &passphrase).await?;
            super::hand_over(&text, self.out.as_deref(), json)
        })
    }
}
