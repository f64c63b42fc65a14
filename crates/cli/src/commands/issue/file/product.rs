//! Which product of the database a file is for.

use keyward_core::scheme::Scheme;

use crate::database::Opened;
use crate::failure::Failure;
use crate::output::{self, printable};

/// The product of a file.
pub(super) struct Product {
    pub(super) name: String,
    /// It is made with its first file.
    new: bool,
}

impl Product {
    pub(super) fn tell_if_new(&self) {
        if self.new {
            output::tell(format_args!("note: the product {} was made for it", printable(&self.name)));
        }
    }
}

/// The one that is named, else the only one with files, else that of the configuration. Only naming it makes a new one: a
/// typing error elsewhere would be a product for ever.
pub(super) fn choose(opened: &Opened, named: Option<&str>) -> Result<Product, Failure> {
    let catalog = opened.engine.catalog();
    if let Some(name) = named {
        return Ok(Product { name: name.to_owned(), new: catalog.product(name).is_none() });
    }
    let has_files = |id| {
        let mut policies = catalog.policies_of(id);
        policies.any(|policy| policy.row.scheme.as_deref() == Some(Scheme::File.as_str()))
    };
    let mut with_files: Vec<&str> =
        catalog.products().filter(|product| has_files(product.id)).map(|product| &*product.code).collect();
    with_files.sort_unstable();
    let name = match (with_files.as_slice(), &opened.config.file.product) {
        ([only], _) => (*only).to_owned(),
        (_, Some(configured)) => configured.clone(),
        (several, None) => {
            let there = match several {
                [] => "no product of the database has files yet".to_owned(),
                several => format!("several products of the database have files: {}", several.join(", ")),
            };
            return Err(Failure::argument(
                format_args!("{there}, and file.product of the configuration names none"),
                "add --product NAME, or set file.product; --product makes one that is not there",
            ));
        }
    };
    if catalog.product(&name).is_none() {
        return Err(Failure::argument(
            format_args!("file.product of the configuration is {name}, and the database has no such product"),
            format_args!("make it with its first file: --product \"{name}\""),
        ));
    }
    Ok(Product { name, new: false })
}
