//! What the customer is told.

use keyward_core::claims::Claims;
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_engine::license::Found;

use crate::console::frame::instant;
use crate::console::texts::{Generate, fill};

/// A text to send, with the key at its end; a file is sent beside it.
pub(super) fn letter(
    text: &str,
    claims: &Claims,
    found: &Found,
    end: Option<Timestamp>,
    t: &Generate,
) -> String {
    let scheme = claims.scheme;
    let hello = claims.holder.as_ref().map_or(t.hello.to_owned(), |name| fill(t.hello_name, name));
    let what = claims.tier.clone().unwrap_or_else(|| found.policy.row.name.clone());
    let mut sentences = vec![fill(t.letter_for, what)];
    let single_use = found.policy.rules.single_use;
    sentences.push(match end {
        Some(end) => fill(t.letter_until, format_args!("{} UTC", instant(end))),
        None if single_use => t.letter_begins.to_owned(),
        None if found.policy.rules.duration.is_none() => t.letter_never.to_owned(),
        None => String::new(),
    });
    sentences.push(match (&claims.device, claims.max_devices) {
        (Some(device), _) => fill(t.letter_device, device),
        (None, Some(most)) if matches!(scheme, Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3) => {
            fill(t.letter_devices, most)
        }
        _ => String::new(),
    });
    sentences.retain(|sentence| !sentence.is_empty());
    let how = match scheme {
        Scheme::Record => t.letter_record,
        Scheme::File => t.letter_file,
        Scheme::Pool | Scheme::Tier | Scheme::Lk3 => t.letter_key,
        Scheme::Lk1 | Scheme::Lk2 => t.letter_lk,
    };
    let mut letter = format!("{hello}\n\n{}\n\n{how}\n", sentences.join(" "));
    if scheme != Scheme::File {
        letter += &format!("\n{}\n", text.trim_end());
    }
    letter
}
