//! Specification versions with where each stands now.
//!
//! Promises: reads only; every list and page tells a version's standing by the same rule.

use std::collections::BTreeMap;

use crate::domain::ids::ProductCode;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec_diff::{Difference, diff};
use crate::domain::spec_standing::Standing;
use crate::store::{Retirement, StoredSpecification, VersionState, View};

use super::{App, Error};

/// A version and where it stands.
#[derive(Debug, Clone)]
pub struct Version {
    /// The version as stored.
    pub stored: StoredSpecification,
    /// Where it stands.
    pub standing: Standing,
    /// The version of the product that is in force now.
    pub in_force: Option<u32>,
    /// Why and by whom the product's specification was retired, if it was.
    pub retirement: Option<Retirement>,
}

impl Version {
    /// True while it is being written.
    pub fn is_draft(&self) -> bool {
        self.standing == Standing::Draft
    }

    /// The version in force now, if it is newer than this one.
    pub fn newer(&self) -> Option<u32> {
        self.in_force.filter(|version| *version > self.stored.specification.version)
    }
}

/// Every version of every product: drafts first, then by product, newest version first.
///
/// # Errors
/// Storage fails.
pub fn list_specifications(app: &App) -> Result<Vec<Version>, Error> {
    let now = app.now();
    app.read(|view| {
        let mut versions = all(view, now)?;
        versions.sort_by_key(|v| !v.is_draft());
        Ok(versions)
    })
}

/// One version.
///
/// # Errors
/// There is no such version, or storage fails.
pub fn show_specification(app: &App, product: &ProductCode, version: u32) -> Result<Version, Error> {
    let now = app.now();
    app.read(|view| {
        view.specification(product, version)??;
        let is = |v: &Version| v.stored.specification.product == *product && v.stored.specification.version == version;
        let none = || Refusal::new(Code::NoSuchSpecification, format!("There is no {product} version {version}."));
        Ok(all(view, now)?.into_iter().find(is).ok_or_else(none)?)
    })
}

/// What changed from one version to another.
///
/// # Errors
/// One of them does not exist, or storage fails.
pub fn compare_specifications(app: &App, product: &ProductCode, from: u32, to: u32) -> Result<Vec<Difference>, Error> {
    app.read(|view| {
        let (from, to) = (view.specification(product, from)??, view.specification(product, to)??);
        Ok(diff(&from.specification, &to.specification))
    })
}

/// The version in force now, if it is newer than the one the lot is pinned to.
///
/// # Errors
/// Storage fails.
pub fn newer_version(app: &App, lot: &Lot) -> Result<Option<u32>, Error> {
    let now = app.now();
    let in_force = app.read(|view| Ok(view.specification_in_force(&lot.details.product, now)?))?;
    let version = in_force.ok().map(|stored| stored.specification.version);
    Ok(version.filter(|version| *version > lot.details.specification_version))
}

fn all(view: &mut View, now: Moment) -> Result<Vec<Version>, Error> {
    let stored = view.specifications()?;
    let mut products: BTreeMap<ProductCode, (Option<u32>, Option<Retirement>)> = BTreeMap::new();
    for one in &stored {
        let product = &one.specification.product;
        if !products.contains_key(product) {
            let retirement = view.retirement(product)?;
            let in_force = view.specification_in_force(product, now)?.ok().map(|s| s.specification.version);
            products.insert(product.clone(), (in_force, retirement));
        }
    }
    let version = |one: &StoredSpecification| {
        let spec = &one.specification;
        let (in_force, retirement) = products.get(&spec.product).cloned().unwrap_or_default();
        let is_draft = one.state == VersionState::Draft;
        let standing = Standing::of(spec, is_draft, retirement.is_some(), in_force, now);
        Version { stored: one.clone(), standing, in_force, retirement }
    };
    Ok(stored.iter().map(version).collect())
}
