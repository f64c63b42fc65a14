//! What was stored once opens in every later version.

use keyward_engine::vault::{MasterKey, Place, SealedVault, Vault, passphrase};
use uuid::Uuid;

const MASTER: &str = "87a9779748888da5d96bbbce041b5109c6ffc0c4f30561c0170384a5922d9ea1";
const LOOKUP: &str = "be4c4030997f7ffe63e222c68d8ba3989e70ad18936a371a1f71d037cb3d3302\
    fb0b0216fd841173614d308e8d846f55bd72ce995c605fca9614203d";
const DATA: &str = "b775f88ded200b6ae5e3adf8709ee54ad874adb1096e20e9691268c4f1302d9a\
    d0d8b48bf6a6558c7198dfc6dce5f297db116d7f4fbbd08c0d637062";
const CANARY: &str = "979d8b62442455c82eb5af2eacfb78436fb6ded3c75e08b97fb07b5416d515ea\
    97555499e58ea4cbce786af3ac2b324a4887af642754683ef3b9272c";
const VALUE: &str = "0107dfc71ade97d8624a438121b86a19568ceec52149b2184f6abb5b9f361894\
    601bd7b7d9601e2e8ea671a4";
const DIGEST: &str = "9a5722f251367b64fceffc1e1c7f3cd085feb2dd2478d25ac51f6b0d0c3d1b42";
const EXPORT: &str = "-----BEGIN KEYWARD SEALED KEY-----
AQABAAAAAAADAAAABINX3DljXKVGIlASj6w6BMMGbWFzdGVy66rjyWEa/dywdbqj
WEgoUZK3yU64uiMeupW7sI5JCMSe1ZTFKJISaLwBLMBYxLoaHgsVpuXh+QdN7sJF
-----END KEYWARD SEALED KEY-----
";

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("hexadecimal digits")
}

#[test]
fn a_vault_its_values_and_its_digests() {
    let master = MasterKey::parse(MASTER).expect("a master key");
    let sealed = SealedVault {
        lookup: bytes(LOOKUP),
        data: bytes(DATA),
        canary: bytes(CANARY),
        master_id: "b73b4f37".to_owned(),
    };
    assert_eq!(master.id(), sealed.master_id);
    let vault = Vault::open(&master, &sealed).expect("it opens");
    let place = Place { table: "licenses", column: "key_sealed", row: Uuid::from_u128(7) };
    let value = vault.open_value(place, &bytes(VALUE)).expect("it opens");
    assert_eq!(value.as_slice(), b"LK-3-secret");
    assert_eq!(hex::encode(vault.digest("key", "LK-3-secret")), DIGEST);
}

#[test]
fn a_master_key_under_a_passphrase() {
    let opened = passphrase::open("drei Bäume im Wind", EXPORT).expect("it opens");
    assert_eq!((opened.kind.as_str(), hex::encode(opened.bytes.as_slice()).as_str()), ("master", MASTER));
}
