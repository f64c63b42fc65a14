//! `keyward issue record`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use keyward_core::crypto::KeySet;
use keyward_core::scheme::record::Profile;
use keyward_engine::form::NewForm;
use keyward_engine::issue::RecordRequest;

use super::stored::{self, Keep};
use super::{Beside, deliver, must_be_numbered, numbered};
use crate::bulk::Bulk;
use crate::clock::Now;
use crate::database::Opened;
use crate::failure::Failure;
use crate::keys::SigningArgs;

#[derive(Args)]
pub(crate) struct Record {
    /// The client: a domain or a name
    #[arg(value_name = "CLIENT_ID", value_parser = NonEmptyStringValueParser::new())]
    client_id: String,
    /// Basic, Pro, Enterprise, or Premium, which never expires
    #[arg(long = "type", value_name = "TYPE", default_value = "Pro", value_parser = license_type)]
    license_type: String,
    /// Days of 24 hours from now [default: 365; ignored for Premium]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    days: Option<i64>,
    /// How times are written [default: text for Premium, else epoch]
    #[arg(long, value_enum)]
    profile: Option<ProfileArg>,
    /// The product in the database [default: dialects.records.product of the configuration]
    #[arg(long, value_name = "CODE", help_heading = "Database")]
    product: Option<String>,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    key: SigningArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    now: Now,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum ProfileArg {
    /// Seconds since 1970
    Epoch,
    /// `YYYY-MM-DD HH:MM:SS`, or `Never`
    Text,
    /// As text, fields sorted
    TextSorted,
}

impl Record {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        if self.bulk.count.is_some() {
            must_be_numbered(&self.client_id, "client id")?;
        } else {
            self.bulk.must_be_unused()?;
        }
        if !self.key.is_offline() {
            return self.store(json);
        }
        self.keep.must_be_unused()?;
        if self.product.is_some() {
            return Err(stored::unused("--product"));
        }
        let key = self.key.read("a record")?;
        let now = self.now.get();
        if let Some(count) = self.bulk.count {
            return self.bulk.write(count.get(), json, |number, _| {
                let client_id = numbered(&self.client_id, number);
                let record = self.request(client_id.clone()).issue(&key, now)?.to_json()?;
                Ok(vec![("client_id", client_id), ("license", record)])
            });
        }
        let record = self.request(self.client_id.clone()).issue(&key, now)?.to_json()?;
        deliver(&record, &KeySet::of_public(key.public().clone()), now, &Beside::default(), json)
    }

    fn request(&self, client_id: String) -> RecordRequest {
        RecordRequest {
            client_id,
            license_type: self.license_type.clone(),
            days: Some(self.days.unwrap_or(365)),
            profile: self.profile.map(|profile| match profile {
                ProfileArg::Epoch => Profile::Epoch,
                ProfileArg::Text => Profile::Text,
                ProfileArg::TextSorted => Profile::TextSorted,
            }),
        }
    }

    /// Issues with the database's key, and keeps the licence there.
    fn store(&self, json: bool) -> Result<(), Failure> {
        self.keep.database.change(self.now.given(), async |opened: &Opened| {
            let product = self.product.as_deref().unwrap_or(&opened.config.dialects.records.product);
            let form = |client_id| NewForm::Record {
                order: self.keep.order(product),
                request: self.request(client_id),
            };
            let Some(count) = self.bulk.count else {
                let issued = stored::issue(opened, form(self.client_id.clone())).await?;
                return stored::hand_over(opened, &issued, self.now.get(), Beside::default(), json).await;
            };
            stored::many(&self.bulk, count.get(), json, async |number| {
                let client_id = numbered(&self.client_id, number);
                let issued = stored::issue(opened, form(client_id.clone())).await?;
                let id = issued.id.to_string();
                Ok(vec![("client_id", client_id), ("license", issued.key), ("license_id", id)])
            })
            .await
        })
    }
}

/// The four types are spelled as system A spells them, whatever the case; any other is taken as it is.
fn license_type(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("name a type: Basic, Pro, Enterprise or Premium".to_owned());
    }
    let known =
        ["Basic", "Pro", "Enterprise", "Premium"].into_iter().find(|known| known.eq_ignore_ascii_case(text));
    Ok(known.unwrap_or(text).to_owned())
}
