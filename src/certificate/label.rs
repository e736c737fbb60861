//! A container's label: one page of exactly the label's size, with a Data Matrix.
//!
//! Promises: the symbol (ECC 200) says the container's code and nothing else; everything a person
//! needs to tell the container apart stands beside it in words; of the lot's disposition nothing
//! is said but that it is in quarantine, because labels are made before a release.

use std::fmt;

use datamatrix::{DataMatrix, SymbolList};

use super::page::{HEIGHT, Mark, Sheet};
use super::render::{RenderError, save};
use super::words;
use super::wrap::{self, NoGlyph, Style};
use crate::domain::container::code;
use crate::domain::event::SiteDetails;
use crate::domain::lot::Lot;
use crate::domain::spec::Specification;

/// Points in a millimetre.
const MM: f32 = 72.0 / 25.4;
/// Nothing is printed nearer to the edge, in millimetres.
const MARGIN: f32 = 2.0;
/// Type is set smaller where it must be, but not smaller than this, in points.
const TYPE_MIN: f32 = 3.5;
/// By how much it is set smaller at a time.
const TYPE_STEP: f32 = 0.25;
/// For the whole of a product's name the type is set no smaller than this share of the usual.
const WHOLE_SHARE: f32 = 0.75;

/// A label's size in whole millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: u16,
    /// Height.
    pub height: u16,
}

/// Common sizes of labels on rolls: cryovial and small bag, bag, large bag.
pub const SIZES: [Size; 3] =
    [Size { width: 57, height: 32 }, Size { width: 76, height: 51 }, Size { width: 100, height: 50 }];

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl Size {
    /// Edge of the symbol and size of the type, in points.
    fn measures(self) -> (f32, f32) {
        if self.width < 70 { (13.0 * MM, 6.5) } else { (19.0 * MM, 9.0) }
    }
}

/// What a label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The container's code, in the symbol and under it.
    pub code: String,
    /// Product.
    pub product: String,
    /// Lot number.
    pub lot: String,
    /// `Container 2 of 4`.
    pub container: String,
    /// Expiry with its zone.
    pub expires: String,
    /// Donor code.
    pub donor: String,
    /// What must be said of the product.
    pub warnings: Vec<&'static str>,
    /// The site.
    pub site: String,
}

impl Label {
    /// The label of a container of a lot.
    pub fn of(lot: &Lot, spec: &Specification, container: u32, site: &SiteDetails) -> Self {
        let details = &lot.details;
        let zone = words::zone(&site.zone).unwrap_or(chrono_tz::UTC);
        let expires = details.expires_at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M %:z");
        let mut warnings = Vec::new();
        if details.autologous == Some(true) {
            warnings.push("FOR AUTOLOGOUS USE ONLY");
        }
        if !lot.is_out() {
            warnings.push("Quarantine until released");
        }
        Label {
            code: code(&details.lot, container),
            product: spec.product_name.clone(),
            lot: format!("Lot {}", details.lot),
            container: format!("Container {container} of {}", details.containers),
            expires: format!("Expires {expires}"),
            donor: format!("Donor {}", details.donor),
            warnings,
            site: site.name.as_str().to_owned(),
        }
    }

    /// The lines under the product: text, and whether it is bold.
    fn lines(&self) -> Vec<(&str, bool)> {
        let mut lines = vec![(self.lot.as_str(), true), (self.container.as_str(), false), (self.donor.as_str(), false)];
        lines.extend(self.warnings.iter().map(|warning| (*warning, true)));
        lines
    }
}

/// Draws a label.
///
/// # Errors
/// A character has no glyph, or the symbol or the file cannot be made, which no input can cause.
pub fn draw(label: &Label, size: Size) -> Result<Vec<u8>, RenderError> {
    let failed = |what: String| RenderError::Assembly(what);
    let symbol = DataMatrix::encode(label.code.as_bytes(), SymbolList::default().enforce_square())
        .map_err(|e| failed(format!("Data Matrix: {e:?}")))?;
    let bitmap = symbol.bitmap();
    let dark: Vec<(usize, usize)> = bitmap.pixels().collect();
    let (width, height) = (f32::from(size.width) * MM, f32::from(size.height) * MM);
    // The sheet counts from the top of A4; the label is its lowest part.
    let top = HEIGHT - height;
    let mut sheet = Sheet::new(top, HEIGHT);
    let margin = MARGIN * MM;
    let (edge, type_size) = size.measures();
    let left = width - margin - edge;
    sheet.code((left, top + margin), (bitmap.width(), edge), label.code.clone(), |row, column| {
        dark.contains(&(column, row))
    });
    let under = fit(&label.code, Style::text(type_size).bold(), edge)?;
    let base = top + margin + edge + under.rise() + 1.0;
    centred(&mut sheet, (left, base, edge), &label.code, &under)?;
    // Expiry and site stand below, over the whole width.
    let across = width - 2.0 * margin;
    let expiry = fit(&label.expires, Style::text(type_size).bold(), across)?;
    let site_style = Style::text((type_size - 1.0).max(TYPE_MIN));
    let site = cut(&label.site, &site_style, across)?;
    let foot = HEIGHT - margin - site_style.leading() - expiry.leading();
    sheet.put(0, (margin, foot + expiry.rise()), &label.expires, &expiry, Mark::Artifact)?;
    let base = foot + expiry.leading() + site_style.rise();
    sheet.put(0, (margin, base), &site, &site_style, Mark::Artifact)?;
    beside(&mut sheet, label, (margin, top + margin, left - 2.0 * margin, foot), type_size)?;
    let millimetres = (f32::from(size.width), f32::from(size.height));
    save(sheet, &format!("Label {}", label.code), millimetres)
}

/// The lines beside the symbol, in type as large as fits: the product on as many lines as it needs,
/// and cut only where even small type leaves no room for the whole of it.
fn beside(
    sheet: &mut Sheet,
    label: &Label,
    (x, y, column, foot): (f32, f32, f32, f32),
    type_size: f32,
) -> Result<(), NoGlyph> {
    let lines = label.lines();
    let style = |bold: bool, size: f32| if bold { Style::text(size).bold() } else { Style::text(size) };
    // How many lines are left for the product; none where another line is too wide or too low.
    let room = |size: f32| -> Result<usize, NoGlyph> {
        for (text, bold) in &lines {
            if wrap::width(text, &style(*bold, size))? > column {
                return Ok(0);
            }
        }
        let high = ((foot - y) / Style::text(size).leading()).floor() as usize;
        Ok(high.saturating_sub(lines.len()))
    };
    let product = |size: f32| wrap::wrap(&label.product, &style(true, size), column);
    let (mut size, mut whole) = (type_size, true);
    loop {
        let (left, needed) = (room(size)?, product(size)?.len());
        if left >= if whole { needed } else { 1 } || size <= TYPE_MIN {
            break;
        }
        size -= TYPE_STEP;
        if whole && size < type_size * WHOLE_SHARE {
            (size, whole) = (type_size, false);
        }
    }
    let mut named = product(size)?;
    let left = room(size)?.max(1);
    if named.len() > left {
        let rest = named.split_off(left - 1).join(" ");
        named.push(cut(&rest, &style(true, size), column)?);
    }
    let mut y = y;
    let all = named.iter().map(|line| (line.as_str(), true)).chain(lines);
    for (text, bold) in all {
        let style = style(bold, size);
        sheet.put(0, (x, y + style.rise()), text, &style, Mark::Artifact)?;
        y += style.leading();
    }
    Ok(())
}

/// The style, smaller where the text is wider than the column.
fn fit(text: &str, style: Style, column: f32) -> Result<Style, NoGlyph> {
    let wide = wrap::width(text, &style)?;
    let size = if wide > column { style.size * column / wide } else { style.size };
    Ok(Style { size, ..style })
}

/// The text, cut with an ellipsis where it is wider than the column.
fn cut(text: &str, style: &Style, column: f32) -> Result<String, NoGlyph> {
    let mut cut = text.to_owned();
    let mut left = text.chars().count();
    while left > 0 && wrap::width(&cut, style)? > column {
        left -= 1;
        cut = text.chars().take(left).chain(['…']).collect();
    }
    Ok(cut)
}

fn centred(sheet: &mut Sheet, (x, base, column): (f32, f32, f32), text: &str, style: &Style) -> Result<(), NoGlyph> {
    let spare = (column - wrap::width(text, style)?).max(0.0);
    sheet.put(0, (x + spare / 2.0, base), text, style, Mark::Artifact)
}
