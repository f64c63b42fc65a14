//! What system E's generator prints: the key, what it says, the text for the customer, the SQL.

use std::fmt::Write as _;

use keyward_core::crypto::SharedSecret;
use keyward_core::scheme::lk2::{self, Lk2};
use keyward_core::time::{Timestamp, date_text};

use crate::output::printable;

/// All that the original prints: the key, what it says when read back, the text for the customer.
pub(super) fn all(key: &str, payload: &Lk2, notes: &str) -> String {
    let mut text = String::new();
    let mut add = |line: std::fmt::Arguments<'_>| {
        writeln!(text, "{line}").expect("writing to a string cannot fail");
    };
    add(format_args!("License Key: {key}\n"));
    add(format_args!("Read back and checked:"));
    add(format_args!("  Decoded Tier: {}", printable(&payload.tier)));
    add(format_args!("  Decoded Max Devices: {}", payload.max_devices));
    add(format_args!(
        "  Decoded Company: {}",
        payload.company.as_deref().map_or("none".to_owned(), printable)
    ));
    add(format_args!("  Decoded Expiry: {}", payload.expires.map_or("Perpetual".to_owned(), date_text)));
    add(format_args!("  Issued Date: {}", date_text(payload.issued)));
    if !notes.is_empty() {
        add(format_args!("  Notes (not in the key): {}", printable(notes)));
    }
    add(format_args!("\n{}", customer(key, payload).trim_end()));
    text
}

/// The text to send to the customer.
pub(super) fn customer(key: &str, payload: &Lk2) -> String {
    let name = payload.company.as_deref().map(|name| format!(" {}", printable(name))).unwrap_or_default();
    let tier = printable(&payload.tier);
    let until = match payload.expires {
        None => "never expires".to_owned(),
        Some(day) => format!("is valid until {} begins (00:00 UTC)", date_text(day)),
    };
    format!(
        "Text for the customer:\n\n  Hello{name},\n\n  your license ({tier}, {devices} devices) {until}.\n  \
         To activate it, open the License page, paste this key and choose \"Activate License\":\n\n  {key}\n",
        devices = payload.max_devices,
    )
}

/// The `INSERT` for the old system's table.
pub(super) fn sql(key: &str, payload: &Lk2, notes: &str, secret: &SharedSecret, now: Timestamp) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let or_null = |text: Option<String>| text.map_or("NULL".to_owned(), |text| quoted(&text));
    let now = quoted(&now.to_record_text().unwrap_or_default());
    format!(
        "INSERT INTO \"Licenses\" (\"Key\", \"KeyHash\", \"Tier\", \"MaxDevices\", \"CurrentDeviceCount\", \
         \"CompanyName\", \"IsActive\", \"ExpiresAt\", \"ActivatedAt\", \"CreatedAt\", \"Notes\")\n\
         VALUES ({}, {}, {}, {}, 0, {}, TRUE, {}, {now}, {now}, {});",
        quoted(key),
        quoted(&lk2::key_hash(key, secret)),
        quoted(&payload.tier),
        payload.max_devices,
        or_null(payload.company.clone()),
        or_null(payload.expires_at().and_then(Timestamp::to_record_text)),
        or_null(Some(notes.to_owned()).filter(|notes| !notes.is_empty())),
    )
}
