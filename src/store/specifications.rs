//! Specification versions, as rows and back.
//!
//! Promises: a version, once installed or approved, is what it was; the version in force at a
//! moment is the highest approved one effective by then, unless the product was retired.

use diesel::prelude::*;

use super::View;
use super::connection::Conn;
use super::error::{StoreError, inconsistent};
use super::facts::Entry;
use super::record::{found_one, json};
use super::schema::specifications;
use crate::domain::certificate::SignatureRecord;
use crate::domain::ids::ProductCode;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Person;
use crate::domain::spec::Specification;

/// Where a version is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    /// Being written.
    Draft,
    /// Approved; never changed again.
    Approved,
}

/// A specification version with the hash of its canonical JSON.
#[derive(Debug, Clone)]
pub struct StoredSpecification {
    /// The specification.
    pub specification: Specification,
    /// SHA-256 of its canonical JSON, 64 hex digits.
    pub sha256: String,
    /// Draft or approved.
    pub state: VersionState,
    /// Who wrote it; none for one that came with the software.
    pub authors: Vec<Person>,
    /// The signature that approved it.
    pub approval: Option<SignatureRecord>,
}

type Row = (String, i64, String, String, String, i64, String, String, Option<String>);

fn read(row: Row) -> Result<StoredSpecification, StoreError> {
    let (product, version, _, sha256, document, _, state, authors, approval) = row;
    let key = format!("{product}, {version}");
    let wrong = |column, e: serde_json::Error| inconsistent("specifications", column, &key, e);
    let specification = serde_json::from_str(&document).map_err(|e| wrong("document", e))?;
    let state = match state.as_str() {
        "draft" => VersionState::Draft,
        "approved" => VersionState::Approved,
        other => return Err(inconsistent("specifications", "state", &key, other)),
    };
    let authors = serde_json::from_str(&authors).map_err(|e| wrong("authors", e))?;
    let approval = approval.map(|a| serde_json::from_str(&a)).transpose().map_err(|e| wrong("approval", e))?;
    Ok(StoredSpecification { specification, sha256, state, authors, approval })
}

impl View<'_> {
    /// One version.
    ///
    /// # Errors
    /// The database fails; the inner refusal says that there is no such version.
    pub fn specification(
        &mut self,
        product: &ProductCode,
        version: u32,
    ) -> Result<Result<StoredSpecification, Refusal>, StoreError> {
        let row: Option<Row> =
            specifications::table.find((product.as_str(), i64::from(version))).first(self.0).optional()?;
        match row {
            Some(row) => read(row).map(Ok),
            None => {
                let detail = format!("{product} has no specification version {version}.");
                Ok(Err(Refusal::new(Code::NoSuchSpecification, detail)))
            }
        }
    }

    /// The version of a product's specification in force at a moment.
    ///
    /// # Errors
    /// The database fails; the inner refusal says that none is in force.
    pub fn specification_in_force(
        &mut self,
        product: &ProductCode,
        at: Moment,
    ) -> Result<Result<StoredSpecification, Refusal>, StoreError> {
        let row: Option<Row> = specifications::table
            .filter(specifications::product.eq(product.as_str()))
            .filter(specifications::state.eq("approved"))
            .filter(specifications::effective_from.le(at.to_string()))
            .order(specifications::version.desc())
            .first(self.0)
            .optional()?;
        match row {
            Some(row) => match self.retirement(product)? {
                None => read(row).map(Ok),
                Some(retired) => {
                    let detail = format!(
                        "The specification of {product} was retired by {}: {}. No lot is registered under it any more.",
                        retired.by.name.as_str(),
                        retired.reason.as_str()
                    );
                    Ok(Err(Refusal::field(Code::NoSuchProduct, "product", detail)))
                }
            },
            None => {
                let detail = format!("No specification of the product {product} is in force.");
                Ok(Err(Refusal::field(Code::NoSuchProduct, "product", detail)))
            }
        }
    }

    /// All versions of all products, newest version first within a product.
    ///
    /// # Errors
    /// The database fails.
    pub fn specifications(&mut self) -> Result<Vec<StoredSpecification>, StoreError> {
        let order = (specifications::product.asc(), specifications::version.desc());
        let rows: Vec<Row> = specifications::table.order(order).load(self.0)?;
        rows.into_iter().map(read).collect()
    }
}

/// Writes a version; a draft may be there already and is then replaced.
pub(super) fn put_version(
    conn: &mut Conn,
    entry: &Entry,
    spec: &Specification,
    sha256: &str,
    state: &str,
) -> Result<(), StoreError> {
    let key = (spec.product.as_str(), i64::from(spec.version));
    let there: Option<String> =
        specifications::table.find(key).select(specifications::authors).first(conn).optional()?;
    let mut authors: Vec<Person> = match &there {
        Some(text) => {
            serde_json::from_str(text).map_err(|e| inconsistent("specifications", "authors", format!("{key:?}"), e))?
        }
        None => Vec::new(),
    };
    let author = entry.fact.by.person();
    if state == "draft" && !authors.iter().any(|p| p.username == author.username) {
        authors.push(author);
    }
    let content = (
        specifications::effective_from.eq(spec.effective_from.map_or(String::new(), |at| at.to_string())),
        specifications::sha256.eq(sha256),
        specifications::document.eq(json(spec)?),
        specifications::state.eq(state),
        specifications::authors.eq(json(&authors)?),
    );
    if there.is_some() {
        let draft = specifications::table.find(key).filter(specifications::state.eq("draft"));
        let changed = diesel::update(draft).set(content).execute(conn)?;
        return found_one(changed, "specifications", "state", format!("{key:?}"), "a new draft of what is no draft");
    }
    let row = (
        specifications::product.eq(key.0),
        specifications::version.eq(key.1),
        specifications::entry.eq(entry.number),
        content,
    );
    diesel::insert_into(specifications::table).values(row).execute(conn)?;
    Ok(())
}

/// The draft becomes the approved document: its date set, and no longer an example.
pub(super) fn approve_version(
    conn: &mut Conn,
    product: &ProductCode,
    version: u32,
    effective_from: Moment,
    sha256: &str,
    signature: &SignatureRecord,
) -> Result<(), StoreError> {
    let key = (product.as_str(), i64::from(version));
    let place = format!("{product}, {version}");
    let text: String = specifications::table.find(key).select(specifications::document).first(conn)?;
    let draft: Specification =
        serde_json::from_str(&text).map_err(|e| inconsistent("specifications", "document", &place, e))?;
    let approved = draft.approved(effective_from);
    let content = (
        specifications::effective_from.eq(effective_from.to_string()),
        specifications::sha256.eq(sha256),
        specifications::document.eq(json(&approved)?),
        specifications::state.eq("approved"),
        specifications::approval.eq(Some(json(signature)?)),
    );
    let draft = specifications::table.find(key).filter(specifications::state.eq("draft"));
    let changed = diesel::update(draft).set(content).execute(conn)?;
    found_one(changed, "specifications", "state", place, "an approval of what is no draft")
}
