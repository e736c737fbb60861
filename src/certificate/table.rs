//! Tables: columns, wrapped cells, a head that is repeated on every page, rows that are kept
//! whole where a page can hold them and continued where it cannot.
//!
//! Promises: no cell runs into its neighbour or off the page; a heading row is never the last
//! row of a page; the structure tree has one row for a row, however many pages it took.

use super::page::{Align, Mark, Sheet};
use super::tags::Node;
use super::wrap::{self, Ink, NoGlyph, Style};

/// A paragraph of a cell.
#[derive(Debug, Clone)]
pub struct Para {
    /// Its text.
    pub text: String,
    /// How it is set.
    pub style: Style,
}

/// A cell.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its paragraphs, one under the other.
    pub paras: Vec<Para>,
    /// Where the text stands in the column.
    pub align: Align,
    /// How many columns it takes.
    pub span: usize,
    /// `Row` or `Column` for a header cell.
    pub scope: Option<&'static str>,
}

impl Cell {
    /// A cell of one paragraph, flush left.
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { paras: vec![Para { text: text.into(), style }], align: Align::Left, span: 1, scope: None }
    }

    /// The same with one more paragraph.
    pub fn and(mut self, text: impl Into<String>, style: Style) -> Self {
        self.paras.push(Para { text: text.into(), style });
        self
    }

    /// The same, flush right.
    pub fn right(self) -> Self {
        Self { align: Align::Right, ..self }
    }

    /// The same as a header of its row or column.
    pub fn heads(self, scope: &'static str) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// The same over several columns.
    pub fn over(self, span: usize) -> Self {
        Self { span, ..self }
    }
}

/// A row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its cells, whose spans add up to the number of columns.
    pub cells: Vec<Cell>,
    /// Stays on the page of the row that follows.
    pub keep: bool,
    /// Has a hairline under it.
    pub ruled: bool,
}

impl Row {
    /// A row with a hairline under it.
    pub fn new(cells: Vec<Cell>) -> Self {
        Self { cells, keep: false, ruled: true }
    }

    /// The same, kept with the next row.
    pub fn keep(self) -> Self {
        Self { keep: true, ..self }
    }
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Left edge.
    pub x: f32,
    /// Widths of the columns, gaps included.
    pub widths: Vec<f32>,
    /// Head, repeated on each page.
    pub head: Option<Row>,
    /// Body.
    pub rows: Vec<Row>,
    /// Room above and below the text of a row.
    pub pad: f32,
}

/// Room between a column and the next.
const GAP: f32 = 7.0;

/// Rows up to this share of a page are kept whole.
const WHOLE_SHARE: f32 = 0.3;

/// The least room in which a row that will be cut is begun.
const CUT_MIN: f32 = 48.0;

/// A row as lines: what can be drawn, and cut where a page ends.
struct Laid {
    cells: Vec<LaidCell>,
    ruled: bool,
    keep: bool,
}

struct LaidCell {
    x: f32,
    column: f32,
    align: Align,
    span: usize,
    scope: Option<&'static str>,
    lines: Vec<(String, Style)>,
    /// How much lower the first line stands, so that the first lines of a row share a baseline.
    drop: f32,
    /// How many of the lines are drawn already.
    drawn: usize,
    /// Its element, once it has one.
    node: Option<usize>,
}

impl LaidCell {
    fn rest(&self) -> &[(String, Style)] {
        self.lines.get(self.drawn..).unwrap_or(&[])
    }

    fn height(&self) -> f32 {
        let lines: f32 = self.rest().iter().map(|(_, style)| style.leading()).sum();
        if self.drawn == 0 { lines + self.drop } else { lines }
    }
}

impl Laid {
    fn height(&self) -> f32 {
        self.cells.iter().map(LaidCell::height).fold(0.0, f32::max)
    }

    fn finished(&self) -> bool {
        self.cells.iter().all(|cell| cell.rest().is_empty())
    }
}

impl Table {
    /// Draws the table at the cursor.
    ///
    /// # Errors
    /// [`NoGlyph`].
    pub fn draw(&self, sheet: &mut Sheet) -> Result<(), NoGlyph> {
        let head = self.head.as_ref().map(|row| self.lay(row)).transpose()?;
        let head_height = head.as_ref().map_or(0.0, |head| self.full(head));
        let mut rows = Vec::new();
        for row in &self.rows {
            rows.push(self.lay(row)?);
        }
        let first = rows.first().map_or(0.0, |row| self.full(row));
        let after = rows.get(1).map_or(0.0, |row| self.full(row));
        let opening = head_height + first + after;
        sheet.need(opening.min(sheet.room_max() * WHOLE_SHARE));
        sheet.tags.open("Table");
        if let Some(mut head) = head {
            sheet.tags.open("THead");
            self.draw_row(sheet, &mut head, Mark::Content)?;
            sheet.tags.close();
        }
        sheet.tags.open("TBody");
        for at in 0..rows.len() {
            let own = self.full(&rows[at]);
            // A heading keeps its first row, and that row may keep its note: the whole chain moves.
            let kept = rows[at..].iter().take_while(|row| row.keep).count();
            let next: f32 = rows[at + 1..].iter().take(kept).map(|row| self.full(row)).sum();
            let full_page = sheet.room_max() - head_height;
            // A tall row is cut rather than moved, or it would leave half a page empty.
            let whole = [own + next, own].into_iter().find(|h| *h <= full_page * WHOLE_SHARE);
            self.break_for(sheet, whole.unwrap_or(CUT_MIN))?;
            self.draw_row(sheet, &mut rows[at], Mark::Content)?;
        }
        sheet.tags.close();
        sheet.tags.close();
        Ok(())
    }

    /// The height of the whole table if it were on one page.
    ///
    /// # Errors
    /// [`NoGlyph`].
    pub fn height(&self) -> Result<f32, NoGlyph> {
        let mut sum = 0.0;
        for row in self.head.iter().chain(&self.rows) {
            sum += self.full(&self.lay(row)?);
        }
        Ok(sum)
    }

    fn full(&self, row: &Laid) -> f32 {
        row.height() + 2.0 * self.pad
    }

    fn lay(&self, row: &Row) -> Result<Laid, NoGlyph> {
        let mut x = self.x;
        let mut column = 0;
        let mut cells = Vec::new();
        for cell in &row.cells {
            let wide: f32 = self.widths.iter().skip(column).take(cell.span).sum();
            column += cell.span;
            let last = column >= self.widths.len();
            let room = (if last { wide } else { wide - GAP }).max(1.0);
            let mut lines = Vec::new();
            for para in &cell.paras {
                for line in wrap::wrap(&para.text, &para.style, room)? {
                    lines.push((line, para.style));
                }
            }
            cells.push(LaidCell {
                x,
                column: room,
                align: cell.align,
                span: cell.span,
                scope: cell.scope,
                lines,
                drop: 0.0,
                drawn: 0,
                node: None,
            });
            x += wide;
        }
        let rise = |cell: &LaidCell| cell.lines.first().map_or(0.0, |(_, style)| style.rise());
        let tallest = cells.iter().map(rise).fold(0.0, f32::max);
        for cell in &mut cells {
            cell.drop = tallest - rise(cell);
        }
        Ok(Laid { cells, ruled: row.ruled, keep: row.keep })
    }

    /// Goes to a new page, with the head again, unless the page has room for `height`.
    fn break_for(&self, sheet: &mut Sheet, height: f32) -> Result<(), NoGlyph> {
        if sheet.room() < height {
            self.break_page(sheet)?;
        }
        Ok(())
    }

    fn break_page(&self, sheet: &mut Sheet) -> Result<(), NoGlyph> {
        sheet.break_page();
        if let Some(head) = &self.head {
            let mut head = self.lay(head)?;
            self.draw_row(sheet, &mut head, Mark::Artifact)?;
        }
        Ok(())
    }

    /// Draws a row, and goes on with it on the next pages as long as there are lines left.
    fn draw_row(&self, sheet: &mut Sheet, row: &mut Laid, mark: Mark) -> Result<(), NoGlyph> {
        if mark == Mark::Content {
            sheet.tags.open("TR");
            for cell in &mut row.cells {
                cell.node = Some(sheet.tags.open(match cell.scope {
                    Some(scope) => Node::header(scope, cell.span),
                    None => Node::cell(cell.span),
                }));
                sheet.tags.close();
            }
        }
        loop {
            let top = sheet.y() + self.pad;
            let room = sheet.room() - 2.0 * self.pad;
            let mut low = top;
            for cell in &mut row.cells {
                low = low.max(Self::draw_cell(sheet, cell, (top, room), mark)?);
            }
            sheet.down_to(low + self.pad);
            if row.finished() || mark == Mark::Artifact {
                break;
            }
            self.break_page(sheet)?;
        }
        if row.ruled {
            sheet.rule_here(self.x, self.widths.iter().sum(), 0.4, Ink::Rule);
        }
        if mark == Mark::Content {
            sheet.tags.close();
        }
        Ok(())
    }

    /// Draws the lines of a cell that fit into `room`; returns where they end.
    fn draw_cell(sheet: &mut Sheet, cell: &mut LaidCell, (top, room): (f32, f32), mark: Mark) -> Result<f32, NoGlyph> {
        let page = sheet.pages() - 1;
        let mut y = top;
        if let (Mark::Content, Some(node)) = (mark, cell.node) {
            sheet.tags.reopen(node);
        }
        while let Some((line, style)) = cell.lines.get(cell.drawn) {
            let drop = if cell.drawn == 0 { cell.drop } else { 0.0 };
            if y + drop + style.leading() > top + room + 0.05 {
                break;
            }
            y += drop;
            let place = (cell.x, y + style.rise(), cell.column);
            sheet.put_aligned(page, place, cell.align, line, style, mark)?;
            y += style.leading();
            cell.drawn += 1;
        }
        if mark == Mark::Content && cell.node.is_some() {
            sheet.tags.close();
        }
        Ok(y)
    }
}
