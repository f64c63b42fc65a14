//! `keyward register lk1|lk2|lk3`: self-contained keys.

use clap::Args;
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_engine::NewUser;
use keyward_engine::license::{NewLicense, Register as Request, Term};

use super::keys::Keys;
use crate::clock::{Now, instant};
use crate::commands::issue::InstallationArgs;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct Lk {
    /// The key, or `-` for standard input with one key a line
    #[arg(value_name = "KEY")]
    key: String,
    /// The product [default: dialects.lk.product of the configuration]
    #[arg(long, value_name = "CODE")]
    product: Option<String>,
    /// The policy it follows [default: the one called like its tier]
    #[arg(long, value_name = "CODE")]
    policy: Option<String>,
    /// Your own id of the customer
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// The customer's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// They were used, first at this instant
    #[arg(long, value_name = "TIME", value_parser = instant)]
    used_at: Option<Timestamp>,
    #[command(flatten)]
    installation: InstallationArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

#[derive(Args)]
pub(crate) struct Lk1 {
    #[command(flatten)]
    key: Lk,
    /// Ends after so many days of 24 hours; the key says nothing of it, only the database knows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..), conflicts_with = "expires")]
    days: Option<i64>,
    /// Ends at this instant
    #[arg(long, value_name = "DATE", value_parser = instant)]
    expires: Option<Timestamp>,
}

impl Lk1 {
    pub(super) fn run(&self, json: bool) -> Result<bool, Failure> {
        let term = match (self.days, self.expires) {
            (Some(days), _) => Term::Days(days),
            (None, Some(end)) => Term::Until(end),
            (None, None) => Term::Policy,
        };
        self.key.take_in(Scheme::Lk1, term, json)
    }
}

impl Lk {
    pub(super) fn run(&self, scheme: Scheme, json: bool) -> Result<bool, Failure> {
        // What the key says of its end goes before it.
        self.take_in(scheme, Term::Policy, json)
    }

    fn take_in(&self, scheme: Scheme, term: Term, json: bool) -> Result<bool, Failure> {
        let keys = Keys::read(&self.key)?;
        keys.must_be(scheme)?;
        let user = NewUser { external_id: self.user.clone(), email: self.email.clone(), name: None };
        let license = NewLicense {
            user: (user != NewUser::default()).then_some(user),
            term,
            installation: self.installation.installation.clone(),
            ..NewLicense::default()
        };
        self.database.change(self.now.given(), async |opened: &Opened| {
            let product = self.product.as_ref().unwrap_or(&opened.config.dialects.lk.product);
            let request = |key| Request {
                key,
                product: product.clone(),
                policy: self.policy.clone(),
                license: license.clone(),
                used_at: self.used_at,
            };
            keys.register(opened, request, json).await
        })
    }
}
