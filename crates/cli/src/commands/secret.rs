//! `keyward secret`.

use std::io::{self, BufRead as _, IsTerminal as _};

use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

use keyward_engine::keys::OWN;

use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::keys::{SecretArgs, without_newline};
use crate::output;

#[derive(Subcommand)]
pub(crate) enum Secret {
    /// Set the secret that the keys of a product are sealed with
    ///
    /// Of `tier` it seals the tiered keys, of `lk` it is the key of an installation. Without --secret-env or
    /// --secret-file it is asked for. It can be replaced as long as no licence was issued or registered under it.
    Set(Set),
    /// Show the secret of an installation, to be written into it
    ///
    /// Whoever has it can make keys; that it was looked at is written into the audit log. Where there is none yet, it is made.
    Show(Show),
}

#[derive(Args)]
pub(crate) struct Set {
    /// The product's code
    #[arg(value_name = "PRODUCT")]
    product: String,
    #[command(flatten)]
    secret: SecretArgs,
    /// Of which installation, where the product is `lk` [default: own, the account's own]
    #[arg(long, value_name = "NAME")]
    installation: Option<String>,
    /// Take a secret although it is printed in a public document
    #[arg(long)]
    accept_public_secret: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args)]
pub(crate) struct Show {
    /// Of which installation
    #[arg(long, value_name = "NAME", default_value = OWN)]
    installation: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Secret {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Set(set) => set.run(json),
            Self::Show(show) => show.run(json),
        }
    }
}

impl Set {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let text = match self.secret.read_text()? {
            Some(text) => text,
            None => ask(&self.product)?,
        };
        let secret = without_newline(&text);
        self.database.change(None, async |opened: &Opened| {
            let accept = self.accept_public_secret || opened.config.secrets.accept_public;
            let installation = self.installation.as_deref();
            if self.product == opened.config.dialects.lk.product {
                let name = installation.unwrap_or(OWN);
                opened.engine.set_installation_secret(&opened.caller, name, secret, accept).await?;
            } else if installation.is_some() {
                return Err(Failure::argument(
                    format_args!("the keys of {} are not sealed by installations", self.product),
                    "leave out --installation, or name the product lk",
                ));
            } else {
                opened.engine.set_secret(&opened.caller, &self.product, secret, accept).await?;
            }
            if json {
                return output::json(
                    &json!({ "done": "set", "product": self.product, "installation": installation }),
                );
            }
            let product = output::printable(&self.product);
            output::print(format_args!("the keys of `{product}` are sealed with this secret from now on\n"))
        })
    }
}

impl Show {
    fn run(&self, json: bool) -> Result<(), Failure> {
        self.database.change(None, async |opened: &Opened| {
            let (secret, since) =
                opened.engine.reveal_installation_secret(&opened.caller, &self.installation).await?;
            if json {
                return output::json(&json!({ "secret": secret.as_str(), "since": since }));
            }
            output::print(format_args!("{}\n", secret.as_str()))
        })
    }
}

/// A person types it unseen; a script writes a line.
fn ask(product: &str) -> Result<Zeroizing<String>, Failure> {
    if io::stdin().is_terminal() {
        let question = format!("Secret of {product}: ");
        return Ok(Zeroizing::new(rpassword::prompt_password(question)?));
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}
