//! What only a conditional notice says: which results are still to come and until when, and who is
//! told when one of them fails.
//!
//! Promises: nothing here is on a certificate; the notice's shared parts are drawn by the same
//! code as a certificate's.

use super::page::{MARGIN, MEASURE, Sheet};
use super::render::{RenderError, View};
use super::sections::{BODY, LABEL, NOTE, heading, paragraph};
use super::table::{Cell, Row, Table};
use super::words;
use crate::domain::certificate::CertificateRecord;
use crate::domain::notice::NoticeRecord;

/// What a notice has in common with a certificate, so that both are drawn by one code.
pub fn shared(notice: &NoticeRecord, layout: u32) -> CertificateRecord {
    CertificateRecord {
        v: notice.v,
        layout,
        certificate: notice.notice.clone(),
        issued_at: notice.issued_at.clone(),
        zone: notice.zone.clone(),
        site: notice.site.clone(),
        dossier: notice.dossier.clone(),
        signatures: notice.signatures.clone(),
        ledger: notice.ledger.clone(),
        software: notice.software.clone(),
        verify_url: notice.verify_url.clone(),
        version: None,
        supersedes: None,
        route: Some(notice.route.clone()),
        policy_version: Some(notice.policy_version),
        qualified_person: notice.qualified_person.clone(),
        notice: None,
    }
}

/// The results still to come, and who is told.
pub fn pending(sheet: &mut Sheet, view: &View<'_>, notice: &NoticeRecord) -> Result<(), RenderError> {
    let column = |text: &str| Cell::new(text, LABEL).heads("Column");
    heading(sheet, "Results still to come", 60.0)?;
    let sentence = "A result that fails ends this conditional release at once: the persons below are told, and what has \
                    not been given must not be given.";
    paragraph(sheet, sentence, &BODY)?;
    sheet.space(2.0);
    let mut rows = Vec::new();
    for (at, one) in notice.pending.iter().enumerate() {
        let rule = notice.rules.get(at);
        let due = Cell::new(words::minute(&one.due_at.to_string(), view.zone)?, BODY);
        let due = match rule {
            Some(rule) => due.and(format!("within {} hours of issue", rule.due_hours), NOTE),
            None => due,
        };
        let asked = rule.is_some_and(|rule| !rule.interim.is_empty());
        let interim = Cell::new(one.interim.as_ref().map_or("None", String::as_str), BODY);
        let note = if asked { "asked for by the specification" } else { "not asked for" };
        rows.push(Row::new(vec![
            Cell::new(one.name.as_str(), BODY.bold()).and(one.attribute.as_str(), NOTE),
            due,
            interim.and(note, NOTE),
        ]));
    }
    let head = Row::new(vec![column("Attribute"), column("Due"), column("Interim reading")]);
    Table { x: MARGIN, widths: vec![220.0, 130.0, MEASURE - 350.0], head: Some(head), rows, pad: 1.3 }.draw(sheet)?;
    sheet.space(5.0);
    sheet.need(40.0);
    paragraph(sheet, "Told when a result fails", &BODY.bold())?;
    sheet.space(2.0);
    let row = |c: &crate::domain::course::Contact| {
        Row::new(vec![
            Cell::new(words::party(c.role), BODY),
            Cell::new(c.name.as_str(), BODY.bold()),
            Cell::new(c.reach.as_str(), BODY),
        ])
    };
    let head = Row::new(vec![column("As"), column("Name"), column("Reached at")]);
    let rows = notice.contacts.iter().map(row).collect();
    Table { x: MARGIN, widths: vec![80.0, 220.0, MEASURE - 300.0], head: Some(head), rows, pad: 1.3 }.draw(sheet)?;
    Ok(())
}
