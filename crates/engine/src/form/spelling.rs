//! The one spelling by which a form is found again.

use keyward_core::refusal::Refusal;
use keyward_core::scheme::Scheme;
use keyward_core::scheme::file::LicenseFile;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::scheme::record::SignedRecord;

/// What is digested: a pool key in upper case, the signature of a record or file, whose other spelling is free, and
/// everything else as it is.
pub(crate) fn canonical(text: &str) -> Result<String, Refusal> {
    Ok(match Scheme::of(text)? {
        Scheme::Pool => PoolKey::parse(text)?.as_str().to_owned(),
        scheme @ Scheme::Record => signature_text(scheme, &SignedRecord::parse(text, None)?.signature),
        scheme @ Scheme::File => signature_text(scheme, LicenseFile::parse(text)?.signature()),
        Scheme::Tier | Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3 => text.to_owned(),
    })
}

/// A signature as it is digested.
pub(crate) fn signature_text(scheme: Scheme, signature: &[u8]) -> String {
    format!("{scheme}:{}", hex::encode(signature))
}
