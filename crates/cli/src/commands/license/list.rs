//! `keyward license list`.

use clap::{Args, ValueEnum};
use keyward_core::scheme::Scheme;
use keyward_engine::installation::FREE;
use keyward_engine::license::{Listed, Listing, MAX_PAGE, Page, Patience, Status};
use serde_json::{Value, json};

use super::summary;
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output::{self, Columns, or_dash, time};

#[derive(Args)]
pub(crate) struct List {
    /// Words of a name, a company or a customer; `key:value` of the metadata; the beginning of a client id, of a customer's id or e-mail
    /// address, or of a device; the last four characters of a key. The newest first, and one page: type more to find fewer
    #[arg(value_name = "TEXT", conflicts_with_all = ["customer", "device", "after"])]
    word: Option<String>,
    /// Only of this product
    #[arg(long, value_name = "CODE")]
    product: Option<String>,
    /// Only under this policy
    #[arg(long, value_name = "CODE")]
    policy: Option<String>,
    /// Only of this form: record, pool, tier, file, lk1, lk2, lk3
    #[arg(long, value_name = "FORM", value_parser = scheme)]
    scheme: Option<Scheme>,
    /// Only in this state
    #[arg(long, value_enum)]
    status: Option<State>,
    /// Only those that end within so many days, the next end first: 30d, 4w
    #[arg(long, value_name = "DAYS", value_parser = days)]
    expires_within: Option<i64>,
    /// Only those past their end, the oldest end first; as --status expired
    #[arg(long, conflicts_with_all = ["status", "expires_within"])]
    expired: bool,
    /// Only those of a customer whose own id or e-mail address begins so
    #[arg(long, value_name = "TEXT", visible_alias = "user")]
    customer: Option<String>,
    /// Only those that run on a device whose id begins so
    #[arg(long, value_name = "FINGERPRINT")]
    device: Option<String>,
    /// Only those of this installation: its name or id
    #[arg(long, value_name = "NAME")]
    installation: Option<String>,
    /// So many at the most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=MAX_PAGE))]
    limit: i64,
    /// Go on behind a page: what that said at its end
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    /// Runs, and is not past its end
    Active,
    /// Runs, and ends within 30 days, or those of --expires-within
    Expiring,
    /// Past its end, also while its grace runs
    Expired,
    /// Suspended for a while
    Suspended,
    /// Taken away
    Revoked,
    /// Never activated
    Unused,
    /// Activated before, and not suspended
    Used,
}

fn scheme(text: &str) -> Result<Scheme, String> {
    let all = Scheme::ALL.map(Scheme::as_str).join(", ");
    Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == text).ok_or_else(|| format!("one of {all}"))
}

/// Days or weeks.
fn days(text: &str) -> Result<i64, String> {
    let (number, each) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 7),
        (None, None) => (text, 1),
    };
    let days = number.parse::<i64>().ok().filter(|number| (0..=40_000).contains(number)).map(|n| n * each);
    days.ok_or_else(|| "a number of days or weeks: 30d, 4w".to_owned())
}

impl List {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let status = self.status.map(|status| match status {
            State::Active => Status::Active,
            State::Expiring => Status::Expiring,
            State::Expired => Status::Expired,
            State::Suspended => Status::Suspended,
            State::Revoked => Status::Revoked,
            State::Unused => Status::Unused,
            State::Used => Status::Used,
        });
        let listing = Listing {
            product: self.product.clone(),
            policy: self.policy.clone(),
            scheme: self.scheme,
            status: status.or(self.expired.then_some(Status::Expired)),
            within_days: self.expires_within,
            customer: self.customer.clone(),
            device: self.device.clone(),
            user: None,
            installation: self.installation.clone(),
            newest_first: false,
            by_end: false,
            patience: Patience::Endless,
            after: self.after.clone(),
            limit: self.limit,
        };
        self.database.read(self.now.given(), async |opened: &Opened| {
            let page = match &self.word {
                Some(text) => opened.engine.search(text, &listing).await?,
                None => opened.engine.list(&listing).await?,
            };
            if json { output::json(&object(opened, &page)) } else { table(opened, &page) }
        })
    }
}

fn table(opened: &Opened, page: &Page) -> Result<(), Failure> {
    if page.licenses.is_empty() {
        output::tell("no licences");
        return Ok(());
    }
    let mut list = Columns::new(&[
        "LICENCE",
        "KEY",
        "CUSTOMER",
        "DEVICE",
        "PRODUCT",
        "POLICY",
        "EXPIRES",
        "DAYS",
        "GRACE UNTIL",
        "STATUS",
    ]);
    for listed in &page.licenses {
        let (found, verdict) = (&listed.found, &listed.verdict);
        let hint = or_dash(listed.hint.as_ref().map(|hint| format!("…{hint}")));
        let more = found.license.machines_count - 1;
        let device = listed.device.as_ref().map(|device| match more {
            1.. => format!("{device} +{more}"),
            _ => device.clone(),
        });
        let grace = verdict.grace_until.filter(|end| Some(*end) != verdict.expiry).map(time);
        list.row(&[
            &found.license.id,
            &hint,
            &or_dash(holder(listed)),
            &or_dash(device),
            &summary::product(opened, found),
            &found.policy.row.code,
            &summary::expires(found),
            &or_dash(verdict.days_left),
            &or_dash(grace),
            &verdict.code,
        ]);
    }
    output::print(list)?;
    if let Some(next) = &page.next {
        output::tell(format_args!("there are more: add --after {next}"));
    }
    Ok(())
}

fn object(opened: &Opened, page: &Page) -> Value {
    let licenses: Vec<Value> = page
        .licenses
        .iter()
        .map(|listed| {
            let mut object = summary::json(opened, &listed.found);
            object["keyHint"] = json!(listed.hint);
            object["device"] = json!(listed.device);
            object["customer"] = json!(holder(listed));
            object["status"] = json!(listed.verdict.code);
            object["valid"] = json!(listed.verdict.valid);
            object["daysLeft"] = json!(listed.verdict.days_left);
            object["graceUntil"] = json!(listed.verdict.grace_until);
            object
        })
        .collect();
    json!({ "licenses": licenses, "next": page.next })
}

/// Whose it is: the customer, else the name, else what it is for.
fn holder(listed: &Listed) -> Option<String> {
    let found = &listed.found;
    let row = &found.license;
    // Its subject has the id of the installation in it, which says nothing to people.
    if row.installation_id.is_some() && row.key_digest.is_none() && found.policy.row.code == FREE {
        return Some("the free tier".to_owned());
    }
    summary::customer(found).or_else(|| row.name.clone()).or_else(|| row.subject.clone()).or_else(|| {
        let metadata: Value = serde_json::from_str(&row.metadata).unwrap_or_default();
        metadata["company"].as_str().map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn days_and_weeks_are_read() {
        assert_eq!(["30d", "4w", "7", "0d"].map(days), [Ok(30), Ok(28), Ok(7), Ok(0)]);
        assert!(["", "d", "-1d", "1y", "99999999d"].into_iter().all(|text| days(text).is_err()));
    }
}
