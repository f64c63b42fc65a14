//! Secrets at rest: what is sealed opens under the right key at the right place, and nowhere else.

mod kept;
mod key_file;
mod master;
mod passphrase;
mod values;

use keyward_engine::vault::{MasterKey, SealedVault, Vault};

use crate::world::generator;

/// A master key, and what it sealed.
fn vault(seed: u64) -> (MasterKey, Vault, SealedVault) {
    let mut rng = generator(seed);
    let master = MasterKey::generate(&mut rng);
    let (vault, sealed) = Vault::create(&master, &mut rng);
    (master, vault, sealed)
}
