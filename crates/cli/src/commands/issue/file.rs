//! `keyward issue file`: as system D's own generator, `<customer> <deviceId> [months]`.

mod product;

use std::path::{Path, PathBuf};

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
        write(path.as_deref(), &file)?;
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
                let issued = stored::issue(opened, form(self.customer.clone())).await?;
                product.tell_if_new();
                if let Err(failure) = write(path.as_deref(), &issued.key) {
                    let id = issued.id;
                    return Err(failure.and(format_args!(
                        "the licence is in the database: `keyward license show {id} --reveal`"
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
        let path = self.to.clone().unwrap_or_else(|| PathBuf::from(file_name(&self.customer)));
        if path == Path::new("-") {
            return Ok(None);
        }
        if let Ok(old) = std::fs::read_to_string(&path) {
            let payload = LicenseFile::parse(&old).ok().and_then(|file| file.unverified().ok());
            let same = |p: Payload| p.issued_to == self.customer && p.device_id == self.device_id;
            if !payload.is_some_and(same) {
                return Err(Failure::new(
                    "FILE_EXISTS",
                    format_args!(
                        "{} exists and is not a licence of this customer for this device",
                        path.display()
                    ),
                    "name another file with --to, or move that one away",
                ));
            }
        }
        Ok(Some(path))
    }
}

fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, text).map_err(|error| Failure::file(path, &error))
}

/// `<customer>.key` without the characters that mean something in a path.
fn file_name(customer: &str) -> String {
    let clean = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c };
    let name: String = customer.trim().chars().map(clean).collect();
    let name = name.trim_start_matches('.').trim();
    let short: String = name.chars().take(60).collect();
    if short.is_empty() { "license.key".to_owned() } else { format!("{short}.key") }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_cannot_leave_the_directory() {
        assert_eq!(file_name("ABC Traders"), "ABC Traders.key");
        assert_eq!(file_name("../../etc/passwd"), "_.._etc_passwd.key");
        assert_eq!(file_name("C:\\x"), "C__x.key");
        assert_eq!(file_name(".."), "license.key");
        assert_eq!(file_name("Müller 株式会社"), "Müller 株式会社.key");
    }
}
