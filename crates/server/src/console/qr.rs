//! QR codes as pictures that the server draws (ISO/IEC 18004).

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// A longer key has a code that no camera reads from a screen, in bytes.
const MAX_KEY: usize = 400;
/// Modules of white around a code (section 9.1).
const MARGIN: usize = 4;

/// A picture of a code, with nothing in it that came from outside.
pub(super) struct Qr {
    size: usize,
    path: String,
}

impl Qr {
    /// Of a text; `None` when it is too long for one.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (at, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                let (x, y) = (at % width + MARGIN, at / width + MARGIN);
                write!(path, "M{x} {y}h1v1h-1z").expect("a string takes everything");
            }
        }
        Some(Self { size: width + 2 * MARGIN, path })
    }

    /// Of a key, where a camera reads it from a screen.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        if key.len() > MAX_KEY { None } else { Self::of(key) }
    }

    /// The picture as HTML.
    pub(super) fn svg(&self) -> String {
        let Self { size, path } = self;
        format!(
            r##"<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="QR"><rect width="{size}" height="{size}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_with_its_margin() {
        let qr = Qr::of("a").unwrap();
        assert_eq!(qr.size, 29);
        assert!(qr.path.starts_with("M4 4h1v1h-1zM5 4"), "{}", qr.path);
        assert!(Qr::of(&"x".repeat(5_000)).is_none());
        assert!(Qr::of_key(&"x".repeat(400)).is_some() && Qr::of_key(&"x".repeat(401)).is_none());
    }
}
