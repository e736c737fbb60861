//! Specification versions, as rows and back.
//!
//! Promises: a version, once installed, is what it was; the version in force at a moment is
//! the highest one effective by then.

use diesel::prelude::*;

use super::View;
use super::error::{StoreError, inconsistent};
use super::schema::specifications;
use crate::domain::ids::ProductCode;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Specification;

/// A specification version with the hash of its canonical JSON.
#[derive(Debug, Clone)]
pub struct StoredSpecification {
    /// The specification.
    pub specification: Specification,
    /// SHA-256 of its canonical JSON, 64 hex digits.
    pub sha256: String,
}

type Row = (String, i64, String, String, String, i64);

fn read(row: Row) -> Result<StoredSpecification, StoreError> {
    let (product, version, _, sha256, document, _) = row;
    let key = format!("{product}, {version}");
    let specification =
        serde_json::from_str(&document).map_err(|e| inconsistent("specifications", "document", key, e))?;
    Ok(StoredSpecification { specification, sha256 })
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
            .filter(specifications::effective_from.le(at.to_string()))
            .order(specifications::version.desc())
            .first(self.0)
            .optional()?;
        match row {
            Some(row) => read(row).map(Ok),
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
