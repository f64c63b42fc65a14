//! `keyward issue recovery-code`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use keyward_core::recovery::SignedRecoveryCode;
use keyward_engine::issue;
use serde_json::json;

use super::stored;
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::keys::SigningArgs;
use crate::output::{self, Table};

#[derive(Args)]
pub(crate) struct RecoveryCode {
    /// The code of the product
    #[arg(value_name = "PRODUCT", value_parser = NonEmptyStringValueParser::new())]
    product: String,
    /// The id of the device, as its refusal shows it
    #[arg(value_name = "DEVICE", value_parser = NonEmptyStringValueParser::new())]
    device: String,
    /// The number that the refusal shows
    #[arg(value_name = "NUMBER")]
    number: u32,
    #[command(flatten)]
    key: SigningArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl RecoveryCode {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        if self.key.is_offline() {
            let key = self.key.read("a recovery code")?;
            let text = issue::recovery_code(&self.product, &self.device, self.number, &key, self.now.get())
                .map_err(keyward_engine::EngineError::from)?;
            return self.deliver(&text, json);
        }
        self.database.change(self.now.given(), async |opened: &Opened| {
            let code = opened.engine.recovery_code(&opened.caller, &self.product, &self.device, self.number);
            let text = code.await.map_err(|error| stored::explain(opened, &self.product, error))?;
            self.deliver(&text, json)
        })
    }

    fn deliver(&self, text: &str, json: bool) -> Result<(), Failure> {
        let code = SignedRecoveryCode::parse(text)?.unverified();
        if json {
            return output::json(&json!({
                "recoveryCode": text, "product": self.product, "device": self.device, "number": code.number,
                "at": code.at,
            }));
        }
        output::print(format_args!("{text}\n"))?;
        let mut table = Table::default();
        table.row("product", &self.product);
        table.row("device", &self.device);
        table.row("number", code.number);
        table.row("made", code.at);
        output::tell(format_args!("\n{}", table.to_string().trim_end()));
        Ok(())
    }
}
