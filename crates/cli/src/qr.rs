//! QR codes in the terminal: what a person can scan instead of typing it.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::failure::Failure;

/// The code as lines of half blocks, light on dark terminals and dark on light ones.
pub(crate) fn code(text: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).map_err(|_| {
        Failure::argument(
            format_args!("{} characters are too many for a QR code", text.len()),
            "leave out --qr, and hand over the text or the file",
        )
    })?;
    Ok(code.render::<Dense1x2>().quiet_zone(true).build())
}
