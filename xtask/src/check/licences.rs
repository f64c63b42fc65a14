//! The licences of all dependencies: each must offer terms that we can keep.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use spdx::{Expression, LicenseReq, ParseMode};

use crate::tools::{self, cargo};

const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // Of data: the list of certification authorities.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

pub(super) fn check() -> Result<()> {
    let metadata = tools::read(&mut cargo(["metadata", "--format-version", "1", "--locked"]))?;
    let Metadata { packages } = serde_json::from_str(&metadata).context("`cargo metadata` cannot be read")?;
    let refused: Vec<_> = packages.iter().filter(|package| !is_allowed(package)).map(described).collect();
    ensure!(
        refused.is_empty(),
        "packages without a licence that is allowed here:\n  {}",
        refused.join("\n  ")
    );
    eprintln!("all {} packages have a licence that is allowed here", packages.len());
    Ok(())
}

fn is_allowed(package: &Package) -> bool {
    // Older manifests write `/` for `OR`.
    let mode = ParseMode { allow_slash_as_or_operator: true, ..ParseMode::STRICT };
    let expression = package.license.as_deref().map(|text| Expression::parse_mode(text, mode));
    expression.is_some_and(|read| read.is_ok_and(|expression| expression.evaluate(is_on_the_list)))
}

/// A licence with an addition is another licence, and none of those is on the list.
fn is_on_the_list(asked: &LicenseReq) -> bool {
    asked.addition.is_none() && asked.license.id().is_some_and(|id| ALLOWED.contains(&id.name))
}

fn described(package: &Package) -> String {
    let license = package.license.as_deref().unwrap_or("none stated");
    format!("{} {}: {license}", package.name, package.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(license: Option<&str>) -> bool {
        let [name, version] = ["some", "1.0.0"].map(str::to_owned);
        is_allowed(&Package { name, version, license: license.map(str::to_owned) })
    }

    #[test]
    fn one_side_of_an_or_is_enough_and_both_of_an_and_are_needed() {
        for good in [
            "MIT",
            "Unlicense/MIT",
            "GPL-3.0-only OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR MIT",
        ] {
            assert!(allowed(Some(good)), "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT OR Apache-2.0) AND NCSA", "our own", ""] {
            assert!(!allowed(Some(bad)), "{bad}");
        }
        assert!(!allowed(None));
    }
}
