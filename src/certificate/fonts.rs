//! The typefaces of the paper: which characters can be drawn, how wide they are, and the small
//! font files that go into a certificate.
//!
//! Promises: a character is measured with the very number that is written into the PDF, so
//! what was laid out is what is drawn; a character that cannot be drawn is never replaced by
//! a box or a question mark, it is reported; equal sets of characters give equal font bytes.
//!
//! Fallback is by character: Inter first, then Noto Sans SC (which has one weight here, so a
//! bold Chinese name is set in the regular weight). There is no shaping: scripts that need it
//! are refused by [`undrawable`] rather than set wrongly.
//!
//! This file only compiles while printpdf is built without its `text_layout`, `html` and `svg`
//! features: with them `ParsedFont` is another type.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use printpdf::{FontId, ParsedFont};
use sha2::{Digest, Sha256};
use subsetter::GlyphRemapper;

/// One of the three font files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// Inter Regular.
    Regular,
    /// Inter Bold.
    Bold,
    /// Noto Sans SC Regular, cut down to GB 2312 and Big5.
    Chinese,
}

impl Face {
    /// Every face, in the order in which they are embedded.
    pub const ALL: [Face; 3] = [Face::Regular, Face::Bold, Face::Chinese];

    fn file(self) -> &'static [u8] {
        match self {
            Face::Regular => include_bytes!("fonts/Inter-Regular.ttf"),
            Face::Bold => include_bytes!("fonts/Inter-Bold.ttf"),
            Face::Chinese => include_bytes!("fonts/NotoSansSC-Regular-subset.ttf"),
        }
    }

    fn postscript_name(self) -> &'static str {
        match self {
            Face::Regular => "Inter-Regular",
            Face::Bold => "Inter-Bold",
            Face::Chinese => "NotoSansSC-Regular",
        }
    }

    /// The name of the font resource in the PDF. Our own, for printpdf numbers its ids by a
    /// counter of the process, which would make the bytes differ from one document to the next.
    pub fn id(self) -> FontId {
        FontId(
            match self {
                Face::Regular => "LgR",
                Face::Bold => "LgB",
                Face::Chinese => "LgC",
            }
            .to_owned(),
        )
    }
}

/// A character as it will be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyph {
    /// The face that has it.
    pub face: Face,
    /// Advance width in thousandths of the type size, as the PDF states it.
    pub advance_milli: i64,
}

/// The fonts could not be read or cut down: a defect of this build, not of a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the built-in font {face} cannot be used: {detail}")]
pub struct FontError {
    /// Which one.
    pub face: &'static str,
    /// What went wrong.
    pub detail: String,
}

/// The glyph `zero.tf` of both weights of Inter, followed by the other nine: digits of one width,
/// which the font gives to those who ask for its `tnum` feature. Numbers then stand under each
/// other everywhere, and copying text out of the PDF gives whole numbers.
const TABULAR_ZERO: u16 = 1357;

/// The parsed fonts, once for the process: about 20 000 glyphs, a few tens of milliseconds.
fn parsed() -> &'static [Option<ParsedFont>; 3] {
    static PARSED: OnceLock<[Option<ParsedFont>; 3]> = OnceLock::new();
    PARSED.get_or_init(|| {
        Face::ALL.map(|face| {
            let mut font = ParsedFont::from_bytes(face.file(), 0, &mut Vec::new())?;
            if face != Face::Chinese {
                for (digit, glyph) in ('0'..='9').zip(TABULAR_ZERO..) {
                    font.codepoint_to_glyph.insert(u32::from(digit), glyph);
                }
            }
            Some(font)
        })
    })
}

fn font(face: Face) -> Option<&'static ParsedFont> {
    match face {
        Face::Regular => parsed()[0].as_ref(),
        Face::Bold => parsed()[1].as_ref(),
        Face::Chinese => parsed()[2].as_ref(),
    }
}

/// Thousandths of the type size, cut off exactly as printpdf does for the `/W` array.
fn milli(font: &ParsedFont, glyph: u16) -> i64 {
    let units = i64::from(font.units_per_em.max(1));
    let width = font.glyph_widths.get(&glyph).copied().unwrap_or(0);
    i64::from(width) * 1000 / units
}

/// The glyph for a character, or `None` where the paper cannot draw it.
pub fn glyph(c: char, bold: bool) -> Option<Glyph> {
    if needs_shaping(c) {
        return None;
    }
    let first = if bold { Face::Bold } else { Face::Regular };
    [first, Face::Chinese].into_iter().find_map(|face| {
        let font = font(face)?;
        let id = font.lookup_glyph_index(u32::from(c)).filter(|id| *id != 0)?;
        Some(Glyph { face, advance_milli: milli(font, id) })
    })
}

/// The first character of a text that the paper cannot draw.
///
/// That is a character without a glyph (emoji, rare ideographs outside GB 2312 and Big5), a
/// control or invisible formatting character, a right-to-left or complex script, a private-use
/// character, or a combining mark: one that composes with its letter is fine once the caller has
/// normalised the text to NFC.
pub fn undrawable(text: &str) -> Option<char> {
    text.chars().find(|c| glyph(*c, false).is_none() || glyph(*c, true).is_none())
}

/// Characters that a font may have a glyph for, and that still cannot be set one by one from
/// left to right: drawing them so would show something else than the text says.
fn needs_shaping(c: char) -> bool {
    if c.is_control() {
        return true;
    }
    matches!(u32::from(c),
        // Combining marks, also the enclosing and half marks and variation selectors.
        0x0300..=0x036F | 0x0483..=0x0489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF
        | 0x2DE0..=0x2DFF | 0x302A..=0x302F | 0x3099..=0x309A | 0xA66F..=0xA67D | 0xA69E..=0xA69F
        | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F | 0xE0000..=0xE0FFF
        // Right-to-left scripts: Hebrew, Arabic, Syriac, Thaana, N'Ko and their presentation forms.
        | 0x0590..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x10800..=0x10FFF
        | 0x1E800..=0x1EFFF
        // Scripts whose letters join or reorder: Indic, Thai, Lao, Tibetan, Myanmar, Khmer.
        | 0x0900..=0x109F | 0x1780..=0x17FF
        // Conjoining Hangul letters; whole Hangul syllables simply have no glyph here.
        | 0x1100..=0x11FF | 0xA960..=0xA97F | 0xD7B0..=0xD7FF
        // Invisible: soft hyphen, joiners, direction marks, separators, byte order mark.
        | 0x00AD | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E
        | 0x2060..=0x206F | 0x3164 | 0xFEFF | 0xFFA0 | 0xFFF9..=0xFFFB
        // Private use: Inter draws keys and logos there.
        | 0xE000..=0xF8FF | 0xF0000..=0x10FFFF)
}

/// A font file with just the glyphs of `characters`, ready for printpdf.
///
/// # Errors
/// [`FontError`] where the font cannot be cut down, which no input can cause.
pub fn subset(face: Face, characters: &BTreeSet<char>) -> Result<ParsedFont, FontError> {
    let error = |detail: String| FontError { face: face.postscript_name(), detail };
    let whole = font(face).ok_or_else(|| error("not a font".to_owned()))?;
    let mut remapper = GlyphRemapper::new();
    let mut glyphs = BTreeMap::new();
    let mut widths = BTreeMap::new();
    widths.insert(0, whole.glyph_widths.get(&0).copied().unwrap_or(0));
    for c in characters {
        let old = whole.lookup_glyph_index(u32::from(*c)).ok_or_else(|| error(format!("no glyph for {c:?}")))?;
        let new = remapper.remap(old);
        glyphs.insert(u32::from(*c), new);
        widths.insert(new, whole.glyph_widths.get(&old).copied().unwrap_or(0));
    }
    let bytes = subsetter::subset(face.file(), 0, &remapper).map_err(|e| error(format!("{e:?}")))?;
    let name = format!("{}+{}", subset_tag(&bytes), face.postscript_name());
    Ok(ParsedFont {
        original_bytes: bytes,
        font_index: 0,
        font_name: Some(name),
        codepoint_to_glyph: glyphs,
        glyph_widths: widths,
        units_per_em: whole.units_per_em,
        font_metrics: whole.font_metrics.clone(),
        font_type: whole.font_type,
        pdf_font_metrics: whole.pdf_font_metrics.clone(),
    })
}

/// Six capital letters that mark a subset (ISO 32000-1, 9.6.4), from its content: random ones
/// would make two equal certificates differ.
fn subset_tag(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().take(6).map(|b| char::from(b'A' + b % 26)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_units_of_a_laboratory_can_be_drawn() {
        for text in [
            "Łukasz Żółć",
            "患者甲 廣東省中醫院",
            "Ольга Петрова",
            "Ελένη",
            "µ μ Ω ≥ ≤ × ⁶ ⁻¹ ₂ ° ± – — · ‰ → ✓ ✗ ○ ℃ № “” ’",
        ] {
            assert_eq!(undrawable(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_set_one_by_one_is_refused() {
        for (text, at) in [
            ("ok 🧬", '🧬'),
            ("ผู้ป่วย", 'ผ'),
            ("שלום", 'ש'),
            ("مريض", 'م'),
            ("e\u{301}", '\u{301}'),
            ("a\nb", '\n'),
            ("a\u{202e}b", '\u{202e}'),
            ("a\u{200b}b", '\u{200b}'),
            ("\u{e000}", '\u{e000}'),
            ("\0", '\0'),
            ("한국", '한'),
        ] {
            assert_eq!(undrawable(text), Some(at), "{text:?}");
        }
    }

    #[test]
    fn digits_have_one_width() {
        for bold in [false, true] {
            let widths: BTreeSet<i64> =
                ('0'..='9').filter_map(|digit| glyph(digit, bold)).map(|glyph| glyph.advance_milli).collect();
            assert_eq!(widths.len(), 1);
        }
    }

    #[test]
    fn a_subset_is_small_and_repeatable() {
        let characters = "Cell 细胞".chars().filter(|c| *c < '\u{80}').collect();
        let one = subset(Face::Regular, &characters).expect("subset");
        let two = subset(Face::Regular, &characters).expect("subset");
        assert_eq!(one.original_bytes, two.original_bytes);
        assert!(one.original_bytes.len() < 8_000);
    }
}
