//! What stands on every page: certificate number, lot number, page x of y above, the warning
//! of demonstration data under it, and below where to verify.
//!
//! Promises: it is laid after all pages are known; the text area begins below it and ends above
//! it, so it never covers anything.

use super::page::{Align, HEIGHT, MARGIN, MEASURE, Mark, Sheet, WIDTH};
use super::render::{RenderError, View};
use super::wrap::{self, Ink, Style};

const SMALL: Style = Style::text(6.5);
const NUMBER: Style = Style::text(7.6).bold();
const WARNING: Style = Style::text(8.2).bold().ink(Ink::Accent);
/// Room kept for "Page 1000 of 1000".
const PAGE_ROOM: f32 = 78.0;
const EDGE_TOP: f32 = 28.0;
const EDGE_BOTTOM: f32 = 24.0;

/// Head and foot of every page, broken into lines.
pub struct Frame {
    /// Where the text area begins.
    pub top: f32,
    /// Where it ends.
    pub bottom: f32,
    head: Vec<String>,
    warnings: Vec<String>,
    foot: Vec<String>,
}

impl Frame {
    /// Measures head and foot.
    ///
    /// # Errors
    /// [`RenderError::Undrawable`].
    pub fn new(view: &View<'_>) -> Result<Self, RenderError> {
        let record = view.record;
        let head = format!("{} {}   ·   Lot {}", view.called(), record.certificate, record.dossier.lot);
        let where_to = if view.notice.is_some() { "Ask whether it still stands" } else { "Verify" };
        let foot = format!(
            "{}   ·   {where_to} at {}   ·   Paper copies are uncontrolled.",
            record.site.name, record.verify_url
        );
        let mut warnings = Vec::new();
        warnings.extend(view.notice.map(|notice| notice.title.clone()));
        if record.site.synthetic {
            warnings.push("SYNTHETIC — demonstration data, not for patient use".to_owned());
        }
        if record.dossier.specification.example {
            warnings.push("EXAMPLE specification, not approved by a site".to_owned());
        }
        Self::of(&head, &foot, warnings)
    }

    /// Measures a head, a foot and warnings under the head.
    ///
    /// # Errors
    /// [`RenderError::Undrawable`].
    pub fn of(head: &str, foot: &str, warnings: Vec<String>) -> Result<Self, RenderError> {
        let head = wrap::wrap(head, &NUMBER, MEASURE - PAGE_ROOM)?;
        let foot = wrap::wrap(foot, &SMALL, MEASURE)?;
        let head_height = head.len() as f32 * NUMBER.leading() + 4.0;
        let warning_height = match warnings.len() {
            0 => 0.0,
            n => n as f32 * WARNING.leading() + 6.0,
        };
        let foot_height = foot.len() as f32 * SMALL.leading() + 5.0;
        Ok(Self {
            top: EDGE_TOP + head_height + warning_height + 10.0,
            bottom: HEIGHT - EDGE_BOTTOM - foot_height - 7.0,
            head,
            warnings,
            foot,
        })
    }

    /// Draws head and foot on all pages.
    ///
    /// # Errors
    /// [`RenderError::Undrawable`].
    pub fn draw(&self, sheet: &mut Sheet) -> Result<(), RenderError> {
        let pages = sheet.pages();
        for page in 0..pages {
            let number = format!("Page {} of {pages}", page + 1);
            self.draw_head(sheet, page, &number)?;
            self.draw_foot(sheet, page)?;
        }
        Ok(())
    }

    fn draw_head(&self, sheet: &mut Sheet, page: usize, number: &str) -> Result<(), RenderError> {
        let mut y = EDGE_TOP;
        let place = (WIDTH - MARGIN - PAGE_ROOM, y + NUMBER.rise(), PAGE_ROOM);
        sheet.put_aligned(page, place, Align::Right, number, &NUMBER, Mark::Artifact)?;
        for line in &self.head {
            let base = y + NUMBER.rise();
            sheet.put(page, (MARGIN, base), line, &NUMBER, Mark::Artifact)?;
            y += NUMBER.leading();
        }
        y += 4.0;
        sheet.rule(page, (MARGIN, y, MEASURE), 0.6, Ink::Accent);
        if !self.warnings.is_empty() {
            y += 3.0;
            for line in &self.warnings {
                let place = (MARGIN, y + WARNING.rise(), MEASURE);
                sheet.put_aligned(page, place, Align::Centre, line, &WARNING, Mark::Artifact)?;
                y += WARNING.leading();
            }
            y += 3.0;
            sheet.rule(page, (MARGIN, y, MEASURE), 0.6, Ink::Accent);
        }
        Ok(())
    }

    fn draw_foot(&self, sheet: &mut Sheet, page: usize) -> Result<(), RenderError> {
        let style = SMALL.ink(Ink::Grey);
        let mut y = self.bottom + 7.0;
        sheet.rule(page, (MARGIN, y, MEASURE), 0.4, Ink::Rule);
        y += 5.0;
        for line in &self.foot {
            sheet.put(page, (MARGIN, y + style.rise()), line, &style, Mark::Artifact)?;
            y += style.leading();
        }
        Ok(())
    }
}
