//! `keyward register record|file`: what is signed with RSA, one or many.

use clap::Args;
use keyward_core::scheme::Scheme;
use keyward_engine::NewUser;
use keyward_engine::license::{Named, OldForm};
use serde_json::json;

use crate::clock::Now;
use crate::commands::license::summary;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::{input, output};

#[derive(Args)]
pub(crate) struct Form {
    /// The files, or `-` for one on standard input
    #[arg(value_name = "FILE", required = true)]
    forms: Vec<String>,
    /// The product [default: dialects.records.product of the configuration, or the one that a file names]
    #[arg(long, value_name = "CODE")]
    product: Option<String>,
    /// The policy it follows [default: the type that a record names, or the one with the grace that a file says]
    #[arg(long, value_name = "CODE")]
    policy: Option<String>,
    /// Your own id of the customer
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// The customer's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Form {
    /// Says whether all were taken.
    pub(super) fn run(&self, scheme: Scheme, json: bool) -> Result<bool, Failure> {
        let mut texts = Vec::with_capacity(self.forms.len());
        for form in &self.forms {
            let text =
                input::license(form)?.map_err(Failure::from).and_then(|text| match Scheme::of(&text)? {
                    found if found == scheme => Ok(text),
                    other => Err(Failure::argument(
                        format_args!("this is not of the form {scheme} but {other}"),
                        format_args!("take it in with `keyward register {other}`"),
                    )),
                });
            texts.push((form.as_str(), text));
        }
        self.database.change(self.now.given(), async |opened: &Opened| {
            let (mut taken, mut skipped) = (Vec::new(), Vec::new());
            for (name, text) in texts {
                match self.take_in(opened, scheme, text).await {
                    Ok(found) => taken.push(found),
                    Err(failure) if self.forms.len() == 1 || failure.is_of_the_database() => {
                        return Err(failure);
                    }
                    Err(failure) => skipped.push((name, failure)),
                }
            }
            let all = skipped.is_empty();
            if json {
                let skipped: Vec<_> = skipped
                    .iter()
                    .map(|(name, why)| json!({ "file": name, "code": why.code(), "message": why.message() }))
                    .collect();
                let objects: Vec<_> = taken.iter().map(|found| summary::json(opened, found)).collect();
                output::json(&match (self.forms.len(), objects.first()) {
                    (1, Some(one)) => json!({ "registered": one }),
                    _ => json!({ "read": self.forms.len(), "registered": objects, "skipped": skipped }),
                })?;
                return Ok(all);
            }
            if let ([found], true) = (taken.as_slice(), all) {
                let mut table = output::Table::default();
                summary::rows(opened, found, &mut table);
                output::print(table)?;
                return Ok(true);
            }
            let (read, taken) = (self.forms.len(), taken.len());
            output::print(format_args!("{read} read, {taken} taken, {} skipped\n", skipped.len()))?;
            if !all {
                let mut list = output::Columns::new(&["FILE", "CODE", "BECAUSE"]);
                for (name, why) in &skipped {
                    list.row(&[name, &why.code(), &why.message()]);
                }
                output::print(format_args!("\n{list}"))?;
            }
            Ok(all)
        })
    }

    async fn take_in(
        &self,
        opened: &Opened,
        scheme: Scheme,
        text: Result<String, Failure>,
    ) -> Result<keyward_engine::license::Found, Failure> {
        let records = (scheme == Scheme::Record).then(|| opened.config.dialects.records.product.clone());
        let user = NewUser { external_id: self.user.clone(), email: self.email.clone(), name: None };
        let request = OldForm {
            text: text?,
            product: self.product.clone().or(records),
            policy: self.policy.clone(),
            user: (user != NewUser::default()).then_some(user),
        };
        let issued = opened.engine.register_form(&opened.caller, request).await?;
        Ok(opened.engine.find(&Named::Id(issued.id)).await?)
    }
}
