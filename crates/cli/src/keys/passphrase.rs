//! Passphrases: from a file, an environment variable, or typed twice.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{read_file, read_variable, without_newline};
use crate::failure::Failure;

#[derive(clap::Args)]
pub(crate) struct PassphraseArgs {
    /// File that holds the passphrase; a newline at its end does not count [default: it is asked for]
    #[arg(long, value_name = "FILE", help_heading = "Keys")]
    passphrase_file: Option<PathBuf>,
    /// Environment variable that holds the passphrase
    #[arg(long, value_name = "NAME", help_heading = "Keys", conflicts_with = "passphrase_file")]
    passphrase_env: Option<String>,
}

impl PassphraseArgs {
    /// A passphrase that something is to be sealed under: a person types it twice.
    pub(crate) fn read_new(&self) -> Result<Zeroizing<String>, Failure> {
        self.read(true)
    }

    /// The passphrase that something was sealed under.
    pub(crate) fn read_known(&self) -> Result<Zeroizing<String>, Failure> {
        self.read(false)
    }

    fn read(&self, twice: bool) -> Result<Zeroizing<String>, Failure> {
        let text = match (&self.passphrase_file, &self.passphrase_env) {
            (Some(path), _) => read_file(path)?,
            (None, Some(name)) => read_variable(name, "SECRET")?,
            (None, None) if io::stdin().is_terminal() => {
                let first = Zeroizing::new(rpassword::prompt_password("Passphrase: ")?);
                if twice && *Zeroizing::new(rpassword::prompt_password("The same again: ")?) != *first {
                    return Err(Failure::new("SECRET", "the two passphrases differ", "type it again"));
                }
                first
            }
            (None, None) => {
                let mut line = Zeroizing::new(String::new());
                io::stdin().lock().read_line(&mut line)?;
                line
            }
        };
        Ok(Zeroizing::new(without_newline(&text).to_owned()))
    }
}
