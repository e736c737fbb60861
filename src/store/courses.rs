//! Lots' courses to a decision and after it, and alerts.
//!
//! Promises: a course is made by the same step with which a lot is rebuilt from its facts.

use std::collections::BTreeMap;

use diesel::dsl::max;
use diesel::prelude::*;

use super::View;
use super::connection::Conn;
use super::error::{StoreError, inconsistent};
use super::facts::Entry;
use super::lots::column;
use super::records::{Noun, change, find, insert, open_or_closed};
use super::schema::{facts, records};
use crate::domain::alert::{Acknowledgement, Alert};
use crate::domain::course::{CHANGES_NOTHING, ConditionalRelease, Course};
use crate::domain::event::{CourseEvent, OversightEvent};
use crate::domain::ids::{LotNumber, NoticeNumber};

impl Noun for Course {
    const NOUN: &'static str = "course";
}
impl Noun for Alert {
    const NOUN: &'static str = "alert";
    fn state(&self) -> &'static str {
        open_or_closed(self.acknowledged.is_none())
    }
}

/// Which lot a conditional notice was issued for.
#[derive(serde::Serialize, serde::Deserialize)]
struct Notice {
    lot: LotNumber,
}

impl Noun for Notice {
    const NOUN: &'static str = "notice";
}

/// Makes the rows that a fact on a lot's course stands for.
pub(super) fn project(conn: &mut Conn, entry: &Entry, event: &CourseEvent) -> Result<(), StoreError> {
    let (fact, lot) = (&entry.fact, event.lot());
    if let CourseEvent::LotConditionallyReleased { notice, .. } = event {
        insert(conn, entry.number, notice.as_str(), Some(lot), &Notice { lot: lot.clone() })?;
    }
    if find::<Course>(conn, lot.as_str())?.is_none() {
        insert(conn, entry.number, lot.as_str(), Some(lot), &Course::default())?;
    }
    change(conn, lot.as_str(), |course: &mut Course| course.apply(event, &fact.by.person(), fact.at))
}

/// Makes the rows that a fact about watching over the site stands for.
pub(super) fn project_oversight(conn: &mut Conn, entry: &Entry, event: &OversightEvent) -> Result<(), StoreError> {
    let fact = &entry.fact;
    match event {
        OversightEvent::AlertRaised { about, to, lot, username, detail } => {
            let alert = Alert {
                number: entry.number,
                about: *about,
                to: to.clone(),
                lot: lot.clone(),
                username: username.clone(),
                detail: detail.clone(),
                at: fact.at,
                acknowledged: None,
            };
            insert(conn, entry.number, &entry.number.to_string(), lot.as_ref(), &alert)
        }
        OversightEvent::AlertAcknowledged { alert, remark } => {
            let (remark, by, at) = (remark.clone(), fact.by.person(), fact.at);
            change(conn, &alert.to_string(), |noun: &mut Alert| {
                noun.acknowledged = Some(Acknowledgement { remark, by, at });
            })
        }
        OversightEvent::LedgerExported { .. }
        | OversightEvent::InspectionPackMade { .. }
        | OversightEvent::ReportMade { .. } => Ok(()),
    }
}

impl View<'_> {
    /// Courses of these lots, by lot.
    pub(super) fn courses_of(&mut self, lots: &[String]) -> Result<BTreeMap<String, Course>, StoreError> {
        Ok(self.nouns(Some(lots), None)?.into_iter().collect())
    }

    /// The newest fact of each of these lots that an approval or review covers.
    pub(super) fn last_changes_of(&mut self, lots: &[String]) -> Result<BTreeMap<String, i64>, StoreError> {
        let rows: Vec<(Option<String>, Option<i64>)> = facts::table
            .filter(facts::lot.eq_any(lots))
            .filter(facts::kind.ne_all(CHANGES_NOTHING))
            .group_by(facts::lot)
            .select((facts::lot, max(facts::entry)))
            .load(self.0)?;
        Ok(rows.into_iter().filter_map(|(lot, entry)| Some((lot?, entry?))).collect())
    }

    /// Alerts, oldest first; only those that nobody took note of, where asked.
    ///
    /// # Errors
    /// The database fails.
    pub fn alerts(&mut self, open_only: bool) -> Result<Vec<Alert>, StoreError> {
        Ok(self.nouns(None, open_only.then_some("open"))?.into_iter().map(|(_, alert)| alert).collect())
    }

    /// One alert.
    ///
    /// # Errors
    /// The database fails.
    pub fn alert(&mut self, number: i64) -> Result<Option<Alert>, StoreError> {
        find(self.0, &number.to_string())
    }

    /// The lot a conditional notice was issued for, with step 1 itself.
    ///
    /// # Errors
    /// The database fails.
    pub fn notice(&mut self, number: &NoticeNumber) -> Result<Option<(LotNumber, ConditionalRelease)>, StoreError> {
        let Some(Notice { lot }) = find(self.0, number.as_str())? else { return Ok(None) };
        let course: Option<Course> = find(self.0, lot.as_str())?;
        Ok(course.and_then(|c| c.conditional).map(|step| (lot, step)))
    }

    /// The lots that were revoked, in the order of their numbers.
    ///
    /// # Errors
    /// The database fails.
    pub fn revoked(&mut self) -> Result<Vec<LotNumber>, StoreError> {
        let named = records::table.filter(records::noun.eq(Course::NOUN));
        let revoked = named.filter(records::content.like("%\"revocation\":{%")).order(records::code);
        let lots: Vec<String> = revoked.select(records::code).load(self.0)?;
        lots.iter().map(|lot| column!("records", "code", lot, LotNumber::parse(lot))).collect()
    }

    /// The conditional notice whose PDF or record has this SHA-256.
    ///
    /// # Errors
    /// The database fails.
    pub fn notice_by_hash(&mut self, sha256: &str) -> Result<Option<(LotNumber, ConditionalRelease)>, StoreError> {
        if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let named =
            records::table.filter(records::noun.eq(Course::NOUN)).filter(records::content.like(format!("%{sha256}%")));
        let lots: Vec<String> = named.select(records::code).load(self.0)?;
        for (lot, course) in self.courses_of(&lots)? {
            let step = course.conditional.filter(|step| step.pdf_sha256 == sha256 || step.record_sha256 == sha256);
            if let Some(step) = step {
                return Ok(Some((column!("records", "code", lot, LotNumber::parse(&lot))?, step)));
            }
        }
        Ok(None)
    }

    /// Conditional notices with the lots they were issued for, newest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn notices(&mut self, limit: i64) -> Result<Vec<(LotNumber, ConditionalRelease)>, StoreError> {
        let named = records::table.filter(records::noun.eq(Notice::NOUN)).order(records::entry.desc()).limit(limit);
        let numbers: Vec<String> = named.select(records::code).load(self.0)?;
        let mut notices = Vec::new();
        for number in numbers {
            let number = column!("records", "code", number, NoticeNumber::parse(&number))?;
            notices.extend(self.notice(&number)?);
        }
        Ok(notices)
    }

    /// The number the next conditional notice gets.
    ///
    /// # Errors
    /// The database fails.
    pub fn next_notice(&mut self, year: i32) -> Result<NoticeNumber, StoreError> {
        Ok(NoticeNumber::next(year, self.given::<Notice>()?))
    }
}
