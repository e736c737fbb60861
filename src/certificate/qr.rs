//! A QR code as dark squares, for a screen.
//!
//! Promises: medium error correction, and the quiet zone of four modules that ISO/IEC 18004 asks for.

use super::render::RenderError;

/// The quiet zone around the code, in modules.
const QUIET: usize = 4;

/// A QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    /// Edge with the quiet zone, in modules.
    pub size: usize,
    /// The dark modules as an SVG path.
    pub path: String,
}

/// Draws a text.
///
/// # Errors
/// The text is too long for a code.
pub fn qr_code(text: &str) -> Result<QrCode, RenderError> {
    let code = fast_qr::QRBuilder::new(text)
        .ecl(fast_qr::ECL::M)
        .build()
        .map_err(|e| RenderError::Assembly(format!("matrix code: {e}")))?;
    let mut path = String::new();
    for row in 0..code.size {
        for column in (0..code.size).filter(|column| code[row][*column].value()) {
            path.push_str(&format!("M{} {}h1v1h-1z", column + QUIET, row + QUIET));
        }
    }
    Ok(QrCode { size: code.size + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finder_pattern_inside_the_quiet_zone() {
        let code = qr_code("otpauth://totp/x").expect("a code");
        assert_eq!((code.size - 8 - 17) % 4, 0, "21 modules and four more for each version");
        assert!(code.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"), "{}", &code.path[..40]);
    }
}
