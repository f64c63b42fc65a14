//! Keys and secrets from files and environment variables. Never from arguments: those show in process lists.

mod passphrase;

pub(crate) use passphrase::PassphraseArgs;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use keyward_core::crypto::{Algorithm, KeySet, SharedSecret};
use keyward_engine::crypto::AwsLc;
use keyward_engine::keyring::{self, SigningKey, public_sample};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output;

/// No key file is larger, in bytes; a device that never ends could be named.
const MAX_KEY_FILE: u64 = 1 << 20;

/// Where a private key comes from.
#[derive(clap::Args)]
pub(crate) struct SigningArgs {
    /// Private key: a PEM file with PKCS#8 or PKCS#1
    #[arg(long, value_name = "FILE", help_heading = "Keys")]
    key: Option<PathBuf>,
    /// Environment variable that holds the private key's PEM text
    #[arg(long, value_name = "NAME", help_heading = "Keys", conflicts_with = "key")]
    key_env: Option<String>,
    /// Store nothing: use only the key given here
    #[arg(long, help_heading = "Keys")]
    offline: bool,
}

impl SigningArgs {
    /// Whether nothing is to be stored.
    pub(crate) fn is_offline(&self) -> bool {
        self.offline || self.is_given()
    }

    pub(crate) fn is_given(&self) -> bool {
        self.key.is_some() || self.key_env.is_some()
    }

    pub(crate) fn read(&self, form: &str) -> Result<SigningKey, Failure> {
        let (name, text) = match (&self.key, &self.key_env) {
            (Some(path), _) => (path.display().to_string(), read_file(path)?),
            (None, Some(name)) => (name.clone(), read_variable(name, "KEY_FILE")?),
            (None, None) => {
                return Err(no_key(form, "a private key", "--key FILE or --key-env NAME"));
            }
        };
        keyring::read_key(&text).map_err(|error| Failure::key_file(&name, &error))
    }
}

/// Where a shared secret comes from.
#[derive(clap::Args)]
pub(crate) struct SecretArgs {
    /// File that holds the secret; a newline at its end does not count
    #[arg(long, value_name = "FILE", help_heading = "Keys")]
    secret_file: Option<PathBuf>,
    /// Environment variable that holds the secret
    #[arg(long, value_name = "NAME", help_heading = "Keys", conflicts_with = "secret_file")]
    secret_env: Option<String>,
}

impl SecretArgs {
    pub(crate) fn is_given(&self) -> bool {
        self.secret_file.is_some() || self.secret_env.is_some()
    }

    /// The secret where one is given.
    pub(crate) fn read_optional(&self) -> Result<Option<SharedSecret>, Failure> {
        self.read_text()?.map(|text| prepare(&text)).transpose()
    }

    /// The secret's text where one is given.
    pub(crate) fn read_text(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        match (&self.secret_file, &self.secret_env) {
            (Some(path), _) => read_file(path).map(Some),
            (None, Some(name)) => read_variable(name, "SECRET").map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Where the secret of a form that cannot do without comes from.
#[derive(clap::Args)]
pub(crate) struct SealingArgs {
    #[command(flatten)]
    secret: SecretArgs,
    /// Store nothing: use only the secret given here
    #[arg(long, help_heading = "Keys")]
    offline: bool,
}

impl SealingArgs {
    /// Whether nothing is to be stored.
    pub(crate) fn is_offline(&self) -> bool {
        self.offline || self.secret.is_given()
    }

    /// The secret where one is given.
    pub(crate) fn read_optional(&self) -> Result<Option<SharedSecret>, Failure> {
        self.secret.read_optional()
    }

    pub(crate) fn read(&self, form: &str) -> Result<SharedSecret, Failure> {
        self.read_optional()?
            .ok_or_else(|| no_key(form, "a secret", "--secret-file FILE or --secret-env NAME"))
    }
}

/// The keys a licence is checked with.
#[derive(clap::Args)]
pub(crate) struct VerifyingArgs {
    /// Key that signed licences are checked with: a PEM file, public or private; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Keys")]
    key: Vec<PathBuf>,
    #[command(flatten)]
    secret: SecretArgs,
}

impl VerifyingArgs {
    pub(crate) fn is_given(&self) -> bool {
        !self.key.is_empty() || self.secret.is_given()
    }

    pub(crate) fn read(&self) -> Result<KeySet, Failure> {
        let mut keys = KeySet::default();
        for path in &self.key {
            let name = path.display().to_string();
            let text = read_file(path)?;
            keys.public.push(keyring::read_public(&text).map_err(|error| Failure::key_file(&name, &error))?);
        }
        keys.secrets.extend(self.secret.read_optional()?);
        // Beside an Ed25519 key a secret only decrypts: whoever could read such keys could otherwise make them.
        keys.accepts_lk3_macs = keys.public.iter().all(|key| key.algorithm() != Algorithm::Ed25519);
        Ok(keys)
    }
}

/// Prepares a secret text; a newline at its end does not count, and a sample of the old documents is warned about.
pub(crate) fn prepare(text: &str) -> Result<SharedSecret, Failure> {
    let text = without_newline(text);
    if text.is_empty() {
        return Err(Failure::new("SECRET", "the secret is empty", "give the secret that both sides share"));
    }
    if public_sample::contains(text) {
        output::tell(
            "warning: this secret is printed in a public document: anybody can make licences with it",
        );
    }
    Ok(SharedSecret::new(text, &AwsLc))
}

/// A secret without the newline that a file or a line ends with.
pub(crate) fn without_newline(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
}

fn no_key(form: &str, what: &str, wanted: &str) -> Failure {
    Failure::new(
        "NO_KEY",
        format_args!("{form} needs {what} when nothing is stored"),
        format_args!("give {wanted}, or leave out --offline to use the database's"),
    )
}

pub(crate) fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_KEY_FILE).read_to_string(&mut text));
    read.map_err(|error| Failure::file(path, &error))?;
    Ok(text)
}

pub(crate) fn read_variable(name: &str, code: &'static str) -> Result<Zeroizing<String>, Failure> {
    std::env::var(name).map(Zeroizing::new).map_err(|_| {
        Failure::new(
            code,
            format_args!("the environment variable {name} is not set, or is no text"),
            "set it to the key or secret itself, and give its name",
        )
    })
}
