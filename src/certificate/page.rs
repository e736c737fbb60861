//! The sheet: A4 pages, a cursor that runs down them, and lines of text, rules and codes put at
//! exact places.
//!
//! Promises: nothing is put outside the frame of a page by [`Sheet::paragraph`] and the tables;
//! running heads are laid after all pages are known, so that "Page x of y" is right; every piece
//! of text is either tagged content or marked as an artifact; no character is drawn that has no
//! glyph. Lengths are points, `y` runs downwards from the top edge.

use std::collections::{BTreeMap, BTreeSet};

use printpdf::{
    Color, DictItem, Line, LinePoint, Op, PaintMode, PdfFontHandle, PdfPage, Point, Polygon, PolygonRing, Pt, Rgb,
    TextItem, TextMatrix, WindingOrder,
};

use super::fonts::Face;
use super::tags::{Node, Tags};
use super::wrap::{self, Figures, Ink, NoGlyph, Style};

/// Width of A4.
pub const WIDTH: f32 = 595.276;
/// Height of A4.
pub const HEIGHT: f32 = 841.89;
/// Left and right margin.
pub const MARGIN: f32 = 46.0;
/// Width of the text area.
pub const MEASURE: f32 = WIDTH - 2.0 * MARGIN;

/// The most pages of a certificate: some four thousand runs. Without a bound, a hostile record
/// of a few megabytes would cost its reader a gigabyte.
pub const PAGES_MAX: usize = 300;

/// Where a text stands in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Flush left.
    Left,
    /// Flush right.
    Right,
    /// Centred.
    Centre,
}

/// Whether a piece of text is part of the document or of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Belongs to the innermost open element.
    Content,
    /// Running heads, repeated table heads: a reader that reads aloud skips them.
    Artifact,
}

/// Pages being laid out.
#[derive(Debug)]
pub struct Sheet {
    pages: Vec<Vec<Op>>,
    /// The element that is being built.
    pub tags: Tags,
    y: f32,
    top: f32,
    bottom: f32,
    used: [BTreeSet<char>; 3],
    overfull: bool,
}

impl Sheet {
    /// An empty first page whose text area is from `top` to `bottom`.
    pub fn new(top: f32, bottom: f32) -> Self {
        Self {
            pages: vec![Vec::new()],
            tags: Tags::default(),
            y: top,
            top,
            bottom,
            used: Default::default(),
            overfull: false,
        }
    }

    /// Where the next thing stands.
    pub fn y(&self) -> f32 {
        self.y
    }

    /// How much room the page still has.
    pub fn room(&self) -> f32 {
        self.bottom - self.y
    }

    /// How much room an empty page has.
    pub fn room_max(&self) -> f32 {
        self.bottom - self.top
    }

    /// Number of pages so far.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Leaves room, but not at the top of a page.
    pub fn space(&mut self, height: f32) {
        if self.y > self.top {
            self.y = (self.y + height).min(self.bottom);
        }
    }

    /// Moves the cursor down to `y` if it is above.
    pub fn down_to(&mut self, y: f32) {
        self.y = self.y.max(y.min(self.bottom));
    }

    /// Begins a new page. After [`PAGES_MAX`] the sheet is overfull: nothing more is drawn, and
    /// whoever laid it out must throw it away.
    pub fn break_page(&mut self) {
        if self.pages.len() < PAGES_MAX {
            self.pages.push(Vec::new());
        } else {
            self.overfull = true;
        }
        self.y = self.top;
    }

    /// Whether more was laid out than the sheet holds.
    pub fn overfull(&self) -> bool {
        self.overfull
    }

    /// Begins a new page if less than `height` is left and a new page has more.
    pub fn need(&mut self, height: f32) {
        if self.room() < height && self.y > self.top {
            self.break_page();
        }
    }

    fn push(&mut self, page: usize, op: Op) {
        if let Some(ops) = self.pages.get_mut(page) {
            ops.push(op);
        }
    }

    /// Begins a piece of marked content. `actual` is the text where the drawing would mislead a
    /// program that reads it: widely spaced letters look like words.
    fn begin(&mut self, page: usize, mark: Mark, actual: Option<&str>) {
        let op = match mark {
            Mark::Artifact => Op::BeginMarkedContent { tag: "Artifact".to_owned() },
            Mark::Content => {
                let (kind, mcid) = self.tags.content(page);
                let number = DictItem::Int(i64::try_from(mcid).unwrap_or(i64::MAX));
                let mut map = BTreeMap::from([("MCID".to_owned(), number)]);
                if let Some(text) = actual {
                    let data = text.as_bytes().to_vec();
                    let text = DictItem::String { data, literal: true };
                    map.insert("ActualText".to_owned(), text);
                }
                Op::BeginMarkedContentWithProperties { tag: kind.to_owned(), properties: DictItem::Dict { map } }
            }
        };
        self.push(page, op);
    }

    /// Puts one line of text with its baseline at `base` on a page. It is not broken.
    ///
    /// # Errors
    /// [`NoGlyph`].
    pub fn put(
        &mut self,
        page: usize,
        (x, base): (f32, f32),
        text: &str,
        style: &Style,
        mark: Mark,
    ) -> Result<(), NoGlyph> {
        if text.is_empty() || self.overfull {
            return Ok(());
        }
        let (red, green, blue) = rgb(style.ink);
        let mono = style.figures == Figures::Mono && text.is_ascii();
        self.begin(page, mark, mono.then_some(text));
        self.push(page, fill(red, green, blue));
        self.push(page, Op::StartTextSection);
        let mut x = x;
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let face = wrap::place(first, style)?.glyph.face;
            let mut items = Vec::new();
            let mut pen = 0;
            let mut moved = 0;
            let mut end = rest.len();
            for (at, c) in rest.char_indices() {
                let placed = wrap::place(c, style)?;
                if placed.glyph.face != face {
                    end = at;
                    break;
                }
                // Half the spare room before the glyph, the rest after it.
                let spare = placed.pitch_milli - placed.glyph.advance_milli;
                moved += spare / 2;
                add_glyph(&mut items, moved, c);
                moved = spare - spare / 2;
                pen += placed.pitch_milli;
                self.used[face as usize].insert(c);
            }
            self.show(page, (x, base), face, style.size, items);
            x += pen as f32 * style.size / 1000.0;
            rest = &rest[end..];
        }
        self.push(page, Op::EndTextSection);
        self.push(page, Op::EndMarkedContent);
        Ok(())
    }

    fn show(&mut self, page: usize, at: (f32, f32), face: Face, size: f32, items: Vec<TextItem>) {
        let font = PdfFontHandle::External(face.id());
        let matrix = TextMatrix::Translate(Pt(tidy(at.0)), Pt(tidy(HEIGHT - at.1)));
        self.push(page, Op::SetFont { font, size: Pt(size) });
        self.push(page, Op::SetTextMatrix { matrix });
        self.push(page, Op::ShowText { items });
    }

    /// Puts a line of text in a column on a page.
    ///
    /// # Errors
    /// [`NoGlyph`].
    pub fn put_aligned(
        &mut self,
        page: usize,
        (x, base, column): (f32, f32, f32),
        align: Align,
        text: &str,
        style: &Style,
        mark: Mark,
    ) -> Result<(), NoGlyph> {
        let spare = column - wrap::width(text, style)?;
        let x = match align {
            Align::Left => x,
            Align::Right => x + spare,
            Align::Centre => x + spare / 2.0,
        };
        self.put(page, (x, base), text, style, mark)
    }

    /// Sets a paragraph at the cursor as content of the innermost open element, over as many
    /// pages as it takes.
    ///
    /// # Errors
    /// [`NoGlyph`].
    pub fn paragraph(
        &mut self,
        (x, column): (f32, f32),
        align: Align,
        text: &str,
        style: &Style,
    ) -> Result<(), NoGlyph> {
        for line in wrap::wrap(text, style, column)? {
            self.need(style.leading());
            let (page, base) = (self.pages() - 1, self.y + style.rise());
            self.put_aligned(page, (x, base, column), align, &line, style, Mark::Content)?;
            self.y += style.leading();
        }
        Ok(())
    }

    /// A horizontal rule.
    pub fn rule(&mut self, page: usize, (x, y, length): (f32, f32, f32), weight: f32, ink: Ink) {
        if self.overfull {
            return;
        }
        let (red, green, blue) = rgb(ink);
        let corner = |x: f32| LinePoint { p: point(x, y), bezier: false };
        self.begin(page, Mark::Artifact, None);
        self.push(page, Op::SetOutlineThickness { pt: Pt(weight) });
        let col = Color::Rgb(Rgb::new(red, green, blue, None));
        self.push(page, Op::SetOutlineColor { col });
        let line = Line { points: vec![corner(x), corner(x + length)], is_closed: false };
        self.push(page, Op::DrawLine { line });
        self.push(page, Op::EndMarkedContent);
    }

    /// A rule at the cursor of the current page.
    pub fn rule_here(&mut self, x: f32, length: f32, weight: f32, ink: Ink) {
        self.rule(self.pages() - 1, (x, self.y, length), weight, ink);
    }

    /// A matrix code as one filled shape with its upper left corner at (`x`, `y`) on the current
    /// page: `dark` is asked by row and column.
    pub fn code(
        &mut self,
        (x, y): (f32, f32),
        (modules, edge): (usize, f32),
        alt: String,
        dark: impl Fn(usize, usize) -> bool,
    ) {
        let page = self.pages() - 1;
        let step = edge / modules.max(1) as f32;
        let mut rings = Vec::new();
        for row in 0..modules {
            let mut column = 0;
            while column < modules {
                let from = column;
                while column < modules && dark(row, column) {
                    column += 1;
                }
                if column > from {
                    let (left, right) = (x + from as f32 * step, x + column as f32 * step);
                    let (upper, lower) = (y + row as f32 * step, y + (row + 1) as f32 * step);
                    rings.push(ring([(left, upper), (right, upper), (right, lower), (left, lower)]));
                }
                column += 1;
            }
        }
        let place = [x, HEIGHT - y - edge, x + edge, HEIGHT - y];
        self.tags.open(Node::figure(alt, place));
        self.begin(page, Mark::Content, None);
        self.push(page, fill(0.0, 0.0, 0.0));
        let polygon = Polygon { rings, mode: PaintMode::Fill, winding_order: WindingOrder::NonZero };
        self.push(page, Op::DrawPolygon { polygon });
        self.push(page, Op::EndMarkedContent);
        self.tags.close();
    }

    /// The finished pages, the structure tree and the characters used of each face.
    pub fn finish(self) -> (Vec<PdfPage>, Tags, [BTreeSet<char>; 3]) {
        self.finish_as((210.0, 297.0))
    }

    /// As [`Sheet::finish`], on pages of another width and height in millimetres: what was laid out
    /// at the lower left of A4 is on them.
    pub fn finish_as(self, (width, height): (f32, f32)) -> (Vec<PdfPage>, Tags, [BTreeSet<char>; 3]) {
        let (width, height) = (printpdf::Mm(width), printpdf::Mm(height));
        let pages = self.pages.into_iter().map(|ops| PdfPage::new(width, height, ops)).collect();
        (pages, self.tags, self.used)
    }
}

fn add_glyph(items: &mut Vec<TextItem>, moved: i64, c: char) {
    // A TJ number is subtracted from the pen, hence the sign.
    match items.last_mut() {
        Some(TextItem::Text(text)) if moved == 0 => text.push(c),
        _ => {
            if moved != 0 {
                items.push(TextItem::Offset(-moved as f32));
            }
            items.push(TextItem::Text(c.to_string()));
        }
    }
}

fn rgb(ink: Ink) -> (f32, f32, f32) {
    match ink {
        Ink::Black => (0.0, 0.0, 0.0),
        Ink::Grey => (0.33, 0.33, 0.33),
        Ink::Rule => (0.7, 0.7, 0.7),
        Ink::Accent => (0.09, 0.22, 0.34),
    }
}

fn fill(red: f32, green: f32, blue: f32) -> Op {
    Op::SetFillColor { col: Color::Rgb(Rgb::new(red, green, blue, None)) }
}

fn ring(corners: [(f32, f32); 4]) -> PolygonRing {
    let points = corners.map(|(x, y)| LinePoint { p: point(x, y), bezier: false });
    PolygonRing { points: points.to_vec() }
}

fn point(x: f32, y: f32) -> Point {
    Point { x: Pt(tidy(x)), y: Pt(tidy(HEIGHT - y)) }
}

/// Hundredths of a point are finer than any printer: shorter numbers, a smaller file.
fn tidy(length: f32) -> f32 {
    (length * 100.0).round() / 100.0
}
