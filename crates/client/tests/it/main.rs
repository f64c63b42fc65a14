//! The facts of this machine, compared with what Node says of it.

#[cfg(feature = "online")]
mod online;

use std::process::Command;

use serde_json::Value;

/// Prints the material of system D's device id as its application would make it.
const NODE: &str = r"
const os = require('os');
const macs = Object.values(os.networkInterfaces()).flat().filter(a => !a.internal).map(a => a.mac);
const mac = macs.find(m => m && m !== '00:00:00:00:00:00') || '';
const user = process.env.USER || process.env.USERNAME || 'unknown';
console.log(JSON.stringify([os.platform(), os.arch(), os.hostname(), mac, user, 'SALT'].join('|')));
";

#[test]
fn node_says_the_same_of_this_machine() {
    let node = Command::new("node")
        .args(["-e", NODE])
        .output()
        .expect("Node is missing: run `cargo xtask test`, which says what to install");
    let theirs: Value = serde_json::from_slice(&node.stdout).expect("Node prints a JSON text");
    let ours = keyward_client::device::facts("SALT").expect("this machine tells about itself");
    assert_eq!(theirs, ours.material());
    assert!(keyward_core::device::is_device_id(&ours.device_id()));
}
