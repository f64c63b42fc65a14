//! `keyward issue file`: as system D's own generator, `<customer> <deviceId> [months]`.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use keyward_core::crypto::KeySet;
use keyward_core::device::is_device_id;
use keyward_core::scheme::file::{GRACE_PERIOD_DAYS, LicenseFile, Payload};
use keyward_engine::issue::FileRequest;

use super::{Beside, deliver, must_be_numbered, numbered};
use crate::bulk::Bulk;
use crate::clock::Now;
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
    /// The product
    #[arg(long, value_name = "NAME")]
    product: String,
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
    key: SigningArgs,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    now: Now,
}

impl File {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let key = self.key.read("a file")?;
        let now = self.now.get();
        self.check_device_id()?;
        let request = |issued_to| FileRequest {
            product: self.product.clone(),
            license_type: self.license_type.clone(),
            issued_to,
            device_id: self.device_id.clone(),
            months: self.months,
            grace_period_days: self.grace,
        };
        if let Some(count) = self.bulk.count {
            must_be_numbered(&self.customer, "customer")?;
            return self.bulk.write(count.get(), json, |number, _| {
                let customer = numbered(&self.customer, number);
                let file = request(customer.clone()).issue(&key, now)?.to_text();
                Ok(vec![("issued_to", customer), ("device_id", self.device_id.clone()), ("license", file)])
            });
        }
        self.bulk.must_be_unused()?;
        let file = request(self.customer.clone()).issue(&key, now)?.to_text();
        let keys = KeySet::of_public(key.public().clone());
        let path = self.to.clone().unwrap_or_else(|| PathBuf::from(file_name(&self.customer)));
        if path == Path::new("-") {
            return deliver(&file, &keys, now, &Beside::default(), json);
        }
        self.write(&path, &file)?;
        deliver(
            &file,
            &keys,
            now,
            &Beside { file: Some(path.display().to_string()), ..Beside::default() },
            json,
        )
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

    /// A file of the same customer and device is replaced by its renewal; any other is left alone.
    fn write(&self, path: &Path, text: &str) -> Result<(), Failure> {
        if let Ok(old) = std::fs::read_to_string(path) {
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
        std::fs::write(path, text).map_err(|error| Failure::file(path, &error))
    }
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
