//! `keyward issue file`: as system D's own generator, `<customer> <deviceId> [months]`.

mod product;

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use keyward_core::crypto::KeySet;
use keyward_core::device::is_device_id;
use keyward_core::scheme::file::{GRACE_PERIOD_DAYS, LicenseFile, Payload};
use keyward_engine::form::NewForm;
use keyward_engine::issue::FileRequest;

use super::stored::{self, Keep};
use super::{Beside, deliver, must_be_numbered, numbered};
use crate::bulk::Bulk;
use crate::clock::Now;
use crate::commands::form_file;
use crate::database::Opened;
use crate::failure::Failure;
use crate::keys::SigningArgs;
use crate::output::{self, printable};

#[derive(Args)]
pub(crate) struct File {
    /// The customer
    #[arg(value_name = "CUSTOMER", value_parser = NonEmptyStringValueParser::new())]
    customer: String,
    /// The id that the application shows on the customer's device
    #[arg(value_name = "DEVICE_ID")]
    device_id: String,
    /// Calendar months from now
    #[arg(value_name = "MONTHS", default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=1200))]
    months: i64,
    /// The product; in a database one that is not there is made [default there: the only one with files, else file.product
    /// of the configuration]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    product: Option<String>,
    /// The type of the licence
    #[arg(long = "type", value_name = "TYPE", default_value = "YEARLY")]
    license_type: String,
    /// Days after expiry in which everything still works
    #[arg(long, value_name = "DAYS", default_value_t = GRACE_PERIOD_DAYS)]
    grace: i64,
    /// The file to write, `-` for standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    key: SigningArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    now: Now,
}

impl File {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        self.check_device_id()?;
        if self.bulk.count.is_some() {
            must_be_numbered(&self.customer, "customer")?;
        } else {
            self.bulk.must_be_unused()?;
        }
        if !self.key.is_offline() {
            return self.store(json);
        }
        self.keep.must_be_unused()?;
        let Some(product) = &self.product else {
            return Err(Failure::argument("a file names its product", "add --product NAME"));
        };
        let key = self.key.read("a file")?;
        let now = self.now.get();
        if let Some(count) = self.bulk.count {
            return self.bulk.write(count.get(), json, |number, _| {
                let customer = numbered(&self.customer, number);
                let file = self.request(product, customer.clone()).issue(&key, now)?.to_text();
                Ok(vec![("issued_to", customer), ("device_id", self.device_id.clone()), ("license", file)])
            });
        }
        let file = self.request(product, self.customer.clone()).issue(&key, now)?.to_text();
        let keys = KeySet::of_public(key.public().clone());
        let path = self.path()?;
        form_file::write(path.as_deref(), &file)?;
        let file_name = path.map(|path| path.display().to_string());
        deliver(&file, &keys, now, &Beside { file: file_name, ..Beside::default() }, json)
    }

    fn request(&self, product: &str, issued_to: String) -> FileRequest {
        FileRequest {
            product: product.to_owned(),
            license_type: self.license_type.clone(),
            issued_to,
            device_id: self.device_id.clone(),
            months: self.months,
            grace_period_days: self.grace,
        }
    }

    /// Issues with the database's key, and keeps the licence there.
    fn store(&self, json: bool) -> Result<(), Failure> {
        // What is in the way is said before a licence is made.
        let path = if self.bulk.count.is_none() { self.path()? } else { None };
        self.keep.database.change(self.now.given(), async |opened: &Opened| {
            let product = product::choose(opened, self.product.as_deref())?;
            let form = |customer| NewForm::File {
                order: self.keep.order(&product.name),
                request: self.request(&product.name, customer),
            };
            let Some(count) = self.bulk.count else {
                self.tell_of_another(opened, &product.name).await?;
                let issued = stored::issue(opened, form(self.customer.clone())).await?;
                product.tell_if_new();
                if let Err(failure) = form_file::write(path.as_deref(), &issued.key) {
                    let id = issued.id;
                    return Err(failure.and(format_args!(
                        "the licence is in the database: `keyward license file {id}` writes its file"
                    )));
                }
                let file = path.as_ref().map(|path| path.display().to_string());
                let beside = Beside { file, ..Beside::default() };
                return stored::hand_over(opened, &issued, self.now.get(), beside, json).await;
            };
            stored::many(&self.bulk, count.get(), json, async |number| {
                let customer = numbered(&self.customer, number);
                let issued = stored::issue(opened, form(customer.clone())).await?;
                if number == 0 {
                    product.tell_if_new();
                }
                Ok(vec![
                    ("issued_to", customer),
                    ("device_id", self.device_id.clone()),
                    ("license", issued.key),
                    ("license_id", issued.id.to_string()),
                ])
            })
            .await
        })
    }

    /// A renewal is better made from the licence that the device has: then its files stay together.
    async fn tell_of_another(&self, opened: &Opened, product: &str) -> Result<(), Failure> {
        let Some(product) = opened.engine.catalog().product(product).map(|product| product.id) else {
            return Ok(());
        };
        let there = opened.engine.file_of_device(product, &self.customer, &self.device_id).await?;
        if let Some(id) = there {
            output::tell(format_args!(
                "note: this customer has a licence for this device already, {id}; `keyward license renew {id}` renews it, \
                 and this makes a second one"
            ));
        }
        Ok(())
    }

    fn check_device_id(&self) -> Result<(), Failure> {
        let id = &self.device_id;
        if id.is_empty() || id.len() > 256 || id.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Failure::argument(
                "the device id is empty, very long, or holds spaces",
                "copy it from the application: it usually is 16 hexadecimal digits",
            ));
        }
        if !is_device_id(id) {
            output::tell(format_args!(
                "warning: {} is not 16 digits of 0-9 and A-F, as device ids usually are; it is compared exactly",
                printable(id)
            ));
        }
        Ok(())
    }

    /// The file to write; `None` is standard output. A file of the same customer and device is replaced by its renewal; any other is left alone.
    fn path(&self) -> Result<Option<PathBuf>, Failure> {
        let same = |p: &Payload| p.issued_to == self.customer && p.device_id == self.device_id;
        form_file::path(self.to.as_deref(), &self.customer, |old| {
            let payload = LicenseFile::parse(old).ok().and_then(|file| file.unverified().ok());
            payload.as_ref().is_some_and(same)
        })
    }
}
