//! The words of an investigation: findings, grounds, endings, phases.
//!
//! Promises: each list is complete; sterility has exactly the four grounds of USP <71>.

use serde::{Deserialize, Serialize};

/// What the laboratory phase found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// An obvious error: a slip of the pen, a calculation, a spill, a power failure.
    ObviousError,
    /// A laboratory cause that is proven.
    AssignableCause,
    /// No cause found in the laboratory.
    NoCause,
}

impl Finding {
    /// The finding's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Finding::ObviousError => "obvious_error",
            Finding::AssignableCause => "assignable_cause",
            Finding::NoCause => "no_cause",
        }
    }

    /// The finding in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Finding::ObviousError => "an obvious error",
            Finding::AssignableCause => "an assignable cause",
            Finding::NoCause => "no cause",
        }
    }
}

/// The four grounds on which USP <71> lets a sterility test be declared invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SterilityGround {
    /// The microbiological monitoring of the testing facility shows a fault.
    FacilityMonitoring,
    /// A review of the testing procedure reveals a fault.
    ProcedureFault,
    /// Growth is found in the negative controls.
    NegativeControlGrowth,
    /// The growth is unequivocally ascribed to faulty materials or technique of the test.
    MaterialOrTechnique,
}

impl SterilityGround {
    /// All four, in the order of USP <71>.
    pub const ALL: [SterilityGround; 4] = [
        SterilityGround::FacilityMonitoring,
        SterilityGround::ProcedureFault,
        SterilityGround::NegativeControlGrowth,
        SterilityGround::MaterialOrTechnique,
    ];

    /// The ground's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            SterilityGround::FacilityMonitoring => "facility_monitoring",
            SterilityGround::ProcedureFault => "procedure_fault",
            SterilityGround::NegativeControlGrowth => "negative_control_growth",
            SterilityGround::MaterialOrTechnique => "material_or_technique",
        }
    }

    /// The ground in words.
    pub fn in_words(self) -> &'static str {
        match self {
            SterilityGround::FacilityMonitoring => "the microbiological monitoring of the test facility shows a fault",
            SterilityGround::ProcedureFault => "the review of the test procedure reveals a fault",
            SterilityGround::NegativeControlGrowth => "growth is found in the negative controls",
            SterilityGround::MaterialOrTechnique => {
                "the isolate is unequivocally ascribed to faulty materials or technique of the test"
            }
        }
    }
}

/// How an investigation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The result is right: the lot is out of specification.
    Confirmed,
    /// The result is not valid, for a proven cause.
    Invalidated,
    /// An obvious error was corrected in the run, which was verified again and passes.
    Corrected,
    /// Nothing is proven either way: counts as out of specification.
    Inconclusive,
}

impl Ending {
    /// All four.
    pub const ALL: [Ending; 4] = [Ending::Confirmed, Ending::Invalidated, Ending::Corrected, Ending::Inconclusive];

    /// The ending's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Confirmed => "confirmed",
            Ending::Invalidated => "invalidated",
            Ending::Corrected => "corrected",
            Ending::Inconclusive => "inconclusive",
        }
    }

    /// The ending in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Ending::Confirmed => "out of specification confirmed",
            Ending::Invalidated => "result invalidated",
            Ending::Corrected => "obvious error corrected",
            Ending::Inconclusive => "inconclusive, counts as out of specification",
        }
    }

    /// True where the lot may still be released.
    pub fn clears(self) -> bool {
        matches!(self, Ending::Invalidated | Ending::Corrected)
    }
}

/// The phase an investigation is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Opened; waits for the laboratory phase.
    Opened,
    /// The laboratory phase is recorded.
    Laboratory,
    /// Re-tests are planned and under way.
    Retesting,
    /// Concluded; waits for QA to close it.
    Concluded,
    /// Closed.
    Closed,
}

impl Phase {
    /// The phase's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Opened => "opened",
            Phase::Laboratory => "laboratory",
            Phase::Retesting => "retesting",
            Phase::Concluded => "concluded",
            Phase::Closed => "closed",
        }
    }

    /// What has to be done next, and by whom.
    pub fn next_deed(self) -> &'static str {
        match self {
            Phase::Opened => "the investigator records the laboratory phase",
            Phase::Laboratory => "QA approves a re-test plan, or the investigator concludes",
            Phase::Retesting => "the planned re-tests are made and verified, then the investigator concludes",
            Phase::Concluded => "QA closes it",
            Phase::Closed => "nothing",
        }
    }
}
