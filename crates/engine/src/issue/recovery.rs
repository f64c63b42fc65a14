//! Recovery codes for the clocks of devices.

use keyward_core::crypto::Algorithm;
use keyward_core::recovery::RecoveryCode;
use keyward_core::time::Timestamp;

use super::IssueError;
use crate::keyring::SigningKey;

/// The code for one device of a product and the number that it showed.
///
/// # Errors
/// When the key is not Ed25519.
pub fn recovery_code(
    product: &str,
    device: &str,
    number: u32,
    key: &SigningKey,
    now: Timestamp,
) -> Result<String, IssueError> {
    if key.algorithm() != Algorithm::Ed25519 {
        return Err(IssueError::WrongKey { wanted: Algorithm::Ed25519, found: key.algorithm() });
    }
    let code = RecoveryCode { number, at: Timestamp::from_seconds(now.seconds()) };
    let key_id = key.public().id();
    let signature = key.sign(&code.covered(product, device, key_id));
    Ok(code.to_text(key_id, signature.try_into().expect("an Ed25519 signature has 64 bytes")))
}
