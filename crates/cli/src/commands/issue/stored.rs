//! Issuing with the database's keys: the licence is kept there.

use clap::Args;
use keyward_core::crypto::Algorithm;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk3::{Lk3Key, Seal};
use keyward_core::time::Timestamp;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::license::{Issued, Named};
use keyward_engine::{EngineError, NewUser};

use super::{Beside, Stored, deliver};
use crate::bulk::{Bulk, Row};
use crate::commands::license::summary;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;

/// What only a database keeps.
#[derive(Args)]
pub(crate) struct Keep {
    /// Your own id of the customer
    #[arg(long, value_name = "ID", help_heading = "Database")]
    user: Option<String>,
    /// The customer's e-mail address
    #[arg(long, value_name = "ADDRESS", help_heading = "Database")]
    email: Option<String>,
    /// The policy it follows [default: the one called like its type or tier; for files, the product's policy of files]
    #[arg(long, value_name = "CODE", help_heading = "Database")]
    policy: Option<String>,
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
}

/// Whose secret seals a key.
#[derive(Args)]
pub(crate) struct InstallationArgs {
    /// The installation whose secret in the database seals it [default: own, the account's own]
    #[arg(long, value_name = "NAME", help_heading = "Database")]
    pub(crate) installation: Option<String>,
}

impl Keep {
    pub(super) fn order(&self, product: &str) -> Order {
        let user = NewUser { external_id: self.user.clone(), email: self.email.clone(), name: None };
        Order {
            product: Some(product.to_owned()),
            policy: self.policy.clone(),
            user: (user != NewUser::default()).then_some(user),
            ..Order::default()
        }
    }

    /// Refuses what cannot be kept when nothing is stored.
    pub(super) fn must_be_unused(&self) -> Result<(), Failure> {
        if self.user.is_none() && self.email.is_none() && self.policy.is_none() {
            return Ok(());
        }
        Err(unused("--user, --email and --policy"))
    }
}

impl InstallationArgs {
    pub(super) fn must_be_unused(&self) -> Result<(), Failure> {
        if self.installation.is_none() { Ok(()) } else { Err(unused("--installation")) }
    }

    /// An order for this installation.
    pub(super) fn of(&self, order: Order) -> Order {
        Order { installation: self.installation.clone(), ..order }
    }
}

/// That an option needs the database.
pub(super) fn unused(options: &str) -> Failure {
    Failure::argument(
        format_args!(
            "with a key or secret of its own, or --offline, nothing is stored; {options} would be lost"
        ),
        format_args!("leave out {options}, or the key or secret and --offline"),
    )
}

/// Issues a form, and says which products or policies there are when it names another.
pub(super) async fn issue(opened: &Opened, form: NewForm) -> Result<Issued, Failure> {
    let product = order(&form).product.clone().unwrap_or_default();
    opened.engine.issue_form(&opened.caller, form).await.map_err(|error| explain(opened, &product, error))
}

const fn order(form: &NewForm) -> &Order {
    match form {
        NewForm::Record { order, .. }
        | NewForm::File { order, .. }
        | NewForm::Lk1 { order, .. }
        | NewForm::Lk2 { order, .. }
        | NewForm::Lk3 { order, .. } => order,
    }
}

/// Names what there is, where something else was named.
pub(super) fn explain(opened: &Opened, product: &str, error: EngineError) -> Failure {
    let catalog = opened.engine.catalog();
    let (what, mut codes): (_, Vec<&str>) = match (&error, catalog.product(product)) {
        (
            EngineError::NotFound { what: "policy", .. } | EngineError::Invalid { field: "policy", .. },
            Some(product),
        ) => ("policies", catalog.policies_of(product.id).map(|policy| policy.row.code.as_str()).collect()),
        (EngineError::NotFound { what: "product", .. }, None) => {
            ("products", catalog.products().map(|product| product.code.as_str()).collect())
        }
        _ => return error.into(),
    };
    if what == "products" {
        codes.sort_unstable();
    }
    Failure::from(error).and(format_args!("the {what} are {}", codes.join(", ")))
}

/// Prints a licence with what the database and the customer's application need to know.
pub(super) async fn hand_over(
    opened: &Opened,
    issued: &Issued,
    now: Timestamp,
    beside: Beside<'_>,
    json: bool,
) -> Result<(), Failure> {
    let found = opened.engine.find(&Named::Id(issued.id)).await?;
    let product = found.license.product_id;
    let keys = opened.engine.keys_for(&found, Scheme::of(&issued.key)?).await?;
    let stored = Stored {
        id: issued.id,
        kept: summary::json(opened, &found),
        tell: tell(opened, product, &issued.key).await?,
    };
    deliver(&issued.key, &keys, now, &Beside { stored: Some(stored), ..beside }, json)
}

/// What whoever gives out the licence must see to.
async fn tell(opened: &Opened, product: uuid::Uuid, text: &str) -> Result<String, Failure> {
    let algorithm = match Scheme::of(text)? {
        Scheme::Record | Scheme::File => Some(Algorithm::RsaPkcs1Sha256),
        Scheme::Lk3 if Lk3Key::parse(text)?.seal() == Seal::Signature => Some(Algorithm::Ed25519),
        _ => None,
    };
    Ok(match algorithm {
        Some(algorithm) => {
            let (id, _) = opened.engine.signing_key(&opened.caller, Some(product), algorithm).await?;
            format!("the application checks it with the key that `keyward keys public {id}` prints")
        }
        None => "the installation that reads it must hold the same secret: `keyward secret set lk --installation NAME` \
                 takes the one it has, and `keyward secret show --installation NAME` tells the one of the database"
            .to_owned(),
    })
}

/// Issues one after another. Those made before a failure are kept, so they are written, too.
pub(super) async fn many(
    bulk: &Bulk,
    count: u64,
    json: bool,
    mut make: impl AsyncFnMut(u64) -> Result<Row, Failure>,
) -> Result<(), Failure> {
    let mut sink = bulk.sink(count, json)?;
    for number in 0..count {
        match make(number).await {
            Ok(row) => sink.write(&[row])?,
            Err(failure) if number == 0 => return Err(failure),
            Err(failure) => {
                sink.finish()?;
                return Err(failure.and(format_args!("{number} of {count} licences were made and written")));
            }
        }
    }
    sink.finish()
}
