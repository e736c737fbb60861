//! Where the containers are, of one lot or of all.
//!
//! Promises: each container stands in the list once, with everything that became of it.

use crate::domain::assessment::{Status, assess};
use crate::domain::container::{ContainerState, Moved, code};
use crate::domain::ids::LotNumber;
use crate::domain::lineage::check_is_lot;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::spec::{Specification, Stage};
use crate::store::LotFilter;

use super::list_lots::Specifications;
use super::{App, Error, load_lot};

/// How many lots are looked at for a list over all of them; a laboratory's stock is fewer.
pub const LOTS_MAX: i64 = 500;

/// A container in a list.
#[derive(Debug, Clone)]
pub struct ListedContainer {
    /// Its lot.
    pub lot: LotNumber,
    /// How the lot stands.
    pub status: Status,
    /// The lot's expiry.
    pub expires_at: Moment,
    /// Which of the lot's containers, from 1.
    pub number: u32,
    /// Where it is.
    pub state: ContainerState,
    /// What became of it, oldest first.
    pub movements: Vec<Moved>,
}

impl ListedContainer {
    /// The code on its label.
    pub fn code(&self) -> String {
        code(&self.lot, self.number)
    }
}

/// Containers of one lot, or of the newest [`LOTS_MAX`] lots; only those in `state`, where asked.
///
/// # Errors
/// There is no such lot, or it is a bank or a donor; storage fails.
pub fn list_containers(
    app: &App,
    lot: Option<&LotNumber>,
    state: Option<ContainerState>,
) -> Result<Vec<ListedContainer>, Error> {
    let now = app.now();
    let mut all = app.read(|view| {
        let mut all = Vec::new();
        match lot {
            Some(number) => {
                let (lot, stored) = load_lot(view, number)?;
                check_is_lot(&lot)?;
                all.extend(of_lot(&lot, &stored.specification, now));
            }
            None => {
                let mut specs = Specifications::default();
                let filter = LotFilter { stage: Stage::Product, limit: LOTS_MAX, ..LotFilter::default() };
                for listed in view.lots(&filter)? {
                    let spec = specs.of(view, &listed.lot)?;
                    all.extend(of_lot(&listed.lot, &spec.specification, now));
                }
            }
        }
        Ok::<_, Error>(all)
    })?;
    all.retain(|c| state.is_none_or(|state| c.state == state));
    Ok(all)
}

/// The containers of a lot.
pub fn of_lot(lot: &Lot, spec: &Specification, now: Moment) -> Vec<ListedContainer> {
    let status = assess(lot, spec, now).status;
    let container = |number: u32| ListedContainer {
        lot: lot.number().clone(),
        status,
        expires_at: lot.details.expires_at,
        number,
        state: lot.course.container_state(number),
        movements: lot.course.movements.iter().filter(|m| m.containers.contains(&number)).cloned().collect(),
    };
    (1..=lot.details.containers).map(container).collect()
}
